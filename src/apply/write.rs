//! Writing one object: exactly what was shown, or nothing.
//!
//! A write carries the uid and the version that were seen. Where the answer is that they are stale, or where no answer
//! came, the object is read again: it may be as it should be by now, it may be as it was seen but for what others may
//! write, or it has changed; then it is left alone. Nothing is taken for done or undone because a connection broke.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::delete::{Deleted, Dependents};
use super::report::{Failure, Outcome};
use super::seen::Watched;
use crate::cluster::{Answer, Cluster, ClusterError, Request, pause};
use crate::diff::{mask, refusal};
use crate::inventory::MANAGER;
use crate::kubernetes::resource::Resource;
use crate::kubernetes::{deletion, managed_fields};
use crate::observe::{ask, desired};
use crate::snapshot::Observed;

/// How many times one object is written at most.
const ATTEMPTS: usize = 5;

/// What an apply sends.
const APPLY: &str = "application/apply-patch+yaml";

/// The next step where somebody was faster.
const AGAIN: &str = "run it again: it shows what is there now";

/// One object in the cluster.
pub(super) struct Target<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) resource: &'a Resource,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

/// Why a request did not do what it should.
pub(super) enum Setback {
    /// It will not do so the next time either.
    Final(Failure),
    /// Other managers own fields with other values.
    Conflict(Failure),
    /// What is there now has to be looked at first.
    Open(String),
}

