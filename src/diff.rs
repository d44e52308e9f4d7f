//! The diff: from what was seen in the cluster to what apply would do.
//!
//! The server's own answer is what is shown ([`crate::observe`]); what is decided here is whose an object and a field
//! are, what cannot be changed, what somebody else has changed, and what may be shown.

mod cause;
pub mod change_set;
mod conflict;
mod drift;
mod effect;
pub mod fields;
pub mod inner;
mod marked;
pub mod mask;
mod named;
mod overlay;
mod owner;
mod pairs;
mod parent;
pub mod path;
mod permissions;
pub(crate) mod refusal;
pub(crate) mod retention;
mod row;
mod service;
pub mod view;

pub(crate) mod visible;

use serde_json::Value;

pub use change_set::{
    Action, Cause, Change, ChangeSet, Compared, Conflict, Drift, DriftKind, FieldChange, Origin, PermissionChange,
    Verdict,
};

use crate::bundle::order;
use crate::inventory;
use crate::kubernetes::{ObjectId, deletion, managed_fields};
use crate::plan::naming;
use crate::snapshot::{RunningJob, Snapshot};
pub use mask::Mask;
use permissions::sides::Sides;
use retention::Retention;
use row::Rows;
use visible::stripped;

/// Works out what apply would do.
pub fn diff(snapshot: &Snapshot) -> ChangeSet {
    let recorded = snapshot.inventory.as_ref().map(inventory::recorded).unwrap_or_default();
    let foreign = owner::foreign_inventory(snapshot);
    let is_foreign = foreign.is_some() && !snapshot.wishes.adopt;
    let retention = Retention::of(snapshot.grounds(), snapshot.present());
    let mut rows = Rows { snapshot, recorded, foreign: foreign.clone(), retention: &retention, mask: Mask::new() };
    let mut changes = Vec::new();
    let mut drift = Vec::new();
    let mut unchanged = 0;
    for object in &snapshot.objects {
        let row = rows.row(object);
        unchanged += usize::from(row.change.is_none());
        changes.extend(row.change);
        drift.extend(row.drift);
    }
    // What belongs to somebody else's set is not ours to delete.
    let stale: Vec<&Value> = snapshot.stale.iter().filter(|_| !is_foreign).collect();
    // With nothing left that is desired, the inventory goes, too.
    let parent = snapshot.inventory.as_ref().filter(|_| snapshot.objects.is_empty() && !is_foreign);
    let leaving: Vec<&Value> = stale.iter().copied().chain(parent).collect();
    let deletes = deletes(&leaving, snapshot, &retention, &mut rows.mask);
    pair(&mut changes, deletes, |id| {
        let old = stale.iter().find(|object| ObjectId::of(object).is_ok_and(|one| one == *id))?;
        Some(rows.mask.object(stripped(&managed_fields::written(old))))
    });
    if let Some((whose, _)) = foreign.filter(|_| is_foreign && snapshot.objects.is_empty()) {
        changes.extend(refused(snapshot, whose));
    }
    parent::tell(&mut changes, snapshot);
    let sides = Sides::of(snapshot, &changes, &stale);
    ChangeSet {
        bundle: snapshot.bundle.clone(),
        namespace: snapshot.namespace.clone(),
        compared: snapshot.compared.clone(),
        permissions: sides.changes(),
        runs: runs(snapshot, &changes),
        notes: notes(snapshot, &changes, &drift, sides.beyond(), &rows.mask),
        changes,
        unchanged,
        drift,
    }
}

/// Returns the rows of what is no longer desired, in the reverse of the order of apply; the inventory only before what
/// everything is in.
fn deletes(leaving: &[&Value], snapshot: &Snapshot, retention: &Retention<'_>, mask: &mut Mask) -> Vec<Change> {
    let parent = inventory::name(&snapshot.bundle);
    let mut identified: Vec<(ObjectId, &Value)> =
        leaving.iter().filter_map(|object| Some((ObjectId::of(object).ok()?, *object))).collect();
    let is_parent = |object: &Value| object["metadata"]["labels"][inventory::ID] == snapshot.set.as_str();
    identified.sort_by_key(|(id, object)| {
        let place = if order::is_namespace(id) { 0 } else { usize::from(!is_parent(object)) };
        std::cmp::Reverse((place, order::rank(id)))
    });
    identified
        .into_iter()
        .map(|(id, object)| {
            let kept = retention.why_kept(&id, object);
            let before = mask.object(stripped(object));
            let mut change = Change {
                action: if kept.is_some() { Action::Keep } else { Action::Delete },
                reasons: vec!["it is no longer desired".to_owned()],
                after: Some(before.clone()).filter(|_| kept.is_some()),
                before: Some(before),
                ..Change::of(id)
            };
            match kept {
                Some(kept) => {
                    change.hints = kept.hints(&change.id);
                    change.reasons = vec![kept.reason];
                }
                None if change.id.name == parent && is_parent(object) => {
                    change.reasons = vec!["the inventory: nothing belongs to the bundle any more".to_owned()];
                }
                None => {
                    change.reasons.extend(deletion::told(object).into_iter().chain(retention.taken_over(object)));
                    of_runs(&mut change, object, snapshot, retention);
                }
            }
            change
        })
        .collect()
}

