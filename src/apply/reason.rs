//! Why a workload is not ready: what its conditions, its events and its pods say.
//!
//! Of everything that is wrong the most certain is told: a pause, then pods that are refused, then the worst of the pods.
//! A reason stays the same text while nothing else happens: no counters, and no names that each attempt makes anew.

mod pod;

use std::borrow::Cow;

use serde_json::Value;

use super::ready::condition;
use crate::config::value_error::{one_line, quoted};
use crate::terminal::printable;

/// Why a workload is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// A few words, on one line.
    pub text: String,
    /// The next step; `None`: nothing better than a look at the workload.
    pub hint: Option<String>,
}

impl Reason {
    fn new(text: impl Into<String>) -> Reason {
        Reason { text: text.into(), hint: None }
    }

    fn with(self, hint: String) -> Reason {
        Reason { hint: Some(hint), ..self }
    }
}

/// What is around a workload in its namespace.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The pods; `None`: they may not be read.
    pub pods: Option<Vec<Value>>,
    /// The replica sets of Deployments; empty if they may not be read.
    pub sets: Vec<Value>,
    /// The events with the reason `FailedCreate`; empty if they may not be read.
    pub events: Vec<Value>,
}

/// Finds out why a live workload is not ready; `None` if nothing that is known says so.
pub fn reason(live: &Value, around: &Surroundings) -> Option<Reason> {
    let namespace = text(&live["metadata"]["namespace"]);
    if live["spec"]["paused"] == true {
        let name = text(&live["metadata"]["name"]);
        let hint = format!("`kubectl rollout resume deployment {name} --namespace {namespace}` lets it go on");
        return Some(Reason::new("it is paused").with(hint));
    }
    if let Some(reason) = refused(live, &around.events) {
        return Some(reason);
    }
    let Some(all) = &around.pods else {
        let hint = format!("let the account `list` pods in namespace {}", quoted(namespace));
        return Some(Reason::new("pods may not be read, so that the reason is not known").with(hint));
    };
    let (new, old): (Vec<&Value>, Vec<&Value>) =
        all.iter().filter(|pod| owner(pod, live, &around.sets)).partition(|pod| is_new(pod, live, &around.sets));
    // An old pod that cannot become ready holds up a StatefulSet and a DaemonSet, too.
    let others = if live["kind"] == "Deployment" { Vec::new() } else { old.clone() };
    pod::worst(&new).or_else(|| pod::worst(&others)).or_else(|| pod::ending(&old)).or_else(|| settling(live, &new))
}

/// Says why no pods are made: a quota, Pod Security, an admission webhook, a missing ServiceAccount.
///
/// A Deployment has it as a condition, from its replica set; of the other kinds only events tell.
fn refused(live: &Value, events: &[Value]) -> Option<Reason> {
    let failure = condition(live, "ReplicaFailure").filter(|one| one["status"] == "True");
    let message = match failure {
        Some(condition) => text(&condition["message"]),
        None if live["kind"] == "Deployment" => return None,
        None => {
            let uid = live["metadata"]["uid"].as_str()?;
            // Those of an earlier version may lie there for an hour.
            let has_all = number(&live["status"]["replicas"]) >= number(&live["spec"]["replicas"])
                && number(&live["status"]["currentNumberScheduled"])
                    >= number(&live["status"]["desiredNumberScheduled"]);
            let latest = events
                .iter()
                .filter(|event| !has_all && event["involvedObject"]["uid"] == uid)
                .max_by_key(|event| text(&event["lastTimestamp"]))?;
            text(&latest["message"])
        }
    };
    let message = without_pod_name(message);
    let reason = Reason::new(format!("no pod can be made: {}", clean(message)));
    let namespace = text(&live["metadata"]["namespace"]);
    Some(match message {
        _ if message.starts_with("exceeded quota") => {
            reason.with(format!("`kubectl describe resourcequota --namespace {namespace}` shows what is used"))
        }
        _ if message.starts_with("violates PodSecurity") => reason.with(
            "set the `securityContext` that the namespace's label `pod-security.kubernetes.io/enforce` asks for"
                .to_owned(),
        ),
        _ => reason,
    })
}

/// Cuts off what stands before the reason, with the name that the pod would have had.
///
/// The API server writes `pods "NAME" is forbidden: …`; the controllers write something of their own before that.
fn without_pod_name(message: &str) -> &str {
    let rest = message.split_once("pods \"").and_then(|(_, rest)| rest.split_once("\" is forbidden: "));
    if let Some((_, rest)) = rest {
        return rest;
    }
    message.split_once(" error: ").map_or(message, |(_, rest)| rest).trim_start_matches("Error creating: ")
}

/// Pods that are ready and have to stay so for a while.
fn settling(live: &Value, pods: &[&Value]) -> Option<Reason> {
    let seconds = number(&live["spec"]["minReadySeconds"]);
    let all_ready = !pods.is_empty() && pods.iter().all(|pod| pod::is_ready(pod));
    (seconds > 0 && all_ready).then(|| Reason::new(format!("its pods have to stay ready for {seconds} s")))
}

/// Returns whether a pod belongs to a workload, directly or through a replica set.
fn owner(pod: &Value, live: &Value, sets: &[Value]) -> bool {
    let uid = controller(pod).map(|owner| &owner["uid"]);
    if live["kind"] != "Deployment" {
        return uid == Some(&live["metadata"]["uid"]);
    }
    if sets.is_empty() {
        // The names of replica sets are those of their Deployment and the hash (deployment controller, `sync.go`).
        let hash = text(&pod["metadata"]["labels"]["pod-template-hash"]);
        let name = format!("{}-{hash}", text(&live["metadata"]["name"]));
        return controller(pod).is_some_and(|owner| owner["kind"] == "ReplicaSet" && owner["name"] == name);
    }
    let set = sets.iter().find(|set| Some(&set["metadata"]["uid"]) == uid);
    set.and_then(controller).is_some_and(|owner| owner["uid"] == live["metadata"]["uid"])
}

/// Returns whether a pod of a workload is of its newest version; where that is not known, each one is.
fn is_new(pod: &Value, live: &Value, sets: &[Value]) -> bool {
    let labels = &pod["metadata"]["labels"];
    let of = |object: &Value, annotation: &str| object["metadata"]["annotations"][annotation].clone();
    match live["kind"].as_str() {
        Some("StatefulSet") => labels["controller-revision-hash"] == live["status"]["updateRevision"],
        Some("DaemonSet") => {
            let newest = of(live, "deprecated.daemonset.template.generation");
            newest.is_null() || labels["pod-template-generation"] == newest
        }
        _ => {
            const REVISION: &str = "deployment.kubernetes.io/revision";
            let uid = controller(pod).map(|owner| &owner["uid"]);
            let set = sets.iter().find(|set| Some(&set["metadata"]["uid"]) == uid);
            set.is_none_or(|set| of(set, REVISION) == of(live, REVISION))
        }
    }
}

/// Returns the owner that manages an object (Kubernetes API, `ownerReferences`).
fn controller(object: &Value) -> Option<&Value> {
    object["metadata"]["ownerReferences"].as_array()?.iter().find(|owner| owner["controller"] == true)
}

/// Returns a text that is printed among others: on one line, without what acts on a terminal, and not too long.
fn clean(message: &str) -> Cow<'_, str> {
    const LONGEST: usize = 300;
    let mut line = printable(message.trim()).into_owned();
    line = one_line(line.chars());
    if line.chars().count() > LONGEST {
        line = line.chars().take(LONGEST).chain(['…']).collect();
    }
    line.into()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

#[cfg(test)]
mod tests;
