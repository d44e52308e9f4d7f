//! Fields that cannot be changed once an object exists: where one differs, the object has to be made anew.
//!
//! From the update validation of each kind (Kubernetes 1.35, `pkg/apis/*/validation` and the strategies in
//! `pkg/registry`). The server remains the judge: an object that it takes is never replaced.

mod refusal;

use serde_json::Value;

pub use refusal::{is_said, names_one_of};

use super::kinds;
use super::managed_fields::{Segment, Share};
use crate::config::quantity;

/// What of an object cannot change.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// These fields, with everything in them.
    Fields(&'static [&'static str]),
    /// Everything in `spec` but these fields.
    SpecBut(&'static [&'static str]),
    /// These fields, once they are there.
    OnceThere(&'static [&'static str]),
    /// `data` and its like, if the object is marked as immutable.
    IfMarked,
}

/// Kinds by group, and what of their objects cannot change.
const RULES: &[(&str, &str, Rule)] = &[
    (
        "batch",
        "Job",
        Rule::Fields(&[
            "/spec/template",
            "/spec/selector",
            "/spec/completions",
            "/spec/completionMode",
            "/spec/podFailurePolicy",
            "/spec/successPolicy",
            "/spec/backoffLimitPerIndex",
            "/spec/managedBy",
            "/spec/manualSelector",
        ]),
    ),
    ("rbac.authorization.k8s.io", "RoleBinding", Rule::Fields(&["/roleRef"])),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", Rule::Fields(&["/roleRef"])),
    (
        "apps",
        "StatefulSet",
        Rule::SpecBut(&[
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ]),
    ),
    ("apps", "Deployment", Rule::Fields(&["/spec/selector"])),
    ("apps", "DaemonSet", Rule::Fields(&["/spec/selector"])),
    ("apps", "ReplicaSet", Rule::Fields(&["/spec/selector"])),
    ("apps", "ControllerRevision", Rule::Fields(&["/data"])),
    ("", "PersistentVolumeClaim", Rule::SpecBut(&["resources", "volumeAttributesClassName", "volumeName"])),
    ("", "Service", Rule::Fields(&["/spec/clusterIP", "/spec/clusterIPs"])),
    ("", "Service", Rule::OnceThere(&["/spec/loadBalancerClass", "/spec/healthCheckNodePort"])),
    ("", "ConfigMap", Rule::IfMarked),
    ("", "Secret", Rule::IfMarked),
    (
        "",
        "PersistentVolume",
        Rule::SpecBut(&[
            "capacity",
            "accessModes",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "mountOptions",
            "claimRef",
            "volumeAttributesClassName",
        ]),
    ),
    ("", "ResourceQuota", Rule::Fields(&["/spec/scopes"])),
    ("", "Pod", Rule::SpecBut(&["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"])),
    ("storage.k8s.io", "CSIDriver", Rule::Fields(&["/spec/attachRequired"])),
    ("scheduling.k8s.io", "PriorityClass", Rule::Fields(&["/value", "/preemptionPolicy"])),
    (
        "storage.k8s.io",
        "StorageClass",
        Rule::Fields(&["/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"]),
    ),
    ("node.k8s.io", "RuntimeClass", Rule::Fields(&["/handler"])),
    ("networking.k8s.io", "IngressClass", Rule::Fields(&["/spec/controller"])),
    ("discovery.k8s.io", "EndpointSlice", Rule::Fields(&["/addressType"])),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        Rule::Fields(&["/spec/group", "/spec/scope", "/spec/names/plural", "/spec/names/kind"]),
    ),
];

/// Kinds whose replacement loses data or cuts off others, so that somebody has to name the object first.
const PRECIOUS: &[(&str, &str)] = &[
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "Service"),
    ("apps", "StatefulSet"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];

/// Returns whether replacing an object of a kind loses more than the object itself.
pub fn is_precious(api_version: &str, kind: &str) -> bool {
    PRECIOUS.contains(&(kinds::group(api_version), kind))
}

