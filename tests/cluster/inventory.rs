//! The inventory: an `ApplySet` that other tools understand, and leave alone.

use std::collections::BTreeSet;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chaosc::diff::Action;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::lab::{Lab, assert_nothing, kubeconfig, rows};
use crate::tools::{parts, tool};

/// Returns the id of the lab's set, worked out by the specification.
pub(crate) fn set(lab: &Lab) -> String {
    let digest = Sha256::digest(format!("shop-chaos.{}.ConfigMap.", lab.namespace));
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(digest))
}

#[test]
fn the_inventory_is_an_apply_set_that_others_understand() {
    let lab = Lab::new("inventory");
    lab.apply();
    let parent = lab.live("configmap", "shop-chaos");
    assert_eq!(parent["metadata"]["labels"]["applyset.kubernetes.io/id"], set(&lab).as_str());
    let annotations = &parent["metadata"]["annotations"];
    assert!(annotations["applyset.kubernetes.io/tooling"].as_str().unwrap().starts_with("chaosc/"));
    assert_eq!(annotations["applyset.kubernetes.io/additional-namespaces"], Value::Null);

    // Whoever knows the specification finds exactly the members.
    let kinds = annotations["applyset.kubernetes.io/contains-group-kinds"].as_str().unwrap();
    let selector = format!("applyset.kubernetes.io/part-of={}", set(&lab));
    let found = lab.kubectl(&["get", &kinds.to_lowercase(), "-l", &selector, "-o", "json"]);
    let found: Value = serde_json::from_str(&found).unwrap();
    let name = |object: &Value| {
        format!("{}/{}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap())
    };
    let found: BTreeSet<String> = found["items"].as_array().unwrap().iter().map(name).collect();
    let members: BTreeSet<String> =
        lab.desired().0.iter().filter(|one| one.origin.is_some()).map(|one| one.id.to_string()).collect();
    assert_eq!(found, members);

    // kubectl knows the parent for one, and leaves it to its own tool.
    let (code, out, err) = kubectl_apply_set(&lab);
    assert_eq!(code, 1, "{out}{err}");
    assert!(err.contains("tooling") && err.contains("chaosc"), "{err}");
    assert_nothing(&lab.diff());
}

/// Applies one object by kubectl's own way of pruning, with the bundle's inventory as the parent.
fn kubectl_apply_set(lab: &Lab) -> (i32, String, String) {
    lab.write("stranger.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {color: green}}\n");
    let mut command = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    command.args(["--namespace", &lab.namespace, "apply", "--prune", "--applyset=configmaps/shop-chaos", "-f"]);
    command.arg(lab.folder.path().join("stranger.yaml"));
    parts(command.env("KUBECTL_APPLYSET", "true").env("KUBECONFIG", kubeconfig()).output().unwrap())
}

#[test]
fn a_set_of_kubectl_is_left_to_it() {
    let lab = Lab::new("kubectl-set");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let (code, out, err) = kubectl_apply_set(&lab);
    assert_eq!(code, 0, "{out}{err}");
    // The two sets have the same id, because the parent has the same name: only the tool tells them apart.
    assert_eq!(
        lab.live("configmap", "settings")["metadata"]["labels"]["applyset.kubernetes.io/part-of"],
        set(&lab).as_str()
    );
    let changes = lab.diff();
    for change in &changes.changes {
        assert_eq!(change.action, Action::Refused, "{}", change.id);
        assert_eq!(change.reasons[0], "the inventory `shop-chaos` is kept by `kubectl`", "{}", change.id);
        assert!(change.hints[0].contains("another name"), "{:?}", change.hints);
    }
    assert_eq!(changes.changes.len(), lab.desired().0.len());
    // Nor is a member of theirs deleted.
    lab.edit("app.yaml", "metadata: {name: settings}", "metadata: {name: other}");
    assert!(!rows(&lab.diff()).concat().contains("settings"), "{:?}", rows(&lab.diff()));
}
