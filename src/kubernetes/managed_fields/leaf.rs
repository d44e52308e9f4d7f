//! What a leaf of an owner's tree proves about the value that it stands for.
//!
//! A leaf is a plain value, or an object or list that is replaced as a whole. It is also what an empty object or a null
//! leaves behind, even where the type merges field by field; whoever fills that one later owns its parts, so that there a
//! leaf proves nothing. Types of built-in kinds are known here by name (Kubernetes 1.35, `x-kubernetes-map-type` and
//! `x-kubernetes-list-type` in `/openapi/v3`); those of other kinds are not, and validation keeps nulls out of them.

use serde_json::Value;

/// Objects that are replaced as a whole, in every built-in type that has a field of the name.
const ATOMIC: [&str; 21] = [
    "configMapKeyRef",
    "dataSource",
    "fieldRef",
    "fileKeyRef",
    "labelSelector",
    "matchConstraints",
    "matchResources",
    "namespaceSelector",
    "nodeSelector",
    "objectSelector",
    "paramKind",
    "paramRef",
    "podSelector",
    "preference",
    "required",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "resourceFieldRef",
    "roleRef",
    "scopeSelector",
    "secretKeyRef",
    "selector",
];

/// Lists that are merged item by item, in every built-in type that has a field of the name and is no part of a list that
/// is replaced as a whole.
const MERGED: [&str; 22] = [
    "claims",
    "containers",
    "env",
    "ephemeralContainers",
    "finalizers",
    "hostAliases",
    "imagePullSecrets",
    "initContainers",
    "matchConditions",
    "ownerReferences",
    "ports",
    "resourceClaims",
    "schedulingGates",
    "secrets",
    "topologySpreadConstraints",
    "validationActions",
    "variables",
    "volumeDevices",
    "volumeLifecycleModes",
    "volumeMounts",
    "volumes",
    "webhooks",
];

/// Objects of built-in kinds that are merged field by field and are often left empty, so that their defaults fill them.
const FILLED: [&str; 2] = ["strategy", "updateStrategy"];

/// What stands for the name of a field where a leaf is the item of a list with keys; such an item is never empty.
pub(super) const ITEM: &str = "[]";

/// What a leaf says about what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    /// It is what is there.
    Same,
    /// It is not, but the server makes what is there of it. To another manager of the field that is a change all the same.
    Completed,
    /// Nothing is proven.
    Unknown,
}

/// Judges what is sent at a leaf, which stands at a path of fields.
pub(super) fn judge(path: &[&str], sent: &Value, live: Option<&Value>, is_built_in: bool) -> Leaf {
    let Some(name) = path.last().copied() else { return Leaf::Unknown };
    let live = live.unwrap_or(&Value::Null);
    // A `ServiceAccount` has a list at its root that is replaced as a whole, unlike that of a pod.
    let is_merged = || is_built_in && MERGED.contains(&name) && path != ["imagePullSecrets"];
    let is_leaf = match sent {
        // Dropped, unless something fills it in.
        Value::Null => return if live.is_null() { Leaf::Completed } else { Leaf::Unknown },
        Value::Object(fields) if fields.is_empty() && is_built_in && FILLED.contains(&name) => {
            return if live.is_object() { Leaf::Same } else { Leaf::Unknown };
        }
        Value::Object(fields) if !fields.is_empty() => name == ITEM || (is_built_in && ATOMIC.contains(&name)),
        Value::Array(items) if !items.is_empty() => !is_merged(),
        _ => true,
    };
    match is_leaf {
        true if sent == live => Leaf::Same,
        true if is_built_in && is_completed(name, sent, live) => Leaf::Completed,
        _ => Leaf::Unknown,
    }
}

/// Returns whether what is there is what is sent and defaults.
fn is_completed(name: &str, sent: &Value, live: &Value) -> bool {
    match (sent, live) {
        (Value::Object(sent), Value::Object(live)) => {
            sent.iter().all(|(key, sent)| live.get(key).is_some_and(|live| is_completed(key, sent, live)))
                && live.iter().all(|(key, live)| sent.contains_key(key) || is_default(name, key, live))
        }
        (Value::Array(sent), Value::Array(live)) => {
            sent.len() == live.len() && sent.iter().zip(live).all(|(sent, live)| is_completed(name, sent, live))
        }
        _ => sent == live,
    }
}

