//! What keeps a pod from being ready (Kubernetes API, `PodStatus` and `ContainerStatus`).

use serde_json::Value;

use super::{Reason, clean, text};
use crate::apply::ready::condition;
use crate::config::value_error::quoted;

/// What is wrong with a pod; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It cannot get better without a change.
    Config,
    Image,
    Crash,
    Ended,
    /// It may get better by itself.
    Unschedulable,
    Unready,
    Starting,
}

/// Returns the worst of what is wrong with pods; of equal ones that of the first name.
pub(super) fn worst(pods: &[&Value]) -> Option<Reason> {
    pods.iter()
        .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null())
        .filter_map(|pod| problem(pod).map(|(rank, reason)| ((rank, text(&pod["metadata"]["name"])), reason)))
        .min_by(|(a, _), (b, _)| a.cmp(b))
        .map(|(_, reason)| reason)
}

/// Says that pods are being deleted, and which.
pub(super) fn ending(pods: &[&Value]) -> Option<Reason> {
    let mut names: Vec<&str> = pods
        .iter()
        .filter(|pod| !pod["metadata"]["deletionTimestamp"].is_null())
        .map(|pod| text(&pod["metadata"]["name"]))
        .collect();
    names.sort_unstable();
    names.first().map(|name| Reason::new(format!("pod {} is ending", quoted(name))))
}

/// Returns whether a pod is ready.
pub(super) fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready").is_some_and(|one| one["status"] == "True")
}

/// Returns what is wrong with a pod; nothing if it is ready.
fn problem(pod: &Value) -> Option<(Rank, Reason)> {
    if is_ready(pod) {
        return None;
    }
    let metadata = &pod["metadata"];
    let (name, namespace) = (text(&metadata["name"]), text(&metadata["namespace"]));
    let describe = || format!("`kubectl describe pod {name} --namespace {namespace}` shows more");
    let about = |rank: Rank, message: String| {
        Some((rank, Reason::new(format!("pod {}: {message}", quoted(name))).with(describe())))
    };
    let containers = |field: &str| pod["status"][field].as_array().into_iter().flatten();
    let all = containers("initContainerStatuses").chain(containers("containerStatuses"));
    let faulty = all.filter_map(|status| fault(status).map(|fault| (status, fault)));
    if let Some((status, (rank, message))) = faulty.min_by_key(|(_, (rank, _))| *rank) {
        let (rank, mut reason) = about(rank, message)?;
        if rank == Rank::Crash {
            let container = text(&status["name"]);
            let previous = if status["state"]["running"].is_object() || status["state"]["waiting"].is_object() {
                " --previous"
            } else {
                ""
            };
            reason.hint = Some(format!(
                "`kubectl logs {name} --container {container} --namespace {namespace}{previous}` shows what it wrote"
            ));
        }
        return Some((rank, reason));
    }
    if pod["status"]["phase"] == "Failed" {
        let (word, message) = (text(&pod["status"]["reason"]), clean(text(&pod["status"]["message"])));
        return about(Rank::Ended, format!("it has failed{}", details(word, &message)));
    }
    if pod["spec"]["nodeName"].is_null() {
        let scheduled = condition(pod, "PodScheduled").filter(|one| one["status"] == "False");
        return match scheduled.map(|one| clean(text(&one["message"]))) {
            Some(message) if !message.is_empty() => about(Rank::Unschedulable, format!("no node takes it: {message}")),
            _ => about(Rank::Unschedulable, "waits for a node".to_owned()),
        };
    }
    if let Some(status) =
        containers("initContainerStatuses").find(|status| is_running(status) && !is_sidecar(pod, status))
    {
        return about(Rank::Starting, format!("init container {} runs", quoted(text(&status["name"]))));
    }
    if let Some(status) = containers("containerStatuses").find(|status| is_running(status) && status["ready"] != true) {
        let container = quoted(text(&status["name"]));
        let probe = if is_started(status) { "readiness" } else { "the startup probe" };
        return about(Rank::Unready, format!("{probe} of container {container} does not pass"));
    }
    let ready = condition(pod, "Ready");
    if let Some(gates) = ready.filter(|one| one["reason"] == "ReadinessGatesNotReady") {
        return about(Rank::Unready, format!("readiness gates do not pass: {}", clean(text(&gates["message"]))));
    }
    about(Rank::Starting, "its containers are being made".to_owned())
}

/// Returns what is wrong with one container.
fn fault(status: &Value) -> Option<(Rank, String)> {
    let waiting = &status["state"]["waiting"];
    let (word, message) = (text(&waiting["reason"]), text(&waiting["message"]));
    let (container, image) = (quoted(text(&status["name"])), quoted(text(&status["image"])));
    match word {
        "ImagePullBackOff"
        | "ErrImagePull"
        | "ErrImageNeverPull"
        | "InvalidImageName"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => {
            // Whatever the turn of the kubelet is, the cause is the same: `Back-off pulling image "…": ErrImagePull: …`.
            let message = message.split_once("ErrImagePull: ").map_or(message, |(_, cause)| cause);
            let message = if message.starts_with("Back-off pulling image") { "" } else { message };
            let word = if word == "ErrImagePull" { "ImagePullBackOff" } else { word };
            Some((Rank::Image, format!("image {image} cannot be pulled{}", details(word, &clean(message)))))
        }
        "CreateContainerConfigError"
        | "CreateContainerError"
        | "RunContainerError"
        | "PreCreateHookError"
        | "PreStartHookError"
        | "PostStartHookError" => {
            Some((Rank::Config, format!("container {container} cannot be made{}", details(word, &clean(message)))))
        }
        _ => crash(status).map(|(code, why)| {
            let how = details(why, "");
            (Rank::Crash, format!("container {container} crashes, its last exit code is {code}{how}"))
        }),
    }
}

/// Returns the last exit code of a container that fails again and again, and the word for it.
///
/// Between two crashes it runs for a while: that is no reason to say something else.
fn crash(status: &Value) -> Option<(i64, &str)> {
    let now = &status["state"]["terminated"];
    let before = &status["lastState"]["terminated"];
    let terminated = if now.is_object() { now } else { before };
    let code = terminated["exitCode"].as_i64()?;
    let is_loop = status["state"]["waiting"]["reason"] == "CrashLoopBackOff";
    let is_done = status["ready"] == true || now["exitCode"] == 0;
    let word = text(&terminated["reason"]);
    (is_loop || !is_done && code != 0).then_some((code, if word == "Error" { "" } else { word }))
}

fn is_running(status: &Value) -> bool {
    status["state"]["running"].is_object()
}

/// Returns whether an init container is one that goes on running beside the others (Kubernetes API, `restartPolicy`).
fn is_sidecar(pod: &Value, status: &Value) -> bool {
    let containers = pod["spec"]["initContainers"].as_array();
    containers
        .is_some_and(|all| all.iter().any(|one| one["name"] == status["name"] && one["restartPolicy"] == "Always"))
}

/// A container without a startup probe counts as started as soon as it runs; a kubelet that does not say so is old.
fn is_started(status: &Value) -> bool {
    status["started"].as_bool().unwrap_or(true)
}

/// Returns ` (WORD: MESSAGE)`, or as much of it as there is.
fn details(word: &str, message: &str) -> String {
    match (word, message) {
        ("", "") => String::new(),
        (one, "") | ("", one) => format!(" ({one})"),
        (word, message) => format!(" ({word}: {message})"),
    }
}
