//! The order of an apply: what others need first, what runs experiments last, and only then what is no longer desired.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bundle::order;
use crate::diff::{Action, Change, ChangeSet};
use crate::kubernetes::{ObjectId, pods};
use crate::plan::naming;
use crate::snapshot::{Observed, Snapshot};

/// What is written of one object: the row that was shown, and what was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'s> {
    /// The row's place in the change set.
    pub(super) row: usize,
    pub(super) change: &'s Change,
    pub(super) object: &'s Observed,
}

/// The objects to be written, in the order in which they are.
#[derive(Debug, Default)]
pub(super) struct Stages<'s> {
    /// The namespaces.
    pub(super) namespaces: Vec<Task<'s>>,
    /// What stands in the bundle beside its schedules, by the rank of its kinds.
    pub(super) ranks: BTreeMap<usize, Vec<Task<'s>>>,
    /// The Jobs and `CronJobs` of the schedules.
    pub(super) schedules: Vec<Task<'s>>,
}

/// Puts what is to be written into its order; the inventory and what goes are not among it.
pub(super) fn stages<'s>(snapshot: &'s Snapshot, changes: &'s ChangeSet) -> Stages<'s> {
    let objects: BTreeMap<&ObjectId, &Observed> = snapshot.objects.iter().map(|object| (&object.id, object)).collect();
    let mut stages = Stages::default();
    for (row, change) in changes.changes.iter().enumerate() {
        let Some(object) = objects.get(&change.id).copied().filter(|object| object.origin.is_some()) else { continue };
        if !matches!(change.action, Action::Create | Action::Update | Action::Replace) {
            continue;
        }
        let task = Task { row, change, object };
        if order::is_namespace(&change.id) {
            stages.namespaces.push(task);
        } else if is_of_schedule(&object.desired, &snapshot.bundle) {
            stages.schedules.push(task);
        } else {
            stages.ranks.entry(order::rank(&change.id)).or_default().push(task);
        }
    }
    stages
}

/// Returns whether an object runs the experiments of a schedule.
fn is_of_schedule(object: &Value, bundle: &str) -> bool {
    let labels = &object["metadata"]["labels"];
    let is_workload = matches!(object["kind"].as_str(), Some("Job" | "CronJob"));
    is_workload
        && labels[naming::SCHEDULE].is_string()
        && labels["app.kubernetes.io/instance"] == naming::instance(bundle).as_str()
}

/// Returns what an object waits for in vain, because it was not applied; nothing if all it needs is there.
///
/// A schedule without its rights or its experiments would be green although nothing happens, so it needs them as they
/// should be. Everything else can do with what is there, but a binding: it would give an account somebody else's Role.
pub(super) fn missing<'l>(
    task: &Task<'_>,
    left: &BTreeMap<&'l ObjectId, Action>,
    schedules: &BTreeMap<&ObjectId, &str>,
) -> Option<&'l ObjectId> {
    let id = &task.object.id;
    let object = &task.object.desired;
    let schedule = object["metadata"]["labels"][naming::SCHEDULE].as_str();
    let needs = pods::spec(object).map(pods::needs).unwrap_or_default();
    let is_workload = pods::spec(object).is_some();
    let role = &object["roleRef"];
    let is_needed = |(one, action): &(&&'l ObjectId, &Action)| {
        let is_absent = **action == Action::Create;
        let is_home = order::is_namespace(one) && Some(&one.name) == id.namespace.as_ref();
        let is_named =
            one.namespace == id.namespace && needs.iter().any(|need| need.kind == one.kind && need.name == one.name);
        let is_right = one.group() == RBAC && schedule.is_some() && schedules.get(**one).copied() == schedule;
        let is_role = role["kind"] == one.kind.as_str() && role["name"] == one.name.as_str() && one.group() == RBAC;
        (is_home && is_absent)
            || (is_named && (is_absent || schedule.is_some()))
            || (is_workload && is_right)
            || (is_role && (one.namespace.is_none() || one.namespace == id.namespace))
    };
    left.iter().find(is_needed).map(|(one, _)| *one)
}

/// The group of Roles and bindings.
const RBAC: &str = "rbac.authorization.k8s.io";

/// Returns the schedule that each object of a bundle belongs to.
pub(super) fn schedules(snapshot: &Snapshot) -> BTreeMap<&ObjectId, &str> {
    let of = |object: &'_ Observed| object.desired["metadata"]["labels"][naming::SCHEDULE].as_str().is_some();
    let labelled = snapshot.objects.iter().filter(|object| of(object));
    labelled
        .map(|object| (&object.id, object.desired["metadata"]["labels"][naming::SCHEDULE].as_str().unwrap_or_default()))
        .collect()
}
