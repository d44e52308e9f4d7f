//! Drift apart from change: what somebody did by hand since the last apply, and whether an apply would undo it.

use chaosc::diff::{Action, Cause, ChangeSet, Drift, DriftKind, Verdict};
use chaosc::inventory::PART_OF;
use chaosc::snapshot::Wishes;
use serde_json::{Value, json};

use crate::lab::{Lab, assert_nothing, fields, row, rows};

/// What was changed by hand as `KIND/NAME path: desired -> live, by MANAGER[, restored]`.
fn told(changes: &ChangeSet) -> Vec<String> {
    let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let tell = |one: &Drift| {
        assert_eq!(one.kind, DriftKind::Changed);
        assert!(one.manager.is_none() || one.time.as_deref().is_some_and(|time| time.ends_with('Z')), "{one:?}");
        let restored = if one.is_restored { ", restored" } else { "" };
        let manager = one.manager.as_deref().unwrap_or("nobody known");
        format!("{} {}: {} -> {}, by {manager}{restored}", one.id, one.path, text(&one.desired), text(&one.live))
    };
    changes.drift.iter().map(tell).collect()
}

#[test]
fn what_the_bundle_says_nothing_about_is_left_alone() {
    let lab = Lab::new("drift-left");
    lab.apply();
    lab.wait("the controllers have written", |lab| {
        let live = lab.live("deployment", "shop");
        live["metadata"]["annotations"].get("deployment.kubernetes.io/revision").is_some() && live["status"].is_object()
    });
    // What controllers write is their business.
    let changes = lab.diff();
    assert_nothing(&changes);
    assert_eq!(told(&changes), [""; 0]);

    lab.kubectl(&["patch", "cronjob", "shop-chaos-kill", "-p", r#"{"spec":{"suspend":true}}"#]);
    lab.kubectl(&["label", "deployment/shop", "team=night"]);
    lab.kubectl(&["annotate", "service/shop", "note=\"do not touch\""]);
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"more":"much"}}"#]);
    lab.kubectl(&["rollout", "restart", "deployment/shop"]);
    let changes = lab.diff();
    assert_nothing(&changes);
    assert_eq!(changes.verdict(), Verdict::Nothing);
    let mut found = told(&changes);
    found.sort();
    let restarted = found.remove(3);
    assert!(
        restarted.starts_with(
            "Deployment/shop spec.template.metadata.annotations[\"kubectl.kubernetes.io/restartedAt\"]: - -> \"2"
        ) && restarted.ends_with(", by kubectl-rollout"),
        "{restarted}"
    );
    assert_eq!(
        found,
        [
            "ConfigMap/settings data.more: - -> \"much\", by kubectl-patch",
            "CronJob/shop-chaos-kill spec.suspend: - -> true, by kubectl-patch",
            "Deployment/shop metadata.labels.team: - -> \"night\", by kubectl-label",
            "Service/shop metadata.annotations.note: - -> \"\\\"do not touch\\\"\", by kubectl-annotate",
        ]
    );

    // An apply of something else leaves all of it where it is.
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["update ConfigMap/shop-chaos", "update Deployment/shop"]);
    assert_eq!(fields(row(&changes, "Deployment/shop")).len(), 1);
    assert!(told(&changes).iter().all(|one| !one.ends_with("restored")), "{:?}", told(&changes));

    // A schedule that somebody has stopped is told until somebody resumes it, whatever was applied since.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    lab.edit("chaos.toml", "0 0 29 2 *", "0 1 29 2 *");
    lab.apply();
    let stopped = "CronJob/shop-chaos-kill spec.suspend: - -> true, by kubectl-patch";
    assert!(told(&lab.diff()).iter().any(|one| one == stopped), "{:?}", told(&lab.diff()));
    lab.kubectl(&["patch", "cronjob", "shop-chaos-kill", "-p", r#"{"spec":{"suspend":false}}"#]);
    assert!(told(&lab.diff()).iter().all(|one| !one.contains("suspend")), "{:?}", told(&lab.diff()));
}

#[test]
fn what_goes_with_the_list_that_it_is_in_is_not_left_alone() {
    let lab = Lab::new("drift-gone");
    let side = "        - {name: side, image: 'registry.example/side:1'}\n        - name: shop\n";
    lab.edit("app.yaml", "        - name: shop\n", side);
    lab.apply();
    lab.kubectl(&["set", "env", "deployment/shop", "-c", "side", "NIGHT=1"]);
    lab.edit("app.yaml", side, "        - name: shop\n");
    let changes = lab.diff();
    let about_side: Vec<String> = told(&changes).into_iter().filter(|one| one.contains("name=side")).collect();
    assert!(!about_side.is_empty() && about_side.iter().all(|one| one.ends_with("restored")), "{about_side:?}");
}

#[test]
fn what_the_bundle_says_otherwise_is_a_conflict_until_it_is_forced() {
    let lab = Lab::new("drift-forced");
    lab.apply();
    lab.kubectl(&["set", "resources", "deployment/shop", "--requests=cpu=200m", "--limits=memory=1Gi"]);
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"color":"red"}}"#]);
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["conflict ConfigMap/settings", "conflict Deployment/shop"]);
    let requests = "spec.template.spec.containers[name=shop].resources.requests.cpu";
    let limits = "spec.template.spec.containers[name=shop].resources.limits";
    let change = row(&changes, "Deployment/shop");
    assert_eq!(fields(change), [format!("{requests}: \"200m\" -> \"100m\"")]);
    assert_eq!((change.conflicts[0].path.as_str(), change.conflicts[0].manager.as_str()), (requests, "kubectl-set"));
    assert_eq!(change.conflicts.len(), 1);
    assert_eq!(change.reasons, ["fields of it are owned by `kubectl-set` with other values"]);
    let expected = |restored: &str| {
        [
            format!("ConfigMap/settings data.color: \"blue\" -> \"red\", by kubectl-patch{restored}"),
            format!("Deployment/shop {limits}.memory: - -> \"1Gi\", by kubectl-set"),
            format!("Deployment/shop {requests}: \"100m\" -> \"200m\", by kubectl-set{restored}"),
        ]
    };
    assert_eq!(told(&changes), expected(""));
    assert_eq!(changes.verdict(), Verdict::Changes);

    let forced = lab.diff_with(Wishes { force_conflicts: true, ..Wishes::default() });
    assert_eq!(rows(&forced), ["update ConfigMap/settings", "update Deployment/shop"]);
    let field = &row(&forced, "Deployment/shop").fields[0];
    assert_eq!(field.cause, Cause::Taken { from: "kubectl-set".to_owned() });
    assert_eq!(told(&forced), expected(", restored"));

    // What was forced is settled; what nobody of us asked for stays, and is told as long as it is the last word.
    lab.apply();
    let changes = lab.diff();
    assert_nothing(&changes);
    let live = lab.live("deployment", "shop");
    assert_eq!(
        live["spec"]["template"]["spec"]["containers"][0]["resources"],
        json!({"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}})
    );
}

#[test]
fn what_was_deleted_by_hand_comes_back() {
    let lab = Lab::new("drift-deleted");
    lab.apply();
    lab.kubectl(&["patch", "configmap", "settings", "--type=json", "-p", r#"[{"op":"remove","path":"/data/size"}]"#]);
    lab.kubectl(&["label", "service/shop", &format!("{PART_OF}-")]);
    lab.kubectl(&["delete", "cronjob/shop-chaos-kill"]);
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["update ConfigMap/settings", "update Service/shop", "create CronJob/shop-chaos-kill"]);
    let change = row(&changes, "ConfigMap/settings");
    assert_eq!(fields(change), ["data.size: - -> \"large\""]);
    assert_eq!((change.action, &change.fields[0].cause), (Action::Update, &Cause::Bundle));
    let expected = [
        "ConfigMap/settings data.size: \"large\" -> -, by nobody known, restored".to_owned(),
        format!("Service/shop metadata.labels: {} -> -, by nobody known, restored", json!({PART_OF: lab.set()})),
        "CronJob/shop-chaos-kill : - -> -, by nobody known, restored".to_owned(),
    ];
    assert_eq!(told(&changes), expected);

    // The same is no drift where the bundle itself has changed: who knows what was there.
    lab.edit("app.yaml", "color: blue", "color: green");
    let changes = lab.diff();
    assert_eq!(
        fields(row(&changes, "ConfigMap/settings")),
        ["data.color: \"blue\" -> \"green\"", "data.size: - -> \"large\""]
    );
    assert_eq!(told(&changes), expected[1..]);
}
