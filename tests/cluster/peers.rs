//! A second opinion: `kubectl diff --server-side` names the same objects, whatever was edited, deleted or changed by hand.
//!
//! Known to differ, and so left out here: kubectl shows no deletions, and not where only the owner of a field changes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use chaosc::diff::{Action, Change};
use chaosc::snapshot::Wishes;

use crate::chance::{self, Chance};
use crate::lab::{Lab, kubeconfig, rows};
use crate::tools::{succeed, tool};

/// What authors edit: file, text, other text.
const EDITS: [(&str, &str, &str); 14] = [
    ("app.yaml", "replicas: 2", "replicas: 3"),
    ("app.yaml", "  replicas: 2\n", ""),
    ("app.yaml", "shop:1.0.0", "shop:1.1.0"),
    ("app.yaml", "cpu: 100m", "cpu: \"0.1\""),
    ("app.yaml", "cpu: 100m", "cpu: 200m"),
    ("app.yaml", "[{containerPort: 8080}]", "[{containerPort: 8080, protocol: TCP}]"),
    ("app.yaml", "[{containerPort: 8080}]", "[{containerPort: 8080}, {containerPort: 8081}]"),
    ("app.yaml", "color: blue, ", ""),
    ("app.yaml", "color: blue", "color: blue, shape: round"),
    ("app.yaml", "port: 80, name: http", "port: 80, name: web"),
    ("app.yaml", "{name: settings}", "{name: settings, labels: {a: b}, annotations: {c: d}}"),
    ("kill.yaml", "qty: 1", "qty: 2"),
    ("chaos.toml", "0 0 29 2 *", "0 1 29 2 *"),
    ("chaos.toml", "tag = \"1.0.0\"", "tag = \"1.0.1\""),
];

/// What is done by hand, as kubectl's arguments.
const BY_HAND: [&[&str]; 14] = [
    &["delete", "configmap", "settings"],
    &["delete", "service", "shop"],
    &["delete", "deployment", "shop"],
    &["delete", "cronjob", "shop-chaos-kill"],
    &["delete", "role,rolebinding,serviceaccount", "--all"],
    &["scale", "deployment", "shop", "--replicas=5"],
    &["set", "image", "deployment/shop", "shop=registry.example/shop:hand"],
    &["set", "env", "deployment/shop", "HAND=made"],
    &["patch", "configmap", "settings", "-p", r#"{"data":{"color":"green"}}"#],
    &["patch", "configmap", "settings", "-p", r#"{"data":{"extra":"1"}}"#],
    &["patch", "configmap", "settings", "-p", r#"{"data":{"size":null}}"#],
    &["patch", "cronjob", "shop-chaos-kill", "-p", r#"{"spec":{"suspend":true}}"#],
    &["annotate", "service", "shop", "by=hand"],
    &["label", "service", "shop", "app.kubernetes.io/instance=hand", "--overwrite"],
];

const FILES: [&str; 3] = ["chaos.toml", "app.yaml", "kill.yaml"];

#[test]
fn kubectl_names_the_same_objects() {
    let seed = chance::seed();
    let lab = Lab::new("peers");
    let files = FILES.map(|file| std::fs::read_to_string(lab.folder.path().join(file)).unwrap());
    lab.apply();
    let mut compared = 0;
    for state in 0..12 {
        let mut chance = Chance::new(seed, &[state]);
        for (file, text) in FILES.iter().zip(&files) {
            lab.write(file, text);
        }
        // Mostly from a clean start, sometimes on top of what the last state has left.
        if !chance.one_in(3) {
            lab.apply();
        }
        let mut done = Vec::new();
        for _ in 0..=chance.below(3) {
            if chance.one_in(2) {
                let (file, from, to) = *chance.pick(&EDITS);
                if done.contains(&format!("{file}: {from} -> {to}")) {
                    continue;
                }
                let text = std::fs::read_to_string(lab.folder.path().join(file)).unwrap();
                lab.write(file, &text.replace(from, to));
                done.push(format!("{file}: {from} -> {to}"));
            } else {
                let arguments = *chance.pick(&BY_HAND);
                done.push(format!("kubectl {}: {}", arguments.join(" "), by_hand(&lab, arguments)));
            }
        }
        // Conflicts end kubectl; forced, they are shown.
        let changes = lab.diff_with(Wishes { force_conflicts: true, ..Wishes::default() });
        let names: BTreeSet<String> =
            changes.changes.iter().filter(|change| is_shown_by_kubectl(change)).map(name).collect();
        assert_eq!(names, kubectl(&lab), "state {state} of seed {seed}: {done:#?}\n{:#?}", rows(&changes));
        compared += names.len();
    }
    assert!(compared > 12, "only {compared} objects differed");
}

fn by_hand(lab: &Lab, arguments: &[&str]) -> bool {
    let mut command = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    // What was deleted before cannot be edited.
    command
        .args(["--namespace", &lab.namespace])
        .args(arguments)
        .env("KUBECONFIG", kubeconfig())
        .output()
        .unwrap()
        .status
        .success()
}

fn is_shown_by_kubectl(change: &Change) -> bool {
    let is_of_owners_only = change.action == Action::Update && change.fields.is_empty();
    change.action != Action::Delete && !is_of_owners_only
}

/// Returns the name of the file in which kubectl has an object.
fn name(change: &Change) -> String {
    let id = &change.id;
    let version = id.api_version.replace('/', ".");
    format!("{version}.{}.{}.{}", id.kind, id.namespace.as_deref().unwrap_or_default(), id.name)
}

/// Returns the names of the files that differ, as kubectl finds it.
fn kubectl(lab: &Lab) -> BTreeSet<String> {
    let script = lab.folder.path().join("names.sh");
    std::fs::write(
        &script,
        "#!/bin/sh\ncd \"$1\" && for file in *; do cmp -s \"$file\" \"$2/$file\" || echo \"$file\"; done\n",
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut documents = String::new();
    for one in lab.desired().0 {
        let _ = write!(documents, "---\n{}\n", one.object);
    }
    let file = lab.folder.path().join("desired.yaml");
    std::fs::write(&file, documents).unwrap();
    let mut command = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    command.args(["diff", "--server-side", "--force-conflicts", "--field-manager=chaosc", "-f"]).arg(&file);
    command.env("KUBECONFIG", kubeconfig()).env("KUBECTL_EXTERNAL_DIFF", &script);
    succeed(&mut command).lines().map(str::to_owned).collect()
}
