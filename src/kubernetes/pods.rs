//! What the pods of an object need to be there before they can start.
//!
//! Fields of `core/v1 PodSpec` (Kubernetes API reference, "Pod").

use std::collections::BTreeSet;

use serde_json::Value;

/// Something that a pod names and does not start without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// `ConfigMap`, `Secret`, `ServiceAccount` or `PriorityClass`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// Returns the pod that an object makes, as `PodSpec`: of a workload its template, of a pod its own.
pub fn spec(object: &Value) -> Option<&Value> {
    let spec = &object["spec"];
    let pod = match object["kind"].as_str()? {
        "Pod" => spec,
        "CronJob" => &spec["jobTemplate"]["spec"]["template"]["spec"],
        _ => &spec["template"]["spec"],
    };
    (pod["containers"].is_array()).then_some(pod)
}

/// Returns what a pod needs; what it says may be missing is left out.
pub fn needs(pod: &Value) -> BTreeSet<Need> {
    let mut found = BTreeSet::new();
    let mut add = |kind, name: &Value, optional: &Value| {
        if let Some(name) = name.as_str().filter(|name| !name.is_empty() && *optional != true) {
            found.insert(Need { kind, name: name.to_owned() });
        }
    };
    let never = Value::Null;
    add("ServiceAccount", &pod["serviceAccountName"], &never);
    add("PriorityClass", &pod["priorityClassName"], &never);
    for secret in list(&pod["imagePullSecrets"]) {
        add("Secret", &secret["name"], &never);
    }
    for volume in list(&pod["volumes"]) {
        for source in list(&volume["projected"]["sources"]).chain([volume]) {
            let (map, secret) = (&source["configMap"], &source["secret"]);
            add("ConfigMap", &map["name"], &map["optional"]);
            add("Secret", &secret["secretName"], &secret["optional"]);
            add("Secret", &secret["name"], &secret["optional"]);
        }
    }
    for container in list(&pod["initContainers"]).chain(list(&pod["containers"])) {
        for source in list(&container["envFrom"]) {
            let (map, secret) = (&source["configMapRef"], &source["secretRef"]);
            add("ConfigMap", &map["name"], &map["optional"]);
            add("Secret", &secret["name"], &secret["optional"]);
        }
        for variable in list(&container["env"]) {
            let (map, secret) = (&variable["valueFrom"]["configMapKeyRef"], &variable["valueFrom"]["secretKeyRef"]);
            add("ConfigMap", &map["name"], &map["optional"]);
            add("Secret", &secret["name"], &secret["optional"]);
        }
    }
    found
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_that_is_named_is_needed_unless_it_is_optional() {
        let pod = json!({
            "serviceAccountName": "a", "priorityClassName": "high", "imagePullSecrets": [{"name": "pull"}],
            "volumes": [
                {"configMap": {"name": "m1"}}, {"secret": {"secretName": "s1"}}, {"emptyDir": {}},
                {"configMap": {"name": "never", "optional": true}},
                {"projected": {"sources": [{"secret": {"name": "s2"}}, {"configMap": {"name": "m2"}}]}},
            ],
            "initContainers": [{"envFrom": [{"secretRef": {"name": "s3"}}, {"configMapRef": {"name": "m3"}}]}],
            "containers": [{"env": [
                {"valueFrom": {"secretKeyRef": {"name": "s4", "key": "k"}}},
                {"valueFrom": {"configMapKeyRef": {"name": "m4", "key": "k"}}},
                {"valueFrom": {"secretKeyRef": {"name": "never", "key": "k", "optional": true}}},
                {"value": "x"},
            ]}],
        });
        let found: Vec<String> = needs(&pod).iter().map(|need| format!("{} {}", need.kind, need.name)).collect();
        let expected = [
            "ConfigMap m1",
            "ConfigMap m2",
            "ConfigMap m3",
            "ConfigMap m4",
            "PriorityClass high",
            "Secret pull",
            "Secret s1",
            "Secret s2",
            "Secret s3",
            "Secret s4",
            "ServiceAccount a",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn each_kind_keeps_its_pod_somewhere() {
        let pod = json!({"containers": []});
        for object in [
            json!({"kind": "Pod", "spec": pod}),
            json!({"kind": "Deployment", "spec": {"template": {"spec": pod}}}),
            json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}),
        ] {
            assert_eq!(spec(&object), Some(&pod));
        }
        assert_eq!(spec(&json!({"kind": "ConfigMap"})), None);
    }
}