impl Target<'_> {
    /// Makes an object that does not exist.
    pub(super) async fn create(&self, object: &Observed) -> Outcome {
        self.create_from(&object.desired, object).await.unwrap_or_else(Outcome::Failed)
    }

    /// Changes an object that is as it was seen; `force` takes fields from other managers, as it was shown.
    pub(super) async fn update(&self, object: &Observed, live: &Value, force: bool) -> Outcome {
        self.update_from(object, live, force).await.unwrap_or_else(Outcome::Failed)
    }

    /// Makes an object anew, and waits in between until the old one is gone with all that belongs to it.
    pub(super) async fn replace(&self, object: &Observed, live: &Value, limit: Duration) -> Outcome {
        let watched = Watched::of(object).leaving();
        let replaced = async {
            let deleted = self.delete_seen(live, &watched, Dependents::Foreground).await?;
            if matches!(deleted, Deleted::Going(_)) {
                self.wait_until_gone(&uid(live), limit).await?;
            }
            self.create_from(&object.desired, object).await.map_err(|failure| Failure {
                reason: format!("the old one was deleted, and the new one was not made: {}", failure.reason),
                ..failure
            })
        };
        replaced.await.unwrap_or_else(Outcome::Failed)
    }

    async fn create_from(&self, body: &Value, object: &Observed) -> Result<Outcome, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let reason = match self.apply(body, false).await {
                Ok(answer) if answer.status == 201 => return Ok(Outcome::Done),
                // An earlier attempt of ours whose answer was lost, or another chaosc.
                Ok(answer) if is_only_ours(&answer.json()) => return Ok(Outcome::Already),
                Ok(answer) => return Err(self.give_back(&answer.json()).await),
                Err(Setback::Final(failure) | Setback::Conflict(failure)) => return Err(failure),
                Err(Setback::Open(reason)) => reason,
            };
            self.pause(attempt, &reason).await?;
            if let Some(now) = self.read().await? {
                let is_ours = is_only_ours(&now) && self.is_done(object, body, &now).await;
                return if is_ours { Ok(Outcome::Already) } else { Err(appeared(&now)) };
            }
        }
    }

    async fn update_from(&self, object: &Observed, live: &Value, force: bool) -> Result<Outcome, Failure> {
        let watched = Watched::of(object);
        let seen = watched.look(live);
        let mut body = object.desired.clone();
        let mut version = seen.resource_version.clone();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut sent = body.clone();
            sent["metadata"]["uid"] = seen.uid.as_str().into();
            sent["metadata"]["resourceVersion"] = version.as_str().into();
            let reason = match self.apply(&sent, force).await {
                Ok(_) => return Ok(Outcome::Done),
                Err(Setback::Final(failure)) => return Err(failure),
                Err(Setback::Conflict(failure)) => {
                    let is_another = self.read().await?.is_some_and(|now| uid(&now) != seen.uid);
                    return Err(if is_another { made_anew() } else { failure });
                }
                Err(Setback::Open(reason)) => reason,
            };
            self.pause(attempt, &reason).await?;
            let Some(now) = self.read().await? else { return Err(gone()) };
            let found = watched.look(&now);
            if found.uid != seen.uid {
                return Err(made_anew());
            }
            if found.digest != seen.digest {
                return if self.is_done(object, &body, &now).await {
                    Ok(Outcome::Already)
                } else {
                    Err(changed(live, &now))
                };
            }
            version = found.resource_version;
            if object.is_scaled {
                desired::rescale(&mut body, &now);
            }
        }
    }

    /// Sends an apply; `Ok` is 200 or 201.
    async fn apply(&self, body: &Value, force: bool) -> Result<Answer, Setback> {
        let force = if force { "&force=true" } else { "" };
        let path = format!("{}?fieldManager={MANAGER}&fieldValidation=Strict{force}", self.path());
        let request = Request { method: http::Method::PATCH, path, body: Some((APPLY, body.to_string().into_bytes())) };
        match self.cluster.write(request).await {
            Ok(answer) if answer.is_success() => match answer.require(&self.resource.kind, self.name) {
                Ok(()) => Ok(answer),
                Err(error) => Err(Setback::Open(error.to_string())),
            },
            other => Err(setback(other, body)),
        }
    }

    /// Gives the fields back that an apply has set in an object that somebody else made meanwhile.
    async fn give_back(&self, now: &Value) -> Failure {
        let nothing = json!({
            "apiVersion": now["apiVersion"],
            "kind": now["kind"],
            "metadata": {"name": self.name, "namespace": now["metadata"]["namespace"], "uid": uid(now)},
        });
        let mut failure = appeared(now);
        if let Err(setback) = self.apply(&nothing, false).await {
            let reason = match setback {
                Setback::Final(failure) | Setback::Conflict(failure) => failure.reason,
                Setback::Open(reason) => reason,
            };
            failure.reason.push_str(&format!("; the fields that chaosc had set could not be given back: {reason}"));
        }
        failure
    }

    /// Reads the object as it is now; nothing if it does not exist.
    pub(super) async fn read(&self) -> Result<Option<Value>, Failure> {
        let again = |reason: String| Failure::new(format!("nobody knows what became of it: {reason}"), AGAIN);
        match self.cluster.send(Request::get(self.path())).await {
            Ok(answer) if answer.is_success() => {
                let object = answer.object(&self.resource.kind, self.name);
                object.map(Some).map_err(|error| again(error.to_string()))
            }
            Ok(answer) if answer.status == 404 => Ok(None),
            Ok(answer) => Err(again(answer.failure().told())),
            Err(error) => Err(again(error.to_string())),
        }
    }

    /// Returns whether an object is as it should be after the apply of `body`.
    async fn is_done(&self, object: &Observed, body: &Value, now: &Value) -> bool {
        let Some(entry) = managed_fields::applied_by(now, MANAGER) else { return false };
        let is_version = entry.api_version == object.id.api_version;
        if is_version && managed_fields::compare(body, now, entry.fields).is_proof() {
            return true;
        }
        // What the server spells otherwise, such as quantities, only the server can tell.
        let path = format!("{}?dryRun=All&fieldManager={MANAGER}&fieldValidation=Strict", self.path());
        let request = Request { method: http::Method::PATCH, path, body: Some((APPLY, body.to_string().into_bytes())) };
        let answer = self.cluster.send(request).await;
        answer.is_ok_and(|answer| answer.is_success() && managed_fields::is_kept(now, &answer.json(), MANAGER))
    }

    /// Waits before the next attempt; fails if there was the last one.
    pub(super) async fn pause(&self, attempt: usize, reason: &str) -> Result<(), Failure> {
        if attempt >= ATTEMPTS {
            return Err(Failure::new(format!("it was tried {attempt} times: {reason}"), AGAIN));
        }
        sleep(pause(attempt)).await;
        Ok(())
    }

    pub(super) fn path(&self) -> String {
        self.resource.object(self.namespace, self.name)
    }
}

/// Finds out what a request about an object means that did not succeed; the server may repeat what the object holds.
pub(super) fn setback(result: Result<Answer, ClusterError>, object: &Value) -> Setback {
    let answer = match result {
        Ok(answer) => answer,
        Err(error) => return Setback::Open(error.to_string()),
    };
    let mut status = answer.failure();
    let conflicts = ask::conflicts(&status);
    let unable = mask::files::said_about(object, &answer.unable().to_string());
    // Of a fault that is a dump of the object only the first line is told, so that nothing secret may be cut in two.
    let causes = status.details.iter_mut().flat_map(|details| &mut details.causes).map(|cause| &mut cause.message);
    for message in causes.chain([&mut status.message]) {
        *message = mask::files::said_about(object, message);
    }
    let said = match answer.status {
        429 | 501.. => unable,
        _ if status.message.is_empty() => unable,
        _ => refusal::reasons(&status).join("; "),
    };
    match answer.status {
        409 if !conflicts.is_empty() => Setback::Conflict(conflict(&conflicts)),
        // An object that is gone by now, a version that is stale, or a server that could not.
        404 | 409 | 429 | 500.. => Setback::Open(said),
        _ => Setback::Final(refused(&said)),
    }
}

