//! One object's row: from what is known of it to what apply would do with it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cause::{fields_of, is_left_by_experiment};
use super::change_set::{Action, Cause, Change, Conflict, Drift, DriftKind, FieldChange};
use super::conflict::{covers, own_spelling};
use super::effect::{Effect, effect, unchangeable};
use super::marked::Marked;
use super::mask::Mask;
use super::path::Path;
use super::retention::Retention;
use super::visible::{stripped, visible};
use super::{drift, ends, fields, named, owner, permissions};
use crate::inventory::{MANAGER, Recorded};
use crate::kubernetes::{immutable, managed_fields};
use crate::observe::live;
use crate::plan::marks::FIELD_MANAGER;
use crate::plan::naming;
use crate::snapshot::{ApplyAnswer, Observed, Snapshot};

/// What the rows of one snapshot have in common.
pub(super) struct Rows<'s> {
    pub(super) snapshot: &'s Snapshot,
    /// What the last apply recorded.
    pub(super) recorded: Recorded,
    /// Why the whole set is somebody else's, with the next step.
    pub(super) foreign: Option<(String, String)>,
    /// What running experiments use.
    pub(super) retention: &'s Retention<'s>,
    pub(super) mask: Mask,
}

/// What came of one object.
pub(super) struct Row {
    /// Its row; `None` if it is as it should be.
    pub(super) change: Option<Change>,
    /// What others have changed.
    pub(super) drift: Vec<Drift>,
}

