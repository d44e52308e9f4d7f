//! Drift: what somebody else has changed in the cluster since the last apply.

use serde_json::Value;

use super::change_set::{Drift, DriftKind};
use super::marked::Marked;
use super::path::{Path, Step};
use super::visible::is_set_by_server;
use crate::inventory::MANAGER;
use crate::kubernetes::amount;
use crate::kubernetes::managed_fields::{self, Segment};
use crate::observe::desired;
use crate::snapshot::{ApplyAnswer, Observed};

/// What kubectl keeps for its own client-side apply; a copy of the object, and nobody's wish.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns a path as a JSON pointer, as far as only names of fields lead.
pub(super) fn pointer(path: &Path) -> String {
    let names = path.0.iter().map_while(|step| match step {
        Step::Field(name) => Some(name),
        _ => None,
    });
    names.fold(String::new(), |pointer, name| crate::source::tree::join(&pointer, name))
}

/// Returns the fields of one object that others have set since the last apply.
///
/// `shown` are the live and the desired object without secrets. What is said to be restored is so only if the object is
/// written.
pub(super) fn set_by_others(
    object: &Observed,
    live: &Value,
    shown: (&Value, &Value),
    marked: &Marked<'_>,
) -> Vec<Drift> {
    let merged = match &object.answer {
        ApplyAnswer::Merged { object, .. } => Some(object),
        _ => None,
    };
    let mut drift = Vec::new();
    for entry in managed_fields::written_since(live, MANAGER) {
        managed_fields::leaves(entry.fields, &mut |segments| {
            let segments = up_to_added_item(segments, live, &object.desired);
            let Some(path) = path(segments, live) else { return };
            let is_told = |one: &Drift| one.manager.as_deref() == Some(entry.manager) && one.path == path.to_string();
            if drift.iter().any(is_told) {
                return;
            }
            let is_noise = |name: &String| name == LAST_APPLIED || is_set_by_server(name);
            if matches!(path.0.last(), Some(Step::Field(name)) if is_noise(name))
                || path.0.first() == Some(&Step::Field("status".to_owned()))
            {
                return;
            }
            let (here, wanted) = (follow(segments, live), follow(segments, &object.desired));
            // Without a time nobody knows whether it was since; with another value than the bundle's, it was.
            if entry.time.is_empty() && wanted.is_none() {
                return;
            }
            // Somebody else may well want the same.
            if let (Some(here), Some(wanted)) = (here, wanted)
                && amount::is_same(segments, here, wanted)
            {
                return;
            }
            // A schedule that goes on is none that anybody has stopped.
            if is_schedule(object)
                && path.to_string() == SUSPEND
                && here == Some(&Value::Bool(false))
                && wanted.is_none()
            {
                return;
            }
            if object.is_scaled && pointer(&path) == desired::REPLICAS && !is_switched_off(object, live) {
                return;
            }
            let experiments = marked.experiments(&pointer(&path), entry.manager);
            let kind = match (marked.running(), experiments.is_empty()) {
                (_, true) => DriftKind::Changed,
                (Some(job), false) => DriftKind::ExperimentRuns { job: job.job.clone() },
                (None, false) if marked.is_given_back() => return,
                (None, false) => DriftKind::LeftByExperiment { experiments },
            };
            drift.push(Drift {
                id: object.id.clone(),
                origin: object.origin.clone(),
                path: path.to_string(),
                desired: follow(segments, shown.1).cloned(),
                live: follow(segments, shown.0).cloned(),
                manager: Some(entry.manager.to_owned()),
                time: Some(entry.time.to_owned()).filter(|time| !time.is_empty()),
                kind,
                is_restored: wanted.is_some() || merged.is_some_and(|merged| follow(segments, merged) != here),
            });
        });
    }
    drift
}

/// Returns the steps to a field; to the item as a whole, where it is a part of one that others have added to a list.
fn up_to_added_item<'s, 't>(segments: &'s [Segment<'t>], live: &Value, desired: &Value) -> &'s [Segment<'t>] {
    let is_added = |end: &usize| {
        let item = &segments[..*end];
        matches!(item.last(), Some(Segment::Key(_))) && follow(item, live).is_some() && follow(item, desired).is_none()
    };
    (1..=segments.len()).find(is_added).map_or(segments, |end| &segments[..end])
}

