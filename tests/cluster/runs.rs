//! An apply while an experiment runs: what its pod uses stays until it has ended.

use chaosc::apply::report::Outcome;
use chaosc::diff::{Action, Verdict};
use chaosc::snapshot::Wishes;

use crate::doing::{carry_out, look, outcome, settle};
use crate::lab::{Lab, assert_nothing, experiment, row};

/// A lab with a run that is on: its pod finds no node here, so it stays on until something ends it.
fn running(name: &str) -> Lab {
    running_with(name, "")
}

fn running_with(name: &str, extra: &str) -> Lab {
    let lab = Lab::new(name);
    lab.write("kill.yaml", &experiment(&lab.namespace, &extra.replace("NAMESPACE", &lab.namespace)));
    settle(&lab);
    lab.kubectl(&["create", "job", "--from=cronjob/shop-chaos-kill", "by-hand"]);
    lab.wait("its pod is there", |lab| lab.live("job", "by-hand")["status"]["active"] == 1);
    lab
}

/// Ends the run well, as a node would.
fn finish(lab: &Lab) {
    let pod = lab.kubectl(&["get", "pods", "-l", "job-name=by-hand", "-o", "name"]);
    lab.kubectl(&["patch", pod.trim(), "--subresource=status", "-p", r#"{"status":{"phase":"Succeeded"}}"#]);
    lab.wait("the Job has ended", |lab| lab.live("job", "by-hand")["status"]["succeeded"] == 1);
}

fn exists(lab: &Lab, kind: &str, name: &str) -> bool {
    !lab.kubectl(&["get", kind, name, "--ignore-not-found", "-o", "name"]).is_empty()
}

/// One more step, with a right of its own.
const SCALE: &str = "  - type: action\n    name: scale\n    provider:\n      type: python\n      module: chaosk8s.deployment.actions\n      func: scale_deployment\n      arguments: {name: shop, ns: NAMESPACE, replicas: 1}\n";

const USED: [(&str, &str); 3] =
    [("serviceaccount", "shop-chaos-kill"), ("role", "shop-chaos-kill"), ("rolebinding", "shop-chaos-kill")];

#[test]
fn a_schedule_is_renamed_during_its_run() {
    let lab = running("run-rename");
    lab.edit("chaos.toml", "cron =", "name = \"renamed\"\ncron =");
    lab.edit("kill.yaml", "qty: 1", "qty: 2");
    let shown = look(&lab, Wishes::default());
    for (kind, name) in
        [("ServiceAccount", "shop-chaos-kill"), ("Role", "shop-chaos-kill"), ("RoleBinding", "shop-chaos-kill")]
    {
        let change = row(&shown.changes, &format!("{kind}/{name}"));
        assert_eq!(change.action, Action::Keep, "{}", change.id);
        assert!(
            change.reasons[0].contains("the running experiment of `kill` uses it (Job `by-hand`)"),
            "{:?}",
            change.reasons
        );
        assert!(change.hints[0].contains("--end-runs"));
    }
    let schedule = row(&shown.changes, "CronJob/shop-chaos-kill");
    assert_eq!((schedule.action, schedule.ends_run.as_deref()), (Action::Delete, None));
    assert!(schedule.reasons.concat().contains("its run goes on"), "{:?}", schedule.reasons);

    let report = carry_out(&shown);
    assert!(report.is_success(), "{:#?}", report.rows);
    assert!(!exists(&lab, "cronjob", "shop-chaos-kill") && exists(&lab, "cronjob", "shop-chaos-renamed"));
    assert!(exists(&lab, "job", "by-hand"), "the run goes on");
    for (kind, name) in USED {
        assert!(exists(&lab, kind, name), "{kind}/{name}");
    }
    let config_maps = lab.live("job", "by-hand")["spec"]["template"]["spec"]["volumes"].clone();
    for volume in config_maps.as_array().unwrap().iter().filter_map(|volume| volume["configMap"]["name"].as_str()) {
        assert!(exists(&lab, "configmap", volume), "{volume}");
    }
    // Meanwhile nothing more is to be done, and nothing is forgotten.
    assert_eq!(lab.diff().verdict(), Verdict::Nothing);

    finish(&lab);
    settle(&lab);
    for (kind, name) in USED.into_iter().chain([("job", "by-hand")]) {
        assert!(!exists(&lab, kind, name), "{kind}/{name}");
    }
    assert_nothing(&lab.diff());
}

#[test]
fn a_run_is_ended_first_where_that_is_wanted() {
    let lab = running("run-end");
    lab.edit("chaos.toml", "cron =", "name = \"renamed\"\ncron =");
    let wishes = Wishes { end_runs: true, ..Wishes::default() };
    let shown = look(&lab, wishes);
    let schedule = row(&shown.changes, "CronJob/shop-chaos-kill");
    let sentence = "the running experiments of `kill` would be ended, with their rollbacks";
    assert_eq!(schedule.ends_run.as_deref(), Some(sentence));
    let report = carry_out(&shown);
    assert!(report.is_success(), "{:#?}", report.rows);
    for (kind, name) in USED.into_iter().chain([("job", "by-hand"), ("cronjob", "shop-chaos-kill")]) {
        assert!(!exists(&lab, kind, name), "{kind}/{name}");
    }
    assert_nothing(&lab.diff());
}

#[test]
fn rights_are_not_narrowed_during_a_run() {
    let lab = running_with("run-narrow", SCALE);
    // The new experiment needs less than the one that runs.
    lab.write("kill.yaml", &experiment(&lab.namespace, ""));
    let shown = look(&lab, Wishes::default());
    let role = row(&shown.changes, "Role/shop-chaos-kill");
    assert_eq!(role.action, Action::Keep, "{:?}", role.reasons);
    assert!(role.reasons[0].contains("uses what the change takes away"), "{:?}", role.reasons);
    assert_eq!(shown.changes.verdict(), Verdict::Changes, "it is put off, not forgotten");
    let before = lab.live("role", "shop-chaos-kill")["rules"].clone();
    let report = carry_out(&shown);
    assert!(matches!(outcome(&report, "Role/shop-chaos-kill"), Outcome::Kept(_)));
    assert_eq!(lab.live("role", "shop-chaos-kill")["rules"], before);
    finish(&lab);
    settle(&lab);
    assert_ne!(lab.live("role", "shop-chaos-kill")["rules"], before);
    assert_nothing(&lab.diff());
}

#[test]
fn a_run_that_begins_after_the_diff_is_seen_too() {
    let lab = Lab::new("run-late");
    settle(&lab);
    lab.edit("chaos.toml", "cron =", "name = \"renamed\"\ncron =");
    let shown = look(&lab, Wishes::default());
    assert_eq!(row(&shown.changes, "Role/shop-chaos-kill").action, Action::Delete);
    lab.kubectl(&["create", "job", "--from=cronjob/shop-chaos-kill", "by-hand"]);
    lab.wait("its pod is there", |lab| lab.live("job", "by-hand")["status"]["active"] == 1);
    let report = carry_out(&shown);
    assert!(report.is_success(), "{:#?}", report.rows);
    assert!(matches!(outcome(&report, "Role/shop-chaos-kill"), Outcome::Kept(_)), "{:#?}", report.rows);
    assert!(!exists(&lab, "cronjob", "shop-chaos-kill") && exists(&lab, "job", "by-hand"));
    for (kind, name) in USED {
        assert!(exists(&lab, kind, name), "{kind}/{name}");
    }
    finish(&lab);
    settle(&lab);
    assert!(!exists(&lab, "role", "shop-chaos-kill"));
    assert_nothing(&lab.diff());
}

#[test]
fn an_empty_bundle_leaves_a_run_what_it_uses() {
    let lab = running("run-empty");
    lab.write("chaos.toml", &format!("name = \"shop\"\n[namespace]\nname = \"{}\"\ncreate = false\n", lab.namespace));
    let apply = |lab: &Lab| {
        let (code, out, err) = lab.chaosc(&["apply", "--yes", "--prune-all"]);
        assert_eq!(code, 0, "{out}{err}");
        out
    };
    assert!(apply(&lab).contains("kept     Role/shop-chaos-kill"));
    assert!(exists(&lab, "job", "by-hand") && !exists(&lab, "deployment", "shop"));
    for (kind, name) in USED {
        assert!(exists(&lab, kind, name), "{kind}/{name}");
    }
    finish(&lab);
    apply(&lab);
    for (kind, name) in USED.into_iter().chain([("job", "by-hand")]) {
        assert!(!exists(&lab, kind, name), "{kind}/{name}");
    }
}
