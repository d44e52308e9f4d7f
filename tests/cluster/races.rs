//! Somebody else writes between what was seen and what is written: nothing of theirs is ever overwritten.

use chaosc::apply::report::Outcome;
use chaosc::kubernetes::managed_fields;
use chaosc::snapshot::Wishes;
use serde_json::json;

use crate::doing::{carry_out, look, outcome, reason, settle};
use crate::lab::{Lab, assert_nothing};

const DEPLOYMENT: &str = "Deployment/shop";

/// A lab whose Deployment is about to change.
fn changing(name: &str) -> Lab {
    let lab = Lab::new(name);
    settle(&lab);
    lab.edit("app.yaml", "shop:1.0.0", "shop:1.1.0");
    lab
}

#[test]
fn a_field_of_ours_that_somebody_sets_is_theirs() {
    let lab = changing("race-field");
    let shown = look(&lab, Wishes::default());
    lab.kubectl(&["set", "image", "deployment/shop", "shop=registry.example/shop:9.9.9"]);
    let report = carry_out(&shown);
    assert!(!report.is_success());
    let reason = reason(&report, DEPLOYMENT);
    assert!(reason.contains("somebody has set fields of it meanwhile") && reason.contains("kubectl-set"), "{reason}");
    let image =
        |lab: &Lab| lab.live("deployment", "shop")["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    assert_eq!(image(&lab), "registry.example/shop:9.9.9");

    // With force, it is the same: what was shown is not what is there now.
    let forced = Wishes { force_conflicts: true, ..Wishes::default() };
    let shown = look(&lab, forced.clone());
    lab.kubectl(&["set", "image", "deployment/shop", "shop=registry.example/shop:8.8.8"]);
    assert!(!carry_out(&shown).is_success());
    assert_eq!(image(&lab), "registry.example/shop:8.8.8");
    assert!(carry_out(&look(&lab, forced)).is_success());
    assert_eq!(image(&lab), "registry.example/shop:1.1.0");
}

#[test]
fn what_nobody_asked_for_is_written_around() {
    let lab = changing("race-other");
    let shown = look(&lab, Wishes::default());
    lab.kubectl(&["annotate", "deployment", "shop", "example.com/owner=ada"]);
    lab.kubectl(&[
        "patch",
        "deployment",
        "shop",
        "--subresource=status",
        "-p",
        r#"{"status":{"conditions":[{"type":"Seen","status":"True"}]}}"#,
    ]);
    let report = carry_out(&shown);
    assert!(report.is_success(), "{:#?}", report.rows);
    let live = lab.live("deployment", "shop");
    assert_eq!(live["metadata"]["annotations"]["example.com/owner"], "ada");
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "registry.example/shop:1.1.0");
}

#[test]
fn what_somebody_makes_first_is_theirs() {
    let lab = changing("race-create");
    let more = "{apiVersion: v1, kind: ConfigMap, metadata: {name: more}, data: {color: red}}\n";
    lab.write(
        "app.yaml",
        &format!("{}---\n{more}", std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap()),
    );
    let shown = look(&lab, Wishes::default());
    lab.kubectl(&["create", "configmap", "more", "--from-literal=color=red"]);
    let report = carry_out(&shown);
    let reason = reason(&report, "ConfigMap/more");
    assert!(reason.contains("somebody has made it meanwhile") && reason.contains("kubectl-create"), "{reason}");
    let live = lab.live("configmap", "more");
    assert_eq!(live["data"], json!({"color": "red"}));
    assert_eq!(live["metadata"]["labels"], json!(null), "our label is given back");
    assert!(managed_fields::applied_by(&live, "chaosc").is_none(), "and our fields");
    // The rest went on, and what was shown before is not taken for granted afterwards.
    assert_eq!(outcome(&report, DEPLOYMENT), &Outcome::Done);
}

#[test]
fn what_somebody_deletes_stays_deleted() {
    let lab = changing("race-delete");
    let shown = look(&lab, Wishes::default());
    lab.kubectl(&["delete", "deployment", "shop"]);
    let report = carry_out(&shown);
    assert!(reason(&report, DEPLOYMENT).contains("deleted it meanwhile"));
    assert_eq!(lab.kubectl(&["get", "deployment", "shop", "--ignore-not-found"]), "");
    // Now it is shown that it is missing, and made.
    settle(&lab);
    assert_nothing(&lab.diff());
}

#[test]
fn what_somebody_makes_anew_is_another_object() {
    let lab = changing("race-anew");
    let shown = look(&lab, Wishes::default());
    lab.kubectl(&["delete", "deployment", "shop"]);
    lab.kubectl(&["create", "deployment", "shop", "--image=registry.example/other:1"]);
    let report = carry_out(&shown);
    assert!(reason(&report, DEPLOYMENT).contains("another one of this name"));
    let live = lab.live("deployment", "shop");
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "registry.example/other:1");
    assert!(managed_fields::applied_by(&live, "chaosc").is_none());
}

#[test]
fn what_goes_is_deleted_only_as_it_was_shown() {
    let lab = Lab::new("race-prune");
    settle(&lab);
    lab.edit("app.yaml", "metadata: {name: settings}", "metadata: {name: others}");
    let shown = look(&lab, Wishes::default());
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"color":"black"}}"#]);
    let report = carry_out(&shown);
    assert!(reason(&report, "ConfigMap/settings").contains("kubectl-patch"), "{:#?}", report.rows);
    assert_eq!(lab.live("configmap", "settings")["data"]["color"], "black");

    // Deleted by somebody, or deleted and made anew: neither is ours to delete any more.
    let shown = look(&lab, Wishes::default());
    lab.kubectl(&["delete", "configmap", "settings"]);
    lab.kubectl(&["create", "configmap", "settings", "--from-literal=color=theirs"]);
    let report = carry_out(&shown);
    assert_eq!(outcome(&report, "ConfigMap/settings"), &Outcome::Already);
    assert_eq!(lab.live("configmap", "settings")["data"]["color"], "theirs");
    assert_nothing(&lab.diff());
}
