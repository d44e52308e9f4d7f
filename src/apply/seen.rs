//! What was seen of an object before it is written: by that a change in between is told from the noise of controllers.
//!
//! Every write carries the `resourceVersion` that was seen. A controller's write to `status` makes that stale, too; then
//! the object is read again, and only if something differs that was shown does the write not happen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::inventory::MANAGER;
use crate::kubernetes::managed_fields::{self, Segment};
use crate::observe::desired::REPLICAS;
use crate::plan::canonical;
use crate::snapshot::{ApplyAnswer, Observed};

/// A hash of the deletion mark and of the watched fields: their values, and who owns them.
pub type Digest = [u8; 32];

/// What identifies a state of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which object of this name it is.
    pub uid: String,
    /// Its state, as the server counts.
    pub resource_version: String,
    /// What of that state matters.
    pub digest: Digest,
}

/// The fields of an object that matter: those that would be sent, and those that somebody else has changed.
///
/// What chaosc owns at the time matters always.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Trees of fields, in the form of `managedFields`.
    trees: Vec<Map<String, Value>>,
    /// Whether an autoscaler writes the number of replicas.
    is_scaled: bool,
    /// Whether the object goes, and with it everything that others have set in it.
    is_leaving: bool,
}

impl Watched {
    /// Returns what matters of an object that is desired.
    pub fn of(object: &Observed) -> Watched {
        match &object.answer {
            ApplyAnswer::Merged { object: merged, .. } => {
                let sent = managed_fields::applied_by(merged, MANAGER).map(|entry| entry.fields.clone());
                Watched::with(object, sent)
            }
            _ => Watched::of_unjudged(object),
        }
    }

    /// Returns what matters of an object that is desired, as far as that is known without the server's answer.
    pub fn of_unjudged(object: &Observed) -> Watched {
        Watched::with(object, tree(&object.desired).as_object().cloned())
    }

    fn with(object: &Observed, sent: Option<Map<String, Value>>) -> Watched {
        let mut watched = object.live.as_ref().map(Watched::of_leaving).unwrap_or_default();
        watched.trees.extend(sent);
        watched.is_scaled = object.is_scaled;
        watched.is_leaving = false;
        watched
    }

    /// Returns the same for an object that is deleted to be made anew: what others set in it meanwhile would be lost.
    #[must_use]
    pub fn leaving(self) -> Watched {
        Watched { is_leaving: true, ..self }
    }

    /// Returns what matters of an object that is to go: what others have changed in it.
    pub fn of_leaving(live: &Value) -> Watched {
        let trees = managed_fields::written_since(live, MANAGER).map(|entry| entry.fields.clone()).collect();
        Watched { trees, is_scaled: false, is_leaving: true }
    }

    /// Looks at a state of the object.
    pub fn look(&self, live: &Value) -> Seen {
        let text = |key: &str| live["metadata"][key].as_str().unwrap_or_default().to_owned();
        Seen { uid: text("uid"), resource_version: text("resourceVersion"), digest: self.digest(live) }
    }

    fn digest(&self, live: &Value) -> Digest {
        let mut fields: BTreeMap<String, Value> = BTreeMap::new();
        let own = managed_fields::applied_by(live, MANAGER).map(|entry| entry.fields);
        let others = managed_fields::written_since(live, MANAGER).map(|entry| entry.fields);
        for tree in self.trees.iter().chain(own).chain(others.filter(|_| self.is_leaving)) {
            managed_fields::leaves(tree, &mut |steps| {
                let name = format!("{steps:?}");
                if (self.is_scaled && is_replicas(steps)) || fields.contains_key(&name) {
                    return;
                }
                let value = steps.iter().try_fold(live, |value, step| step.follow(value));
                let owners: BTreeSet<String> = managed_fields::entries(live)
                    .filter(|entry| managed_fields::owns(entry.fields, steps))
                    .map(|entry| format!("{} {} {}", entry.manager, entry.operation, entry.subresource))
                    .collect();
                fields.insert(name, json!([value, owners]));
            });
        }
        let deleted = &live["metadata"]["deletionTimestamp"];
        Sha256::digest(canonical::json(&json!([deleted, fields]))).into()
    }
}

