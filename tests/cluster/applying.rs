//! From nothing to nothing: diff, apply, edit, delete, by the program itself, with kubectl as judge at each step.

use crate::lab::Lab;
use crate::reads::{asked, example, judge};
use chaosc::apply::report::Outcome;
use chaosc::snapshot::Wishes;

use crate::doing::{carry_out, look, outcome, reason};
use crate::judge::assert_agreed;
use crate::lab::kubectl_with;
use crate::user::{User, of_plane};

/// Runs a command of the program, which has to exit with a code.
fn chaosc(lab: &Lab, arguments: &[&str], code: i32) -> String {
    let (found, out, err) = lab.chaosc(arguments);
    assert_eq!(found, code, "chaosc {arguments:?}\n{out}\n{err}");
    out
}

#[test]
fn the_example_comes_changes_and_goes() {
    let lab = example("applying");
    let namespace = lab.namespace.clone();
    chaosc(&lab, &["diff", "--exit-code"], 2);
    let out = chaosc(&lab, &["apply", "--yes", "--no-wait"], 0);
    let created = out.lines().filter(|line| line.starts_with("created ")).count();
    assert_eq!(created, lab.desired().0.len(), "{out}");
    let out = chaosc(&lab, &["diff", "--exit-code"], 0);
    assert!(out.contains("no changes"), "{out}");
    assert_agreed(&lab, &lab.diff(), &[]);

    assert_writes_nothing(&lab, &["apply", "--yes", "--no-wait"]);

    lab.edit("example/experiments/minimum-pods.yaml", "qty: 1", "qty: 2");
    let changes = lab.diff();
    assert_agreed(&lab, &changes, &[]);
    let out = chaosc(&lab, &["apply", "--yes", "--no-wait"], 0);
    assert!(out.contains("2 updated, 1 created, 1 deleted"), "{out}");
    assert_agreed(&lab, &lab.diff(), &[]);

    // The same in two steps: what was shown is saved, and done later; once.
    lab.edit("example/experiments/minimum-pods.yaml", "qty: 2", "qty: 3");
    chaosc(&lab, &["diff", "--save", "changes.json"], 0);
    let out = chaosc(&lab, &["apply", "changes.json", "--yes", "--no-wait"], 0);
    assert!(out.contains("2 updated, 1 created, 1 deleted"), "{out}");
    assert_agreed(&lab, &lab.diff(), &[]);
    let err = assert_writes_nothing(&lab, &["apply", "changes.json", "--yes", "--no-wait"]);
    assert!(err.contains("everything in `changes.json` is applied already"), "{err}");

    chaosc(&lab, &["delete", "--yes", "--include-namespace", "--include-volumes"], 0);
    assert_eq!(kubectl_with(&["get", "namespace", &namespace, "--ignore-not-found"], ""), "");
    let left = kubectl_with(&["get", "clusterroles,clusterrolebindings", "-o", "name"], "");
    assert!(!left.contains(&namespace), "{left}");
    let out = chaosc(&lab, &["delete", "--yes"], 0);
    assert!(out.contains("no changes"), "{out}");
}

/// Runs a command that only reads, as the server's audit log has it; returns what it says on its standard error.
///
/// The objects' versions would not tell: controllers write to them at any time.
fn assert_writes_nothing(lab: &Lab, arguments: &[&str]) -> String {
    let log = of_plane("CHAOSC_TEST_AUDIT_LOG");
    let user = User::new(&format!("{}-reader", lab.namespace), "system:masters");
    let before = asked(&log, &user.name).len();
    let config = user.kubeconfig();
    let (code, out, err) = lab.chaosc(&[arguments, &["--kubeconfig", config.to_str().unwrap()]].concat());
    assert_eq!(code, 0, "chaosc {arguments:?}\n{out}\n{err}");
    let events = asked(&log, &user.name);
    assert!(events.len() > before, "nothing is in the audit log");
    for event in &events[before..] {
        assert_eq!(judge(event), Ok(()), "{event:#}");
    }
    err
}

#[test]
fn who_is_not_asked_has_to_say_yes() {
    let lab = Lab::new("apply-yes");
    let (code, _, err) = lab.chaosc(&["apply", "--no-wait"]);
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("no terminal") && err.contains("--yes"), "{err}");
    assert_eq!(lab.kubectl(&["get", "namespace", &lab.namespace, "--ignore-not-found"]), "");
}