pub(super) fn follow<'v>(segments: &[Segment<'_>], value: &'v Value) -> Option<&'v Value> {
    segments.iter().try_fold(value, |value, segment| segment.follow(value))
}

/// Returns whether an autoscaler of the bundle has nothing to scale: no replicas switch it off (Kubernetes documentation,
/// "Horizontal Pod Autoscaling", "Implicit maintenance-mode deactivation").
fn is_switched_off(object: &Observed, live: &Value) -> bool {
    object.is_scaled && live.pointer(desired::REPLICAS) == Some(&Value::from(0))
}

/// Returns the drift of a workload whose autoscaler is switched off, where it is not among the known: whoever writes a
/// zero to `scale` does not become the owner of it.
pub(super) fn switched_off(object: &Observed, live: &Value, known: &[Drift]) -> Option<Drift> {
    let path = "spec.replicas";
    let is_new = is_switched_off(object, live) && !known.iter().any(|one| one.path == path);
    is_new.then(|| Drift {
        id: object.id.clone(),
        origin: object.origin.clone(),
        path: path.to_owned(),
        desired: None,
        live: Some(0.into()),
        manager: None,
        time: None,
        kind: DriftKind::Changed,
        is_restored: false,
    })
}

/// The field that stops a schedule.
const SUSPEND: &str = "spec.suspend";

fn is_schedule(object: &Observed) -> bool {
    object.id.group() == "batch" && object.id.kind == "CronJob"
}

/// Returns whether somebody else has suspended a schedule that the bundle does not suspend: nothing runs until somebody
/// resumes it.
pub(super) fn is_suspended(object: &Observed) -> bool {
    let suspended = |object: &Value| object.pointer("/spec/suspend") == Some(&Value::Bool(true));
    let is_ours = |live: &Value| {
        let entry = managed_fields::applied_by(live, MANAGER);
        entry.is_some_and(|entry| managed_fields::touches(entry.fields, "/spec/suspend"))
    };
    let is_theirs = |live: &Value| suspended(live) && !is_ours(live);
    is_schedule(object) && !suspended(&object.desired) && object.live.as_ref().is_some_and(is_theirs)
}

/// Returns the drift of a suspended schedule, where it is not among the known: an apply of other fields since then has not
/// resumed it.
pub(super) fn suspended(object: &Observed, live: &Value, known: &[Drift]) -> Option<Drift> {
    let is_new = is_suspended(object) && !known.iter().any(|one| one.path == SUSPEND);
    let owner = managed_fields::entries(live).find(|entry| managed_fields::touches(entry.fields, "/spec/suspend"));
    is_new.then(|| Drift {
        id: object.id.clone(),
        origin: object.origin.clone(),
        path: SUSPEND.to_owned(),
        desired: object.desired.pointer("/spec/suspend").cloned(),
        live: Some(true.into()),
        manager: owner.map(|owner| owner.manager.to_owned()),
        time: owner.map(|owner| owner.time.to_owned()).filter(|time| !time.is_empty()),
        kind: DriftKind::Changed,
        is_restored: false,
    })
}

/// Says what brings a workload back that no autoscaler scales any more, and no apply either.
pub(super) fn scales_no_more(drift: &Drift) -> Option<String> {
    let is_off = drift.path == "spec.replicas" && drift.live == Some(0.into()) && !drift.is_restored;
    let is_over = !matches!(drift.kind, DriftKind::ExperimentRuns { .. });
    let place = drift.id.namespace.as_ref().map_or_else(String::new, |namespace| format!(" -n {namespace}"));
    (is_off && is_over && drift.desired.is_none()).then(|| {
        let (kind, name) = (drift.id.kind.to_lowercase(), &drift.id.name);
        format!(
            "{} has no replicas, which switches its autoscaler off: `kubectl scale {kind} {name}{place} --replicas=1` switches it on again",
            drift.id
        )
    })
}

