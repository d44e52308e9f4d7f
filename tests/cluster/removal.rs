//! What is taken away: by an edit of the manifest, or by hand in the cluster.

use chaosc::diff::{Action, Cause};
use serde_json::json;

use crate::judge::assert_agreed;
use crate::lab::{Lab, assert_nothing, fields, row, rows};

#[test]
fn a_field_that_leaves_the_manifest_goes_unless_another_owns_it_too() {
    let lab = Lab::new("removed");
    lab.edit("app.yaml", "metadata: {name: settings}", "metadata: {name: settings, annotations: {ours: a, both: b}}");
    lab.edit("app.yaml", "ports: [{containerPort: 8080}]", "ports: [{containerPort: 8080}, {containerPort: 9090}]");
    lab.apply();
    let both = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": lab.namespace, "annotations": {"both": "b"}},
    });
    lab.apply_text(&both.to_string(), "mesh");
    assert_nothing(&lab.diff());

    lab.edit("app.yaml", "annotations: {ours: a, both: b}", "annotations: {both: b}");
    lab.edit("app.yaml", ", {containerPort: 9090}", "");
    let changes = lab.diff();
    let settings = row(&changes, "ConfigMap/settings");
    assert_eq!(fields(settings), ["metadata.annotations.ours: \"a\" -> -"]);
    assert_eq!(settings.fields[0].cause, Cause::Bundle);
    let deployment = row(&changes, "Deployment/shop");
    let [port] = deployment.fields.as_slice() else { panic!("{:?}", fields(deployment)) };
    assert!(port.path.contains("9090") && port.after.is_none() && port.cause == Cause::Bundle, "{port:?}");
    assert_agreed(&lab, &changes, &[]);
    lab.apply();

    // What another owns too stays: only the ownership changes, which kubectl does not show.
    lab.edit("app.yaml", ", annotations: {both: b}", "");
    let changes = lab.diff();
    let settings = row(&changes, "ConfigMap/settings");
    assert_eq!((settings.action, fields(settings)), (Action::Update, vec![]));
    assert!(settings.reasons.concat().contains("gives up fields"), "{:?}", settings.reasons);
    assert_agreed(&lab, &changes, &[]);
    lab.apply();
    assert_nothing(&lab.diff());
    assert_eq!(lab.live("configmap", "settings")["metadata"]["annotations"], json!({"both": "b"}));
}

#[test]
fn what_is_taken_away_by_hand_is_drift_that_apply_restores() {
    let lab = Lab::new("away");
    lab.edit("app.yaml", "metadata: {name: settings}", "metadata: {name: settings, labels: {tier: front}}");
    lab.apply();
    lab.kubectl(&["patch", "configmap", "settings", "--type=json", "-p", r#"[{"op":"remove","path":"/data/color"}]"#]);
    lab.kubectl(&["label", "configmap", "settings", "tier-"]);
    lab.kubectl(&["delete", "service", "shop"]);
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["update ConfigMap/settings", "create Service/shop"]);
    assert_eq!(
        fields(row(&changes, "ConfigMap/settings")),
        ["data.color: - -> \"blue\"", "metadata.labels.tier: - -> \"front\""]
    );
    let drift: Vec<_> = changes
        .drift
        .iter()
        .map(|one| (one.id.to_string(), one.path.as_str(), one.desired.clone(), one.live.clone()))
        .collect();
    assert_eq!(
        drift,
        [
            ("ConfigMap/settings".to_owned(), "data.color", Some("blue".into()), None),
            ("ConfigMap/settings".to_owned(), "metadata.labels.tier", Some("front".into()), None),
            ("Service/shop".to_owned(), "", None, None),
        ]
    );
    assert!(changes.drift.iter().all(|one| one.is_restored && one.manager.is_none()));
    assert_agreed(&lab, &changes, &[]);
    lab.apply();
    assert_nothing(&lab.diff());
}
