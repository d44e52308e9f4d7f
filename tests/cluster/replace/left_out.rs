//! The table's cases of what the bundle no longer says: what falls back to its default cannot change either.

use serde_json::{Value, json};

use super::cases::Expected::{Precious, Replace};
use super::cases::{Case, case, template};
use crate::lab::Lab;

pub(super) fn left_out(lab: &Lab) -> Vec<Case> {
    let own = |name: &str| format!("{}-{name}", lab.namespace);
    let app = |kind: &str, name: &str, more: Value, edits: Value, expected| {
        let labels = json!({"app": name, "tier": "web"});
        let mut spec = more;
        spec["selector"] = json!({"matchLabels": labels});
        spec["template"] = template(&labels, "Always");
        case("apps/v1", kind, name, json!({"spec": spec}), edits, expected)
    };
    let claim = |size: &str| json!([{"metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}}]);
    let mut job = json!({"spec": {"template": template(&json!({}), "Never")}});
    job["spec"]["template"]["spec"]["containers"][0]["command"] = json!(["true"]);
    let class = json!({"provisioner": "a.example/none", "parameters": {"a": "1", "b": "2"}});
    let pvc = json!({"spec": {"storageClassName": "none", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    vec![
        case(
            "batch/v1",
            "Job",
            "job-command-left-out",
            job,
            json!({"/spec/template/spec/containers/0": {"name": "a", "image": "registry.example/a:1"}}),
            Replace("spec.template"),
        ),
        app(
            "Deployment",
            "deployment-selector-left-out",
            json!({}),
            json!({"/spec/selector/matchLabels": {"app": "deployment-selector-left-out"}}),
            Replace("spec.selector"),
        ),
        app(
            "StatefulSet",
            "set-policy-left-out",
            json!({"podManagementPolicy": "Parallel", "volumeClaimTemplates": claim("1Gi")}),
            json!({"/spec/podManagementPolicy": null, "/spec/volumeClaimTemplates": claim("1024Mi")}),
            Precious("spec.podManagementPolicy"),
        ),
        case(
            "v1",
            "Secret",
            "secret-type-left-out",
            json!({"type": "a.example/b"}),
            json!({"/type": null}),
            Replace("type"),
        ),
        case(
            "v1",
            "PersistentVolumeClaim",
            "claim-class-left-out",
            pvc,
            json!({"/spec/storageClassName": null}),
            Precious("spec.storageClassName"),
        ),
        case(
            "storage.k8s.io/v1",
            "StorageClass",
            &own("class-parameter-left-out"),
            class,
            json!({"/parameters": {"a": "1"}}),
            Replace("parameters"),
        ),
        case(
            "scheduling.k8s.io/v1",
            "PriorityClass",
            &own("preemption-left-out"),
            json!({"value": 1, "preemptionPolicy": "Never"}),
            json!({"/preemptionPolicy": null}),
            Replace("preemptionPolicy"),
        ),
    ]
}
