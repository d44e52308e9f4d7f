//! Applying: doing in the cluster what a change set shows, and nothing else.
//!
//! The change set says what is done; the snapshot that it was made from holds the objects with their secrets and the
//! states that were seen. Everything is written by server-side apply as the manager `chaosc`, with the uid and the version
//! that were seen ([`write`]). Objects of one rank are written side by side; a rank waits for the one before.

pub mod agree;
pub mod changes_file;
mod check;
mod delete;
mod expand;
mod foreign;
pub mod interrupt;
mod inventory;
pub mod preflight;
mod prune;
pub mod ready;
pub mod reason;
pub mod release;
pub mod report;
pub mod seen;
mod stage;
pub mod wait;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::diff::{Action, Change, ChangeSet};
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::Resource;
use crate::plan::rollout::Rollout;
use crate::snapshot::{ApplyAnswer, Snapshot};
use interrupt::Interrupt;
use report::{Failure, Outcome, Report, Row};
use stage::Task;
use wait::{Line, Waited};
use write::Target;

/// How many objects are written at a time; as many as are looked at (`observe::AT_A_TIME`).
const AT_A_TIME: usize = 16;

/// How long an object that goes is waited for, where the user says nothing.
const GOES_WITHIN: Duration = Duration::from_mins(5);

/// What the user wants of an apply beside its changes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether the rollouts of the apps and their checks are waited for.
    pub waits: bool,
    /// How long is waited at most, for everything together.
    pub limit: Option<Duration>,
}

/// An apply under way.
struct Apply<'a> {
    cluster: &'a Cluster,
    snapshot: &'a Snapshot,
    changes: &'a ChangeSet,
    options: &'a Options,
    interrupt: &'a Interrupt,
    /// The row of each object.
    rows: HashMap<&'a ObjectId, usize>,
    /// Each object of the bundle as it was seen in the cluster.
    seen: HashMap<ObjectId, &'a Value>,
    /// What became of each row; nothing yet for those that are still to come.
    outcomes: Vec<Option<Outcome>>,
    /// The kinds that the bundle defines itself.
    brought: Vec<Resource>,
    /// Why nothing more is written, if so.
    blocked: Option<String>,
    /// Schedules that were suspended before they go: their rows, and how they are now.
    suspended: BTreeMap<usize, Value>,
}

/// Does what a change set shows.
///
/// Never fails as a whole: what could not be done stands in the report, and the rest is done all the same. `tell` hears
/// how far the rollouts are.
pub async fn apply(
    cluster: &Cluster,
    snapshot: &Snapshot,
    changes: &ChangeSet,
    rollouts: &[Rollout],
    options: &Options,
    interrupt: &Interrupt,
    tell: &dyn Fn(&Line),
) -> Report {
    let outcomes = changes.changes.iter().map(settled).collect();
    let brought = snapshot.objects.iter().flat_map(|object| Resource::defined_by(&object.desired)).collect();
    let mut apply = Apply {
        cluster,
        snapshot,
        changes,
        options,
        interrupt,
        rows: changes.changes.iter().enumerate().map(|(row, change)| (&change.id, row)).collect(),
        seen: seen(snapshot),
        outcomes,
        brought,
        blocked: None,
        suspended: BTreeMap::new(),
    };
    let waited = apply.run(rollouts, tell).await;
    apply.report(waited)
}

/// Returns each object of a bundle as it was seen in the cluster.
fn seen(snapshot: &Snapshot) -> HashMap<ObjectId, &Value> {
    let leaving = snapshot.stale.iter().chain(&snapshot.inventory);
    let leaving = leaving.filter_map(|object| Some((ObjectId::of(object).ok()?, object)));
    let staying = snapshot.objects.iter().filter_map(|object| Some((object.id.clone(), object.live.as_ref()?)));
    leaving.chain(staying).collect()
}

/// Returns the report on changes of which nothing is to be written.
pub fn nothing(changes: &ChangeSet) -> Report {
    let rows = changes
        .changes
        .iter()
        .filter_map(|change| Some(Row { id: change.id.clone(), action: change.action, outcome: settled(change)? }));
    Report { rows: rows.collect(), ..Report::default() }
}

/// Returns what becomes of a row that nothing is done about.
fn settled(change: &Change) -> Option<Outcome> {
    let reason = || change.reasons.join("; ");
    match change.action {
        Action::Keep => Some(Outcome::Kept(reason())),
        Action::Conflict | Action::Refused | Action::Error => {
            Some(Outcome::Failed(Failure { reason: reason(), hints: change.hints.clone() }))
        }
        Action::Create | Action::Update | Action::Replace | Action::Delete => None,
    }
}

