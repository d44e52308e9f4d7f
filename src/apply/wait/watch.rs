//! Watching workloads until each has rolled out, has failed, or its time is over.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::look::{self, Needs, Seen, Trouble};
use super::{Deadline, Line, Outcome, Subject, Waited};
use crate::apply::ready::{State, state};
use crate::apply::reason::{Reason, Surroundings, reason};
use crate::cluster::Cluster;
use crate::kubernetes::ObjectId;
use crate::plan::rollout::Rollout;

/// The pause between the first two looks, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// How long the last look may take, whatever the deadline says: who is ready at the last moment is ready.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// One workload that is waited for.
struct Watched<'r> {
    app: &'r str,
    id: &'r ObjectId,
    deadline: Deadline,
    /// What was told last.
    told: String,
    /// What the last look said: how far it is, and why.
    text: String,
    reason: Option<Reason>,
    waited: Option<Waited>,
}

/// Watches the workloads of all rollouts; each gate is opened with whether all of its rollout are ready.
pub(super) async fn watch(
    cluster: &Cluster,
    rollouts: &[Rollout],
    overall: Option<&Deadline>,
    gates: Vec<oneshot::Sender<bool>>,
    tell: &dyn Fn(&Line),
) -> Vec<Vec<Waited>> {
    let started = Instant::now();
    let mut gates: Vec<Option<oneshot::Sender<bool>>> = gates.into_iter().map(Some).collect();
    let mut all: Vec<Vec<Watched<'_>>> = rollouts.iter().map(|rollout| watched(rollout, overall)).collect();
    let mut pause = PAUSES.0;
    loop {
        for (watched, gate) in all.iter().zip(&mut gates) {
            if watched.iter().all(|one| one.waited.is_some())
                && let Some(gate) = gate.take()
            {
                let is_ready = watched.iter().filter_map(|one| one.waited.as_ref()).all(Waited::is_success);
                // Whoever does not listen has no checks.
                let _ = gate.send(is_ready);
            }
        }
        let mut pending: Vec<&mut Watched<'_>> =
            all.iter_mut().flatten().filter(|watched| watched.waited.is_none()).collect();
        let Some(nearest) = pending.iter().map(|watched| watched.deadline.at).min() else { break };
        let ids: Vec<&ObjectId> = pending.iter().map(|watched| watched.id).collect();
        let round = timeout_at(nearest.max(Instant::now() + LAST_LOOK), look(cluster, &ids)).await;
        for (watched, news) in pending.iter_mut().zip(round.unwrap_or_default()) {
            watched.take(news, started);
        }
        for watched in &mut pending {
            watched.expire(started);
            watched.tell(tell);
        }
        sleep_until(nearest.clamp(Instant::now(), Instant::now() + pause)).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
    }
    let ended = |watched: Watched<'_>| watched.waited;
    all.into_iter().map(|watched| watched.into_iter().filter_map(ended).collect()).collect()
}

fn watched<'r>(rollout: &'r Rollout, overall: Option<&Deadline>) -> Vec<Watched<'r>> {
    let deadline = Deadline::new(rollout.timeout, "rollout-timeout", overall);
    let watched = |id| Watched {
        app: &rollout.app,
        id,
        deadline: deadline.clone(),
        told: String::new(),
        text: "not looked at yet".to_owned(),
        reason: None,
        waited: None,
    };
    rollout.workloads.iter().map(watched).collect()
}

/// What a look at a workload says.
enum News {
    State(State, Option<Reason>),
    Absent,
    Unknown(Trouble),
}

