//! Deleting: everything of the bundle goes, nothing else does.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;

use crate::doing::settle;
use crate::lab::{Lab, kubectl_with};

/// Returns everything that is in the cluster, as `resource/name in namespace`; but for what tells about others, and what
/// other tests have in their namespaces.
fn everything(lab: &Lab) -> BTreeSet<String> {
    let kinds = kubectl_with(&["api-resources", "--verbs=list", "-o", "name"], "");
    let excepted = [
        "events",
        "events.events.k8s.io",
        "leases.coordination.k8s.io",
        "endpointslices.discovery.k8s.io",
        "endpoints",
    ];
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !excepted.contains(kind)).collect();
    let columns = "custom-columns=KIND:.kind,NAME:.metadata.name,NAMESPACE:.metadata.namespace";
    let found = kubectl_with(&["get", &kinds.join(","), "-A", "--no-headers", "-o", columns], "");
    let is_ours = |line: &&str| line.contains(&lab.namespace) || line.contains("shop");
    let others = |line: &&str| line.split_whitespace().nth(2).is_none_or(|at| at == "<none>" || at == lab.namespace);
    found
        .lines()
        .filter(is_ours)
        .filter(others)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

const DATABASE: &str = r"
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: registry.example/db:1}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

fn add(lab: &Lab, text: &str) {
    let app = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    lab.write("app.yaml", &(app + text));
}

#[test]
fn nothing_is_left_while_an_experiment_runs_and_claims_exist() {
    let lab = Lab::new("delete-all");
    add(&lab, DATABASE);
    let before = everything(&lab);
    settle(&lab);
    lab.kubectl(&["create", "job", "--from=cronjob/shop-chaos-kill", "by-hand"]);
    lab.wait("the claim and the run are there", |lab| {
        !lab.kubectl(&["get", "pvc", "data-db-0", "--ignore-not-found", "-o", "name"]).is_empty()
            && lab.live("job", "by-hand")["status"]["active"] == 1
    });
    assert!(everything(&lab).len() > before.len() + 10);

    // By default what holds data stays, and with it the namespace.
    let (code, out, err) = lab.chaosc(&["delete", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("kept     PersistentVolumeClaim/data-db-0"), "{out}");
    assert!(out.contains("--include-volumes") && out.contains("--include-namespace"), "{out}");
    assert!(out.contains("the running experiments of `kill` would be ended, with their rollbacks"), "{out}");
    let left = everything(&lab);
    let mut left: Vec<&str> = left.difference(&before).map(String::as_str).collect();
    left.retain(|line| !line.contains("kube-root-ca.crt") && !line.starts_with("ServiceAccount default"));
    let claim = format!("PersistentVolumeClaim data-db-0 {}", lab.namespace);
    assert_eq!(left, [format!("Namespace {} <none>", lab.namespace), claim]);

    // The set that made the claim is gone, so that only its name and its labels could tell: it is kept for good.
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-volumes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("it holds what is not of the bundle: `PersistentVolumeClaim/data-db-0`"), "{out}");
    lab.kubectl(&["delete", "pvc", "data-db-0"]);
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-volumes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(everything(&lab), before);
}

#[test]
fn with_everything_included_one_delete_is_enough() {
    let lab = Lab::new("delete-once");
    add(&lab, DATABASE);
    let before = everything(&lab);
    settle(&lab);
    lab.wait("the claim is there", |lab| !lab.kubectl(&["get", "pvc", "-o", "name"]).is_empty());
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-volumes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(everything(&lab), before);
}

#[test]
fn the_bundle_of_another_repository_is_neither_deleted_nor_given_up() {
    let lab = Lab::new("delete-fork");
    let git = |arguments: &[&str]| {
        let done = Command::new("git").args(arguments).current_dir(lab.folder.path()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet"]);
    git(&["remote", "add", "origin", "https://forge.example/team/shop"]);
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
    assert_eq!(code, 0, "{out}{err}");
    git(&["remote", "set-url", "origin", "https://forge.example/fork/shop"]);
    for more in [&[][..], &["--release"]] {
        let (code, out, err) = lab.chaosc(&[&["delete", "--yes"], more].concat());
        let text = out + &err;
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("was applied from `forge.example/team/shop:chaos.toml`"), "{text}");
        assert!(text.contains("`chaosc apply --adopt` takes it over first"), "{text}");
        assert!(lab.kubectl(&["get", "cronjob", "-o", "name"]).contains("shop-chaos-kill"));
        assert!(lab.kubectl(&["get", "configmap", "-o", "name"]).contains("shop-chaos"));
    }
    git(&["remote", "set-url", "origin", "git@forge.example:team/shop.git"]);
    let (code, out, err) = lab.chaosc(&["delete", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn a_namespace_with_something_foreign_stays() {
    let lab = Lab::new("delete-foreign");
    settle(&lab);
    lab.kubectl(&["create", "configmap", "theirs"]);
    lab.kubectl(&["create", "configmap", "istio-ca-root-cert"]);
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("it holds what is not of the bundle: `ConfigMap/theirs`"), "{out}");
    assert!(!out.contains("istio-ca-root-cert"), "{out}");
    assert!(lab.kubectl(&["get", "configmap", "-o", "name"]).contains("theirs"));
}

#[test]
fn a_namespace_that_was_there_before_stays() {
    let lab = Lab::new("delete-before");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait", "--adopt"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("it was there before the bundle"), "{out}");
    let namespace = lab.kubectl(&["get", "namespace", &lab.namespace, "-o", "name"]);
    assert!(namespace.contains(&lab.namespace));
}

#[test]
fn a_lost_inventory_hides_nothing() {
    let lab = Lab::new("delete-lost");
    let before = everything(&lab);
    settle(&lab);
    lab.kubectl(&["delete", "configmap", "shop-chaos"]);
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    // Kinds that not every bundle has are found by the inventory alone: what is left keeps the namespace.
    assert!(out.contains("it holds what is not of the bundle: `Deployment/shop`"), "{out}");
    lab.kubectl(&["delete", "deployment,service", "shop"]);
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    lab.wait("nothing is left", |lab| everything(lab) == before);
}

#[test]
fn what_hangs_is_said_and_finished_later() {
    let lab = Lab::new("delete-hangs");
    settle(&lab);
    let finalizers = |names: serde_json::Value| json!({"metadata": {"finalizers": names}}).to_string();
    lab.kubectl(&["patch", "service", "shop", "--type=merge", "-p", &finalizers(json!(["example.com/hold"]))]);
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-namespace", "--timeout=1s"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("it was not gone after 1 s; it waits for example.com/hold"), "{out}");
    assert!(out.contains("something of the bundle is still there"), "{out}");
    assert!(lab.kubectl(&["get", "configmap", "-o", "name"]).contains("shop-chaos"), "the inventory stays with it");
    lab.kubectl(&["patch", "service", "shop", "--type=merge", "-p", &finalizers(json!(null))]);
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-namespace"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(lab.kubectl(&["get", "namespace", &lab.namespace, "--ignore-not-found"]), "");
}
