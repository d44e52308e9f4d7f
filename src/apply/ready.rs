//! Whether a workload has rolled out, as `kubectl rollout status` judges it (k8s.io/kubectl v0.35.4, module
//! `pkg/polymorphichelpers`, `rollout_status.go`).
//!
//! One difference: where the strategy is `OnDelete`, kubectl refuses to judge, because the old pods stay until somebody
//! deletes them. Apply has nothing to wait for then, and says so.

use serde_json::Value;

use crate::config::value_error::quoted;

/// How far a workload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has rolled out; a few words about it.
    Done(String),
    /// It has not yet; what it waits for, in a few words.
    Waiting(String),
    /// It will not by itself; why.
    Failed(String),
}

/// Judges a live workload: a Deployment, `StatefulSet` or `DaemonSet` of `apps/v1` (Kubernetes API, `DeploymentStatus`,
/// `StatefulSetStatus`, `DaemonSetStatus`). Of any other kind nothing is waited for.
pub fn state(live: &Value) -> State {
    match live["kind"].as_str() {
        Some("Deployment") => deployment(live),
        Some("StatefulSet") => stateful_set(live),
        Some("DaemonSet") => daemon_set(live),
        _ => State::Done("its kind has no rollout".to_owned()),
    }
}

fn deployment(live: &Value) -> State {
    if generation(live) > observed(live) {
        return unobserved();
    }
    if condition(live, "Progressing").is_some_and(|one| one["reason"] == "ProgressDeadlineExceeded") {
        return State::Failed(match live["spec"]["progressDeadlineSeconds"].as_i64() {
            Some(seconds) => format!("made no progress for {seconds} s (`progressDeadlineSeconds`)"),
            None => "made no progress within `progressDeadlineSeconds`".to_owned(),
        });
    }
    let status = |field: &str| number(&live["status"][field]);
    let (updated, available) = (status("updatedReplicas"), status("availableReplicas"));
    if let Some(wanted) = live["spec"]["replicas"].as_i64().filter(|wanted| updated < *wanted) {
        return State::Waiting(format!("{updated} of {wanted} pods are of the new version"));
    }
    let old = status("replicas") - updated;
    if old > 0 {
        return State::Waiting(format!("{} still to end", pods(old, "old ")));
    }
    if available < updated {
        return State::Waiting(format!("{available} of {updated} new pods are available"));
    }
    State::Done(format!("{} available", pods(available, "")))
}

fn stateful_set(live: &Value) -> State {
    let strategy = &live["spec"]["updateStrategy"];
    if strategy["type"] != "RollingUpdate" {
        return on_delete();
    }
    // Zero is the value before the controller has seen it, whatever the generation is.
    if observed(live) == 0 || generation(live) > observed(live) {
        return unobserved();
    }
    let status = |field: &str| number(&live["status"][field]);
    let (ready, updated) = (status("readyReplicas"), status("updatedReplicas"));
    let wanted = live["spec"]["replicas"].as_i64();
    if let Some(wanted) = wanted.filter(|wanted| ready < *wanted) {
        return State::Waiting(format!("{ready} of {wanted} pods are ready"));
    }
    let rolling = &strategy["rollingUpdate"];
    if rolling.is_object() {
        let partition = rolling["partition"].as_i64();
        let to_update = wanted.zip(partition).map(|(wanted, partition)| wanted - partition);
        return match to_update {
            Some(to_update) if updated < to_update => {
                State::Waiting(format!("{updated} of {to_update} pods are of the new version"))
            }
            _ if partition.unwrap_or(0) > 0 => {
                State::Done(format!("{} of the new version, up to the `partition`", pods(updated, "")))
            }
            _ => State::Done(format!("{} ready", pods(ready, ""))),
        };
    }
    if live["status"]["updateRevision"] != live["status"]["currentRevision"] {
        return State::Waiting(format!("{} of the new version", pods(updated, "")));
    }
    State::Done(format!("{} ready", pods(ready, "")))
}

fn daemon_set(live: &Value) -> State {
    if live["spec"]["updateStrategy"]["type"] != "RollingUpdate" {
        return on_delete();
    }
    if generation(live) > observed(live) {
        return unobserved();
    }
    let status = |field: &str| number(&live["status"][field]);
    let (wanted, updated) = (status("desiredNumberScheduled"), status("updatedNumberScheduled"));
    if updated < wanted {
        return State::Waiting(format!("{updated} of {wanted} pods are of the new version"));
    }
    let available = status("numberAvailable");
    if available < wanted {
        return State::Waiting(format!("{available} of {wanted} new pods are available"));
    }
    State::Done(format!("{} available", pods(available, "")))
}

fn unobserved() -> State {
    State::Waiting("its controller has not seen the change yet".to_owned())
}

fn on_delete() -> State {
    State::Done(format!("not waited for: with {} its pods stay until somebody deletes them", quoted("OnDelete")))
}

/// Returns the condition of a type (Kubernetes API, `status.conditions`).
pub(super) fn condition<'o>(object: &'o Value, kind: &str) -> Option<&'o Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

