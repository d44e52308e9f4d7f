//! What plays scheduler and kubelet: pods are bound to a node that is none, and say what a test wants them to say.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use chaosc::cluster::{Answer, Cluster, Request};
use serde_json::{Value, json};

use crate::lab::{Lab, connect, kubeconfig, run};

/// The node that pods are bound to where a test has none of its own. It does not exist: pods are only collected for that
/// after 40 s (pod garbage collector, `quarantineTime`).
const NOWHERE: &str = "nowhere";

/// What happens to a pod.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// Runs and is ready.
    Ready,
    /// The same, at an address.
    ReadyAt(IpAddr),
    /// Runs, and its readiness does not pass.
    Unready,
    /// Its image is not there.
    NoImage,
    /// It crashes with an exit code.
    Crash(i64),
    /// A Secret that it names is not there.
    NoSecret,
    /// No node takes it.
    Unschedulable,
}

/// Scheduler and kubelet of one lab.
pub(crate) struct Node<'l> {
    lab: &'l Lab,
}

impl<'l> Node<'l> {
    pub(crate) fn of(lab: &'l Lab) -> Node<'l> {
        Node { lab }
    }

    /// Waits until there are so many pods with a name that begins so and are not being deleted, and returns them, sorted.
    pub(crate) fn pods(&self, prefix: &str, count: usize) -> Vec<Value> {
        let start = Instant::now();
        loop {
            let path = format!("/api/v1/namespaces/{}/pods", self.lab.namespace);
            let answer = run(async { connect(&kubeconfig()).await.send(Request::get(path)).await.unwrap() }).json();
            let mut pods = answer["items"].as_array().cloned().unwrap_or_default();
            pods.retain(|pod| name(pod).starts_with(prefix) && pod["metadata"]["deletionTimestamp"].is_null());
            if pods.len() == count {
                pods.sort_by_key(|pod| name(pod).to_owned());
                return pods;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{} pods `{prefix}…` instead of {count}", pods.len());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits for so many pods, and lets each meet its fate.
    pub(crate) fn all(&self, prefix: &str, count: usize, fate: Fate) {
        for pod in self.pods(prefix, count) {
            self.meet(&pod, fate);
        }
    }

    /// Lets a pod meet its fate.
    pub(crate) fn meet(&self, pod: &Value, fate: Fate) {
        let path = format!("/api/v1/namespaces/{}/pods/{}", self.lab.namespace, name(pod));
        run(async {
            let cluster = connect(&kubeconfig()).await;
            if !matches!(fate, Fate::Unschedulable) && pod["spec"]["nodeName"].is_null() {
                let node = wanted_node(pod).unwrap_or(NOWHERE);
                let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name(pod)},
                                     "target": {"apiVersion": "v1", "kind": "Node", "name": node}});
                let answer = write(&cluster, http::Method::POST, &format!("{path}/binding"), &binding).await;
                // A pod that was met before is bound already.
                assert!(answer.is_success() || answer.status == 409, "{:?}", answer.failure());
            }
            let answer = write(&cluster, http::Method::PATCH, &format!("{path}/status"), &status(pod, fate)).await;
            assert!(answer.is_success(), "{:?}", answer.failure());
        });
    }
}

async fn write(cluster: &Cluster, method: http::Method, path: &str, body: &Value) -> Answer {
    let kind = if method == http::Method::PATCH { "application/merge-patch+json" } else { "application/json" };
    let body = Some((kind, body.to_string().into_bytes()));
    cluster.send(Request { method, path: path.to_owned(), body }).await.unwrap()
}

/// Returns the node that a pod of a `DaemonSet` is for.
fn wanted_node(pod: &Value) -> Option<&str> {
    pod.pointer("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0")?
        .as_str()
}

fn name(pod: &Value) -> &str {
    pod["metadata"]["name"].as_str().unwrap()
}

/// Returns what a kubelet, or the scheduler, writes.
fn status(pod: &Value, fate: Fate) -> Value {
    let now = "2026-01-02T03:04:05Z";
    let container = &pod["spec"]["containers"][0];
    let said = |state: Value, last: Value, ready: bool| {
        let truth = if ready { "True" } else { "False" };
        json!({"status": {
            "phase": if ready { "Running" } else { "Pending" },
            "conditions": [
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": now},
                {"type": "Ready", "status": truth, "lastTransitionTime": now},
                {"type": "ContainersReady", "status": truth, "lastTransitionTime": now},
            ],
            "containerStatuses": [{
                "name": container["name"], "image": container["image"], "imageID": "", "ready": ready, "started": ready,
                "restartCount": 0, "state": state, "lastState": last,
            }],
        }})
    };
    let running = || json!({"running": {"startedAt": now}});
    match fate {
        Fate::Ready => said(running(), json!({}), true),
        Fate::ReadyAt(address) => {
            let mut status = said(running(), json!({}), true);
            status["status"]["podIP"] = address.to_string().into();
            status["status"]["podIPs"] = json!([{"ip": address}]);
            status
        }
        Fate::Unready => {
            let mut status = said(running(), json!({}), false);
            status["status"]["containerStatuses"][0]["started"] = true.into();
            status
        }
        Fate::NoImage => said(
            json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"x\": ErrImagePull: x: not found"}}),
            json!({}),
            false,
        ),
        Fate::Crash(code) => said(
            json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}}),
            json!({"terminated": {"exitCode": code, "reason": "Error", "startedAt": now, "finishedAt": now}}),
            false,
        ),
        Fate::NoSecret => said(
            json!({"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"key\" not found"}}),
            json!({}),
            false,
        ),
        Fate::Unschedulable => json!({"status": {"conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": now,
            "message": "0/1 nodes are available: 1 Insufficient cpu.",
        }]}}),
    }
}
