//! The fields that a patch made its sender the owner of, against those that the catalogue says it writes.

use chaosc::plan::marks::FIELD_MANAGER;
use serde_json::Value;

use crate::audit::Event;
use crate::trial::Outcome;
use crate::world::World;

/// Says where the API server noted other fields for the patches of a run, or another owner, than the catalogue says.
pub(crate) fn faults(world: &World, outcome: &Outcome, events: &[Event]) -> Vec<String> {
    let mut faults = Vec::new();
    for event in events.iter().filter(|event| event.verb == "patch" && event.code < 300) {
        let object = world.get(&event.path).json();
        let said: Vec<&str> = outcome
            .writes
            .iter()
            .filter(|write| write.group == event.group && write.resource == event.resource)
            .map(|write| write.field.as_str())
            .collect();
        let managers = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let mut owned = Vec::new();
        for entry in managers.iter().filter(|entry| entry["manager"] == FIELD_MANAGER) {
            leaves(&entry["fieldsV1"], "", &mut owned);
        }
        for field in &owned {
            if !said.iter().any(|said| is_within(field, said)) {
                faults.push(format!("{event}: it writes `{field}`, and the catalogue says {said:?}"));
            }
        }
        for said in said {
            // Whoever takes a field away does not own it.
            let is_gone = object.pointer(said).is_none();
            if !is_gone && !owned.iter().any(|field| is_within(field, said)) {
                faults.push(format!("{event}: the catalogue says that it writes `{said}`, and it owns {owned:?}"));
            }
        }
    }
    faults
}

/// Returns whether a pointer is another or leads below it.
fn is_within(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Collects the leaves of a set of fields as JSON pointers; an item of a list counts as the list.
fn leaves(fields: &Value, at: &str, found: &mut Vec<String>) {
    let below: Vec<(&str, &Value)> = fields
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.strip_prefix("f:")?, value)))
        .collect();
    if below.is_empty() {
        found.push(at.to_owned());
    }
    for (key, value) in below {
        leaves(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
    }
}
