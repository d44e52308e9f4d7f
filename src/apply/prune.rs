//! Deleting what is no longer desired: workloads first and what they need last, and nothing from under a running experiment.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::delete::Dependents;
use super::report::{Failure, Outcome};
use super::seen::Watched;
use super::{AT_A_TIME, Apply, foreign, interrupted, unknown_kind};
use crate::bundle::order;
use crate::cluster::Request;
use crate::diff::retention::{Grounds, Retention};
use crate::diff::{Action, Change};
use crate::inventory;
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::Resource;
use crate::observe::live;
use crate::plan::naming;
use crate::snapshot::{RunningJob, Snapshot};

/// The rank from which on objects act by themselves; what they need has a lower one.
fn acts(id: &ObjectId) -> bool {
    order::rank(id)
        >= order::rank(&ObjectId {
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: None,
            name: String::new(),
        })
}

/// The runs of the bundle's schedules.
#[derive(Debug, Default)]
struct Runs {
    /// Those that are on.
    on: Vec<RunningJob>,
    /// The schedules that have runs, those that have ended too.
    schedules: BTreeSet<String>,
}

impl Runs {
    /// Returns whether a schedule has a run that is on.
    fn is_on(&self, schedule: &Value) -> bool {
        name(schedule).is_some_and(|name| self.on.iter().any(|run| run.schedule == name))
    }

    /// Returns whether a schedule has runs.
    fn has_any(&self, schedule: &Value) -> bool {
        name(schedule).is_some_and(|name| self.schedules.contains(name))
    }
}

/// Returns the name in chaos.toml of the schedule that an object belongs to.
fn name(object: &Value) -> Option<&str> {
    object["metadata"]["labels"][naming::SCHEDULE].as_str()
}

/// One object that goes: its row and how it was seen last.
struct Leaving<'a> {
    row: usize,
    id: &'a ObjectId,
    live: Value,
}

impl<'a> Apply<'a> {
    /// Returns whether nothing is desired any more.
    fn is_delete(&self) -> bool {
        self.snapshot.objects.is_empty()
    }

