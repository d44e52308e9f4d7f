//! The marks of experiments on one object: whose the fields are that they patched, and what that means now.

use serde_json::Value;

use super::drift::{path, pointer};
use crate::inventory::{MANAGER, Recorded};
use crate::kubernetes::managed_fields::{self, Entry, Segment};
use crate::observe::desired;
use crate::plan::marks::{FIELD_MANAGER, Mark};
use crate::snapshot::{Observed, RunningJob};

/// The experiments that patch fields of one object, and the one that runs now.
#[derive(Debug, Default)]
pub(super) struct Marked<'m> {
    marks: Vec<&'m Mark>,
    running: Option<&'m RunningJob>,
    is_given_back: bool,
}

impl<'m> Marked<'m> {
    /// Finds the marks on an object.
    pub(super) fn of(
        object: &Observed,
        marks: &'m [Mark],
        running: &'m [RunningJob],
        recorded: &Recorded,
    ) -> Marked<'m> {
        let is_on = |mark: &&Mark| object.plural.as_ref().is_some_and(|plural| mark.is_of(&object.id, plural));
        let marks: Vec<&Mark> = marks.iter().filter(is_on).collect();
        let is_run_of = |job: &&RunningJob| marks.iter().any(|mark| mark.schedule == job.schedule);
        let running = running.iter().find(is_run_of);
        let is_given_back = is_given_back(object, &marks, recorded);
        Marked { marks, running, is_given_back }
    }

    /// Returns whether the live values are those of the last apply, so that it is the bundle that wants others now.
    pub(super) fn is_given_back(&self) -> bool {
        self.is_given_back
    }

    /// Returns whether experiments patch a field.
    pub(super) fn is_on(&self, field: &str) -> bool {
        self.marks.iter().any(|mark| meet(field, &mark.pointer))
    }

    /// Returns whether an apply would only take back the ownership of fields that experiments have given back.
    ///
    /// Nothing depends on it: a later change of such a field is no conflict either way.
    pub(super) fn is_taken_back(&self, live: &Value, merged: &Value) -> bool {
        let ours = |object| managed_fields::applied_by(object, MANAGER);
        let (Some(now), Some(then)) = (ours(live), ours(merged)) else { return false };
        let (has, gets) = (now.leaves(), then.leaves());
        let is_theirs = |segments: &Vec<Segment<'_>>| {
            let Some(pointer) = path(segments, merged).map(|path| pointer(&path)) else { return false };
            let owns =
                |entry: Entry<'_>| entry.manager == FIELD_MANAGER && managed_fields::touches(entry.fields, &pointer);
            self.is_on(&pointer) && managed_fields::entries(live).any(owns)
        };
        now.api_version == then.api_version
            && has.iter().all(|one| gets.contains(one))
            && gets.iter().filter(|one| !has.contains(one)).all(is_theirs)
    }

    /// Returns the Job of the experiment that runs now, if one does that patches the object.
    pub(super) fn running(&self) -> Option<&'m RunningJob> {
        self.running
    }

    /// Returns the experiments that patch a field; none unless the field is theirs by its manager, too.
    pub(super) fn experiments(&self, field: &str, manager: &str) -> Vec<String> {
        if manager != FIELD_MANAGER {
            return Vec::new();
        }
        let is_on = |mark: &&&Mark| meet(field, &mark.pointer);
        let mut names: Vec<String> = self.marks.iter().filter(is_on).map(|mark| mark.experiment.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Returns whether the object of the last apply was the desired one with the live values in the fields of the marks.
fn is_given_back(object: &Observed, marks: &[&Mark], recorded: &Recorded) -> bool {
    let Some(live) = object.live.as_ref().filter(|_| !marks.is_empty()) else { return false };
    let mut applied = object.desired.clone();
    for mark in marks {
        if let (Some(wanted), Some(here)) = (applied.pointer_mut(&mark.pointer), live.pointer(&mark.pointer)) {
            *wanted = here.clone();
        }
    }
    applied != object.desired && recorded.objects.contains(&desired::content(&object.id, &applied))
}

/// Returns whether one of two fields is a part of the other, or the same.
fn meet(a: &str, b: &str) -> bool {
    let is_within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_within(a, b) || is_within(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::ObjectId;
    use crate::snapshot::ApplyAnswer;
    use serde_json::json;

    fn mark(pointer: &str) -> Mark {
        Mark {
            group: "apps".to_owned(),
            resource: "deployments".to_owned(),
            namespace: Some("shop".to_owned()),
            name: Some("shop".to_owned()),
            pointer: pointer.to_owned(),
            experiment: "few".to_owned(),
            schedule: "nightly".to_owned(),
        }
    }

    fn workload(replicas: usize, paused: bool) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop", "namespace": "shop"},
            "spec": {"replicas": replicas, "paused": paused},
        })
    }

    fn observed(desired: Value, live: Value) -> Observed {
        let id = ObjectId::of(&desired).unwrap();
        Observed {
            origin: None,
            plural: Some("deployments".to_owned()),
            inputs: String::new(),
            content: desired::content(&id, &desired),
            is_scaled: false,
            live: Some(live),
            answer: ApplyAnswer::Same,
            desired,
            id,
        }
    }

    #[test]
    fn a_value_of_the_last_apply_was_given_back() {
        let id = ObjectId::of(&workload(2, false)).unwrap();
        let objects = [desired::content(&id, &workload(2, false))].into_iter().collect();
        let recorded = Recorded { objects, ..Recorded::default() };
        let marks = [mark("/spec/replicas")];
        for (desired, live, expected, why) in [
            (workload(4, false), workload(2, false), true, "the author has changed the field, and only that"),
            (workload(2, false), workload(0, false), false, "the author has changed nothing"),
            (workload(4, false), workload(0, false), false, "something else is there than was applied"),
            (workload(4, true), workload(2, false), false, "other fields have changed, so that nobody knows"),
        ] {
            let object = observed(desired, live);
            assert_eq!(Marked::of(&object, &marks, &[], &recorded).is_given_back(), expected, "{why}");
        }
    }

    #[test]
    fn only_fields_of_experiments_may_change_their_owner_in_silence() {
        let entry = |manager: &str, operation: &str, fields: &[&str]| {
            let fields: serde_json::Map<String, Value> =
                fields.iter().map(|field| (format!("f:{field}"), json!({}))).collect();
            json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": {"f:spec": fields}})
        };
        let object = |ours: &[&str], theirs: &str| {
            let mut object = workload(2, false);
            object["metadata"]["managedFields"] =
                json!([entry("chaosc", "Apply", ours), entry(theirs, "Update", &["replicas"])]);
            object
        };
        let merged = object(&["paused", "replicas"], FIELD_MANAGER);
        let marks = [mark("/spec/replicas")];
        for (live, marks, expected) in [
            (object(&["paused"], FIELD_MANAGER), &marks[..], true),
            (object(&["paused"], FIELD_MANAGER), &[], false),
            (object(&["paused"], "kubectl-edit"), &marks, false),
            (object(&["replicas"], FIELD_MANAGER), &marks, false),
            (object(&["paused", "more"], FIELD_MANAGER), &marks, false),
        ] {
            let seen = observed(workload(2, false), live.clone());
            let marked = Marked::of(&seen, marks, &[], &Recorded::default());
            assert_eq!(marked.is_taken_back(&live, &merged), expected, "{live}");
        }
    }

    #[test]
    fn a_field_meets_what_it_is_in_and_what_is_in_it() {
        for (a, b, expected) in [
            ("/spec/http", "/spec/http", true),
            ("/spec/http/0/fault", "/spec/http", true),
            ("/spec", "/spec/http", true),
            ("/spec/https", "/spec/http", false),
        ] {
            assert_eq!(meet(a, b), expected, "{a} {b}");
        }
    }
}