fn is_replicas(steps: &[Segment<'_>]) -> bool {
    let names = steps.iter().map(|step| if let Segment::Field(name) = step { name } else { "" });
    names.eq(REPLICAS.split('/').skip(1))
}

/// Returns the fields of an object that the server has not judged, in the form of `managedFields`; a list is one field.
fn tree(object: &Value) -> Value {
    match object {
        Value::Object(fields) if !fields.is_empty() => {
            Value::Object(fields.iter().map(|(name, value)| (format!("f:{name}"), tree(value))).collect())
        }
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(change: impl Fn(&mut Value)) -> Value {
        let entry = |manager: &str, operation: &str, subresource: &str, time: &str, fields: Value| json!({"manager": manager, "operation": operation, "subresource": subresource, "time": time, "fieldsV1": fields});
        let mut object = json!({
            "metadata": {"name": "shop", "uid": "u", "resourceVersion": "1", "labels": {"app": "shop"}, "managedFields": [
                entry("chaosc", "Apply", "", "2026-01-01T00:00:05Z", json!({"f:spec": {"f:replicas": {}, "f:image": {}}})),
                entry("kubectl-edit", "Update", "", "2026-01-01T00:00:09Z", json!({"f:spec": {"f:paused": {}}})),
                entry("kube-controller-manager", "Update", "status", "2026-01-01T00:00:09Z", json!({"f:status": {"f:ready": {}}})),
            ]},
            "spec": {"replicas": 2, "image": "a", "paused": true}, "status": {"ready": 1},
        });
        change(&mut object);
        object
    }

    #[test]
    fn only_what_was_shown_makes_a_difference() {
        let seen = object(|_| {});
        let sent = json!({"f:spec": {"f:image": {}, "f:minReady": {}}}).as_object().unwrap().clone();
        let mut watched = Watched::of_leaving(&seen);
        watched.trees.push(sent);
        watched.is_leaving = false;
        let scaled = Watched { is_scaled: true, ..watched.clone() };
        let put = |pointer: &'static str, value: Value| {
            move |object: &mut Value| *object.pointer_mut(pointer).unwrap() = value.clone()
        };
        let other_owner = json!({"f:spec": {"f:image": {}}});
        for (after, is_other, is_other_if_scaled, why) in [
            (
                object(put("/metadata/resourceVersion", json!("2"))),
                false,
                false,
                "a state counts for nothing by itself",
            ),
            (object(put("/status/ready", json!(2))), false, false, "a controller writes the status"),
            (object(put("/metadata/labels", json!({"app": "other"}))), false, false, "a field that nobody asked for"),
            (object(|object| object["spec"]["more"] = json!(1)), false, false, "a new field of somebody else"),
            (object(put("/spec/image", json!("b"))), true, true, "a field that is sent"),
            (
                object(|object| object["spec"]["minReady"] = json!(1)),
                true,
                true,
                "a field that is sent and was not there",
            ),
            (object(put("/spec/replicas", json!(3))), true, false, "a field that we own; an autoscaler's is its own"),
            (object(put("/spec/paused", json!(false))), true, true, "drift that was shown"),
            (object(put("/metadata/managedFields/2/fieldsV1", other_owner)), true, true, "another owner of a field"),
            (
                object(|object| object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z")),
                true,
                true,
                "it goes",
            ),
        ] {
            assert_eq!(watched.look(&after).digest != watched.look(&seen).digest, is_other, "{why}");
            assert_eq!(scaled.look(&after).digest != scaled.look(&seen).digest, is_other_if_scaled, "{why}, scaled");
        }
    }

    #[test]
    fn of_what_goes_everything_that_others_set_makes_a_difference() {
        let seen = object(|_| {});
        let annotated = object(|object| {
            object["metadata"]["annotations"] = json!({"a": "b"});
            let fields = json!({"f:metadata": {"f:annotations": {"f:a": {}}}});
            let entry =
                json!({"manager": "them", "operation": "Apply", "time": "2026-01-01T00:00:10Z", "fieldsV1": fields});
            object["metadata"]["managedFields"].as_array_mut().unwrap().push(entry);
        });
        let leaving = Watched::of_leaving(&seen);
        assert_ne!(leaving.look(&annotated).digest, leaving.look(&seen).digest);
        let staying = Watched { is_leaving: false, ..leaving };
        assert_eq!(staying.look(&annotated).digest, staying.look(&seen).digest);
        assert_ne!(staying.clone().leaving().look(&annotated).digest, staying.leaving().look(&seen).digest);
        let noise =
            object(|object| object["metadata"]["managedFields"][2]["fieldsV1"] = json!({"f:status": {"f:more": {}}}));
        let leaving = Watched::of_leaving(&seen);
        assert_eq!(leaving.look(&noise).digest, leaving.look(&seen).digest, "a controller writes the status");
    }

    #[test]
    fn what_the_server_has_not_judged_is_watched_field_by_field() {
        let found = tree(&json!({"spec": {"a": 1, "list": [{"b": 1}], "empty": {}}}));
        assert_eq!(found, json!({"f:spec": {"f:a": {}, "f:list": {}, "f:empty": {}}}));
    }
}
