//! An autoscaler of the bundle decides about `replicas`: the bundle says nothing about them, and nobody loses a pod.

use chaosc::diff::{Action, ChangeSet, Verdict};
use chaosc::observe::desired::keep_scale;
use serde_json::Value;

use crate::lab::{Lab, assert_nothing, fields, kubectl_with, row, rows};

pub(crate) const DEPLOYMENT: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: registry.example/shop:1.0.0}]}
";

/// An autoscaler without anything to measure: it acts only where the count is outside of its bounds.
pub(crate) fn autoscaler(least: usize) -> String {
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: shop}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: shop}}\n  minReplicas: {least}\n  maxReplicas: 9\n"
    )
}

fn replicas(object: &Value) -> u64 {
    object["spec"]["replicas"].as_u64().unwrap()
}

/// What is sent for the workload, as JSON.
fn sent(lab: &Lab) -> Value {
    let (desired, _) = lab.desired();
    let workload = desired.into_iter().find(|one| one.id.to_string() == "Deployment/shop").unwrap();
    assert!(workload.is_scaled);
    workload.object
}

/// What the server would make of it, by kubectl.
fn dry_run(object: &Value) -> Value {
    let arguments =
        ["apply", "--server-side", "--field-manager", "chaosc", "--dry-run=server", "-o", "json", "-f", "-"];
    serde_json::from_str(&kubectl_with(&arguments, &object.to_string())).unwrap()
}

#[test]
fn the_bundle_is_silent_about_replicas_where_an_autoscaler_is_in_it() {
    let lab = Lab::new("scale-new");
    lab.write("app.yaml", &format!("{DEPLOYMENT}{}", autoscaler(2)));
    assert_eq!(sent(&lab)["spec"].get("replicas"), None);
    let (code, out, err) = lab.chaosc(&["render"]);
    assert_eq!(code, 0, "{out}{err}");
    let bundle = std::fs::read_to_string(lab.folder.path().join("out/bundle.yaml")).unwrap();
    assert!(bundle.contains("minReplicas: 2") && !bundle.contains(" replicas:"), "{bundle}");

    // The real autoscaler brings it to its least, and that is nobody's drift.
    lab.apply();
    lab.wait("the autoscaler has set its least", |lab| replicas(&lab.live("deployment", "shop")) == 2);
    assert_settled(&lab.diff());
}

#[test]
fn an_autoscaler_that_comes_later_takes_over_without_a_reset() {
    let lab = Lab::new("scale-later");
    lab.write("app.yaml", DEPLOYMENT);
    lab.apply();
    assert_nothing(&lab.diff());

    // chaosc is the only owner of the count: it is sent as it is.
    lab.write("app.yaml", &format!("{DEPLOYMENT}{}", autoscaler(1)));
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["update ConfigMap/shop-chaos", "create HorizontalPodAutoscaler/shop"]);
    let live = lab.live("deployment", "shop");
    let bare = sent(&lab);
    assert_eq!(replicas(&dry_run(&bare)), 1, "without the count it would be reset");
    let mut kept = bare.clone();
    keep_scale(&mut kept, &live);
    assert_eq!(replicas(&kept), 3);
    assert_eq!(replicas(&dry_run(&kept)), 3);

    // Another change of the workload is that change alone.
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    let changes = lab.diff();
    let change = row(&changes, "Deployment/shop");
    assert_eq!(fields(change).len(), 1, "{:?}", fields(change));
    assert_eq!(replicas(change.after.as_ref().unwrap()), 3);
    let mut kept = sent(&lab);
    keep_scale(&mut kept, &live);
    lab.apply_text(&kept.to_string(), "chaosc");
    assert_eq!(replicas(&lab.live("deployment", "shop")), 3);

    // As soon as somebody else owns the count, nothing is sent and nothing is lost.
    lab.kubectl(&["scale", "deployment/shop", "--replicas=4"]);
    assert_eq!(replicas(&dry_run(&sent(&lab))), 4, "the other owner keeps it");
    let others: Vec<String> = rows(&lab.diff()).into_iter().filter(|row| row.ends_with("Deployment/shop")).collect();
    assert_eq!(others, [""; 0]);
}

#[test]
fn what_an_autoscaler_writes_is_neither_conflict_nor_drift() {
    let lab = Lab::new("scale-other");
    lab.write("app.yaml", DEPLOYMENT);
    lab.apply();
    lab.write("app.yaml", &format!("{DEPLOYMENT}{}", autoscaler(5)));
    // Everything but the workload is applied, as an apply would that has nothing to do about it.
    let (desired, _) = lab.desired();
    for one in desired.iter().filter(|one| one.id.kind != "Deployment") {
        lab.apply_text(&one.object.to_string(), "chaosc");
    }
    lab.wait("the autoscaler has set its least", |lab| replicas(&lab.live("deployment", "shop")) == 5);
    let live = lab.live("deployment", "shop");
    assert!(live["metadata"]["managedFields"].to_string().contains("\"scale\""), "{live:#}");
    assert_settled(&lab.diff());

    // By hand, too: nothing of the bundle is against it.
    lab.kubectl(&["scale", "deployment/shop", "--replicas=6"]);
    assert_settled(&lab.diff());
    lab.kubectl(&["patch", "deployment/shop", "-p", r#"{"spec":{"replicas":7}}"#]);
    assert_settled(&lab.diff());

    // No pods at all switch the autoscaler off, which nobody should overlook.
    lab.kubectl(&["scale", "deployment/shop", "--replicas=0"]);
    let changes = lab.diff();
    assert_nothing(&changes);
    let [drift] = changes.drift.as_slice() else { panic!("{:#?}", changes.drift) };
    assert_eq!((drift.path.as_str(), drift.live.clone(), drift.is_restored), ("spec.replicas", Some(0.into()), false));
    lab.kubectl(&["scale", "deployment/shop", "--replicas=7"]);

    // An apply of what the bundle says leaves it alone.
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    let changes = lab.diff();
    assert_eq!(row(&changes, "Deployment/shop").action, Action::Update);
    assert_eq!(fields(row(&changes, "Deployment/shop")).len(), 1);
    lab.apply();
    assert_eq!(replicas(&lab.live("deployment", "shop")), 7);
    assert_settled(&lab.diff());
}

/// Without an autoscaler, a count that somebody set by hand is their conflict and their drift.
#[test]
fn scaling_by_hand_is_a_conflict_where_the_bundle_decides() {
    let lab = Lab::new("scale-hand");
    lab.write("app.yaml", DEPLOYMENT);
    lab.apply();
    lab.kubectl(&["scale", "deployment/shop", "--replicas=5"]);
    let changes = lab.diff();
    let change = row(&changes, "Deployment/shop");
    assert_eq!(change.action, Action::Conflict);
    assert_eq!(fields(change), ["spec.replicas: 5 -> 3"]);
    assert_eq!((change.conflicts[0].path.as_str(), change.conflicts[0].manager.as_str()), ("spec.replicas", "kubectl"));
    let [drift] = changes.drift.as_slice() else { panic!("{:#?}", changes.drift) };
    assert_eq!((drift.path.as_str(), drift.manager.as_deref()), ("spec.replicas", Some("kubectl")));
    assert_eq!((drift.live.clone(), drift.desired.clone()), (Some(5.into()), Some(3.into())));
}

/// Asserts that nothing is to be done and nothing has drifted.
fn assert_settled(changes: &ChangeSet) {
    assert_nothing(changes);
    assert_eq!(changes.drift, []);
    assert_eq!(changes.verdict(), Verdict::Nothing);
}
