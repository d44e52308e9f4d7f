//! Waiting for workloads: `kubectl rollout status` is asked at the same moments, and has to say the same.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use chaosc::apply::ready::{State, state};
use chaosc::apply::wait::{Outcome, Waited, wait};

use crate::lab::{Lab, connect, kubeconfig, kubectl_with, run};
use crate::node::{Fate, Node};
use crate::user::User;

/// Long enough for controllers that are busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// Creates a lab whose app is one workload, and applies it.
fn lab(name: &str, kind: &str, spec: &str) -> Lab {
    let lab = Lab::new(name);
    lab.write("app.yaml", &workload(kind, spec));
    lab.apply();
    lab
}

fn workload(kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: shop}}\nspec:\n  selector: {{matchLabels: {{app: shop}}}}\n{spec}\
         \n  template:\n    metadata: {{labels: {{app: shop}}}}\n    spec:\n      \
         containers: [{{name: shop, image: 'registry.example/shop:1'}}]\n"
    )
}

/// Waits as somebody for what the bundle of a lab names; returns what came of it and the lines.
fn waited_as(kubeconfig: &Path, lab: &Lab, limit: Duration) -> (Vec<Waited>, Vec<String>) {
    let (_, bundle) = lab.desired();
    let lines = Mutex::new(Vec::new());
    let waited = run(async {
        let cluster = connect(kubeconfig).await;
        let tell = |line: &chaosc::apply::wait::Line| lines.lock().unwrap().push(line.to_string());
        wait(&cluster, &bundle.rollouts, Some(limit), &|_| None, &tell).await
    });
    (waited, lines.into_inner().unwrap())
}

fn waited(lab: &Lab, limit: Duration) -> (Vec<Waited>, Vec<String>) {
    waited_as(&kubeconfig(), lab, limit)
}

/// Waits for a moment, and returns why the one workload was not ready, and the next step.
fn why(lab: &Lab) -> (String, String) {
    let (waited, lines) = waited(lab, Duration::from_millis(700));
    let [Waited { outcome: Outcome::Failed { text, reason, hint }, .. }] = waited.as_slice() else {
        panic!("{waited:#?} {lines:#?}");
    };
    (reason.clone().unwrap_or_else(|| text.clone()), hint.clone())
}

/// Waits until the reason begins so: the controllers take their time.
fn wait_for_reason(lab: &Lab, expected: &str) -> (String, String) {
    let mut last = (String::new(), String::new());
    lab.wait(expected, |lab| {
        last = why(lab);
        last.0.contains(expected)
    });
    last
}

/// Asserts that kubectl and we agree on whether the workload has rolled out.
fn assert_done(lab: &Lab, kind: &str, expected: bool) {
    let live = lab.live(kind, "shop");
    let ours = matches!(state(&live), State::Done(_));
    let target = format!("{kind}/shop");
    let (code, out, err) = lab.try_kubectl(&["rollout", "status", &target, "--timeout=1s"], "");
    assert_eq!((code == 0, ours), (expected, expected), "{out}{err}{:#}", live["status"]);
}

#[test]
fn a_deployment_is_ready_when_its_pods_are_and_again_after_a_change() {
    let strategy = "  replicas: 2\n  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}";
    let lab = lab("ready", "Deployment", strategy);
    let node = Node::of(&lab);
    let pods = node.pods("shop-", 2);
    assert_done(&lab, "deployment", false);
    let (waited, lines) = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| waited(&lab, PATIENCE));
        for pod in &pods {
            std::thread::sleep(Duration::from_millis(700));
            assert!(!waiting.is_finished());
            node.meet(pod, Fate::Ready);
        }
        waiting.join().unwrap()
    });
    assert_eq!(waited[0].outcome, Outcome::Done("2 pods are available".to_owned()), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("0 of 2 new pods are available: pod `shop-")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("1 of 2 new pods are available")), "{lines:#?}");
    let mut once = lines.clone();
    once.dedup();
    assert_eq!(once, lines, "a line is told when it changes");
    assert_done(&lab, "deployment", true);

    // A second version: while its first pod is not ready, the old ones stay.
    lab.edit("app.yaml", "shop:1", "shop:2");
    lab.apply();
    let new = node
        .pods("shop-", 3)
        .into_iter()
        .find(|pod| !pods.iter().any(|old| old["metadata"]["name"] == pod["metadata"]["name"]))
        .unwrap();
    node.meet(&new, Fate::NoImage);
    let (reason, hint) = wait_for_reason(&lab, "cannot be pulled");
    let name = new["metadata"]["name"].as_str().unwrap();
    assert_eq!(
        reason,
        format!("pod `{name}`: image `registry.example/shop:2` cannot be pulled (ImagePullBackOff: x: not found)")
    );
    assert_eq!(hint, format!("`kubectl describe pod {name} --namespace {}` shows more", lab.namespace));
    assert_done(&lab, "deployment", false);
    let prefix = name.rsplit_once('-').unwrap().0.to_owned();
    node.meet(&new, Fate::Ready);
    node.all(&prefix, 2, Fate::Ready);
    let (after, lines) = self::waited(&lab, PATIENCE);
    assert!(after[0].is_success(), "{lines:#?}");
    assert_done(&lab, "deployment", true);
}