impl Rows<'_> {
    pub(super) fn row(&mut self, object: &Observed) -> Row {
        let marked = Marked::of(object, &self.snapshot.marks, &self.snapshot.running, &self.recorded);
        let Some(effect) = effect(object, &self.snapshot.namespace, &marked) else {
            // Of most objects nothing more is asked: nobody else has written to them.
            let is_touched = |live| managed_fields::written_since(live, MANAGER).next().is_some();
            let is_of_interest =
                object.is_scaled || drift::is_suspended(object) || object.live.as_ref().is_some_and(is_touched);
            let drift = if is_of_interest { self.drift(object, &marked, false) } else { Vec::new() };
            return Row { change: None, drift };
        };
        let mut change = self.change(object, effect, &marked);
        let mut drift = self.drift(object, &marked, change.action.writes());
        if change.action == Action::Replace {
            // Nothing is left of an object that is made anew.
            for one in &mut drift {
                one.is_restored = true;
            }
        }
        if change.action == Action::Update {
            change.reasons.extend(left(&drift));
        }
        Row { change: Some(change), drift }
    }

    fn change(&mut self, object: &Observed, effect: Effect, marked: &Marked<'_>) -> Change {
        let Effect { mut action, before, after, mut reasons, said, mut hints, unverified, conflicts } = effect;
        let mut ends_run = None;
        let live = object.live.as_ref();
        // What was left by an experiment is no conflict.
        let conflict_of = |path: &str, manager: &str| !is_left_by_experiment(path, manager, marked);
        let real: Vec<&(String, String)> =
            conflicts.iter().filter(|(path, manager)| conflict_of(path, manager)).collect();
        if action == Action::Replace {
            self.judge_replace(object, live, &mut action, &mut reasons, &mut hints, &mut ends_run);
        }
        let is_anew = action == Action::Replace;
        let left_behind = self.left_behind(&real);
        if matches!(action, Action::Update | Action::Replace)
            && !real.is_empty()
            && !self.snapshot.wishes.force_conflicts
        {
            action = Action::Conflict;
            let managers: BTreeSet<&str> = real.iter().map(|(_, manager)| manager.as_str()).collect();
            let managers: Vec<String> = managers.iter().map(|manager| format!("`{manager}`")).collect();
            reasons.push(format!("fields of it are owned by {} with other values", managers.join(", ")));
            // Only its author can leave something out.
            let is_authored = object.origin.as_ref().is_some_and(|origin| !origin.file.ends_with(".toml"));
            let otherwise = "; or leave them out of the manifest, so that the other keeps them";
            hints.push(format!("`--force-conflicts` takes the fields{}", if is_authored { otherwise } else { "" }));
        }
        // Nothing is written to somebody else's set, new objects no more than others.
        let foreign = live.map_or_else(|| self.foreign.clone(), |live| self.foreign_owner(object, live));
        let stranger = || live.filter(|_| is_anew).and_then(owner::stranger);
        let foreign = foreign.or_else(stranger);
        if let Some((whose, hint)) = foreign.filter(|_| action != Action::Error && !self.snapshot.wishes.adopt) {
            action = Action::Refused;
            reasons.insert(0, whose);
            hints.insert(0, hint);
        }
        if let Some(job) = left_behind.filter(|_| action == Action::Conflict) {
            action = Action::Keep;
            reasons = vec![
                format!(
                    "a run is on (Job `{job}`), and Chaos Toolkit's client owns fields of it: an experiment that is not in the bundle any more patches it"
                ),
                "what the bundle changes in it waits for the end of the run".to_owned(),
            ];
            hints = vec!["run it again when the experiment has ended".to_owned()];
        }
        // Everything that the server might repeat in its answer is known to the mask before the answer is shown.
        let sent = self.mask.object(stripped(&object.desired));
        let before = before.map(|value| self.mask.object(value));
        let after = after.map(|value| self.mask.object(value));
        let fields = fields_of(object, &sent, (before.as_ref(), after.as_ref()), &conflicts, marked);
        // A running experiment's fields come back by themselves, or are restored afterwards.
        let is_marked = |(path, _): &(Path, FieldChange)| marked.is_on(&drift::pointer(path));
        let is_disturbed = match action {
            Action::Update => fields.iter().any(is_marked),
            // Its experiment would go on with another object.
            Action::Replace => true,
            _ => false,
        };
        if let Some(job) = marked.running().filter(|_| is_disturbed) {
            action = Action::Keep;
            reasons = vec![format!("an experiment that patches it is running (Job `{}`)", job.job)];
            if fields.iter().any(|(_, field)| field.cause != Cause::Experiment) {
                reasons.push("what the bundle changes in it waits for the end of the run".to_owned());
            }
            hints = vec!["run it again when the experiment has ended".to_owned()];
        }
        let is_taken = matches!(action, Action::Update | Action::Replace)
            && live.is_some_and(|live| takes_away(live, &object.desired));
        if let Some(run) = self.retention.user(&object.id).filter(|run| is_taken && run.job != object.id.name) {
            if self.snapshot.wishes.end_runs {
                ends_run = Some(ends(run));
            } else {
                action = Action::Keep;
                reasons = vec![
                    format!(
                        "the running experiment of `{}` uses what the change takes away (Job `{}`)",
                        run.schedule, run.job
                    ),
                    "what the bundle changes in it waits for the end of the run".to_owned(),
                ];
                hints = vec![
                    "run it again when the experiment has ended; `--end-runs` ends the run now, with its rollbacks"
                        .to_owned(),
                ];
            }
        }
        let is_known = self.recorded.inputs.contains(&object.inputs);
        Change {
            id: object.id.clone(),
            action,
            // In our own words nothing is masked: a mark in place of one would tell a secret.
            reasons: said.iter().map(|said| self.mask.text(said)).chain(reasons).collect(),
            hints,
            origin: object.origin.clone(),
            from_newer_chaosc: is_known && !self.recorded.objects.contains(&object.content) && action.writes(),
            before,
            after,
            conflicts: real
                .into_iter()
                .map(|(path, manager)| Conflict { path: own_spelling(path, &fields), manager: manager.clone() })
                .collect(),
            fields: fields.into_iter().map(|(_, field)| field).collect(),
            unverified,
            counterpart: None,
            ends_run: ends_run.filter(|_| action.writes()),
        }
    }

    /// Returns the Job that is running, where only Chaos Toolkit's client owns what is in conflict.
    fn left_behind(&self, conflicts: &[&(String, String)]) -> Option<&str> {
        let is_theirs = !conflicts.is_empty() && conflicts.iter().all(|(_, manager)| manager == FIELD_MANAGER);
        self.snapshot.running.first().filter(|_| is_theirs).map(|run| run.job.as_str())
    }

    fn foreign_owner(&self, object: &Observed, live: &Value) -> Option<(String, String)> {
        let is_inventory = object.origin.is_none();
        if is_inventory {
            self.foreign.clone()
        } else {
            owner::foreign(self.snapshot, live).or_else(|| self.foreign.clone())
        }
    }

    /// Decides whether an object that has to be made anew may be, and what that ends.
    fn judge_replace(
        &self,
        object: &Observed,
        live: Option<&Value>,
        action: &mut Action,
        reasons: &mut Vec<String>,
        hints: &mut Vec<String>,
        ends_run: &mut Option<String>,
    ) {
        let id = &object.id;
        let is_job = id.group() == "batch" && id.kind == "Job";
        if is_job {
            let is_once = object.desired["metadata"]["labels"][naming::SCHEDULE].is_string();
            let is_running = live.is_some_and(|live| live["status"]["ready"].as_u64() > Some(0));
            let run = self.snapshot.running.iter().find(|run| run.job == id.name);
            if let Some(run) = run.filter(|_| is_running) {
                *ends_run = Some(ends(run));
            } else if is_once && live.is_some_and(live::has_ended) {
                // The name of a schedule's Job says what it runs, and that has run: only how differs.
                *action = Action::Keep;
                *reasons = vec!["it has run what it says; only how it is run differs".to_owned()];
                return;
            }
        }
        // Where only the server's words tell that a field cannot change, nobody knows what else goes with the object.
        let is_known = live.is_none_or(|live| !unchangeable(live, &object.desired).is_empty());
        let is_precious = !is_known || immutable::is_precious(&id.api_version, &id.kind);
        if is_precious && !named::is_named(id, self.snapshot) {
            *action = Action::Error;
            let name = named::name(id, self.snapshot);
            hints.push(format!("replacing it loses more than the object itself; `--replace {name}` allows it"));
        }
    }

    /// Collects what others have changed.
    fn drift(&mut self, object: &Observed, marked: &Marked<'_>, writes: bool) -> Vec<Drift> {
        let Some(live) = &object.live else { return self.missing(object, writes) };
        let shown = self.mask.object(live.clone());
        let shown_desired = self.mask.object(object.desired.clone());
        let mut drift = drift::set_by_others(object, live, (&shown, &shown_desired), marked);
        for one in &mut drift {
            one.is_restored &= writes;
        }
        drift.extend(drift::switched_off(object, live, &drift));
        drift.extend(drift::suspended(object, live, &drift));
        drift.extend(self.removed(object, live, (&shown, &shown_desired), &drift, writes));
        drift
    }

    /// An object that was applied as it is desired now, and is gone.
    fn missing(&self, object: &Observed, writes: bool) -> Vec<Drift> {
        // What is the same is there, even if it was not kept; of what may not be read, nobody knows.
        let is_missing = !matches!(object.answer, ApplyAnswer::Same | ApplyAnswer::Unreadable(_));
        if !is_missing || !self.recorded.objects.contains(&object.content) {
            return Vec::new();
        }
        vec![Drift {
            id: object.id.clone(),
            origin: object.origin.clone(),
            path: String::new(),
            desired: None,
            live: None,
            manager: None,
            time: None,
            kind: DriftKind::Changed,
            is_restored: writes,
        }]
    }

    /// Fields that were applied as they are desired now, and are gone, or differ without an owner.
    fn removed(
        &self,
        object: &Observed,
        live: &Value,
        (shown, shown_desired): (&Value, &Value),
        known: &[Drift],
        writes: bool,
    ) -> Vec<Drift> {
        if !self.recorded.objects.contains(&object.content) {
            return Vec::new();
        }
        let ApplyAnswer::Merged { object: merged, .. } = &object.answer else { return Vec::new() };
        let (live_object, live) = (live, stripped(live));
        let merged = visible(Some(&live), &stripped(merged), Some(&object.desired));
        let differing =
            fields::fields(&live, &merged).into_iter().filter(|(path, _, _)| path.follow(&object.desired).is_some());
        let is_new = |path: &Path| !known.iter().any(|one| covers(&one.path, &path.to_string()));
        let by_controller = |path: &Path| {
            let pointer = drift::pointer(path);
            let mut controllers = managed_fields::entries(live_object).filter(managed_fields::Entry::is_controller);
            controllers.any(|entry| managed_fields::touches(entry.fields, &pointer))
        };
        differing
            .filter(|(path, _, _)| is_new(path) && !by_controller(path))
            .map(|(path, now, _)| Drift {
                id: object.id.clone(),
                origin: object.origin.clone(),
                path: path.to_string(),
                desired: path.follow(shown_desired).cloned(),
                live: now.and_then(|_| path.follow(shown).cloned()),
                manager: None,
                time: None,
                kind: DriftKind::Changed,
                is_restored: writes,
            })
            .collect()
    }
}

/// Returns whether a change takes something away from whoever uses the object: rights, or files that a pod mounts.
fn takes_away(live: &Value, desired: &Value) -> bool {
    match live["kind"].as_str() {
        Some("Role" | "ClusterRole") => permissions::is_narrower(live, desired),
        Some("RoleBinding" | "ClusterRoleBinding") => {
            ["roleRef", "subjects"].iter().any(|key| live[key] != desired[key])
        }
        Some("ConfigMap" | "Secret") => live["data"] != desired["data"],
        _ => false,
    }
}

/// Says what experiments left that an apply restores.
fn left(drift: &[Drift]) -> Option<String> {
    let names = drift.iter().filter(|one| one.is_restored).filter_map(|one| match &one.kind {
        DriftKind::LeftByExperiment { experiments } => Some(experiments),
        _ => None,
    });
    let names: BTreeSet<String> = names.flatten().map(|name| format!("`{name}`")).collect();
    let names: Vec<String> = names.into_iter().collect();
    let noun = if names.len() == 1 { "experiment" } else { "experiments" };
    (!names.is_empty())
        .then(|| format!("{noun} {} left other values, and no run is on: apply restores them", names.join(", ")))
}
