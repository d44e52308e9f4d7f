//! From nothing to drift: what the diff says at each step, compared with what kubectl says.

use chaosc::diff::{Action, DriftKind, Verdict};

use crate::judge::assert_agreed;
use crate::lab::{Lab, assert_nothing, count, fields, row, rows};
use crate::reads::example;

#[test]
fn a_bundle_is_new_then_unchanged_then_edited_then_drifted() {
    let lab = Lab::new("lifecycle");

    // All is new, and the server cannot judge what is in a namespace that does not exist.
    let changes = lab.diff();
    let all = changes.changes.len();
    assert_eq!(count(&changes, Action::Create), all, "{:?}", rows(&changes));
    for change in &changes.changes {
        assert_eq!(change.unverified.is_some(), change.id.kind != "Namespace", "{}", change.id);
        assert!(change.after.is_some() && change.before.is_none());
    }
    assert_eq!(changes.verdict(), Verdict::Changes);
    assert_eq!(lab.kubectl(&["get", "namespace", &lab.namespace, "--ignore-not-found"]), "", "diff has made something");

    // Applied as it was shown, nothing is left to be done.
    lab.apply();
    let changes = lab.diff();
    assert_nothing(&changes);
    assert_eq!(changes.unchanged, all);
    assert_eq!(changes.drift, []);
    assert_eq!(changes.verdict(), Verdict::Nothing);

    // One experiment edited: its ConfigMap gets another name, its schedule follows, the inventory too.
    lab.edit("kill.yaml", "qty: 1", "qty: 2");
    let changes = lab.diff();
    let (old, new) = {
        let of = |action: Action| changes.changes.iter().find(|one| one.action == action && one.counterpart.is_some());
        (of(Action::Delete).unwrap(), of(Action::Create).unwrap())
    };
    assert_eq!(
        rows(&changes),
        [
            "update ConfigMap/shop-chaos".to_owned(),
            format!("create {}", new.id),
            "update CronJob/shop-chaos-kill".to_owned(),
            format!("delete {}", old.id),
        ]
    );
    assert_eq!(new.counterpart.as_ref(), Some(&old.id.name));
    let inner = "data[\"experiment.json\"].method[name=terminate].provider.arguments.qty: 1 -> 2".to_owned();
    assert!(fields(new).contains(&inner), "{:?}", fields(new));
    assert_eq!(fields(new).len(), 2, "the field and the name: {:?}", fields(new));
    let cron_job = row(&changes, "CronJob/shop-chaos-kill");
    assert_eq!(cron_job.fields.len(), 1, "{:?}", fields(cron_job));
    assert!(cron_job.fields[0].path.ends_with("configMap.name"), "{:?}", fields(cron_job));
    assert!(changes.changes.iter().all(|one| !one.from_newer_chaosc));
    lab.apply();
    lab.kubectl(&["delete", "configmap", &old.id.name]);
    assert_nothing(&lab.diff());

    // A schedule suspended by hand: no field of ours, so that apply would leave it; but nobody shall overlook it.
    lab.kubectl(&["patch", "cronjob", "shop-chaos-kill", "-p", r#"{"spec":{"suspend":true}}"#]);
    let changes = lab.diff();
    assert_nothing(&changes);
    let [drift] = changes.drift.as_slice() else { panic!("{:#?}", changes.drift) };
    assert_eq!((drift.id.to_string().as_str(), drift.path.as_str()), ("CronJob/shop-chaos-kill", "spec.suspend"));
    assert_eq!((drift.desired.clone(), drift.live.clone()), (None, Some(true.into())));
    assert_eq!((drift.manager.as_deref(), &drift.kind), (Some("kubectl-patch"), &DriftKind::Changed));
    assert!(!drift.is_restored);
    assert_eq!(changes.verdict(), Verdict::Nothing);
}

#[test]
fn the_example_goes_the_same_way_and_kubectl_agrees() {
    let lab = example("example");
    let changes = lab.diff();
    let all = changes.changes.len();
    assert_eq!(count(&changes, Action::Create), all, "{:?}", rows(&changes));
    assert_eq!(changes.runs, ["on-release"]);
    assert!(changes.permissions[0].is_cluster_wide, "{:#?}", changes.permissions[0]);
    let unverified = changes.changes.iter().filter(|change| change.unverified.is_some()).count();
    assert_eq!(unverified, all - 3, "all but the namespace, the ClusterRole and its binding");

    lab.apply();
    let changes = lab.diff();
    assert_nothing(&changes);
    assert_eq!(changes.unchanged, all);
    assert_agreed(&lab, &changes, &[]);

    lab.edit("example/experiments/minimum-pods.yaml", "qty: 1", "qty: 2");
    let changes = lab.diff();
    let actions: Vec<&str> = changes.changes.iter().map(|change| change.action.word()).collect();
    assert_eq!(actions, ["update", "create", "update", "delete"], "{:?}", rows(&changes));
    let created = changes.changes.iter().find(|change| change.action == Action::Create).unwrap();
    assert!(created.counterpart.is_some());
    assert!(fields(created).iter().any(|field| field.ends_with("qty: 1 -> 2")), "{:?}", fields(created));
    assert_agreed(&lab, &changes, &[]);

    lab.kubectl(&["patch", "cronjob", "go-app-chaos-by-hand", "-p", r#"{"spec":{"suspend":false}}"#]);
    lab.kubectl(&["patch", "cronjob", "go-app-chaos-every-five-minutes", "-p", r#"{"spec":{"suspend":true}}"#]);
    let changes = lab.diff();
    let told: Vec<String> = changes.drift.iter().map(|drift| format!("{} {}", drift.id, drift.path)).collect();
    assert_eq!(
        told,
        ["CronJob/go-app-chaos-every-five-minutes spec.suspend", "CronJob/go-app-chaos-by-hand spec.suspend"]
    );
    // What the bundle sets is a conflict, what it says nothing about is left alone.
    assert_eq!(row(&changes, "CronJob/go-app-chaos-by-hand").action, Action::Conflict);
    assert_eq!(row(&changes, "CronJob/go-app-chaos-every-five-minutes").fields.len(), 1);
}

/// What docs/schedules.md tells to type, typed.
#[test]
fn schedules_are_suspended_and_started_by_hand_as_their_page_says() {
    let lab = example("by-hand");
    lab.apply();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schedules.md")).unwrap();
    let lines: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ kubectl -n go-app ")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let words: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
        lab.kubectl(&words);
    }
    assert_eq!(lab.live("cronjob", "go-app-chaos-every-five-minutes")["spec"]["suspend"], true);
    assert_eq!(lab.live("cronjob", "go-app-chaos-by-hand")["spec"]["suspend"], true);
    lab.wait("the run is on", |lab| lab.live("job", "now")["status"]["active"] == 1);
    let account = &lab.live("job", "now")["spec"]["template"]["spec"]["serviceAccountName"];
    assert_eq!(account, "go-app-chaos-by-hand");
}
