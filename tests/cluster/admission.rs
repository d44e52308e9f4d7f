//! Admission: what webhooks make of objects, and how the rows tell it from what the bundle wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chaosc::diff::{Action, Cause, Change, ChangeSet};
use chaosc::snapshot::Wishes;
use serde_json::{Value, json};

use crate::lab::{Lab, assert_nothing, fields, kubeconfig, row};
use crate::webhook::{Review, Server, Webhook, probe};

/// Returns the fields of a row that admission wants.
fn by_admission(change: &Change) -> Vec<String> {
    fields(change)
        .into_iter()
        .zip(&change.fields)
        .filter(|(_, field)| field.cause == Cause::Admission)
        .map(|(text, _)| text)
        .collect()
}

fn thorough(lab: &Lab) -> ChangeSet {
    lab.diff_as(&kubeconfig(), Wishes::default(), true)
}

/// Labels and annotates everything; of Deployments it takes the image from a mirror, injects a container, and sets a field
/// that nobody wrote.
fn mesh(object: &Value) -> Review {
    let mut patch = Vec::new();
    for (map, name, value) in [("labels", "mesh.example~1team", "shop"), ("annotations", "mesh.example~1seen", "yes")] {
        if object["metadata"][map].is_null() {
            patch.push(json!({"op": "add", "path": format!("/metadata/{map}"), "value": {}}));
        }
        patch.push(json!({"op": "add", "path": format!("/metadata/{map}/{name}"), "value": value}));
    }
    let containers = object.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    if let Some(containers) = containers.filter(|_| object["kind"] == "Deployment") {
        let image = containers[0]["image"].as_str().unwrap().replace("registry.example/", "mirror.example/");
        patch.push(json!({"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}));
        patch.push(json!({"op": "add", "path": "/spec/minReadySeconds", "value": 7}));
        if containers.len() == 1 {
            let sidecar = json!({"name": "mesh", "image": "mirror.example/mesh:1"});
            patch.push(json!({"op": "add", "path": "/spec/template/spec/containers/-", "value": sidecar}));
        }
    }
    Review::Patch(patch.into())
}

#[test]
fn what_a_webhook_changes_is_told_apart_and_makes_no_endless_diff() {
    let lab = Lab::new("mutating");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let server = Server::start(mesh);
    let webhook = Webhook::install(&lab, "Mutating", &server, "*", &json!({}));

    // New objects: only what admission made of them is a field; defaults are not told at all.
    let changes = lab.diff();
    assert_eq!(
        by_admission(row(&changes, "ConfigMap/settings")),
        [
            r#"metadata.annotations: - -> {"mesh.example/seen":"yes"}"#,
            r#"metadata.labels["mesh.example/team"]: - -> "shop""#,
        ]
    );
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!((deployment.action, &deployment.unverified), (Action::Create, &None));
    assert_eq!(
        fields(deployment),
        [
            r#"metadata.annotations: - -> {"mesh.example/seen":"yes"}"#,
            r#"metadata.labels["mesh.example/team"]: - -> "shop""#,
            r#"spec.template.spec.containers[name=shop].image: - -> "mirror.example/shop:1.0.0""#,
            r#"spec.template.spec.containers[name=mesh]: - -> {"image":"mirror.example/mesh:1","name":"mesh"}"#,
        ]
    );
    assert!(deployment.fields.iter().all(|field| field.cause == Cause::Admission));

    // Applied, nothing is left, although the image is not the one that is sent.
    lab.apply();
    assert_eq!(
        lab.live("deployment", "shop")["spec"]["template"]["spec"]["containers"][0]["image"],
        "mirror.example/shop:1.0.0"
    );
    assert_nothing(&lab.diff());
    assert_eq!(lab.diff().drift, []);
    assert_nothing(&thorough(&lab));

    // An edit: who wanted what.
    lab.edit("app.yaml", "replicas: 2", "replicas: 3");
    lab.edit("app.yaml", "shop:1.0.0", "shop:1.1.0");
    let changes = lab.diff();
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!(
        fields(deployment),
        [
            "spec.replicas: 2 -> 3",
            r#"spec.template.spec.containers[name=shop].image: "mirror.example/shop:1.0.0" -> "mirror.example/shop:1.1.0""#,
        ]
    );
    assert_eq!(by_admission(deployment).len(), 1, "the image is not as the bundle has it: {:#?}", deployment.fields);

    // The webhook is gone, and applied is what the bundle says; back again, only its own wishes are told.
    drop(webhook);
    lab.wait("the webhook is not asked any more", |lab| !probe(lab, "configmap").contains("mesh"));
    lab.wait("the image is the bundle's own", |lab| {
        lab.apply();
        lab.live("deployment", "shop")["spec"]["template"]["spec"]["containers"][0]["image"]
            == "registry.example/shop:1.1.0"
    });
    lab.kubectl(&[
        "patch",
        "deployment",
        "shop",
        "--type=json",
        "-p",
        r#"[
        {"op": "remove", "path": "/metadata/annotations/mesh.example~1seen"},
        {"op": "remove", "path": "/spec/template/spec/containers/1"}
    ]"#,
    ]);
    let _webhook = Webhook::install(&lab, "Mutating", &server, "*", &json!({}));
    let changes = thorough(&lab);
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!(deployment.action, Action::Update);
    assert_eq!(
        by_admission(deployment),
        [
            r#"metadata.annotations["mesh.example/seen"]: - -> "yes""#,
            r#"spec.template.spec.containers[name=shop].image: "registry.example/shop:1.1.0" -> "mirror.example/shop:1.1.0""#,
            r#"spec.template.spec.containers[name=mesh]: - -> {"image":"mirror.example/mesh:1","name":"mesh"}"#,
        ]
    );
    assert_eq!(deployment.fields.len(), 3, "{:#?}", deployment.fields);
}

// Kubernetes 1.22 and later take no webhook any more that has side effects in a dry-run; some refuse it by themselves.
#[test]
fn a_webhook_that_takes_no_dry_run_leaves_its_own_rows_unverified() {
    let lab = Lab::new("nodryrun");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.apply();
    lab.edit("app.yaml", "replicas: 2", "replicas: 3");
    lab.edit("app.yaml", "color: blue", "color: red");
    let server = Server::start(|_| Review::Deny("dry run is not supported"));
    let side_effects = json!({"sideEffects": "NoneOnDryRun"});
    let _webhook = Webhook::install(&lab, "Validating", &server, "deployments", &side_effects);
    let changes = lab.diff();
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!((deployment.action, fields(deployment)), (Action::Update, vec!["spec.replicas: 2 -> 3".to_owned()]));
    let reason = deployment.unverified.as_deref().unwrap();
    assert!(reason.contains(&lab.namespace) && reason.ends_with("dry run is not supported"), "{reason}");
    let settings = row(&changes, "ConfigMap/settings");
    assert_eq!((fields(settings), &settings.unverified), (vec![r#"data.color: "blue" -> "red""#.to_owned()], &None));
}

#[test]
fn admission_that_changes_over_time_is_seen_only_by_a_thorough_diff() {
    let lab = Lab::new("overtime");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let day = Arc::new(AtomicUsize::new(1));
    let today = day.clone();
    let server = Server::start(move |object| {
        let value = format!("day-{}", today.load(Ordering::SeqCst));
        let labels = object["metadata"]["labels"].is_object();
        let patch = json!([{"op": "add", "path": "/metadata/labels/day", "value": value}]);
        Review::Patch(if labels { patch } else { json!([]) })
    });
    let _webhook = Webhook::install(&lab, "Mutating", &server, "*", &json!({}));
    lab.apply();
    day.store(2, Ordering::SeqCst);
    // What the bundle owns is as it was sent, so that nothing is asked.
    assert_nothing(&lab.diff());
    let changes = thorough(&lab);
    let settings = row(&changes, "ConfigMap/settings");
    assert_eq!(
        (settings.action, by_admission(settings)),
        (Action::Update, vec![r#"metadata.labels.day: "day-1" -> "day-2""#.to_owned()])
    );
}