    /// Ends the runs that were shown to be ended, with their rollbacks: their account keeps its rights until then.
    pub(super) async fn end_runs(&mut self) {
        let ending: Vec<usize> = self.rows(|change| change.ends_run.is_some() && change.action != Action::Replace);
        let is_all = self.is_delete() && self.snapshot.wishes.end_runs;
        if is_all {
            self.suspend_schedules().await;
        } else if ending.is_empty() {
            return;
        }
        let ended = match self.running().await {
            Ok(runs) => self.end(&ending, &runs.on).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = ended {
            for row in ending {
                self.outcomes[row] = Some(Outcome::Failed(failure.clone()));
            }
            if is_all {
                self.blocked = Some(failure.reason);
            }
        }
    }

    async fn end(&self, rows: &[usize], running: &[RunningJob]) -> Result<(), Failure> {
        let retention = retention(self.snapshot, running);
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for row in rows {
            let id = &self.changes.changes[*row].id;
            names.extend(retention.user(id).or_else(|| retention.patcher(id)).map(|run| run.job.as_str()));
            names.extend(
                self.seen.get(id).into_iter().flat_map(|object| retention.runs_of(object)).map(|run| run.job.as_str()),
            );
        }
        if self.is_delete() && self.snapshot.wishes.end_runs {
            names.extend(running.iter().map(|run| run.job.as_str()));
        }
        let ends = stream::iter(names).map(|name| self.end_run(name)).buffer_unordered(AT_A_TIME);
        let results: Vec<Result<(), Failure>> = ends.collect().await;
        results.into_iter().collect()
    }

    async fn end_run(&self, name: &str) -> Result<(), Failure> {
        let Some(resource) = Resource::built_in("batch/v1", "Job") else { return Ok(()) };
        let target = super::Target {
            cluster: self.cluster,
            resource: &resource,
            namespace: Some(&self.snapshot.namespace),
            name,
        };
        let Some(job) = target.read().await? else { return Ok(()) };
        match target.delete(&job, &Watched::default(), Dependents::Foreground, Some(self.goes_within())).await {
            Outcome::Failed(failure) => {
                Err(Failure { reason: format!("the run `{name}` could not be ended: {}", failure.reason), ..failure })
            }
            _ => Ok(()),
        }
    }

    /// Suspends the schedules that go, so that no run begins while the others are ended.
    async fn suspend_schedules(&mut self) {
        let rows = self.rows(|change| change.action == Action::Delete && is_schedule(&change.id));
        let this = &*self;
        let suspended: Vec<_> = stream::iter(rows)
            .map(|row| async move {
                let id = &this.changes.changes[row].id;
                Some((row, this.target(id)?.suspend(this.seen.get(id)?).await))
            })
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        for (row, result) in suspended.into_iter().flatten() {
            match result {
                Ok(Some(now)) => drop(self.suspended.insert(row, now)),
                Ok(None) => {}
                Err(failure) => self.outcomes[row] = Some(Outcome::Failed(failure)),
            }
        }
    }

    /// Deletes what is no longer desired.
    pub(super) async fn prune(&mut self) {
        let rows = self.rows(|change| change.action == Action::Delete);
        let rows: Vec<usize> = rows.into_iter().filter(|row| self.outcomes[*row].is_none()).collect();
        if rows.is_empty() {
            return;
        }
        if !self.is_delete() && self.left().values().any(|action| *action != Action::Delete) {
            self.not_tried(&rows, "what is no longer desired is deleted when everything else is applied");
            return;
        }
        let is_parent = |row: &usize| {
            let id = &self.changes.changes[*row].id;
            id.kind == "ConfigMap" && id.name == inventory::name(&self.snapshot.bundle)
        };
        let (last, rest): (Vec<usize>, Vec<usize>) =
            rows.iter().copied().partition(|row| is_parent(row) || order::is_namespace(&self.changes.changes[*row].id));
        let (acting, needed): (Vec<usize>, Vec<usize>) =
            rest.into_iter().partition(|row| acts(&self.changes.changes[*row].id));
        // A run may have begun since the diff was shown, and another one until its schedule is gone.
        let runs = match self.running().await {
            Ok(runs) => runs,
            Err(failure) => return self.not_tried(&rows, &failure.reason),
        };
        let acting = self.not_kept(acting, &runs);
        self.delete(&acting, &runs).await;
        let runs = match self.running().await {
            Ok(runs) => runs,
            Err(failure) => return self.not_tried(&[needed, last].concat(), &failure.reason),
        };
        let mut free: BTreeMap<std::cmp::Reverse<usize>, Vec<usize>> = BTreeMap::new();
        for row in self.not_kept(needed, &runs) {
            free.entry(std::cmp::Reverse(order::rank(&self.changes.changes[row].id))).or_default().push(row);
        }
        for rows in free.values() {
            self.delete(rows, &runs).await;
        }
        for row in last {
            let is_left = self.left().keys().any(|id| !order::is_namespace(id));
            if is_left {
                self.not_tried(&[row], "something of the bundle is still there");
            } else if order::is_namespace(&self.changes.changes[row].id) {
                self.delete_namespace(row).await;
            } else {
                self.delete(&[row], &runs).await;
            }
        }
    }

    /// Returns the rows whose objects no run uses that is on by now; the others are kept.
    fn not_kept(&mut self, rows: Vec<usize>, runs: &Runs) -> Vec<usize> {
        let retention = retention(self.snapshot, &runs.on);
        let (kept, free): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .map(|row| {
                let id = &self.changes.changes[row].id;
                (row, self.seen.get(id).and_then(|object| retention.why_kept(id, object)))
            })
            .partition(|(_, kept)| kept.is_some());
        for (row, kept) in kept {
            self.outcomes[row] = kept.map(|kept| Outcome::Kept(kept.reason));
        }
        free.into_iter().map(|(row, _)| row).collect()
    }

    /// Deletes objects side by side; `runs` are those of its schedules.
    async fn delete(&mut self, rows: &[usize], runs: &Runs) {
        let this = &*self;
        let done: Vec<(usize, Outcome)> = stream::iter(rows)
            .filter_map(|row| async { this.leaving(*row) })
            .map(|leaving| async move { (leaving.row, this.delete_one(&leaving, runs).await) })
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        for (row, outcome) in done {
            self.outcomes[row] = Some(outcome);
        }
    }

    async fn delete_one(&self, leaving: &Leaving<'_>, runs: &Runs) -> Outcome {
        if self.interrupt.is_wanted() {
            return interrupted();
        }
        if let Some(reason) = &self.blocked {
            return Outcome::NotTried(reason.clone());
        }
        let Some(target) = self.target(leaving.id) else { return unknown_kind(leaving.id) };
        let goes_on = !self.snapshot.wishes.end_runs && is_schedule(leaving.id) && runs.is_on(&leaving.live);
        let dependents = match () {
            () if goes_on => Dependents::Orphan,
            // What nothing belongs to need not wait for the garbage collector.
            () if is_schedule(leaving.id) && !runs.has_any(&leaving.live) => Dependents::Background,
            () if self.is_delete() && acts(leaving.id) => Dependents::Foreground,
            () => Dependents::Background,
        };
        // What needs a schedule or is mounted by its pods goes only after it.
        let is_waited_for = self.is_delete() || is_schedule(leaving.id);
        let within = Some(self.goes_within()).filter(|_| is_waited_for);
        target.delete(&leaving.live, &Watched::of_leaving(&leaving.live), dependents, within).await
    }

    /// Deletes the namespace, if nothing of somebody else is in it.
    async fn delete_namespace(&mut self, row: usize) {
        let id = &self.changes.changes[row].id;
        match foreign::foreign(self.cluster, &id.name).await {
            Ok(found) if found.is_empty() => self.delete(&[row], &Runs::default()).await,
            Ok(found) => {
                let reason = format!("it holds what is not of the bundle: {}", foreign::list_names(&found));
                self.outcomes[row] = Some(Outcome::Kept(reason));
            }
            Err(reason) => {
                let reason = format!("nobody knows whether something else is in it: {reason}");
                self.outcomes[row] = Some(Outcome::Kept(reason));
            }
        }
    }

    /// Lists the runs that are on now.
    async fn running(&self) -> Result<Runs, Failure> {
        let Some(jobs) = Resource::built_in("batch/v1", "Job") else { return Ok(Runs::default()) };
        let instance = format!("app.kubernetes.io/instance%3D{}", naming::instance(&self.snapshot.bundle));
        let path = format!("{}?labelSelector={instance}", jobs.collection(Some(&self.snapshot.namespace)));
        let unknown = |reason: String| {
            Failure::new(
                format!("nobody knows whether an experiment is running: {reason}"),
                "the user needs the right to list `jobs.batch`",
            )
        };
        let answer = self.cluster.send(Request::get(path)).await.map_err(|error| unknown(error.to_string()))?;
        if !answer.is_success() {
            return Err(unknown(answer.failure().told()));
        }
        let mut runs = Runs::default();
        for job in answer.json()["items"].as_array_mut().into_iter().flatten() {
            // The items of a list leave out what the list says.
            job["kind"] = jobs.kind.as_str().into();
            let Some(run) = live::run(job) else { continue };
            runs.schedules.insert(run.schedule.clone());
            if !live::has_ended(job) && job["spec"]["suspend"] != true {
                runs.on.push(run);
            }
        }
        Ok(runs)
    }

    fn rows(&self, is_wanted: impl Fn(&Change) -> bool) -> Vec<usize> {
        let rows = self.changes.changes.iter().enumerate();
        rows.filter(|(_, change)| is_wanted(change)).map(|(row, _)| row).collect()
    }

    fn not_tried(&mut self, rows: &[usize], reason: &str) {
        for row in rows {
            self.outcomes[*row] = Some(Outcome::NotTried(reason.to_owned()));
        }
    }

    fn leaving(&self, row: usize) -> Option<Leaving<'a>> {
        let id = &self.changes.changes[row].id;
        let live = self.suspended.get(&row).or_else(|| self.seen.get(id).copied())?.clone();
        Some(Leaving { row, id, live })
    }

    /// Returns the objects that were to go and are still there.
    pub(super) fn staying(&self) -> Vec<ObjectId> {
        let rows =
            self.changes.changes.iter().zip(&self.outcomes).filter(|(change, _)| change.action == Action::Delete);
        rows.filter(|(_, outcome)| !outcome.as_ref().is_some_and(Outcome::is_done))
            .map(|(change, _)| change.id.clone())
            .collect()
    }
}

/// Finds out what runs use.
fn retention<'s>(snapshot: &'s Snapshot, running: &'s [RunningJob]) -> Retention<'s> {
    Retention::of(Grounds { running, ..snapshot.grounds() }, snapshot.present())
}

fn is_schedule(id: &ObjectId) -> bool {
    id.group() == "batch" && id.kind == "CronJob"
}