/// Returns the fields (JSON pointers) that differ between a live object and a desired one, and cannot be changed.
///
/// Only what the desired object says counts: a field that it leaves out keeps its value, or is the server's.
pub fn differing(live: &Value, desired: &Value) -> Vec<String> {
    let text = |key: &str| desired.get(key).and_then(Value::as_str).unwrap_or_default();
    let (group, kind) = (kinds::group(text("apiVersion")), text("kind"));
    let mut found = Vec::new();
    for (_, _, rule) in RULES.iter().filter(|(its_group, its_kind, _)| (*its_group, *its_kind) == (group, kind)) {
        match rule {
            Rule::Fields(pointers) => {
                let differs = |pointer: &&&str| is_changed(live.pointer(pointer), desired.pointer(pointer));
                found.extend(pointers.iter().filter(differs).map(|pointer| (*pointer).to_owned()));
            }
            Rule::SpecBut(mutable) => {
                let spec = desired.get("spec").and_then(Value::as_object);
                for (name, value) in spec.into_iter().flatten().filter(|(name, _)| !mutable.contains(&name.as_str())) {
                    if is_changed(live.get("spec").and_then(|spec| spec.get(name)), Some(value)) {
                        found.push(format!("/spec/{name}"));
                    }
                }
            }
            Rule::OnceThere(pointers) => {
                let differs = |pointer: &&&str| {
                    let here = live.pointer(pointer).filter(|value| !value.is_null());
                    here.is_some() && is_changed(here, desired.pointer(pointer))
                };
                found.extend(pointers.iter().filter(differs).map(|pointer| (*pointer).to_owned()));
            }
            Rule::IfMarked => {
                if live.get("immutable") == Some(&Value::Bool(true)) {
                    let whole = ["data", "binaryData", "immutable"];
                    let differs = |key: &&&str| live.get(**key) != desired.get(**key);
                    found.extend(whole.iter().filter(differs).map(|key| format!("/{key}")));
                }
            }
        }
    }
    // The type of a Secret never changes, marked or not.
    if (group, kind) == ("", "Secret") && is_changed(live.get("type"), desired.get("type")) {
        found.push("/type".to_owned());
    }
    found
}

/// Returns whether a desired value is not what the live one says; what only the server has added is no difference.
fn is_changed(live: Option<&Value>, desired: Option<&Value>) -> bool {
    let Some(desired) = desired.filter(|value| !value.is_null()) else { return false };
    let Some(live) = live else { return true };
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => {
            desired.iter().any(|(key, value)| is_changed(live.get(key), Some(value)))
        }
        (Value::Array(desired), Value::Array(live)) => {
            desired.len() != live.len() || desired.iter().zip(live).any(|(d, l)| is_changed(Some(l), Some(d)))
        }
        _ => desired != live && !quantity::is_same(desired, live),
    }
}

/// Returns the fields (JSON pointers) that cannot be changed and that a manager alone owns, in a live object, and no longer
/// sends: each would fall back to its default, or be gone.
pub fn given_up(live: &Value, desired: &Value, manager: &str) -> Vec<String> {
    let text = |key: &str| desired.get(key).and_then(Value::as_str).unwrap_or_default();
    let (group, kind) = (kinds::group(text("apiVersion")), text("kind"));
    let Some(share) = Share::applied_by(live, manager) else { return Vec::new() };
    let mut found = Vec::new();
    for (_, _, rule) in RULES.iter().filter(|(its_group, its_kind, _)| (*its_group, *its_kind) == (group, kind)) {
        let pointers: Vec<String> = match rule {
            Rule::Fields(pointers) | Rule::OnceThere(pointers) => {
                pointers.iter().map(|one| (*one).to_owned()).collect()
            }
            Rule::SpecBut(mutable) => {
                let names =
                    share.field("spec").into_iter().flat_map(Share::parts).filter_map(|(segment, _)| match segment {
                        Segment::Field(name) if !mutable.contains(name) => Some(format!("/spec/{name}")),
                        _ => None,
                    });
                names.collect()
            }
            Rule::IfMarked => Vec::new(),
        };
        found.extend(pointers.into_iter().filter(|pointer| {
            let part = pointer.split('/').skip(1).try_fold(&share, |share, name| share.field(name));
            part.is_some_and(|part| is_given_up(part, live.pointer(pointer), desired.pointer(pointer)))
        }));
    }
    let is_secret = (group, kind) == ("", "Secret");
    found.extend(
        share
            .field("type")
            .filter(|part| is_secret && is_given_up(part, live.get("type"), desired.get("type")))
            .map(|_| "/type".to_owned()),
    );
    found
}