/// Looks at workloads, and at what is around those that are not ready.
async fn look(cluster: &Cluster, ids: &[&ObjectId]) -> Vec<News> {
    let seen = look::workloads(cluster, ids).await;
    let mut news = Vec::new();
    let mut needs: BTreeMap<&str, Needs> = BTreeMap::new();
    for (id, seen) in ids.iter().zip(seen) {
        let (state, live) = match seen {
            Seen::Live(live) => (state(&live), live),
            Seen::Absent => {
                news.push((News::Absent, Value::Null));
                continue;
            }
            Seen::Unknown(trouble) => {
                news.push((News::Unknown(trouble), Value::Null));
                continue;
            }
        };
        if !matches!(state, State::Done(_)) {
            let needs = needs.entry(id.namespace.as_deref().unwrap_or_default()).or_default();
            let is_deployment = id.kind == "Deployment";
            needs.sets |= is_deployment;
            needs.events |= !is_deployment;
        }
        news.push((News::State(state, None), live));
    }
    let around = needs.into_iter().map(async |(namespace, needs)| {
        // Why is not worth an error: the next round asks again.
        (namespace, look::surroundings(cluster, namespace, needs).await.ok())
    });
    let around: BTreeMap<&str, Option<Surroundings>> = join_all(around).await.into_iter().collect();
    let explained = |(id, (mut news, live)): (&&ObjectId, (News, Value))| {
        let around = id.namespace.as_deref().and_then(|namespace| around.get(namespace)).and_then(Option::as_ref);
        if let (News::State(State::Waiting(_) | State::Failed(_), why), Some(around)) = (&mut news, around) {
            *why = reason(&live, around);
        }
        news
    };
    ids.iter().zip(news).map(explained).collect()
}

impl Watched<'_> {
    /// Takes what a look says.
    fn take(&mut self, news: News, started: Instant) {
        match news {
            News::State(State::Done(text), _) => self.end(Outcome::Done(text), started),
            News::State(State::Waiting(text), reason) => (self.text, self.reason) = (text, reason),
            News::State(State::Failed(text), reason) => {
                self.reason = reason;
                self.fail(text, started);
            }
            News::Absent => {
                self.reason = Some(Reason {
                    text: "the API server has no such object".to_owned(),
                    hint: Some("was it deleted meanwhile, or is it deployed by somebody else later?".to_owned()),
                });
                self.fail("is not there".to_owned(), started);
            }
            News::Unknown(Trouble { text, hint, is_lasting }) => {
                self.reason = Some(Reason { text, hint });
                if is_lasting {
                    self.fail("cannot be looked at".to_owned(), started);
                } else {
                    "the cluster does not say how far it is".clone_into(&mut self.text);
                }
            }
        }
    }

    /// Ends it if its time is over.
    fn expire(&mut self, started: Instant) {
        if self.waited.is_none() && Instant::now() >= self.deadline.at {
            self.fail(format!("not ready after {}: {}", self.deadline.words, self.text), started);
        }
    }

    fn fail(&mut self, text: String, started: Instant) {
        let reason = self.reason.take();
        let hint = reason.as_ref().and_then(|reason| reason.hint.clone());
        let (kind, name) = (self.id.kind.to_lowercase(), &self.id.name);
        let namespace = self.id.namespace.as_deref().unwrap_or_default();
        let hint =
            hint.unwrap_or_else(|| format!("`kubectl describe {kind} {name} --namespace {namespace}` shows more"));
        self.end(Outcome::Failed { text, reason: reason.map(|reason| reason.text), hint }, started);
    }

    fn end(&mut self, outcome: Outcome, started: Instant) {
        let (app, subject) = (self.app.to_owned(), Subject::Workload(self.id.clone()));
        self.waited = Some(Waited { app, subject, outcome, took: started.elapsed() });
    }

    /// Tells how far it is, if that has changed.
    fn tell(&mut self, tell: &dyn Fn(&Line)) {
        let text = match (&self.waited, &self.reason) {
            (Some(waited), _) => waited.outcome.to_string(),
            (None, Some(reason)) => format!("{}: {}", self.text, reason.text),
            (None, None) => self.text.clone(),
        };
        if text != self.told || self.waited.is_some() {
            let subject = Subject::Workload(self.id.clone());
            tell(&Line { app: self.app.to_owned(), subject, text: text.clone(), is_final: self.waited.is_some() });
            self.told = text;
        }
    }
}
