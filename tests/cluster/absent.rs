//! What is not there: a namespace, a kind. The rest is judged all the same, and what cannot be is shown in full.

use chaosc::diff::{Action, Verdict};
use serde_json::json;

use crate::judge::assert_agreed;
use crate::lab::{Lab, assert_nothing, compare, kubeconfig, row, rows};

#[test]
fn without_its_namespace_an_object_is_checked_offline() {
    let lab = Lab::new("nowhere");
    let mut subject = lab.subject();
    let sent = subject.desired.clone();
    let deployment = subject.desired.iter_mut().find(|one| one.id.kind == "Deployment").unwrap();
    deployment.object["spec"]["replicas"] = json!("two");
    let changes = compare(&kubeconfig(), subject);

    let wrong = row(&changes, "Deployment/shop");
    assert_eq!(wrong.action, Action::Error);
    let [reason] = wrong.reasons.as_slice() else { panic!("{:?}", wrong.reasons) };
    assert!(reason.contains("`spec.replicas`"), "{reason}");
    let origin = wrong.origin.as_ref().unwrap();
    assert_eq!((origin.file.ends_with("/app.yaml"), origin.line), (true, 9));
    assert_eq!(changes.verdict(), Verdict::Errors);

    let reason = format!("the namespace `{}` does not exist yet", lab.namespace);
    for one in sent.iter().filter(|one| one.id.kind != "Namespace" && one.id != wrong.id) {
        let row = row(&changes, &one.id.to_string());
        assert_eq!((row.action, row.unverified.as_ref()), (Action::Create, Some(&reason)), "{}", one.id);
        if one.origin.is_some() {
            assert_eq!(row.after.as_ref(), Some(&one.object), "{} is not shown in full", one.id);
        }
    }
    assert_eq!(changes.notes, [""; 0], "the bundle makes its namespace");
}

#[test]
fn a_namespace_of_somebody_else_is_used_and_missed() {
    let lab = Lab::new("theirs");
    lab.edit("chaos.toml", "[[apps]]", "create = false\n[[apps]]");
    let changes = lab.diff();
    assert!(changes.changes.iter().all(|one| one.action == Action::Create && one.unverified.is_some()), "{changes:#?}");
    assert_eq!(
        changes.notes,
        [format!(
            "the namespace `{}` does not exist, and chaos.toml says `create = false`: make it before apply",
            lab.namespace
        )]
    );

    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let changes = lab.diff();
    assert!(changes.changes.iter().all(|one| one.action == Action::Create && one.unverified.is_none()), "{changes:#?}");
    assert_eq!(changes.notes, [""; 0]);
    assert!(!rows(&changes).concat().contains("Namespace/"), "{:?}", rows(&changes));
    assert_agreed(&lab, &changes, &[]);
    lab.apply();
    assert_nothing(&lab.diff());
}

#[test]
fn objects_of_a_second_namespace_wait_for_it_alone() {
    let lab = Lab::new("second");
    let other = format!("{}-b", lab.namespace);
    let app = format!("[[apps]]\nname = \"far\"\nmanifests = [\"far.yaml\"]\nnamespace = \"{other}\"\n");
    lab.toml(&app);
    lab.write("far.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: far}, data: {a: b}}\n");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let changes = lab.diff();
    let unverified: Vec<String> =
        changes.changes.iter().filter(|one| one.unverified.is_some()).map(|one| one.id.to_string()).collect();
    assert_eq!(unverified, ["ConfigMap/far"]);
    assert_eq!(
        changes.notes,
        [format!("the namespace `{other}` does not exist, and the bundle does not make it: make it before apply")]
    );

    lab.kubectl(&["create", "namespace", &other]);
    lab.apply();
    assert_nothing(&lab.diff());
    // No longer desired, it is found where it was.
    lab.toml("");
    assert_eq!(rows(&lab.diff()), ["update ConfigMap/shop-chaos", "delete ConfigMap/far"]);
    lab.kubectl(&["delete", "namespace", &other, "--wait=false"]);
}

/// A kind of this test's own, and an object of it.
pub(crate) fn definition(group: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: things.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{plural: things, singular: thing, kind: Thing, listKind: ThingList}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{size: {{type: integer, default: 3}}, color: {{type: string}}}}}}}}}}}}
---
"
    )
}