/// Returns the one row of a deletion where everything is somebody else's.
fn refused(snapshot: &Snapshot, whose: String) -> Option<Change> {
    let live = snapshot.inventory.as_ref()?;
    Some(Change {
        action: Action::Refused,
        reasons: vec![whose, "nothing of the bundle is deleted".to_owned()],
        hints: vec!["where it is yours, `chaosc apply --adopt` takes it over first".to_owned()],
        ..Change::of(ObjectId::of(live).ok()?)
    })
}

/// Says what becomes of a run whose schedule or Job goes.
fn of_runs(change: &mut Change, object: &Value, snapshot: &Snapshot, retention: &Retention<'_>) {
    let is_job = change.id.group() == "batch" && change.id.kind == "Job";
    let is_schedule = change.id.group() == "batch" && change.id.kind == "CronJob";
    let run = retention.user(&change.id).filter(|_| is_job);
    let run = run.or_else(|| retention.runs_of(object).next().filter(|_| is_schedule));
    let Some(run) = run.or_else(|| retention.patcher(&change.id)) else { return };
    if snapshot.wishes.end_runs {
        change.ends_run = Some(ends(run));
    } else {
        change.reasons.push(format!("its run goes on to its end (Job `{}`)", run.job));
    }
}

/// Says that a run would be ended.
fn ends(run: &RunningJob) -> String {
    format!("the running experiments of `{}` would be ended, with their rollbacks", run.schedule)
}

/// Brings together what comes and what goes under names that differ in their hash, and appends what goes.
///
/// Of what goes only what somebody has `written` is compared: defaults come again.
fn pair(changes: &mut Vec<Change>, mut deletes: Vec<Change>, mut written: impl FnMut(&ObjectId) -> Option<Value>) {
    let creates: Vec<usize> =
        changes.iter().enumerate().filter(|(_, change)| change.action == Action::Create).map(|(at, _)| at).collect();
    let coming: Vec<&ObjectId> = creates.iter().map(|at| &changes[*at].id).collect();
    let going: Vec<&ObjectId> = deletes.iter().map(|delete| &delete.id).collect();
    for (new, old) in pairs::pairs(&coming, &going) {
        let (create, delete) = (&mut changes[creates[new]], &mut deletes[old]);
        create.counterpart = Some(delete.id.name.clone());
        delete.counterpart = Some(create.id.name.clone());
        delete.from_newer_chaosc = create.from_newer_chaosc;
        if let Some(written) = written(&delete.id) {
            delete.after = delete.after.take().map(|_| written.clone());
            delete.before = Some(written);
        }
        if delete.action == Action::Delete {
            delete.reasons = Vec::new();
        }
        if let (Some(before), Some(after)) = (&delete.before, &create.after) {
            // Who made the new one is not the question: the two are compared.
            let fields = fields::fields(before, after).into_iter();
            create.fields = fields
                .map(|(path, before, after)| FieldChange {
                    path: path.to_string(),
                    before,
                    after,
                    cause: Cause::Bundle,
                })
                .collect();
        }
    }
    changes.extend(deletes);
}

fn notes(
    snapshot: &Snapshot,
    changes: &[Change],
    drift: &[Drift],
    beyond: impl IntoIterator<Item = String>,
    mask: &Mask,
) -> Vec<String> {
    let seen = snapshot.notes.iter().cloned().chain(named::unknown(snapshot)).chain(parent::lost(snapshot));
    let warned = snapshot.warnings.iter().map(|warning| warning.told(|text| mask.text(text)));
    let said = seen.chain(warned).chain(beyond).chain(unknown_runs(snapshot, changes));
    let is_scaled = |one: &Drift| snapshot.objects.iter().any(|object| object.is_scaled && object.id == one.id);
    let off = drift.iter().filter_map(|one| Some((one, drift::scales_no_more(one)?)));
    said.chain(off.filter(|(one, _)| is_scaled(one)).map(|(_, note)| note)).collect()
}

/// Says what files cannot tell: whether a Job that would be made anew has run already.
fn unknown_runs(snapshot: &Snapshot, changes: &[Change]) -> Option<String> {
    let is_anew = |change: &Change| change.action == Action::Replace && change.id.kind == "Job";
    let is_unknown = snapshot.compared.against.is_some() && changes.iter().any(is_anew);
    is_unknown.then(|| {
        "a Job to replace runs only where it has not finished: one that has run what it says is left as it is"
            .to_owned()
    })
}

/// Returns the schedules whose Job would start as soon as it is applied.
fn runs(snapshot: &Snapshot, changes: &[Change]) -> Vec<String> {
    let instance = naming::instance(&snapshot.bundle);
    let starts = changes.iter().filter(|change| matches!(change.action, Action::Create | Action::Replace));
    starts
        .filter(|change| change.id.group() == "batch" && change.id.kind == "Job")
        .filter_map(|change| change.after.as_ref())
        .map(|job| &job["metadata"]["labels"])
        .filter(|labels| labels["app.kubernetes.io/instance"] == instance.as_str())
        .filter_map(|labels| labels[naming::SCHEDULE].as_str().map(str::to_owned))
        .collect()
}