/// A number that is left out is zero.
fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn generation(live: &Value) -> i64 {
    number(&live["metadata"]["generation"])
}

fn observed(live: &Value) -> i64 {
    number(&live["status"]["observedGeneration"])
}

fn pods(count: i64, what: &str) -> String {
    if count == 1 { format!("1 {what}pod is") } else { format!("{count} {what}pods are") }
}

#[cfg(test)]
mod tests {
    use super::{State, state};
    use serde_json::{Value, json};

    fn found(kind: &str, spec: &Value, status: &Value) -> (&'static str, String) {
        let live = json!({"kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status});
        match state(&live) {
            State::Done(text) => ("done", text),
            State::Waiting(text) => ("waiting", text),
            State::Failed(text) => ("failed", text),
        }
    }

    #[test]
    fn a_deployment() {
        let spec = json!({"replicas": 2, "progressDeadlineSeconds": 600});
        let late = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
        for (status, expected, text) in [
            (json!({}), "waiting", "its controller has not seen the change yet"),
            (
                json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}),
                "waiting",
                "its controller has not seen the change yet",
            ),
            (json!({"observedGeneration": 2}), "waiting", "0 of 2 pods are of the new version"),
            (
                json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}),
                "waiting",
                "1 of 2 pods are of the new version",
            ),
            (
                json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}),
                "waiting",
                "1 old pod is still to end",
            ),
            (
                json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}),
                "waiting",
                "1 of 2 new pods are available",
            ),
            (
                json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}),
                "done",
                "2 pods are available",
            ),
            (
                json!({"observedGeneration": 2, "conditions": late}),
                "failed",
                "made no progress for 600 s (`progressDeadlineSeconds`)",
            ),
            // What was said about the version before counts no more.
            (
                json!({"observedGeneration": 1, "conditions": late}),
                "waiting",
                "its controller has not seen the change yet",
            ),
        ] {
            assert_eq!(found("Deployment", &spec, &status), (expected, text.to_owned()), "{status}");
        }
        let none = found("Deployment", &json!({"replicas": 0}), &json!({"observedGeneration": 3}));
        assert_eq!(none, ("done", "0 pods are available".to_owned()));
    }

    #[test]
    fn a_stateful_set() {
        let rolling = |partition: i64| json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}});
        let bare = json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate"}});
        let on_delete = json!({"replicas": 3, "updateStrategy": {"type": "OnDelete"}});
        let ready = |updated: i64, current: &str| {
            json!({"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": updated,
                   "currentRevision": current, "updateRevision": "new"})
        };
        for (spec, status, expected, text) in [
            (rolling(0), json!({}), "waiting", "its controller has not seen the change yet"),
            (rolling(0), json!({"observedGeneration": 1}), "waiting", "its controller has not seen the change yet"),
            (rolling(0), json!({"observedGeneration": 2, "readyReplicas": 1}), "waiting", "1 of 3 pods are ready"),
            (rolling(0), ready(2, "old"), "waiting", "2 of 3 pods are of the new version"),
            (rolling(0), ready(3, "old"), "done", "3 pods are ready"),
            (rolling(2), ready(0, "old"), "waiting", "0 of 1 pods are of the new version"),
            (rolling(2), ready(1, "old"), "done", "1 pod is of the new version, up to the `partition`"),
            (rolling(5), ready(0, "old"), "done", "0 pods are of the new version, up to the `partition`"),
            (bare.clone(), ready(2, "old"), "waiting", "2 pods are of the new version"),
            (bare, ready(3, "new"), "done", "3 pods are ready"),
            (on_delete, json!({}), "done", "not waited for: with `OnDelete` its pods stay until somebody deletes them"),
        ] {
            assert_eq!(found("StatefulSet", &spec, &status), (expected, text.to_owned()), "{spec} {status}");
        }
    }

    #[test]
    fn a_daemon_set() {
        let rolling = json!({"updateStrategy": {"type": "RollingUpdate"}});
        let seen = |wanted: i64, updated: i64, available: i64| {
            json!({"observedGeneration": 2, "desiredNumberScheduled": wanted, "updatedNumberScheduled": updated,
                   "numberAvailable": available})
        };
        for (spec, status, expected, text) in [
            (&rolling, json!({"observedGeneration": 1}), "waiting", "its controller has not seen the change yet"),
            (&rolling, seen(2, 1, 2), "waiting", "1 of 2 pods are of the new version"),
            (&rolling, seen(2, 2, 1), "waiting", "1 of 2 new pods are available"),
            (&rolling, seen(2, 2, 2), "done", "2 pods are available"),
            (&rolling, seen(0, 0, 0), "done", "0 pods are available"),
            (
                &json!({"updateStrategy": {"type": "OnDelete"}}),
                seen(2, 0, 0),
                "done",
                "not waited for: with `OnDelete` its pods stay until somebody deletes them",
            ),
        ] {
            assert_eq!(found("DaemonSet", spec, &status), (expected, text.to_owned()), "{status}");
        }
        assert_eq!(found("Job", &json!({}), &json!({})).0, "done");
    }
}
