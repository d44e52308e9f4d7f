//! Waiting: until the workloads of every app have rolled out, and then until its checks are answered.
//!
//! All apps wait at the same time, each with its own time. A cluster that does not answer for a while is waited for, too.

mod look;
mod outcome;
mod watch;

use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::sync::oneshot;
use tokio::time::Instant;

pub use outcome::{Line, Outcome, Subject, Waited};

use super::check;
use crate::cluster::Cluster;
use crate::plan::rollout::Rollout;

/// Until when something is waited for, and what says so.
#[derive(Debug, Clone)]
pub(super) struct Deadline {
    /// The moment.
    pub(super) at: Instant,
    /// Such as `5m, its rollout-timeout`.
    pub(super) words: String,
}

impl Deadline {
    /// The end of a time that begins now, or the overall end if that comes first.
    pub(super) fn new(time: crate::config::duration::Duration, key: &str, overall: Option<&Deadline>) -> Deadline {
        let own = Deadline { at: Instant::now() + time.to_std(), words: format!("{time} (`{key}`)") };
        overall.filter(|overall| overall.at < own.at).cloned().unwrap_or(own)
    }
}

/// Waits for the rollouts, at most for `limit` altogether, and returns what became of each workload and check in their order.
///
/// `tell` hears of every change of a line, and once of each end. `variable` reads the environment of the caller, for the
/// `${NAME}` in the addresses of checks: `&|name| std::env::var(name).ok()`.
pub async fn wait(
    cluster: &Cluster,
    rollouts: &[Rollout],
    limit: Option<Duration>,
    variable: &dyn Fn(&str) -> Option<String>,
    tell: &dyn Fn(&Line),
) -> Vec<Waited> {
    let overall = limit
        .map(|limit| Deadline { at: Instant::now() + limit, words: format!("{limit:?} (the limit for all apps)") });
    let (gates, opened): (Vec<_>, Vec<_>) = rollouts.iter().map(|_| oneshot::channel()).unzip();
    let watch = watch::watch(cluster, rollouts, overall.as_ref(), gates, tell);
    let checks = join_all(rollouts.iter().zip(opened).map(|(rollout, opened)| {
        let asker = check::Asker { cluster, rollout, overall: overall.as_ref(), variable, tell };
        // Nobody opens it: the rollout has not ended well.
        async move { asker.ask_all(opened.await.unwrap_or(false)).await }
    }));
    let (workloads, checks) = join(watch, checks).await;
    workloads.into_iter().zip(checks).flat_map(|(workloads, checks)| workloads.into_iter().chain(checks)).collect()
}
