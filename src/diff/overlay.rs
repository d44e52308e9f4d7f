//! What an apply would come to by our own reckoning, where the server cannot be asked.

use serde_json::{Map, Value};

use super::path::{item_step, list_key};
use crate::kubernetes::amount;
use crate::kubernetes::managed_fields::{Segment, Share};

/// Fields that the server fills in inside of what is written as a whole (Kubernetes 1.35, `zz_generated.defaults.go` of each
/// version: `SetDefaults_ObjectFieldSelector`, `SetDefaults_ResourceList`, `PersistentVolumeClaim` templates, ports, subjects).
const FILLED_IN: [&str; 7] = ["apiVersion", "kind", "status", "volumeMode", "protocol", "apiGroup", "divisor"];

/// Returns the live object with the desired fields in it, and without those that are the manager's alone (`owned`) and that
/// it no longer wants. Defaults and admission are not known here; an amount that is written in another way stays as it is.
pub(super) fn overlay(live: &Value, desired: &Value, owned: Option<&Share<'_>>) -> Value {
    let mut result = merged(live, desired, owned);
    amount::keep_spelling(live, &mut result);
    result
}

fn merged(live: &Value, desired: &Value, owned: Option<&Share<'_>>) -> Value {
    match (live, desired) {
        _ if owned.is_some_and(Share::is_whole) => whole(live, desired),
        (Value::Object(live), Value::Object(desired)) => Value::Object(objects(live, desired, owned)),
        (Value::Array(live), Value::Array(desired)) => Value::Array(lists(live, desired, owned)),
        _ => desired.clone(),
    }
}

fn objects(live: &Map<String, Value>, desired: &Map<String, Value>, owned: Option<&Share<'_>>) -> Map<String, Value> {
    let mut result = Map::new();
    for (name, value) in live {
        let share = owned.and_then(|owned| owned.field(name));
        let kept = match (desired.get(name), share) {
            (Some(desired), share) => Some(merged(value, desired, share)),
            (None, Some(share)) => without(value, share),
            (None, None) => Some(value.clone()),
        };
        result.extend(kept.map(|value| (name.clone(), value)));
    }
    let new = desired.iter().filter(|(name, _)| !live.contains_key(*name));
    result.extend(new.map(|(name, value)| (name.clone(), value.clone())));
    result
}

fn lists(live: &[Value], desired: &[Value], owned: Option<&Share<'_>>) -> Vec<Value> {
    let is_by_item = |(segment, _): (&Segment<'_>, _)| matches!(segment, Segment::Key(_) | Segment::Member(_));
    let by_item = owned.filter(|owned| owned.parts().any(is_by_item));
    let key = list_key(&[live, desired]);
    let is_set = desired.iter().chain(live).all(|item| !item.is_object() && !item.is_array());
    if key.is_none() && !(is_set && by_item.is_some()) {
        return whole_list(live, desired);
    }
    let is_same = |a: &Value, b: &Value| match &key {
        Some(key) => item_step(a, 0, Some(key)) == item_step(b, 0, Some(key)),
        None => a == b,
    };
    let share = |item: &Value| by_item.and_then(|owned| owned.item(item));
    let wanted = desired.iter().map(|item| {
        let same = live.iter().find(|live| is_same(live, item));
        same.map_or_else(|| item.clone(), |live| merged(live, item, share(live)))
    });
    // What others have put into the list stays, but for what was ours and is wanted no more.
    let others = live.iter().filter(|live| by_item.is_some() && !desired.iter().any(|item| is_same(item, live)));
    let kept = others.filter_map(|live| share(live).map_or_else(|| Some(live.clone()), |share| without(live, share)));
    wanted.chain(kept).collect()
}

/// Returns what is left of a value that the manager no longer wants: what others own of it.
fn without(live: &Value, share: &Share<'_>) -> Option<Value> {
    match live {
        _ if !share.is_shared() => None,
        Value::Object(live) if !share.is_leaf() => Some(Value::Object(objects(live, &Map::new(), Some(share)))),
        Value::Array(live) if !share.is_leaf() => Some(Value::Array(lists(live, &[], Some(share)))),
        _ => Some(live.clone()),
    }
}

/// Returns what comes of a value that is written as a whole: the desired one, with what the server fills in.
fn whole(live: &Value, desired: &Value) -> Value {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => {
            let mut result = desired.clone();
            for (name, value) in live {
                match desired.get(name) {
                    Some(desired) => result.insert(name.clone(), whole(value, desired)),
                    None if FILLED_IN.contains(&name.as_str()) => result.insert(name.clone(), value.clone()),
                    None => None,
                };
            }
            Value::Object(result)
        }
        (Value::Array(live), Value::Array(desired)) => Value::Array(whole_list(live, desired)),
        _ => desired.clone(),
    }
}

