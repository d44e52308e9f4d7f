//! What an apply would come to by our own reckoning, where the server cannot be asked.

use serde_json::{Map, Value};

use super::path::{item_step, list_key};
use crate::kubernetes::managed_fields::Segment;

/// Returns the live object with the desired fields in it, and without those that the manager owned (`owned`) and no
/// longer wants. Defaults and admission are not known here.
pub(super) fn overlay(live: &Value, desired: &Value, owned: Option<&Map<String, Value>>) -> Value {
    let none = Map::new();
    let owned = owned.unwrap_or(&none);
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => {
            let mut result = live.clone();
            for key in owned.keys() {
                if let Some(Segment::Field(name)) = Segment::parse(key)
                    && !desired.contains_key(name)
                {
                    result.remove(name);
                }
            }
            for (name, value) in desired {
                let below = owned.get(&format!("f:{name}")).and_then(Value::as_object);
                let merged = live.get(name).map_or_else(|| value.clone(), |live| overlay(live, value, below));
                result.insert(name.clone(), merged);
            }
            Value::Object(result)
        }
        (Value::Array(live_items), Value::Array(items)) => {
            let Some(key) = list_key(&[live_items, items]) else { return desired.clone() };
            let step = |item: &Value| item_step(item, 0, Some(&key));
            let owned_of = |item: &Value| {
                let leads_to = |key: &String| {
                    let segment = Segment::parse(key).filter(|segment| matches!(segment, Segment::Key(_)));
                    segment.is_some_and(|segment| segment.follow(&Value::Array(vec![item.clone()])).is_some())
                };
                owned.iter().find(|(key, _)| leads_to(key)).map(|(_, below)| below)
            };
            let wanted = items.iter().map(|item| {
                let same = live_items.iter().find(|live| step(live) == step(item));
                let merged = |live| overlay(live, item, owned_of(live).and_then(Value::as_object));
                same.map_or_else(|| item.clone(), merged)
            });
            // What others have put into the list stays, but for what was ours and is wanted no more.
            let kept = live_items.iter().filter(|live| {
                !items.iter().any(|item| step(item) == step(live)) && !owned.is_empty() && owned_of(live).is_none()
            });
            Value::Array(wanted.chain(kept.cloned()).collect())
        }
        _ => desired.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_ours_and_is_wanted_no_more_goes_and_what_others_set_stays() {
        let live = json!({"spec": {
            "replicas": 3, "paused": true, "strategy": {"type": "x"},
            "containers": [{"name": "a", "image": "1", "tty": true, "default": 1}, {"name": "mesh"}, {"name": "old"}],
        }});
        let desired = json!({"spec": {"replicas": 2, "containers": [{"name": "a", "image": "2"}]}});
        let owned = json!({"f:spec": {"f:replicas": {}, "f:paused": {}, "f:containers": {
            "k:{\"name\":\"a\"}": {"f:image": {}, "f:tty": {}}, "k:{\"name\":\"old\"}": {".": {}},
        }}});
        assert_eq!(
            overlay(&live, &desired, owned.as_object()),
            json!({"spec": {
                "replicas": 2, "strategy": {"type": "x"},
                "containers": [{"name": "a", "image": "2", "default": 1}, {"name": "mesh"}],
            }})
        );
    }
}
