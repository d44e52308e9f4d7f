//! What the server itself decides of a Service: addresses and ports that it allocates, and fields that follow from the type
//! (Kubernetes 1.35, `pkg/registry/core/service/storage/alloc.go`, `pkg/apis/core/v1/defaults.go`).

use serde_json::Value;

use super::path::{Path, Step, item_step};

/// What is allocated for each object anew.
const ALLOCATED: [&str; 3] = ["clusterIP", "clusterIPs", "healthCheckNodePort"];

/// What follows from the type and from other fields, beside what is allocated.
const FOLLOWING: [&str; 6] = [
    "allocateLoadBalancerNodePorts",
    "externalTrafficPolicy",
    "internalTrafficPolicy",
    "ipFamilies",
    "ipFamilyPolicy",
    "sessionAffinity",
];

fn is_service(object: &Value) -> bool {
    object["kind"] == "Service" && object["apiVersion"] == "v1"
}

/// Returns whether the server changes a field of an object by itself, because another field changes.
pub(super) fn follows(object: &Value, path: &Path) -> bool {
    let name = match path.0.as_slice() {
        [Step::Field(spec), Step::Field(name), ..] if spec == "spec" => name,
        _ => return false,
    };
    let is_port = name == "ports" && matches!(path.0.last(), Some(Step::Field(last)) if last == "nodePort");
    is_service(object) && (is_port || ALLOCATED.contains(&name.as_str()) || FOLLOWING.contains(&name.as_str()))
}

/// Takes out of an object what goes with it and is allocated anew.
pub(super) fn give_back(object: &mut Value) {
    let Some(spec) =
        Some(&mut *object).filter(|object| is_service(object)).and_then(|object| object["spec"].as_object_mut())
    else {
        return;
    };
    spec.retain(|name, _| !ALLOCATED.contains(&name.as_str()));
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        port.as_object_mut().and_then(|port| port.remove("nodePort"));
    }
}

/// Takes out of what comes out of a dry-run what is allocated only then: the values there are no more than examples.
pub(super) fn without_examples(before: &Value, sent: &Value, after: &mut Value) {
    if !is_service(sent) {
        return;
    }
    let is_known = |name: &str| !before["spec"][name].is_null() || !sent["spec"][name].is_null();
    let Some(spec) = after["spec"].as_object_mut() else { return };
    spec.retain(|name, _| !ALLOCATED.contains(&name.as_str()) || is_known(name));
    let key: Option<&[&'static str]> = Some(&["port", "protocol"]);
    let same = |list: &Value, port: &Value| {
        let step = item_step(port, 0, key);
        list["spec"]["ports"].as_array().into_iter().flatten().find(|one| item_step(one, 0, key) == step).cloned()
    };
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let is_known = [before, sent].iter().any(|side| same(side, port).is_some_and(|one| !one["nodePort"].is_null()));
        if let Some(port) = port.as_object_mut().filter(|_| !is_known) {
            port.remove("nodePort");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_known_before_is_shown() {
        let service = |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "spec": spec});
        let before = service(json!({"type": "ExternalName", "ports": [{"port": 80}, {"port": 81, "nodePort": 30081}]}));
        let sent = service(
            json!({"type": "NodePort", "ports": [{"port": 80}, {"port": 81}, {"port": 82, "nodePort": 30082}]}),
        );
        let mut after = service(json!({
            "type": "NodePort", "clusterIP": "10.96.0.0", "clusterIPs": ["10.96.0.0"], "ports": [
                {"port": 80, "protocol": "TCP", "nodePort": 30000}, {"port": 81, "nodePort": 30081}, {"port": 82, "nodePort": 30082},
            ],
        }));
        without_examples(&before, &sent, &mut after);
        let ports =
            json!([{"port": 80, "protocol": "TCP"}, {"port": 81, "nodePort": 30081}, {"port": 82, "nodePort": 30082}]);
        assert_eq!(after["spec"], json!({"type": "NodePort", "ports": ports}));
        give_back(&mut after);
        assert_eq!(after["spec"]["ports"][1], json!({"port": 81}));
    }

    #[test]
    fn what_follows_is_of_a_service() {
        let path = |names: &[&str]| Path(names.iter().map(|name| Step::Field((*name).to_owned())).collect());
        let service = json!({"apiVersion": "v1", "kind": "Service"});
        assert!(
            follows(&service, &path(&["spec", "clusterIP"]))
                && follows(&service, &path(&["spec", "ports", "nodePort"]))
        );
        assert!(
            !follows(&service, &path(&["spec", "selector"])) && !follows(&service, &path(&["metadata", "clusterIP"]))
        );
        assert!(!follows(&json!({"apiVersion": "v1", "kind": "Pod"}), &path(&["spec", "clusterIP"])));
    }
}
