//! Changes files: what was shown is done, once, and nothing else.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::lab::{Lab, assert_nothing, kubeconfig};
use crate::reads::{asked, judge};
use crate::rights::KINDS;
use crate::scale::{DEPLOYMENT, autoscaler};
use crate::user::{User, of_plane};

/// The exit code of an apply that would ask whether to go on, and has nobody to ask: it would do something.
const ASKS: i32 = 64;

const SECRET: &str = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: canary-4711}\n";

/// Runs a command that names the file `a.changes`, as the user of a kubeconfig.
fn run(lab: &Lab, arguments: &[&str], kubeconfig: &Path) -> (i32, String) {
    let config = ["--kubeconfig", kubeconfig.to_str().unwrap()];
    let (code, out, err) = lab.chaosc(&[arguments, &config].concat());
    (code, out + &err)
}

fn save(lab: &Lab, options: &[&str]) -> String {
    let (code, said) = run(lab, &[&["diff", "--save", "a.changes"], options].concat(), &kubeconfig());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("saved as `a.changes`"), "{said}");
    std::fs::read_to_string(lab.folder.path().join("a.changes")).unwrap()
}

/// Goes as far as the question.
fn ask(lab: &Lab) -> (i32, String) {
    run(lab, &["apply", "a.changes"], &kubeconfig())
}

/// Does it.
fn apply(lab: &Lab) -> (i32, String) {
    run(lab, &["apply", "a.changes", "--yes", "--no-wait"], &kubeconfig())
}

#[track_caller]
fn assert_agreed(lab: &Lab) {
    let (code, said) = ask(lab);
    assert_eq!(code, ASKS, "{said}");
}

/// Asserts that nothing would be done even with `--yes`, and for which reasons.
#[track_caller]
fn assert_refused(lab: &Lab, reasons: &[&str]) {
    let state = || lab.kubectl(&["get", "configmaps,services", "-o", "jsonpath={.items[*].metadata.resourceVersion}"]);
    let before = state();
    let (code, said) = apply(lab);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("nothing was done, because"), "{said}");
    for reason in reasons {
        assert!(said.contains(reason), "`{reason}` is not in:\n{said}");
    }
    assert!(said.contains("`chaosc diff --save a.changes`"), "{said}");
    assert_eq!(state(), before);
}

#[test]
fn what_was_saved_is_applied_once() {
    let log = of_plane("CHAOSC_TEST_AUDIT_LOG");
    let lab = Lab::new("saved");
    let app = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    lab.write("app.yaml", &(app + SECRET));
    let text = save(&lab, &[]);
    for value in ["canary-4711", "Y2FuYXJ5LTQ3MTE", "blue", "shop:1.0.0"] {
        assert!(!text.contains(value), "{text}");
    }
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&file["format"], &file["cluster"]["by"]), (&json!("chaosc.dev/changes/v1"), &json!("kube-system")));
    let mode = lab.folder.path().join("a.changes").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (code, said) = apply(&lab);
    assert_eq!(code, 0, "{said}");
    assert_nothing(&lab.diff());
    let user = User::new(&format!("{}-again", lab.namespace), "system:masters");
    let (code, said) = run(&lab, &["apply", "a.changes", "--yes"], &user.kubeconfig());
    assert_eq!((code, said.contains("everything in `a.changes` is applied already")), (0, true), "{said}");
    let events = asked(&log, &user.name);
    assert!(!events.is_empty());
    for event in &events {
        assert_eq!(judge(event), Ok(()), "{event:#}");
    }

    // What is missing again was shown to be made.
    lab.kubectl(&["delete", "configmap", "settings"]);
    assert_agreed(&lab);
    let (code, said) = apply(&lab);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("of `a.changes` done already") && said.contains("1 created"), "{said}");
    assert_nothing(&lab.diff());
}

#[test]
fn an_apply_that_was_ended_in_the_middle_is_finished() {
    let lab = Lab::new("half");
    save(&lab, &[]);
    let (desired, _) = lab.desired();
    let is_first = |id: &str| id.starts_with("Namespace/") || id == "ConfigMap/settings";
    for one in desired.iter().filter(|one| is_first(&one.id.to_string())) {
        lab.apply_text(&one.object.to_string(), "chaosc");
    }
    // The inventory as an apply widens it before anything else.
    let mut parent = desired.iter().find(|one| one.origin.is_none()).unwrap().object.clone();
    parent["data"] = json!({"inputs": "", "objects": ""});
    lab.apply_text(&parent.to_string(), "chaosc");
    let (code, said) = apply(&lab);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("2 objects of `a.changes` done already; this is left"), "{said}");
    assert!(!said.contains("create  ConfigMap/settings"), "{said}");
    assert_nothing(&lab.diff());

    // So is one that deletes.
    lab.edit("kill.yaml", "qty: 1", "qty: 2");
    lab.edit(
        "app.yaml",
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: blue, size: large}\n",
        "",
    );
    save(&lab, &[]);
    lab.kubectl(&["label", "configmap", "settings", "applyset.kubernetes.io/part-of-"]);
    assert_refused(&lab, &["ConfigMap/settings: it is still there, and no longer found to be of the bundle"]);
    lab.kubectl(&["delete", "configmap", "settings"]);
    let (code, said) = apply(&lab);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("1 object of `a.changes` done already"), "{said}");
    assert_nothing(&lab.diff());
    let (code, said) = apply(&lab);
    assert_eq!((code, said.contains("is applied already")), (0, true), "{said}");
}

