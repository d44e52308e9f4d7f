//! Denial: what admission does not let pass is an error in its own words, and hides no other row.

use std::time::{Duration, Instant};

use chaosc::diff::Action;
use serde_json::json;

use crate::lab::{Lab, fields, kubectl_with, row};
use crate::webhook::{Review, Server, Webhook, probe};

#[test]
fn what_a_webhook_denies_is_an_error_in_its_words() {
    let lab = Lab::new("denying");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let server = Server::start(|_| Review::Deny("no deployments on a Friday"));
    let _webhook = Webhook::install(&lab, "Validating", &server, "deployments", &json!({}));
    let changes = lab.diff();
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!(deployment.action, Action::Error);
    assert_eq!(
        deployment.reasons,
        [format!(
            "admission webhook \"{}-validating.example.com\" denied the request: no deployments on a Friday",
            lab.namespace
        )]
    );
    assert!(deployment.origin.as_ref().unwrap().file.ends_with("app.yaml"));
    assert_eq!(row(&changes, "ConfigMap/settings").action, Action::Create);
}

#[test]
fn a_webhook_that_is_down_fails_only_the_objects_that_it_is_asked_about() {
    let lab = Lab::new("down");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let webhook = Webhook::install(&lab, "Validating", &Server::down(), "deployments", &json!({}));
    let start = Instant::now();
    let changes = lab.diff();
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!(deployment.action, Action::Error);
    let reason = deployment.reasons.join("\n");
    assert!(reason.contains("failed calling webhook") && reason.contains("connection refused"), "{reason}");
    assert_eq!(row(&changes, "ConfigMap/settings").action, Action::Create);

    // One whose failures are ignored is as if it were not there.
    webhook.patch(&json!({"failurePolicy": "Ignore"}));
    lab.wait("failures are ignored", |lab| !probe(lab, "deployment").contains("failed"));
    let changes = lab.diff();
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!((deployment.action, &deployment.unverified, fields(deployment)), (Action::Create, &None, vec![]));
}

#[test]
fn built_in_admission_says_what_is_exceeded() {
    let lab = Lab::new("limits");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.kubectl(&[
        "label",
        "namespace",
        &lab.namespace,
        "pod-security.kubernetes.io/warn=restricted",
        "pod-security.kubernetes.io/enforce=restricted",
    ]);
    lab.kubectl(&["create", "quota", "few", "--hard=count/services=0"]);
    let limits = json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small", "namespace": lab.namespace},
        "spec": {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]},
    });
    kubectl_with(&["apply", "-f", "-"], &limits.to_string());
    lab.wait("the quota counts", |lab| lab.live("resourcequota", "few")["status"]["hard"].is_object());
    let app = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: big}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}\n";
    lab.write("app.yaml", &format!("{app}---\n{claim}"));
    let changes = lab.diff();
    for (id, expected) in [
        (
            "Service/shop",
            "services \"shop\" is forbidden: exceeded quota: few, requested: count/services=1, used: count/services=0, limited: count/services=0",
        ),
        (
            "PersistentVolumeClaim/big",
            "persistentvolumeclaims \"big\" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 5Gi",
        ),
    ] {
        let row = row(&changes, id);
        assert_eq!(
            (row.action, row.reasons.clone(), &row.unverified),
            (Action::Error, vec![expected.to_owned()], &None),
            "{id}"
        );
    }
    // Pod Security judges pods; of a template it only warns, and the pods would not come up.
    assert_eq!(row(&changes, "Deployment/shop").action, Action::Create);
}

#[test]
fn what_a_policy_denies_is_an_error_in_its_words() {
    let lab = Lab::new("policy");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let name = &lab.namespace;
    let policy = json!([
        {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["deployments"]}]},
                "validations": [{"expression": "object.spec.replicas <= 1", "message": "one replica is enough here"}],
            },
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
            "spec": {
                "policyName": name, "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}},
            },
        },
    ]);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": policy});
    kubectl_with(&["apply", "-f", "-"], &list.to_string());
    let denied = |lab: &Lab| row(&lab.diff(), "Deployment/shop").clone();
    lab.wait("the policy holds", |lab| denied(lab).action == Action::Error);
    let row = denied(&lab);
    assert_eq!(
        row.reasons,
        [format!(
            "ValidatingAdmissionPolicy '{name}' with binding '{name}' denied request: one replica is enough here"
        )]
    );
    kubectl_with(&["delete", "-f", "-"], &list.to_string());
}