#[test]
fn a_kind_that_does_not_exist_hides_nothing() {
    let lab = Lab::new("kinds");
    let group = format!("{}.example", lab.namespace);
    let thing = format!("{{apiVersion: {group}/v1, kind: Thing, metadata: {{name: one}}, spec: {{color: red}}}}\n");
    lab.write("app.yaml", &thing);
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let unknown = format!("the server does not know the kind `Thing` of `{group}/v1`");

    // Nobody brings it: all others are judged, and a note says what apply would miss.
    let changes = lab.diff();
    for change in &changes.changes {
        let expected = (change.id.kind == "Thing").then_some(&unknown);
        assert_eq!(change.unverified.as_ref(), expected, "{}", change.id);
    }
    let custom = row(&changes, "Thing/one");
    assert_eq!((custom.action, &custom.after.as_ref().unwrap()["spec"]), (Action::Create, &json!({"color": "red"})));
    assert_eq!(
        changes.notes,
        [format!("{unknown}, and the bundle does not bring its definition: install it before apply")]
    );

    // The bundle itself brings it.
    lab.write("app.yaml", &(definition(&group) + &thing));
    let changes = lab.diff();
    assert_eq!(row(&changes, &format!("CustomResourceDefinition/things.{group}")).unverified, None);
    assert_eq!(row(&changes, "Thing/one").unverified, Some(format!("{unknown} yet")));
    assert_eq!(changes.notes, [""; 0]);

    // Once it is there, its objects are judged like any other.
    lab.apply_text(&definition(&group), "chaosc");
    lab.kubectl(&["wait", "--for=condition=Established", &format!("crd/things.{group}")]);
    lab.wait("the kind is served", |lab| row(&lab.diff(), "Thing/one").unverified.is_none());
    assert_agreed(&lab, &lab.diff(), &[]);
    lab.apply();
    assert_nothing(&lab.diff());
    lab.edit("app.yaml", "color: red", "color: 7");
    let changes = lab.diff();
    let wrong = row(&changes, "Thing/one");
    assert_eq!(wrong.action, Action::Error);
    assert!(wrong.reasons.concat().starts_with("`spec.color`: "), "{:?}", wrong.reasons);
    lab.kubectl(&["delete", "crd", &format!("things.{group}"), "--wait=false"]);
}

#[test]
fn a_namespace_that_goes_says_so_in_every_row() {
    let lab = Lab::new("going");
    lab.apply();
    let finalizers = |value: &str| format!("{{\"metadata\":{{\"finalizers\":{value}}}}}");
    lab.kubectl(&["patch", "configmap", "settings", "-p", &finalizers("[\"test.example/stay\"]")]);
    lab.kubectl(&["delete", "namespace", &lab.namespace, "--wait=false"]);
    lab.wait("all but one object is gone", |lab| {
        lab.kubectl(&["get", "configmaps,deployments,cronjobs,roles", "-o", "name"]).trim() == "configmap/settings"
    });
    let changes = lab.diff();
    assert_eq!(changes.changes.len(), lab.desired().0.len(), "{:?}", rows(&changes));
    for change in &changes.changes {
        assert_eq!(change.action, Action::Error, "{}", change.id);
        let reasons = change.reasons.concat();
        let is_there = ["Namespace", "settings"].iter().any(|one| change.id.to_string().contains(one));
        let expected = if is_there {
            "it is being deleted since ".to_owned()
        } else {
            format!("the namespace `{}` is being deleted", lab.namespace)
        };
        assert!(reasons.starts_with(&expected), "{}: {reasons}", change.id);
        assert!(change.hints.concat().starts_with("wait until it is gone"), "{}: {:?}", change.id, change.hints);
    }
    assert_eq!(changes.verdict(), Verdict::Errors);
    // What the deletion takes away is nobody's drift.
    assert!(changes.drift.iter().all(|one| one.path.starts_with("metadata.finalizers")), "{:#?}", changes.drift);
    lab.kubectl(&["patch", "configmap", "settings", "-p", &finalizers("null")]);
}