fn conflict(conflicts: &[(String, String)]) -> Failure {
    let fields: Vec<String> = conflicts
        .iter()
        .map(|(field, manager)| format!("`{}` of `{manager}`", field.trim_start_matches('.')))
        .collect();
    Failure::new(
        format!("somebody has set fields of it meanwhile: {}", fields.join(", ")),
        "run it again: the diff shows the conflict, and `--force-conflicts` takes the fields",
    )
}

fn refused(said: &str) -> Failure {
    Failure { reason: format!("the server refuses it: {said}"), hints: Vec::new() }
}

fn appeared(now: &Value) -> Failure {
    let others: Vec<String> = others(now).map(|manager| format!("`{manager}`")).collect();
    let by = if others.is_empty() { String::new() } else { format!(", by {}", others.join(", ")) };
    Failure::new(format!("somebody has made it meanwhile{by}"), AGAIN)
}

fn gone() -> Failure {
    Failure::new("somebody has deleted it meanwhile", AGAIN)
}

fn made_anew() -> Failure {
    Failure::new("somebody has deleted it and made another one of this name meanwhile", AGAIN)
}

pub(super) fn changed(before: &Value, now: &Value) -> Failure {
    if let Some(going) = deletion::told(now) {
        return Failure::new(going, AGAIN);
    }
    let known: Vec<(&str, &str)> = managed_fields::entries(before).map(|entry| (entry.manager, entry.time)).collect();
    let by: Vec<String> = managed_fields::entries(now)
        .filter(|entry| entry.subresource != "status" && !known.contains(&(entry.manager, entry.time)))
        .map(|entry| format!("`{}`", entry.manager))
        .collect();
    let by = if by.is_empty() { String::new() } else { format!(", by {}", by.join(", ")) };
    Failure::new(format!("somebody has changed it since it was shown{by}"), AGAIN)
}

/// Returns the managers of an object but for us, Kubernetes itself, and those that only write its status.
fn others(object: &Value) -> impl Iterator<Item = &str> {
    let others = managed_fields::entries(object).filter(|entry| entry.subresource != "status");
    // Kubernetes' own controllers complete what somebody has made, such as the annotations of a Deployment.
    others.map(|entry| entry.manager).filter(|manager| *manager != MANAGER && !manager.starts_with("kube-"))
}

/// Returns whether nobody but us and Kubernetes itself has set anything in an object, so that nobody else has made it.
fn is_only_ours(object: &Value) -> bool {
    managed_fields::applied_by(object, MANAGER).is_some() && others(object).next().is_none()
}

/// Returns the uid of an object.
pub(super) fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_repeats_no_secret_and_is_said_in_our_words() {
        let secret =
            json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "canary", "b": "server", "c": "refuses"}});
        for (status, message) in [(422, "canary is refused, token=other"), (500, "webhook: canary: token=other")] {
            let body = json!({"kind": "Status", "message": message}).to_string().into_bytes();
            let answer = Answer::new(&Request::get("/api"), status, body).unwrap();
            let said = match setback(Ok(answer), &secret) {
                Setback::Final(failure) | Setback::Conflict(failure) => failure.reason,
                Setback::Open(reason) => reason,
            };
            let expected = message.replace("canary", "(secret)").replace("other", "(secret)");
            let ours = if status == 422 { "the server refuses it: " } else { "" };
            assert_eq!(said, format!("{ours}{expected}"));
        }
    }

    /// In the words of the diff, and not in those of the server's code.
    #[test]
    fn each_fault_begins_with_its_field() {
        const DUPLICATE: &str = "failed to create typed patch object (shop/shop; /v1, Kind=Service): errors:\n  \
                                 .spec.ports: duplicate entries for key [port=80]\n  .spec.type: expected string, got &{1}";
        let cause = json!({"field": "spec.ports", "message": "is wrong\n@@ -1 +1 @@"});
        for (status, message, causes, expected) in [
            (
                500,
                DUPLICATE,
                json!([]),
                "`spec.ports`: duplicate entries for key [port=80]; `spec.type`: expected string, got 1",
            ),
            (422, "not this", json!([cause]), "the server refuses it: `spec.ports`: is wrong"),
            (429, "slow", json!([]), "the API server answered 429 Too Many Requests for `/api`: slow"),
            (500, "", json!([]), "the API server answered 500 Internal Server Error for `/api`"),
        ] {
            let body = json!({"kind": "Status", "message": message, "details": {"causes": causes}});
            let answer = Answer::new(&Request::get("/api"), status, body.to_string().into_bytes()).unwrap();
            let said = match setback(Ok(answer), &json!({})) {
                Setback::Final(failure) | Setback::Conflict(failure) => failure.reason,
                Setback::Open(reason) => reason,
            };
            assert_eq!(said, expected);
        }
    }
}