#[test]
fn what_fails_stops_only_what_needs_it() {
    let lab = Lab::new("apply-fails");
    // One object that the server refuses, one that everything of the schedule needs, and one that nobody needs.
    let app = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    let bad =
        "{apiVersion: v1, kind: Service, metadata: {name: bad}, spec: {ports: [{port: 80}], clusterIP: 1.2.3.4}}\n";
    lab.write("app.yaml", &format!("{app}---\n{bad}"));
    let shown = look(&lab, Wishes::default());
    let report = carry_out(&shown);
    assert!(!report.is_success());
    assert!(reason(&report, "Service/bad").contains("the server refuses it"), "{:#?}", outcome(&report, "Service/bad"));
    assert_eq!(outcome(&report, "Deployment/shop"), &Outcome::Done);
    assert_eq!(outcome(&report, "CronJob/shop-chaos-kill"), &Outcome::Done);
    // What is there is known, and what is not is neither forgotten nor told to be gone.
    let changes = lab.diff();
    assert_eq!(
        crate::lab::rows(&changes),
        ["update ConfigMap/shop-chaos", "error Service/bad"],
        "{:#?}",
        changes.changes
    );
    assert_eq!(changes.drift, []);
    lab.write("app.yaml", &app);
    assert!(carry_out(&look(&lab, Wishes::default())).is_success());
    crate::lab::assert_nothing(&lab.diff());
}

#[test]
fn a_schedule_does_not_come_without_its_rights() {
    let lab = Lab::new("apply-rights");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    // Somebody has a Role of this name, with other rules.
    lab.kubectl(&["create", "role", "shop-chaos-kill", "--verb=get", "--resource=secrets"]);
    let report = carry_out(&look(&lab, Wishes::default()));
    assert!(reason(&report, "Role/shop-chaos-kill").contains("kubectl-create"), "{:#?}", report.rows);
    assert_eq!(reason(&report, "CronJob/shop-chaos-kill"), "it needs Role/shop-chaos-kill, which was not applied");
    // Nor does the account get the rights of somebody else's Role.
    assert_eq!(reason(&report, "RoleBinding/shop-chaos-kill"), "it needs Role/shop-chaos-kill, which was not applied");
    assert_eq!(outcome(&report, "Deployment/shop"), &Outcome::Done);
    assert!(carry_out(&look(&lab, Wishes { adopt: true, force_conflicts: true, ..Wishes::default() })).is_success());
    crate::lab::assert_nothing(&lab.diff());
}

#[test]
fn an_empty_bundle_takes_everything_away_only_when_asked_to() {
    let lab = Lab::new("apply-empty");
    crate::doing::settle(&lab);
    let empty = format!("name = \"shop\"\n[namespace]\nname = \"{}\"\ncreate = false\n", lab.namespace);
    lab.write("chaos.toml", &empty);
    let (code, _, err) = lab.chaosc(&["apply", "--yes"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("--prune-all"), "{err}");
    assert!(lab.kubectl(&["get", "deployment", "-o", "name"]).contains("shop"));
    let out = chaosc(&lab, &["apply", "--yes", "--prune-all"], 0);
    assert!(out.contains("deleted  Deployment/shop") && out.contains("deleted  ConfigMap/shop-chaos"), "{out}");
    assert_eq!(lab.kubectl(&["get", "deployment,cronjob,role", "-o", "name"]), "");
}

#[test]
fn an_app_that_kubectl_applied_is_taken_over_field_by_field() {
    let lab = Lab::new("apply-adopt");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.edit("chaos.toml", "[[apps]]", "create = false\n[[apps]]");
    let app = lab.folder.path().join("app.yaml");
    lab.kubectl(&["apply", "-f", app.to_str().unwrap()]);
    let uid = |lab: &Lab| lab.live("deployment", "shop")["metadata"]["uid"].clone();
    let before = uid(&lab);

    // What is equal is shared without a word; what differs is kubectl's, until somebody decides.
    lab.edit("app.yaml", "shop:1.0.0", "shop:1.1.0");
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("kubectl-client-side-apply") && out.contains("--force-conflicts"), "{out}");
    assert!(out.contains("created  ServiceAccount/shop-chaos-kill"), "{out}");
    let out = chaosc(&lab, &["apply", "--yes", "--no-wait", "--force-conflicts"], 0);
    assert!(out.contains("taken from kubectl-client-side-apply"), "{out}");
    assert!(out.contains("updated  Deployment/shop"), "{out}");
    assert_eq!(uid(&lab), before);
    let image = lab.live("deployment", "shop")["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    assert_eq!(image, "registry.example/shop:1.1.0");
    crate::lab::assert_nothing(&lab.diff());
}