/// Returns whether something that is there is owned by one manager alone, who no longer wants it.
fn is_given_up(share: &Share<'_>, live: Option<&Value>, desired: Option<&Value>) -> bool {
    match (live, desired.filter(|value| !value.is_null())) {
        (None, _) => false,
        (Some(_), None) => !share.is_shared(),
        (Some(Value::Object(live)), Some(Value::Object(desired))) if share.is_whole() => {
            live.keys().any(|name| !desired.contains_key(name))
                || live.iter().any(|(name, live)| is_given_up(share, Some(live), desired.get(name)))
        }
        (Some(live), Some(desired)) => {
            share.parts().any(|(segment, part)| is_given_up(part, segment.follow(live), segment.follow(desired)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_what_differs_and_cannot_change() {
        let job = |image: &str| json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": {"spec": {"containers": [{"name": "a", "image": image}]}}}});
        let mut live_job = job("x");
        live_job["spec"]["template"]["spec"]["containers"][0]["terminationMessagePath"] = json!("/dev/termination-log");
        live_job["spec"]["selector"] = json!({"matchLabels": {"uid": "1"}});
        let binding = |role: &str| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "roleRef": {"kind": "Role", "name": role}});
        let set = |service: &str, replicas: u32| json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"serviceName": service, "replicas": replicas}});
        let map = |data: &str, immutable: bool| json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": data}, "immutable": immutable});
        let balancer =
            |class: &str| json!({"apiVersion": "v1", "kind": "Service", "spec": {"loadBalancerClass": class}});
        let cases = [
            (live_job.clone(), job("x"), vec![]),
            (live_job, job("y"), vec!["/spec/template"]),
            (binding("a"), binding("b"), vec!["/roleRef"]),
            (set("a", 1), set("a", 2), vec![]),
            (set("a", 1), set("b", 2), vec!["/spec/serviceName"]),
            (map("1", true), map("2", true), vec!["/data"]),
            (map("1", true), map("1", false), vec!["/immutable"]),
            (map("1", false), map("2", true), vec![]),
            (json!({"spec": {}}), balancer("a"), vec![]),
            (balancer("a"), balancer("b"), vec!["/spec/loadBalancerClass"]),
            (
                json!({"spec": {"x": 1}}),
                json!({"apiVersion": "example.com/v1", "kind": "Job", "spec": {"x": 2}}),
                vec![],
            ),
        ];
        for (live, desired, expected) in cases {
            assert_eq!(differing(&live, &desired), expected, "{desired}");
        }
    }

    #[test]
    fn finds_what_is_no_longer_sent_and_cannot_change() {
        let managed = |mut object: Value, fields: Value| {
            let entry = json!({"manager": "chaosc", "operation": "Apply", "fieldsV1": fields});
            object["metadata"] = json!({"managedFields": [entry]});
            object
        };
        let deployment =
            |selector: Value| json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"selector": selector}});
        let set = |spec: Value| json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": spec});
        let job = |container: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": [container]}}}});
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque"});
        let cases = [
            (
                deployment(json!({"matchLabels": {"app": "a", "tier": "b"}})),
                json!({"f:spec": {"f:selector": {}}}),
                deployment(json!({"matchLabels": {"app": "a"}})),
                vec!["/spec/selector"],
            ),
            (
                set(json!({"replicas": 1, "podManagementPolicy": "Parallel"})),
                json!({"f:spec": {"f:replicas": {}, "f:podManagementPolicy": {}}}),
                set(json!({})),
                vec!["/spec/podManagementPolicy"],
            ),
            (
                job(json!({"name": "a", "command": ["b"], "tty": true})),
                json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:command": {}}}}}}}),
                job(json!({"name": "a"})),
                vec!["/spec/template"],
            ),
            (secret, json!({"f:type": {}}), json!({"apiVersion": "v1", "kind": "Secret"}), vec!["/type"]),
        ];
        for (live, fields, desired, expected) in cases {
            let live = managed(live, fields);
            assert_eq!(given_up(&live, &desired, "chaosc"), expected, "{desired}");
            assert!(given_up(&live, &live, "chaosc").is_empty() && given_up(&live, &desired, "nobody").is_empty());
        }
    }

    #[test]
    fn every_rule_is_about_a_built_in_kind() {
        for (group, kind) in
            RULES.iter().map(|(group, kind, _)| (group, kind)).chain(PRECIOUS.iter().map(|(g, k)| (g, k)))
        {
            assert!(kinds::all().iter().any(|row| row.group() == *group && row.kind == *kind), "{group} {kind}");
        }
    }
}