#[test]
fn whatever_was_not_shown_is_refused() {
    let lab = Lab::new("refuse");
    lab.apply();
    lab.edit("app.yaml", "color: blue", "color: green");
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    let text = save(&lab, &[]);
    assert_agreed(&lab);

    // Another chaos.toml.
    lab.edit("app.yaml", "color: green", "color: yellow");
    assert_refused(
        &lab,
        &["one object is not", "ConfigMap/settings: chaos.toml or a file that it names has changed since"],
    );
    lab.edit("app.yaml", "color: yellow", "color: green");
    lab.edit("app.yaml", "port: 80,", "port: 81,");
    assert_refused(&lab, &["Service/shop: it was not shown, and it would be changed now"]);
    lab.edit("app.yaml", "port: 81,", "port: 80,");

    // Another cluster, or another bundle.
    let mut file: Value = serde_json::from_str(&text).unwrap();
    file["cluster"]["is"] = "00000000-0000-0000-0000-000000000000".into();
    lab.write("a.changes", &file.to_string());
    assert_refused(&lab, &["is about another cluster: the namespace `kube-system` is another one"]);
    lab.write("a.changes", &text.replace("\"bundle\": \"shop\"", "\"bundle\": \"other\""));
    let (code, said) = apply(&lab);
    assert_eq!((code, said.contains("about the bundle `other`")), (1, true), "{said}");
    lab.write("a.changes", &text);

    // What controllers write is noise, and so is what nobody has anything to do with.
    let status = json!({"status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2}}).to_string();
    lab.kubectl(&["patch", "deployment", "shop", "--subresource=status", "-p", &status]);
    lab.kubectl(&["annotate", "service", "shop", "somebody=else"]);
    assert_agreed(&lab);

    // A field that was shown, and one that was not there.
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"color":"red"}}"#]);
    lab.kubectl(&["patch", "deployment", "shop", "-p", r#"{"spec":{"paused":true}}"#]);
    assert_refused(
        &lab,
        &[
            "2 objects are not",
            "ConfigMap/settings: somebody has changed it since, and it is in conflict now",
            "Deployment/shop: somebody has changed it since",
        ],
    );
    lab.kubectl(&["delete", "deployment", "shop", "--cascade=orphan"]);
    assert_refused(&lab, &["Deployment/shop: somebody has deleted it since"]);

    // The wishes are those of the file.
    lab.apply();
    lab.edit("app.yaml", "color: green", "color: brown");
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"color":"red"}}"#]);
    save(&lab, &["--force-conflicts"]);
    assert_agreed(&lab);
    let (code, said) = apply(&lab);
    assert_eq!(code, 0, "{said}");
    assert_eq!(lab.live("configmap", "settings")["data"]["color"], "brown");
}

#[test]
fn what_somebody_else_has_made_meanwhile_is_refused() {
    let lab = Lab::new("meanwhile");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    save(&lab, &[]);
    lab.kubectl(&["create", "configmap", "settings", "--from-literal=color=red"]);
    assert_refused(&lab, &["ConfigMap/settings: somebody has made it since"]);
    lab.kubectl(&["delete", "configmap", "settings"]);
    assert_agreed(&lab);
}

#[test]
fn an_autoscaler_goes_on_between_the_diff_and_the_apply() {
    let lab = Lab::new("scaled");
    lab.write("app.yaml", DEPLOYMENT);
    lab.apply();
    lab.write("app.yaml", &format!("{DEPLOYMENT}{}", autoscaler(1)));
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    save(&lab, &[]);
    for count in ["4", "5"] {
        lab.kubectl(&["scale", "deployment/shop", &format!("--replicas={count}")]);
        assert_agreed(&lab);
    }
    let (code, said) = apply(&lab);
    assert_eq!(code, 0, "{said}");
    let live = lab.live("deployment", "shop");
    assert_eq!(live["spec"]["replicas"], 5);
    assert!(live["spec"].to_string().contains("shop:2.0.0"));
}

#[test]
fn who_may_not_read_the_cluster_s_uid_has_something_weaker() {
    let lab = Lab::new("weaker");
    lab.edit("chaos.toml", "[namespace]\n", "[namespace]\ncreate = false\n");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.apply();
    lab.edit("app.yaml", "color: blue", "color: green");
    let user = User::new(&format!("{}-user", lab.namespace), "guests");
    user.may(Some(&lab.namespace), &["*"], &KINDS);
    let save_as = |config: &Path| {
        let (code, said) = run(&lab, &["diff", "--save", "a.changes"], config);
        assert_eq!(code, 0, "{said}");
        let text = std::fs::read_to_string(lab.folder.path().join("a.changes")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["cluster"]["by"].clone()
    };
    // What the file was saved with cannot be read by this user.
    assert_eq!(save_as(&kubeconfig()), "kube-system");
    let (code, said) = run(&lab, &["apply", "a.changes", "--yes"], &user.kubeconfig());
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("the namespace `kube-system` cannot be read"), "{said}");

    // The authority is the same to everybody.
    assert_eq!(save_as(&user.kubeconfig()), "authority");
    assert_agreed(&lab);
    user.may(Some(&lab.namespace), &["get"], &["namespaces"]);
    assert_eq!(save_as(&user.kubeconfig()), "namespace");
    assert_agreed(&lab);
    let (code, said) = run(&lab, &["apply", "a.changes", "--yes", "--no-wait"], &user.kubeconfig());
    assert_eq!(code, 0, "{said}");
    assert_eq!(lab.live("configmap", "settings")["data"]["color"], "green");

    // Who may only read may save what another one applies.
    let reader = User::new(&format!("{}-reader", lab.namespace), "guests");
    reader.may(Some(&lab.namespace), &["get", "list"], &KINDS);
    lab.edit("app.yaml", "color: green", "color: brown");
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    assert_eq!(save_as(&reader.kubeconfig()), "authority");
    let (code, said) = apply(&lab);
    assert_eq!(code, 0, "{said}");
    assert_nothing(&lab.diff());
}