fn whole_list(live: &[Value], desired: &[Value]) -> Vec<Value> {
    let counterpart = |index: usize, item: &Value| {
        let same = live.iter().find(|live| whole(live, item) == **live);
        same.or_else(|| live.get(index).filter(|_| live.len() == desired.len()))
    };
    let items = desired.iter().enumerate();
    items.map(|(index, item)| counterpart(index, item).map_or_else(|| item.clone(), |live| whole(live, item))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::MANAGER;
    use serde_json::json;

    /// Returns what comes of a live object of which the bundle owns some fields, and somebody else others.
    fn told(live: &Value, desired: &Value, ours: &Value, theirs: &Value) -> Value {
        let entry = |manager: &str, operation: &str, fields: &Value| json!({"manager": manager, "operation": operation, "fieldsV1": fields});
        let fields = json!([entry(MANAGER, "Apply", ours), entry("kubectl-edit", "Update", theirs)]);
        let owners = json!({"metadata": {"managedFields": fields}});
        overlay(live, desired, Share::applied_by(&owners, MANAGER).as_ref())
    }

    #[test]
    fn what_was_ours_and_is_wanted_no_more_goes_and_what_others_set_stays() {
        let live = json!({"spec": {
            "replicas": 3, "paused": true, "minReadySeconds": 1, "strategy": {"type": "x"},
            "containers": [{"name": "a", "image": "1", "tty": true, "default": 1}, {"name": "mesh"}, {"name": "old"}],
        }});
        let desired = json!({"spec": {"replicas": 2, "containers": [{"name": "a", "image": "2"}]}});
        let ours = json!({"f:spec": {"f:replicas": {}, "f:paused": {}, "f:minReadySeconds": {}, "f:containers": {
            "k:{\"name\":\"a\"}": {"f:image": {}, "f:tty": {}}, "k:{\"name\":\"old\"}": {".": {}},
        }}});
        let expected = json!({"spec": {
            "replicas": 2, "minReadySeconds": 1, "strategy": {"type": "x"},
            "containers": [{"name": "a", "image": "2", "default": 1}, {"name": "mesh"}],
        }});
        assert_eq!(told(&live, &desired, &ours, &json!({"f:spec": {"f:minReadySeconds": {}}})), expected);
    }

    #[test]
    fn what_is_owned_as_a_whole_is_written_as_a_whole() {
        let live = json!({"spec": {
            "selector": {"app": "a", "tier": "b"}, "labels": {"theirs": "c"}, "finalizers": ["ours", "theirs"],
            "claims": [{"apiVersion": "v1", "spec": {"requests": {"storage": "1Gi"}, "volumeMode": "Filesystem"}}],
            "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81, "protocol": "TCP"}],
        }});
        let desired = json!({"spec": {
            "selector": {"app": "a"}, "labels": {}, "finalizers": [],
            "claims": [{"spec": {"requests": {"storage": "1024Mi"}}}], "ports": [{"port": 81}],
        }});
        let ours = json!({"f:spec": {
            "f:selector": {}, "f:labels": {}, "f:finalizers": {".": {}, "v:\"ours\"": {}}, "f:claims": {}, "f:ports": {},
        }});
        let theirs = json!({"f:spec": {"f:labels": {"f:theirs": {}}}});
        let expected = json!({"spec": {
            "selector": {"app": "a"}, "labels": {"theirs": "c"}, "finalizers": ["theirs"],
            "claims": live["spec"]["claims"], "ports": [{"port": 81, "protocol": "TCP"}],
        }});
        assert_eq!(told(&live, &desired, &ours, &theirs), expected);
    }
}
