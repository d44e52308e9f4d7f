//! What of an object is shown and compared: without what only the server keeps, without defaults that nobody asked for.

use serde_json::{Map, Value};

use crate::config::quantity;
use crate::diff::path::{item_step, list_key};

/// Fields of `metadata` that the server keeps for itself (Kubernetes API, `meta/v1 ObjectMeta`).
const KEPT_BY_SERVER: [&str; 7] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "selfLink",
    "deletionGracePeriodSeconds",
];

/// Labels that the server or a built-in controller sets on what it makes, and nobody asked for.
const SET_BY_SERVER: [&str; 5] = [
    "kubernetes.io/metadata.name",
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
];

/// Returns whether a label is one that the server sets, whoever made the object.
pub(super) fn is_set_by_server(label: &str) -> bool {
    SET_BY_SERVER.contains(&label)
}

/// The annotation in which the server counts the changes of a `DaemonSet` (Kubernetes API, `apps/v1 DeprecatedTemplateGeneration`).
const COUNTED_BY_SERVER: &str = "deprecated.daemonset.template.generation";

/// Returns an object without what only the server keeps.
pub(crate) fn stripped(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !KEPT_BY_SERVER.contains(&key.as_str()));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(COUNTED_BY_SERVER);
        }
    }
    object
}

/// Returns the part of an object after an apply that concerns anybody: what was there before, what was sent, and what
/// admission added; but no default of a part that is new.
pub(crate) fn visible(before: Option<&Value>, after: &Value, sent: Option<&Value>) -> Value {
    match (after, sent) {
        (Value::Object(after), _) => {
            let here = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
            Value::Object(object(here(before).as_ref(), after, here(sent).as_ref()))
        }
        (Value::Array(after), _) => {
            let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
            Value::Array(list(before.map(|_| items(before)).as_deref(), after, &items(sent)))
        }
        // Written in another way by the server: as its author wrote it, unless it stands there already.
        (_, Some(sent)) if before.is_none() && is_same(after, sent) => sent.clone(),
        _ => after.clone(),
    }
}

fn object(
    before: Option<&Map<String, Value>>,
    after: &Map<String, Value>,
    sent: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let of = |map: Option<&Map<String, Value>>, key: &str| map.and_then(|map| map.get(key)).cloned();
    let mut result = Map::new();
    for (key, value) in after {
        let (before_value, sent_value) = (of(before, key), of(sent, key));
        let is_default = before.is_none() && sent.is_some() && sent_value.is_none();
        if is_default && !is_asked_of_admission(key, value) {
            continue;
        }
        let is_injected = before.is_none() && sent.is_none();
        if is_injected && is_of_every_container(key, value) {
            continue;
        }
        // A map of texts has no defaults.
        let mut shown = if is_asked_of_admission(key, value) {
            value.clone()
        } else {
            visible(before_value.as_ref(), value, sent_value.as_ref())
        };
        if is_default || (sent_value.is_some() && before_value.is_none()) {
            without_server_labels(key, &mut shown, sent_value.as_ref());
        }
        let is_empty = shown.as_object().is_some_and(Map::is_empty) && sent_value.is_none() && before_value.is_none();
        if !is_empty {
            result.insert(key.clone(), shown);
        }
    }
    result
}

/// Returns whether something that nobody sent may come from admission: defaults never add labels and annotations.
fn is_asked_of_admission(key: &str, value: &Value) -> bool {
    matches!(key, "labels" | "annotations") && value.is_object()
}

/// Returns whether a field is what the server gives every container, which is no news of one that was injected.
fn is_of_every_container(key: &str, value: &Value) -> bool {
    match key {
        "imagePullPolicy" => value == "IfNotPresent" || value == "Always",
        "terminationMessagePath" => value == "/dev/termination-log",
        "terminationMessagePolicy" => value == "File",
        "protocol" => value == "TCP",
        _ => false,
    }
}

fn without_server_labels(key: &str, labels: &mut Value, sent: Option<&Value>) {
    if !matches!(key, "labels" | "matchLabels") {
        return;
    }
    if let Some(labels) = labels.as_object_mut() {
        let is_sent = |name: &str| sent.is_some_and(|sent| sent.get(name).is_some());
        labels.retain(|name, _| !SET_BY_SERVER.contains(&name.as_str()) || is_sent(name));
    }
}

fn list(before: Option<&[Value]>, after: &[Value], sent: &[Value]) -> Vec<Value> {
    let lists: Vec<&[Value]> =
        [before.unwrap_or_default(), after, sent].into_iter().filter(|list| !list.is_empty()).collect();
    let key = list_key(&lists);
    let find = |list: &'_ [Value], item: &Value, index: usize| -> Option<Value> {
        let step = item_step(item, index, key.as_deref());
        let same = |(number, other): &(usize, &Value)| item_step(other, *number, key.as_deref()) == step;
        list.iter().enumerate().find(same).map(|(_, found)| found.clone())
    };
    after
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let sent_item = find(sent, item, index);
            let before_item = before.and_then(|before| find(before, item, index));
            visible(before_item.as_ref(), item, sent_item.as_ref())
        })
        .collect()
}

/// Returns whether two values mean the same to the server: equal, or the same quantity written in two ways.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| is_same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        _ => a == b || quantity::is_same(a, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_of_new_parts_are_not_shown() {
        let sent = json!({"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "1000m"}}}]}});
        let after = json!({
            "metadata": {"labels": {"injected": "yes"}},
            "spec": {"containers": [
                {"name": "a", "image": null, "resources": {"limits": {"cpu": "1"}}, "terminationMessagePath": "/dev/x"},
                {"name": "sidecar", "image": "proxy", "imagePullPolicy": "Always", "terminationMessagePolicy": "File"},
            ], "restartPolicy": "Always"},
        });
        assert_eq!(
            visible(None, &after, Some(&sent)),
            json!({"spec": {"containers": [
                {"name": "a", "resources": {"limits": {"cpu": "1000m"}}},
                {"name": "sidecar", "image": "proxy"},
            ]}})
        );
        let sent = json!({"metadata": {"labels": {"app": "a"}}});
        let after = json!({"metadata": {"labels": {"app": "a", "injected": "yes", "job-name": "x"}}});
        let expected = json!({"metadata": {"labels": {"app": "a", "injected": "yes"}}});
        assert_eq!(visible(None, &after, Some(&sent)), expected);
        let sent = json!({"metadata": {"name": "x"}, "spec": {}});
        let after = json!({"metadata": {"name": "x", "labels": {"injected": "yes", "job-name": "x"}}, "spec": {}});
        assert_eq!(
            visible(None, &after, Some(&sent)),
            json!({"metadata": {"name": "x", "labels": {"injected": "yes"}}, "spec": {}})
        );
    }

    #[test]
    fn what_was_there_stays_and_what_the_server_adds_to_it_is_shown() {
        let before = json!({"spec": {"strategy": {"type": "RollingUpdate"}, "paused": false}});
        let after = json!({"spec": {"strategy": {"type": "RollingUpdate"}, "paused": true, "extra": 1}});
        let sent = json!({"spec": {"paused": true}});
        assert_eq!(visible(Some(&before), &after, Some(&sent)), after);
    }

    #[test]
    fn only_the_servers_own_fields_are_stripped() {
        let object =
            json!({"metadata": {"name": "a", "uid": "1", "managedFields": []}, "spec": {}, "status": {"x": 1}});
        assert_eq!(stripped(&object), json!({"metadata": {"name": "a"}, "spec": {}}));
    }
}