#[test]
fn what_keeps_pods_from_being_ready_is_told() {
    let lab = lab("reasons", "Deployment", "  replicas: 1");
    let node = Node::of(&lab);
    let pod = node.pods("shop-", 1).remove(0);
    let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
    for (fate, expected) in [
        (Fate::Unschedulable, "no node takes it: 0/1 nodes are available: 1 Insufficient cpu."),
        (Fate::NoSecret, "container `shop` cannot be made (CreateContainerConfigError: secret \"key\" not found)"),
        (Fate::Crash(3), "container `shop` crashes, its last exit code is 3"),
        (Fate::Unready, "readiness of container `shop` does not pass"),
    ] {
        node.meet(&pod, fate);
        let (reason, hint) = wait_for_reason(&lab, expected);
        assert_eq!(reason, format!("pod `{name}`: {expected}"));
        let command = if matches!(fate, Fate::Crash(_)) { "kubectl logs" } else { "kubectl describe pod" };
        assert!(hint.contains(command), "{hint}");
        assert_done(&lab, "deployment", false);
    }
    // Who may see the Deployment and not the pods is told that.
    let user = User::new(&format!("watcher-{}", lab.namespace), "watchers");
    user.may(Some(&lab.namespace), &["get", "list"], &["deployments.apps"]);
    let (waited, _) = waited_as(&user.kubeconfig(), &lab, Duration::from_millis(300));
    assert!(waited[0].to_string().ends_with("pods may not be read, so that the reason is not known"), "{}", waited[0]);
}

#[test]
fn a_deadline_of_the_deployment_ends_the_waiting() {
    let lab = lab("deadline", "Deployment", "  replicas: 1\n  progressDeadlineSeconds: 2");
    Node::of(&lab).all("shop-", 1, Fate::Crash(1));
    // The controller gives up, and so do we: before our own time is over.
    let (waited, lines) = waited(&lab, PATIENCE);
    let outcome = waited[0].outcome.to_string();
    assert!(
        outcome.starts_with("made no progress for 2 s (`progressDeadlineSeconds`): pod `shop-"),
        "{outcome} {lines:#?}"
    );
    assert!(waited[0].took < PATIENCE);
    assert_done(&lab, "deployment", false);
}

#[test]
fn pods_that_may_not_be_made_are_explained() {
    let quota = Lab::new("quota");
    quota.write(
        "app.yaml",
        &format!(
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: none}}\nspec: {{hard: {{pods: '0'}}}}\n---\n{}",
            workload("Deployment", "  replicas: 1")
        ),
    );
    quota.apply();
    let (reason, hint) = wait_for_reason(&quota, "exceeded quota");
    assert!(reason.starts_with("no pod can be made: exceeded quota: none, requested: pods=1, "), "{reason}");
    assert!(hint.starts_with("`kubectl describe resourcequota"), "{hint}");
    assert_done(&quota, "deployment", false);

    for kind in ["Deployment", "StatefulSet"] {
        let lab = Lab::new("restricted");
        lab.edit("chaos.toml", "[[apps]]", "pod-security = \"restricted\"\n[[apps]]");
        lab.write("app.yaml", &workload(kind, "  replicas: 1"));
        lab.apply();
        let (reason, hint) = wait_for_reason(&lab, "violates PodSecurity");
        assert!(reason.starts_with("no pod can be made: violates PodSecurity \"restricted:"), "{reason}");
        assert!(hint.contains("securityContext"), "{hint}");
        assert_done(&lab, &kind.to_lowercase(), false);
    }
}

#[test]
fn a_stateful_set_goes_pod_by_pod() {
    let lab = lab("ordered", "StatefulSet", "  replicas: 2\n  serviceName: shop");
    let node = Node::of(&lab);
    node.all("shop-0", 1, Fate::Unready);
    let (reason, _) = wait_for_reason(&lab, "readiness");
    assert_eq!(reason, "pod `shop-0`: readiness of container `shop` does not pass");
    assert_done(&lab, "statefulset", false);
    node.all("shop-0", 1, Fate::Ready);
    node.pods("shop-1", 1);
    assert_done(&lab, "statefulset", false);
    node.all("shop-1", 1, Fate::Ready);
    let (waited, lines) = waited(&lab, PATIENCE);
    assert_eq!(waited[0].outcome, Outcome::Done("2 pods are ready".to_owned()), "{lines:#?}");
    assert_done(&lab, "statefulset", true);
}

#[test]
fn a_daemon_set_has_a_pod_on_each_node() {
    let name = format!("node-{}", std::process::id());
    // Tainted, so that no other test gets pods on it.
    let manifest = format!(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{test: {name}}}}}\nspec: {{taints: [{{key: test, effect: NoSchedule}}]}}\n"
    );
    kubectl_with(&["apply", "-f", "-"], &manifest);
    let lab = Lab::new("daemon");
    let placed = format!("    spec:\n      nodeSelector: {{test: {name}}}\n      tolerations: [{{operator: Exists}}]");
    lab.write("app.yaml", &workload("DaemonSet", "").replace("    spec:", &placed));
    lab.apply();
    let node = Node::of(&lab);
    node.all("shop-", 1, Fate::Crash(1));
    let (reason, _) = wait_for_reason(&lab, "crashes");
    assert!(reason.ends_with("container `shop` crashes, its last exit code is 1"), "{reason}");
    assert_done(&lab, "daemonset", false);
    node.all("shop-", 1, Fate::Ready);
    let (waited, lines) = waited(&lab, PATIENCE);
    assert_eq!(waited[0].outcome, Outcome::Done("1 pod is available".to_owned()), "{lines:#?}");
    assert_done(&lab, "daemonset", true);
    kubectl_with(&["delete", "node", &name, "--wait=false"], "");
}

#[test]
fn what_is_not_there_is_not_waited_for() {
    let lab = Lab::new("absent");
    lab.write("app.yaml", &workload("Deployment", "  replicas: 1"));
    let (waited, lines) = waited(&lab, PATIENCE);
    assert_eq!(waited[0].outcome.to_string(), "is not there: the API server has no such object");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(waited[0].took < Duration::from_secs(10));
}
