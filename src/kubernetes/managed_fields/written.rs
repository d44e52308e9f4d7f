//! What somebody has written of an object: the object without its defaults.

use serde_json::{Map, Value};

use super::{Segment, entries};

/// Returns an object without the fields that nobody owns: defaults, and what the server sets by itself. What says which
/// object it is stays, and so does everything where the server does not tell any owner.
pub fn written(object: &Value) -> Value {
    let trees: Vec<&Map<String, Value>> =
        entries(object).filter(|entry| entry.subresource != "status").map(|entry| entry.fields).collect();
    if trees.is_empty() {
        return object.clone();
    }
    let mut result = part(object, &trees);
    for key in ["apiVersion", "kind"] {
        result[key] = object[key].clone();
    }
    for key in ["name", "namespace"] {
        if let Some(value) = object["metadata"].get(key) {
            result["metadata"][key] = value.clone();
        }
    }
    result
}

/// Returns what some trees own of a value.
fn part(value: &Value, trees: &[&Map<String, Value>]) -> Value {
    let is_leaf = |tree: &&Map<String, Value>| tree.keys().all(|key| key == ".");
    if trees.iter().any(|tree| tree.is_empty()) || (!trees.is_empty() && trees.iter().all(is_leaf)) {
        return value.clone();
    }
    let below = |leads: &dyn Fn(&Segment<'_>) -> bool| -> Vec<&Map<String, Value>> {
        let nodes = trees.iter().flat_map(|tree| tree.iter());
        nodes
            .filter(|(key, _)| Segment::parse(key).is_some_and(|one| leads(&one)))
            .filter_map(|(_, below)| below.as_object())
            .collect()
    };
    let kept = |value: &Value, below: Vec<&Map<String, Value>>| (!below.is_empty()).then(|| part(value, &below));
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter_map(|(name, value)| {
                Some((name.clone(), kept(value, below(&|one| *one == Segment::Field(name)))?))
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => {
            let items = items.iter().enumerate().filter_map(|(index, item)| {
                let list = Value::Array(vec![item.clone()]);
                let leads = |one: &Segment<'_>| match one {
                    Segment::Index(at) => *at == index,
                    Segment::Field(_) => false,
                    one => one.follow(&list).is_some(),
                };
                kept(item, below(&leads))
            });
            Value::Array(items.collect())
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_are_nobody_s() {
        let entry = |manager: &str, subresource: &str, fields: Value| json!({"manager": manager, "operation": "Update", "subresource": subresource, "fieldsV1": fields});
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "a", "namespace": "b", "uid": "1", "labels": {"app": "a", "job-name": "a"}, "managedFields": [
                entry("chaosc", "", json!({
                    "f:metadata": {"f:labels": {"f:app": {}}},
                    "f:spec": {"f:template": {"f:spec": {
                        "f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:args": {}}}, "f:nodeSelector": {},
                    }}},
                })),
                entry("somebody", "", json!({"f:metadata": {"f:finalizers": {".": {}, "v:\"x/y\"": {}}}})),
                entry("kube-controller-manager", "status", json!({"f:status": {"f:active": {}}})),
            ], "finalizers": ["x/y", "z"]},
            "spec": {"suspend": false, "template": {"spec": {
                "containers": [{"name": "c", "args": ["d"], "imagePullPolicy": "Always"}], "nodeSelector": {"e": "f"}, "dnsPolicy": "Default",
            }}},
            "status": {"active": 1},
        });
        let expected = json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "a", "namespace": "b", "labels": {"app": "a"}, "finalizers": ["x/y"]},
            "spec": {"template": {"spec": {"containers": [{"name": "c", "args": ["d"]}], "nodeSelector": {"e": "f"}}}},
        });
        assert_eq!(written(&job), expected);
        assert_eq!(written(&expected), expected);
    }
}
