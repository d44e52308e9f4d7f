//! What may differ between a diff that was saved and its apply, and what may not.

pub(crate) mod lab;

use std::collections::BTreeMap;

use serde_json::json;

use super::gone::Leftover;
use super::{Agreement, agree};
use crate::cluster::{Details, Fault, Status};
use crate::diff::{Action, Cause, diff};
use crate::snapshot::{ApplyAnswer, Observed, RunningJob};
use lab::{Lab, config_map, observed, row, texts, touch};

/// What comes of a change between the diff and the apply: how much is done and left, or what is refused.
type Case = (&'static str, fn(&mut Lab), Result<(usize, usize), &'static [&'static str]>);

#[test]
fn the_same_changes_or_what_is_left_of_them_are_agreed_and_nothing_else() {
    let cases: &[Case] = &[
        ("nothing", |_| {}, Ok((0, 4))),
        ("one is made", |lab| lab.settle("new"), Ok((1, 3))),
        ("one is changed", |lab| lab.settle("changed"), Ok((1, 3))),
        ("one is gone", |lab| lab.snapshot.stale.clear(), Ok((1, 3))),
        (
            "everything is done",
            |lab| {
                for name in ["new", "changed", "shop-chaos"] {
                    lab.settle(name);
                }
                lab.snapshot.stale.clear();
            },
            Ok((3, 0)),
        ),
        (
            "the inventory was widened",
            |lab| lab.edit("shop-chaos", |live| live["data"]["a"] = "wide".into()),
            Ok((0, 4)),
        ),
        (
            "a controller writes the status",
            |lab| {
                lab.edit("changed", |live| {
                    live["status"] = json!({"ready": 1});
                    touch(live, "kube-controller-manager", "status", &json!({"f:status": {"f:ready": {}}}));
                });
            },
            Ok((0, 4)),
        ),
        (
            "something is set in an object that is as it should be",
            |lab| {
                let mut live = config_map("same", "a", Some("uid-same"));
                live["data"]["b"] = "c".into();
                touch(&mut live, "kubectl-edit", "", &json!({"f:data": {"f:b": {}}}));
                lab.object("same").live = Some(live);
            },
            Ok((0, 4)),
        ),
        (
            "a field that was shown",
            |lab| {
                lab.edit("changed", |live| {
                    live["data"]["a"] = "theirs".into();
                    touch(live, "kubectl-edit", "", &json!({"f:data": {"f:a": {}}}));
                });
            },
            Err(&["changed: somebody has changed it since"]),
        ),
        (
            "another field of it",
            |lab| {
                lab.edit("changed", |live| {
                    live["data"]["b"] = "theirs".into();
                    touch(live, "kubectl-edit", "", &json!({"f:data": {"f:b": {}}}));
                });
            },
            Err(&["changed: somebody has changed it since"]),
        ),
        (
            "a conflict",
            |lab| {
                lab.edit("changed", |live| live["data"]["a"] = "theirs".into());
                let ApplyAnswer::Merged { conflicts, .. } = &mut lab.object("changed").answer else { panic!() };
                conflicts.push((".data.a".to_owned(), "kubectl-edit".to_owned()));
            },
            Err(&[
                "changed: somebody has changed it since, and it is in conflict now: fields of it are owned by `kubectl-edit` with other values",
            ]),
        ),
        (
            "what goes",
            |lab| {
                let left = &mut lab.snapshot.stale[0];
                left["data"]["a"] = "theirs".into();
            },
            Err(&["left: somebody has changed it since"]),
        ),
        (
            "what goes is going",
            |lab| {
                lab.snapshot.stale[0]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
            },
            Ok((1, 3)),
        ),
        (
            "deleted",
            |lab| {
                lab.object("changed").live = None;
            },
            Err(&["changed: somebody has deleted it since"]),
        ),
        (
            "made anew",
            |lab| lab.edit("changed", |live| live["metadata"]["uid"] = "uid-other".into()),
            Err(&["changed: somebody has deleted it and made another one of its name since"]),
        ),
        (
            "made by somebody else",
            |lab| {
                let live = config_map("new", "theirs", Some("uid-new"));
                let object = lab.object("new");
                *object = observed(object.desired.clone(), Some(live));
            },
            Err(&["new: somebody has made it since"]),
        ),
        (
            "chaos.toml has another value",
            |lab| lab.rewrite("changed", "newer-value"),
            Err(&["changed: chaos.toml or a file that it names has changed since"]),
        ),
        (
            "chaos.toml has another value, which is there already",
            |lab| {
                lab.rewrite("changed", "newer-value");
                lab.settle("changed");
            },
            Err(&["changed: it is as chaos.toml has it, which has changed since"]),
        ),
        (
            "chaos.toml has one object less and one more, and another value for a third",
            |lab| {
                lab.snapshot.objects.remove(0);
                lab.snapshot.objects.push(observed(config_map("more", "a", None), None));
                let live = config_map("same", "a", Some("uid-same"));
                *lab.object("same") = Observed {
                    answer: ApplyAnswer::Merged {
                        object: config_map("same", "b", Some("uid-same")),
                        conflicts: vec![],
                    },
                    ..observed(config_map("same", "b", None), Some(live))
                };
            },
            Err(&[
                "new: chaos.toml does not ask for it any more",
                "same: it was not shown, and it would be changed now",
                "more: it was not shown, and it would be made now",
            ]),
        ),
        (
            "chaos.toml asks again for what was to go",
            |lab| {
                let live = lab.snapshot.stale.remove(0);
                lab.snapshot.objects.push(observed(config_map("left", "new-value", None), Some(live)));
            },
            Err(&["left: chaos.toml asks for it again"]),
        ),
        (
            "the server refuses it",
            |lab| {
                let status = Status { message: "no chaos on a Friday".to_owned(), ..Status::default() };
                lab.object("changed").answer = ApplyAnswer::Refused { status, conflicts: Vec::new() };
            },
            Err(&["changed: it cannot be applied now: no chaos on a Friday"]),
        ),
        (
            "the inventory cannot be written",
            |lab| {
                let status = Status { message: "no".to_owned(), ..Status::default() };
                lab.object("shop-chaos").answer = ApplyAnswer::Refused { status, conflicts: Vec::new() };
            },
            Err(&[
                "shop-chaos: it is the inventory, and it cannot be applied now: no; the inventory: which objects belong to the bundle",
            ]),
        ),
    ];
    for (why, change, expected) in cases {
        let lab = Lab::new();
        let file = lab.record();
        let mut now = lab.clone();
        change(&mut now);
        let found = now.agree(&file, &Leftover::Gone);
        let found = found.map(|agreement| (agreement.done, agreement.left));
        let expected: Result<(usize, usize), Vec<String>> =
            expected.map_err(|all| all.iter().map(|&one| one.to_owned()).collect());
        assert_eq!(found, expected, "{why}");
    }
}

#[test]
fn what_was_to_go_and_is_not_found_has_to_be_gone() {
    let lab = Lab::new();
    let file = lab.record();
    let mut now = lab.clone();
    now.snapshot.stale.clear();
    for (leftover, expected) in [
        (Leftover::Gone, None),
        (Leftover::There, Some("left: it is still there, and no longer found to be of the bundle")),
        (Leftover::Unknown("no right".to_owned()), Some("left: nobody knows whether it is gone: no right")),
    ] {
        let refused = now.agree(&file, &leftover).err().map(|all| all.concat());
        assert_eq!(refused.as_deref(), expected);
    }
}

#[test]
fn a_replacement_that_was_ended_in_the_middle_is_finished() {
    let mut lab = Lab::new();
    lab.edit("changed", |live| live["immutable"] = true.into());
    let fault = Fault { field: "data".to_owned(), ..Fault::default() };
    let details = Details { causes: vec![fault], ..Details::default() };
    let status = Status { details: Some(details), ..Status::default() };
    lab.object("changed").answer = ApplyAnswer::Refused { status, conflicts: Vec::new() };
    let file = lab.record();
    assert_eq!(row(&file, "changed").action.word(), "replace");
    let object = lab.object("changed");
    *object = observed(object.desired.clone(), None);
    assert_eq!(lab.agree(&file, &Leftover::Gone), Ok(Agreement { done: 0, left: 4 }));
}

/// A diff may be saved by an account that may only read, and be applied by another one.
#[test]
fn who_saves_may_have_fewer_rights_than_who_applies() {
    let mut reader = Lab::new();
    let unverified = ApplyAnswer::Unverified { reason: "no right".to_owned(), problems: Vec::new() };
    reader.object("changed").answer = unverified;
    let file = reader.record();
    let mut writer = Lab::new();
    // The server says more about who owns what than the reader knew.
    let ApplyAnswer::Merged { object, .. } = &mut writer.object("changed").answer else { panic!() };
    object["metadata"]["managedFields"][0]["fieldsV1"]["f:data"]["f:more"] = json!({});
    assert_eq!(writer.agree(&file, &Leftover::Gone), Ok(Agreement { done: 0, left: 4 }));
    writer.edit("changed", |live| live["data"]["a"] = "theirs".into());
    assert_eq!(writer.agree(&file, &Leftover::Gone), Err(vec!["changed: somebody has changed it since".to_owned()]));
    // The other way round, nobody can say that it is the same.
    let refused = reader.agree(&Lab::new().record(), &Leftover::Gone).unwrap_err();
    assert_eq!(refused, ["changed: the server cannot judge it any more: no right"]);
}

#[test]
fn another_chaosc_may_be_the_reason() {
    let lab = Lab::new();
    let mut file = lab.record();
    file.tool = "chaosc/0.0.1".to_owned();
    let mut now = lab.clone();
    now.rewrite("changed", "newer-value");
    let refused = now.agree(&file, &Leftover::Gone).unwrap_err().concat();
    assert!(refused.ends_with("otherwise than chaosc/0.0.1"), "{refused}");
}

#[test]
fn a_run_that_would_be_ended_has_to_be_shown() {
    let mut lab = Lab::new();
    lab.snapshot.wishes.end_runs = true;
    let before = lab.record();
    lab.snapshot.running.push(RunningJob {
        schedule: "kill".to_owned(),
        job: "kill-1".to_owned(),
        reads: vec![("ConfigMap".to_owned(), "changed".to_owned())],
        ..RunningJob::default()
    });
    let refused = lab.agree(&before, &Leftover::Gone).unwrap_err();
    assert_eq!(
        refused,
        ["changed: the running experiments of `kill` would be ended, with their rollbacks, which was not shown"]
    );
    let during = lab.record();
    lab.snapshot.running.clear();
    assert_eq!(lab.agree(&during, &Leftover::Gone), Ok(Agreement { done: 0, left: 4 }));
}

/// Experiments run all the time, and what they do comes back by itself.
#[test]
fn what_only_a_running_experiment_makes_differ_is_done_or_none_of_our_business() {
    let lab = Lab::new();
    let file = lab.record();
    let mut now = lab.clone();
    now.edit("changed", |live| {
        live["data"]["a"] = "patched".into();
        touch(live, "OpenAPI-Generator", "", &json!({"f:data": {"f:a": {}}}));
    });
    now.snapshot.objects.push(observed(config_map("more", "a", None), Some(config_map("more", "b", Some("uid-more")))));
    for (cause, expected) in [
        (Cause::Experiment, None),
        (
            Cause::Bundle,
            Some([
                "changed: somebody has changed it since, and it would be kept now: it runs".to_owned(),
                "more: it was not shown, and it would be kept now: it runs".to_owned(),
            ]),
        ),
    ] {
        let mut changes = diff(&now.snapshot);
        for change in changes.changes.iter_mut().filter(|change| ["changed", "more"].contains(&change.id.name.as_str()))
        {
            (change.action, change.reasons) = (Action::Keep, vec!["it runs".to_owned()]);
            for field in &mut change.fields {
                field.cause = cause.clone();
            }
        }
        let refused = agree(&file, &now.snapshot, &changes, &BTreeMap::new()).map_err(texts);
        match expected {
            None => assert_eq!(refused, Ok(Agreement { done: 1, left: 3 })),
            Some(expected) => assert_eq!(refused, Err(expected.to_vec())),
        }
    }
    // What was to be deleted, and is still in use, is not done.
    let mut changes = diff(&lab.snapshot);
    let left = changes.changes.iter_mut().find(|change| change.id.name == "left").unwrap();
    (left.action, left.reasons) = (Action::Keep, vec!["it is in use".to_owned()]);
    let refused = agree(&file, &lab.snapshot, &changes, &BTreeMap::new()).map_err(texts);
    assert_eq!(refused, Err(vec!["left: it would be kept now: it is in use".to_owned()]));
}