/// Returns the steps of an owner's tree as a path; nothing if they lead nowhere in the object.
pub(super) fn path(segments: &[Segment<'_>], live: &Value) -> Option<Path> {
    let mut here = live;
    let mut steps = Vec::new();
    for segment in segments {
        let step = match segment {
            Segment::Field(name) => Step::Field((*name).to_owned()),
            Segment::Key(key) => {
                Step::Key { key: key.iter().map(|(name, value)| (name.clone(), value.clone())).collect() }
            }
            Segment::Index(index) => Step::Index(*index),
            Segment::Member(member) => Step::Index(here.as_array()?.iter().position(|item| item == member)?),
        };
        here = segment.follow(here)?;
        steps.push(step);
    }
    Some(Path(steps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::ObjectId;
    use serde_json::json;

    /// An object that an apply would leave as it is.
    fn observed(desired: Value, live: Value, is_scaled: bool) -> Observed {
        Observed {
            id: ObjectId::of(&desired).unwrap(),
            origin: None,
            plural: None,
            inputs: String::new(),
            content: String::new(),
            is_scaled,
            live: Some(live),
            answer: ApplyAnswer::Same,
            desired,
        }
    }

    /// A workload of an autoscaler with so many replicas, and whoever wrote them.
    fn scaled(replicas: usize, writer: &Value) -> Vec<Drift> {
        let applied = json!({"manager": "chaosc", "operation": "Apply", "apiVersion": "apps/v1", "time": "2026-01-01T00:00:00Z", "fieldsV1": {}});
        let live = json!({"metadata": {"managedFields": [applied, writer]}, "spec": {"replicas": replicas}});
        let desired =
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop", "namespace": "shop"}});
        let object = observed(desired, live.clone(), true);
        let mut drift = set_by_others(&object, &live, (&live, &object.desired), &Marked::default());
        drift.extend(switched_off(&object, &live, &drift));
        drift
    }

    #[test]
    fn what_an_autoscaler_decides_is_drift_only_where_it_is_switched_off() {
        let patch = json!({"manager": "kubectl-patch", "operation": "Update", "time": "2026-01-01T00:00:09Z", "fieldsV1": {"f:spec": {"f:replicas": {}}}});
        let nobody = json!({"manager": "kubectl", "operation": "Update", "subresource": "scale", "fieldsV1": {}});
        for (replicas, writer, expected) in [
            (7, &patch, vec![]),
            (7, &nobody, vec![]),
            (0, &patch, vec![Some("kubectl-patch")]),
            (0, &nobody, vec![None]),
        ] {
            let drift = scaled(replicas, writer);
            let managers: Vec<Option<&str>> = drift.iter().map(|one| one.manager.as_deref()).collect();
            assert_eq!(managers, expected, "{replicas} {writer}");
            assert!(drift.iter().all(|one| one.path == "spec.replicas" && !one.is_restored));
            let note = drift.iter().find_map(scales_no_more);
            assert_eq!(note.is_some(), replicas == 0);
            assert!(note.is_none_or(|note| note.contains("`kubectl scale deployment shop -n shop --replicas=1`")));
        }
    }

    #[test]
    fn a_text_that_looks_like_an_amount_is_a_text() {
        let map = |value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, "data": {"max": value}});
        let entry = |manager: &str, operation: &str, fields: Value| json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsV1": fields});
        for (value, expected) in [("1", 0), ("1000m", 1)] {
            let mut live = map(value);
            live["metadata"]["managedFields"] = json!([
                entry("chaosc", "Apply", json!({})),
                entry("kubectl-edit", "Update", json!({"f:data": {"f:max": {}}}))
            ]);
            let object = observed(map("1"), live.clone(), false);
            let drift = set_by_others(&object, &live, (&live, &object.desired), &Marked::default());
            assert_eq!(drift.len(), expected, "{value}");
        }
    }

    #[test]
    fn what_the_server_labels_is_nobody_s_drift() {
        let fields = |name: &str| json!({"f:metadata": {"f:labels": {(format!("f:{name}")): {}}}});
        let entry = |manager: &str, operation: &str, fields: Value| json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsV1": fields});
        for (label, expected) in [("kubernetes.io/metadata.name", 0), ("team", 1)] {
            let desired = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
            let mut live = desired.clone();
            live["metadata"]["labels"] = json!({(label): "shop"});
            live["metadata"]["managedFields"] =
                json!([entry("chaosc", "Apply", json!({})), entry("kubectl-create", "Update", fields(label))]);
            let object = observed(desired, live.clone(), false);
            let drift = set_by_others(&object, &live, (&live, &object.desired), &Marked::default());
            assert_eq!(drift.len(), expected, "{label}");
        }
    }
}
