//! Deleting one object: the one that was seen and shown, or none.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::report::{Failure, Outcome};
use super::seen::{Seen, Watched};
use super::write::{Setback, Target, changed, setback, uid};
use crate::cluster::Request;
use crate::inventory::MANAGER;
use crate::kubernetes::deletion;

/// What becomes of what belongs to an object that is deleted (Kubernetes documentation, "Garbage Collection").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependents {
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// What became of an object that was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deleted {
    /// It was not there any more.
    Already,
    /// It is gone.
    Gone,
    /// It goes, after what it waits for: a sentence, where that is known.
    Going(Option<String>),
}

impl Target<'_> {
    /// Deletes an object that is as it was seen, and waits until it is gone, if there is a time for that; otherwise, what it
    /// waits for is told.
    pub(super) async fn delete(
        &self,
        live: &Value,
        watched: &Watched,
        dependents: Dependents,
        within: Option<Duration>,
    ) -> Outcome {
        let deleted = async {
            match (self.delete_seen(live, watched, dependents).await?, within) {
                (Deleted::Already, _) => return Ok(Outcome::Already),
                (Deleted::Going(waits), None) => return Ok(Outcome::Going(waits)),
                (Deleted::Going(_), Some(within)) => self.wait_until_gone(&uid(live), within).await?,
                (Deleted::Gone, _) => {}
            }
            Ok(Outcome::Done)
        };
        deleted.await.unwrap_or_else(Outcome::Failed)
    }

    /// Deletes an object that is as it was seen.
    pub(super) async fn delete_seen(
        &self,
        live: &Value,
        watched: &Watched,
        dependents: Dependents,
    ) -> Result<Deleted, Failure> {
        let seen = watched.look(live);
        let mut version = seen.resource_version.clone();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let reason = match self.send_delete(live, &seen, &version, dependents).await {
                Ok(deleted) => return Ok(deleted),
                Err(Setback::Final(failure) | Setback::Conflict(failure)) => return Err(failure),
                Err(Setback::Open(reason)) => reason,
            };
            self.pause(attempt, &reason).await?;
            let Some(now) = self.read().await? else { return Ok(Deleted::Already) };
            let found = watched.look(&now);
            // Another object of this name is none of our business, and one that goes needs no more.
            if found.uid != seen.uid {
                return Ok(Deleted::Already);
            }
            if now["metadata"]["deletionTimestamp"].is_string() {
                return Ok(Deleted::Going(deletion::waits(&now)));
            }
            if found.digest != seen.digest {
                return Err(changed(live, &now));
            }
            version = found.resource_version;
        }
    }

    /// Waits until an object is gone, for a limited time.
    pub(super) async fn wait_until_gone(&self, uid: &str, limit: Duration) -> Result<(), Failure> {
        const FIRST: Duration = Duration::from_millis(50);
        const LONGEST: Duration = Duration::from_secs(1);
        let deadline = Instant::now() + limit;
        let mut pause = FIRST;
        loop {
            let Some(now) = self.read().await?.filter(|now| self::uid(now) == uid) else { return Ok(()) };
            if Instant::now() + pause > deadline {
                let waits = deletion::waits(&now).map_or_else(String::new, |waits| format!("; {waits}"));
                return Err(Failure::new(
                    format!("it was not gone after {} s{waits}", limit.as_secs()),
                    "run it again when it is gone; `--timeout` waits longer",
                ));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// Suspends a schedule, and returns it as it is then; nothing if it is gone.
    pub(super) async fn suspend(&self, live: &Value) -> Result<Option<Value>, Failure> {
        let body = json!({"metadata": {"uid": uid(live)}, "spec": {"suspend": true}});
        let mut attempt = 0;
        loop {
            attempt += 1;
            let request = Request {
                method: http::Method::PATCH,
                path: format!("{}?fieldManager={MANAGER}", self.path()),
                body: Some(("application/merge-patch+json", body.to_string().into_bytes())),
            };
            let reason = match self.cluster.write(request).await {
                Ok(answer) if answer.is_success() => return Ok(Some(answer.json())),
                Ok(answer) if answer.status == 404 => return Ok(None),
                other => match setback(other, live) {
                    Setback::Final(failure) | Setback::Conflict(failure) => return Err(failure),
                    Setback::Open(reason) => reason,
                },
            };
            self.pause(attempt, &reason).await?;
        }
    }

    /// Sends a deletion.
    async fn send_delete(
        &self,
        live: &Value,
        seen: &Seen,
        version: &str,
        dependents: Dependents,
    ) -> Result<Deleted, Setback> {
        let body = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": seen.uid, "resourceVersion": version},
            "propagationPolicy": format!("{dependents:?}"),
        });
        let request = Request {
            method: http::Method::DELETE,
            path: self.path(),
            body: Some(("application/json", body.to_string().into_bytes())),
        };
        match self.cluster.write(request).await {
            Ok(answer) if answer.is_success() => {
                let left = answer.json();
                Ok(if is_gone(&left) { Deleted::Gone } else { Deleted::Going(deletion::waits(&left)) })
            }
            Ok(answer) if answer.status == 404 => Ok(Deleted::Already),
            other => Err(setback(other, live)),
        }
    }
}

/// Returns whether the answer to a deletion says that the object is gone: a Status, or the object without anything that it
/// waits for (apiserver, `registry.Store.Delete`).
fn is_gone(answer: &Value) -> bool {
    let metadata = &answer["metadata"];
    let waits = |list: &Value| list.as_array().is_some_and(|all| !all.is_empty());
    let is_graceful = metadata["deletionGracePeriodSeconds"].as_u64() > Some(0);
    let waits = waits(&metadata["finalizers"]) || waits(&answer["spec"]["finalizers"]) || is_graceful;
    answer["kind"] == "Status" || !waits
}