impl Apply<'_> {
    /// Goes through the stages; returns what was waited for.
    async fn run(&mut self, rollouts: &[Rollout], tell: &dyn Fn(&Line)) -> Vec<Waited> {
        let stages = stage::stages(self.snapshot, self.changes);
        self.end_runs().await;
        self.write(&stages.namespaces).await;
        self.widen_inventory().await;
        for tasks in stages.ranks.values() {
            self.write(tasks).await;
            self.establish(tasks).await;
        }
        let waited = self.wait(rollouts, tell).await;
        if waited.iter().all(Waited::is_success) {
            self.write(&stages.schedules).await;
        } else {
            let reason = "an app is not ready, and experiments on it would tell nothing";
            for task in &stages.schedules {
                self.outcomes[task.row] = Some(Outcome::NotTried(reason.to_owned()));
            }
        }
        self.prune().await;
        self.settle_inventory().await;
        waited
    }

    /// Writes objects side by side.
    async fn write(&mut self, tasks: &[Task<'_>]) {
        let left = self.left();
        let schedules = stage::schedules(self.snapshot);
        let this = &*self;
        let done: Vec<(usize, Outcome)> = stream::iter(tasks)
            .map(|task| async {
                let outcome = match stage::missing(task, &left, &schedules) {
                    Some(id) => Outcome::NotTried(format!("it needs {id}, which was not applied")),
                    None => this.one(task).await,
                };
                (task.row, outcome)
            })
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        for (row, outcome) in done {
            self.outcomes[row] = Some(outcome);
        }
    }

    /// Writes one object.
    async fn one(&self, task: &Task<'_>) -> Outcome {
        if self.interrupt.is_wanted() {
            return interrupted();
        }
        if let Some(reason) = &self.blocked {
            return Outcome::NotTried(reason.clone());
        }
        let object = task.object;
        let Some(target) = self.target(&object.id) else { return unknown_kind(&object.id) };
        match (task.change.action, &object.live) {
            (Action::Create, _) => target.create(object).await,
            (Action::Update, Some(live)) => {
                let takes = match &object.answer {
                    ApplyAnswer::Merged { conflicts, .. } => !conflicts.is_empty(),
                    _ => self.snapshot.wishes.force_conflicts,
                };
                target.update(object, live, takes).await
            }
            (Action::Replace, Some(live)) => target.replace(object, live, self.goes_within()).await,
            _ => Outcome::NotTried("it was not seen".to_owned()),
        }
    }

    /// Returns where an object is, if the server knows its kind, or gets to know it by this apply.
    fn target<'t>(&'t self, id: &'t ObjectId) -> Option<Target<'t>> {
        let is_it = |one: &&Resource| one.api_version == id.api_version && one.kind == id.kind;
        let resource = self.snapshot.resource(id).or_else(|| self.brought.iter().find(is_it))?;
        let namespace = id.namespace.as_deref();
        Some(Target { cluster: self.cluster, resource, namespace, name: &id.name })
    }

    /// Waits until the kinds that were just defined are served (Kubernetes documentation, "CustomResourceDefinitions").
    async fn establish(&mut self, tasks: &[Task<'_>]) {
        const WITHIN: Duration = Duration::from_secs(30);
        const PAUSE: Duration = Duration::from_millis(200);
        let is_definition = |task: &&Task<'_>| task.object.id.kind == "CustomResourceDefinition";
        for task in tasks
            .iter()
            .filter(is_definition)
            .filter(|task| self.outcomes[task.row].as_ref().is_some_and(Outcome::is_done))
        {
            let Some(target) = self.target(&task.object.id) else { continue };
            let deadline = Instant::now() + WITHIN;
            while Instant::now() < deadline && !self.interrupt.is_wanted() {
                if target.read().await.is_ok_and(|now| now.as_ref().is_some_and(is_established)) {
                    break;
                }
                sleep(PAUSE).await;
            }
        }
    }

    async fn wait(&mut self, rollouts: &[Rollout], tell: &dyn Fn(&Line)) -> Vec<Waited> {
        if !self.options.waits || self.interrupt.is_wanted() {
            return Vec::new();
        }
        let waited = tokio::select! {
            waited = wait::wait(self.cluster, rollouts, self.options.limit, &|name| std::env::var(name).ok(), tell) => Some(waited),
            () = self.interrupt.wanted() => None,
        };
        waited.unwrap_or_default()
    }

    fn goes_within(&self) -> Duration {
        self.options.limit.unwrap_or(GOES_WITHIN)
    }

    /// Returns the objects that are not as they should be, each with what was to be done.
    fn left(&self) -> BTreeMap<&ObjectId, Action> {
        let rows = self.changes.changes.iter().zip(&self.outcomes);
        rows.filter(|(_, outcome)| outcome.as_ref().is_some_and(Outcome::is_left))
            .map(|(change, _)| (&change.id, change.action))
            .collect()
    }

    fn report(self, waited: Vec<Waited>) -> Report {
        let rows = self.changes.changes.iter().zip(self.outcomes).map(|(change, outcome)| Row {
            id: change.id.clone(),
            action: change.action,
            outcome: outcome.unwrap_or_else(interrupted),
        });
        let rows = rows.collect();
        Report { rows, waited, is_interrupted: self.interrupt.is_wanted() }
    }
}

fn is_established(definition: &Value) -> bool {
    let conditions = definition["status"]["conditions"].as_array();
    conditions.is_some_and(|all| all.iter().any(|one| one["type"] == "Established" && one["status"] == "True"))
}

fn interrupted() -> Outcome {
    Outcome::NotTried("it was interrupted before".to_owned())
}

fn unknown_kind(id: &ObjectId) -> Outcome {
    let reason = format!("the server does not know the kind `{}` of `{}`", id.kind, id.api_version);
    Outcome::Failed(Failure::new(reason, "run it again when the kind's definition is established"))
}