/// Returns whether the server fills in a value where it is left out inside of a leaf; `parent` is the field that the
/// object, or the list of objects, is in. Outside of leaves a default has no owner, and nothing need be known of it.
fn is_default(parent: &str, key: &str, value: &Value) -> bool {
    match (parent, key) {
        ("ports", "protocol") => value == "TCP",
        ("fieldRef" | "volumeClaimTemplates", "apiVersion") => value == "v1",
        ("resourceFieldRef", "divisor") => value == "0",
        ("roleRef", "apiGroup") => value == "rbac.authorization.k8s.io",
        ("serviceAccountToken", "expirationSeconds") => value == 3600,
        ("volumeClaimTemplates", "kind") => value == "PersistentVolumeClaim",
        ("volumeClaimTemplates", "status") => value
            .as_object()
            .is_some_and(|all| all.len() == 1 && all.get("phase").is_some_and(|phase| phase == "Pending")),
        ("spec", "volumeMode") => value == "Filesystem",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_leaf_proves_what_is_replaced_as_a_whole() {
        for (name, value, in_built_in, in_others) in [
            ("image", json!("a"), true, true),
            ("selector", json!({"app": "a"}), true, false),
            // An empty strategy that the server has filled, and the author now, too.
            ("strategy", json!({"type": "Recreate"}), false, false),
            ("emptyDir", json!({}), true, true),
            (ITEM, json!({"name": "a"}), true, true),
            ("rules", json!([{"verbs": ["get"]}]), true, true),
            ("env", json!([{"name": "A"}]), false, true),
            ("imagePullSecrets", json!([{"name": "a"}]), false, true),
        ] {
            let leaf = |is_proven: bool| if is_proven { Leaf::Same } else { Leaf::Unknown };
            assert_eq!(judge(&["spec", name], &value, Some(&value), true), leaf(in_built_in), "{name}");
            assert_eq!(judge(&["spec", name], &value, Some(&value), false), leaf(in_others), "{name}");
        }
        let secrets = json!([{"name": "a"}]);
        assert_eq!(judge(&["imagePullSecrets"], &secrets, Some(&secrets), true), Leaf::Same, "of a ServiceAccount");
        assert_eq!(judge(&[], &secrets, Some(&secrets), true), Leaf::Unknown, "the root");
    }

    #[test]
    fn defaults_inside_of_a_leaf_are_known_where_they_are_common() {
        let claim = |more: Value| {
            let mut claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}});
            claim.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([claim])
        };
        for (name, sent, live, expected) in [
            (
                "ingress",
                json!([{"ports": [{"port": 80}]}]),
                json!([{"ports": [{"port": 80, "protocol": "TCP"}]}]),
                true,
            ),
            (
                "ingress",
                json!([{"ports": [{"port": 80}]}]),
                json!([{"ports": [{"port": 80, "protocol": "UDP"}]}]),
                false,
            ),
            ("ingress", json!([{"ports": [{"port": 80}]}]), json!([{"ports": [{"port": 80, "endPort": 90}]}]), false),
            ("fieldRef", json!({"fieldPath": "a"}), json!({"fieldPath": "a", "apiVersion": "v1"}), true),
            (
                "volumeClaimTemplates",
                claim(json!({})),
                claim(json!({
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"},
                    "status": {"phase": "Pending"},
                })),
                true,
            ),
            ("from", json!([{"podSelector": {}}]), json!([{}]), false),
        ] {
            let expected = if expected { Leaf::Completed } else { Leaf::Unknown };
            assert_eq!(judge(&["spec", name], &sent, Some(&live), true), expected, "{sent} {live}");
        }
        let (sent, live) = (json!([{"ports": [{}]}]), json!([{"ports": [{"protocol": "TCP"}]}]));
        assert_eq!(
            judge(&["spec", "ingress"], &sent, Some(&live), false),
            Leaf::Unknown,
            "nothing is known of other kinds"
        );
    }

    #[test]
    fn an_empty_strategy_leaves_what_is_there() {
        let live = json!({"type": "Recreate"});
        for (name, live, is_built_in, expected) in [
            ("strategy", Some(&live), true, Leaf::Same),
            ("strategy", Some(&live), false, Leaf::Unknown),
            ("strategy", None, true, Leaf::Unknown),
            ("selector", Some(&live), true, Leaf::Unknown),
        ] {
            assert_eq!(judge(&["spec", name], &json!({}), live, is_built_in), expected, "{name} {live:?}");
        }
    }

    #[test]
    fn only_a_null_is_never_kept() {
        // An empty list may be told apart from none, and an empty object may follow on a null.
        for (sent, expected) in [
            (json!(null), Leaf::Completed),
            (json!([]), Leaf::Unknown),
            (json!({}), Leaf::Unknown),
            (json!("a"), Leaf::Unknown),
        ] {
            assert_eq!(judge(&["a"], &sent, None, true), expected, "{sent}");
        }
        assert_eq!(judge(&["a"], &json!(null), Some(&json!(1)), true), Leaf::Unknown);
    }
}
