//! Handing over: from apply to Argo CD, Flux or Helm, and back.

use std::process::Command;

use chaosc::kubernetes::managed_fields;
use chaosc::snapshot::Wishes;
use serde_json::Value;

use crate::doing::{carry_out, look};
use crate::lab::{Lab, assert_nothing, kubeconfig, kubectl_with};
use crate::tools::{parts, succeed, tool};

/// Renders the bundle and returns its folder.
fn render(lab: &Lab) -> String {
    let (code, out, err) = lab.chaosc(&["render"]);
    assert_eq!(code, 0, "{out}{err}");
    lab.folder.path().join("out").to_str().unwrap().to_owned()
}

fn chaosc(lab: &Lab, arguments: &[&str]) -> String {
    let (code, out, err) = lab.chaosc(arguments);
    assert_eq!(code, 0, "chaosc {arguments:?}\n{out}\n{err}");
    out
}

fn managers(object: &Value) -> Vec<String> {
    let mut managers: Vec<String> = managed_fields::entries(object)
        .filter(|entry| entry.subresource.is_empty() && entry.manager != "kube-controller-manager")
        .map(|entry| entry.manager.to_owned())
        .collect();
    managers.sort();
    managers
}

#[test]
fn a_git_ops_controller_takes_over_and_gives_back() {
    let lab = Lab::new("handover-gitops");
    chaosc(&lab, &["apply", "--yes", "--no-wait"]);
    let uid = lab.live("deployment", "shop")["metadata"]["uid"].clone();

    // Argo CD and Flux apply the folder on the server's side, as managers of their own.
    let out = render(&lab);
    let take = ["apply", "--server-side", "--field-manager=argocd-controller", "--force-conflicts", "-k", &out];
    kubectl_with(&take, "");
    assert_eq!(managers(&lab.live("deployment", "shop")), ["argocd-controller", "chaosc"]);
    let released = chaosc(&lab, &["delete", "--release", "--yes"]);
    assert!(
        released.contains("released  Deployment/shop") && released.contains("deleted   ConfigMap/shop-chaos"),
        "{released}"
    );
    let live = lab.live("deployment", "shop");
    assert_eq!(managers(&live), ["argocd-controller"]);
    assert_eq!(live["metadata"]["uid"], uid);
    assert_eq!(live["metadata"]["labels"]["applyset.kubernetes.io/part-of"], Value::Null);
    // Now it is theirs to change and to take fields away.
    lab.edit("app.yaml", "          resources: {requests: {cpu: 100m}}\n", "");
    render(&lab);
    kubectl_with(&take, "");
    let container = lab.live("deployment", "shop")["spec"]["template"]["spec"]["containers"][0].clone();
    assert_eq!(container["resources"], serde_json::json!({}));
    // Nothing is left of ours, and a second time there is nothing to give up.
    chaosc(&lab, &["delete", "--release", "--yes"]);
    assert_eq!(lab.kubectl(&["get", "configmap", "shop-chaos", "--ignore-not-found"]), "");

    // And back: what the other still owns is taken, and its entry goes when it gives up.
    let wishes = Wishes { adopt: true, force_conflicts: true, ..Wishes::default() };
    let report = carry_out(&look(&lab, wishes));
    assert!(report.is_success(), "{:#?}", report.rows);
    assert_nothing(&lab.diff());
    assert_eq!(lab.live("deployment", "shop")["metadata"]["uid"], uid);
}

#[test]
fn helm_takes_over_and_gives_back() {
    let lab = Lab::new("handover-helm");
    // The chart leaves the namespace to whoever makes it.
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.edit("chaos.toml", "[[apps]]", "create = false\n[[apps]]");
    chaosc(&lab, &["apply", "--yes", "--no-wait"]);
    let uid = lab.live("deployment", "shop")["metadata"]["uid"].clone();
    let chart = format!("{}/chart", render(&lab));
    let helm = |arguments: &[&str]| {
        let mut command = Command::new(tool("CHAOSC_TEST_HELM"));
        command
            .args(arguments)
            .args(["--namespace", &lab.namespace])
            .env("KUBECONFIG", kubeconfig())
            .env("HOME", lab.folder.path());
        succeed(&mut command);
    };
    helm(&["install", "shop", &chart, "--take-ownership"]);
    chaosc(&lab, &["delete", "--release", "--yes"]);
    let live = lab.live("deployment", "shop");
    assert_eq!((managers(&live), &live["metadata"]["uid"]), (vec!["helm".to_owned()], &uid));
    helm(&["upgrade", "shop", &chart]);

    // And back: the objects are taken over, and the release is forgotten without deleting them.
    let refused = look(&lab, Wishes::default());
    let writes: Vec<_> = refused.changes.changes.iter().filter(|change| change.action.writes()).collect();
    assert!(writes.iter().all(|change| change.origin.is_none()), "{:?}", crate::lab::rows(&refused.changes));
    let wishes = Wishes { adopt: true, force_conflicts: true, ..Wishes::default() };
    let report = carry_out(&look(&lab, wishes));
    assert!(report.is_success(), "{:#?}", report.rows);
    lab.kubectl(&["delete", "secret", "-l", "owner=helm,name=shop"]);
    assert_eq!(lab.live("deployment", "shop")["metadata"]["uid"], uid);
    let mut list = Command::new(tool("CHAOSC_TEST_HELM"));
    let (_, releases, _) =
        parts(list.args(["list", "-q", "-n", &lab.namespace]).env("KUBECONFIG", kubeconfig()).output().unwrap());
    assert_eq!(releases, "");
}
