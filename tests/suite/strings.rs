//! Strings that some reader of YAML disturbs come through chaos.toml, the bundle and the clients unchanged.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::chart::{HELMS, templated};
use crate::clients::{documents, kustomized, labelled, pyyaml};
use crate::folders::put;
use crate::tools::{chaosc, succeed, tool};

/// One string a line; `\u{…}` and the usual escapes stand for characters that an editor would eat.
const STRINGS: &[&str] = &[
    "",
    " ",
    "  two",
    "end ",
    "yes",
    "Yes",
    "no",
    "NO",
    "on",
    "Off",
    "y",
    "n",
    "true",
    "False",
    "null",
    "~",
    "Null",
    "1_000",
    "0644",
    "0o14",
    "0x1F",
    "0b11",
    "1e3",
    "1E400",
    ".5",
    "+1",
    "-0",
    "1__2",
    "12:30:45",
    "190:20:30",
    "1:2",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-13-45",
    "<<",
    "=",
    "*",
    "&a",
    "!",
    "!!str x",
    "%",
    "@",
    "`",
    "?",
    "? x",
    "- x",
    "-",
    "--",
    "---",
    "...",
    "{{ x }}",
    "{{",
    "}}",
    "{{ .Values }}",
    "{{- fail \"x\" -}}",
    "{{{",
    "{{/*",
    "*/}}",
    "{{\n",
    "{% raw %}",
    "{# x #}",
    "${x}",
    "$(x)",
    "$$",
    "{a: b}",
    "[a]",
    "a: b",
    "a #b",
    "#c",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "a\nb",
    "\na",
    "a\n",
    "a\n\n",
    "\ta\n b",
    "\t",
    "a\tb",
    "\r",
    "a\r\nb",
    "\u{7}",
    "\u{1b}",
    "\u{7f}",
    "\u{80}",
    "\u{85}",
    "a\u{85}b",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{feff}a",
    "\u{fffd}",
    "\u{fffe}",
    "\u{200b}",
    "😀",
    "é",
    "e\u{301}",
    "\u{10ffff}",
    "日本語",
    "עברית",
    ".nan",
    ".inf",
    "inf",
    "nan",
    "123456789012345678901234567890",
    "1.0",
    "0.10",
    "1.",
    "_",
    "_1",
    "+_",
    "-_",
    ":",
    "::",
    "a:",
    ",",
    "|",
    ">",
    "|-\n x",
    "\u{0}",
];

/// Some strings in the values of annotations, and all in environments and in keys and values of an experiment.
fn chaos_toml(annotated: &[&str]) -> String {
    let mut annotations = toml::Table::new();
    let mut environment = toml::Table::new();
    let mut configuration = toml::Table::new();
    for (index, text) in annotated.iter().enumerate() {
        annotations.insert(format!("example.com/a{index}"), (*text).into());
    }
    for (index, text) in STRINGS.iter().enumerate() {
        // No process can have a NUL in its environment.
        if !text.contains('\0') {
            environment.insert(format!("V{index}"), (*text).into());
        }
        configuration.insert((*text).to_owned(), (*text).into());
    }
    let root = toml::toml! {
        name = "strings"
        [namespace]
        name = "strings"
        [[experiments]]
        name = "x"
        [experiments.spec]
        title = "x"
        description = "x"
        method = []
        [[schedules]]
        name = "s"
        experiments = ["x"]
        manual = true
    };
    let mut root = root;
    let insert = |root: &mut toml::Table, path: &[&str], key: &str, table: toml::Table| {
        let mut here = root;
        for segment in path {
            here = match here.get_mut(*segment).unwrap() {
                toml::Value::Array(items) => items[0].as_table_mut().unwrap(),
                other => other.as_table_mut().unwrap(),
            };
        }
        here.insert(key.to_owned(), toml::Value::Table(table));
    };
    insert(&mut root, &["namespace"], "annotations", annotations.clone());
    insert(&mut root, &["experiments"], "env", environment);
    insert(&mut root, &["experiments", "spec"], "configuration", configuration);
    root.insert(
        "pod".to_owned(),
        toml::Value::Table([("annotations".to_owned(), annotations.into())].into_iter().collect()),
    );
    toml::to_string(&root).unwrap()
}

#[test]
fn no_reader_changes_a_string() {
    let out = rendered(STRINGS);
    let bundle = out.path().join("out/bundle.yaml");
    judge("our reader", STRINGS, &documents(&fs::read_to_string(&bundle).unwrap()));
    judge("PyYAML", STRINGS, &pyyaml(&bundle));
    judge("kubectl", STRINGS, &labelled(&bundle));
}

/// What kustomize itself refuses or changes, whatever it was given: it writes control characters as they are, and a text
/// of several lines that begins with a tab as a block, and then cannot read either back. Inside experiments they are
/// escaped, so only annotations of the user's own suffer.
const KUSTOMIZE_DISTURBS: &[&str] = &["\u{7f}", "\u{80}", "\u{85}", "a\u{85}b", "\u{fffe}", "\ta\n b"];

#[test]
fn kustomize_changes_no_string_that_it_can_write() {
    let strings: Vec<&str> = STRINGS.iter().copied().filter(|text| !KUSTOMIZE_DISTURBS.contains(text)).collect();
    assert_eq!(strings.len(), STRINGS.len() - KUSTOMIZE_DISTURBS.len());
    let out = rendered(&strings);
    judge("kustomize", &strings, &kustomized(&out.path().join("out")));
    for disturbed in KUSTOMIZE_DISTURBS {
        let out = rendered(&[disturbed]);
        let mut kubectl = Command::new(tool("CHAOSC_TEST_KUBECTL"));
        let output = kubectl.arg("kustomize").arg(out.path().join("out")).output().unwrap();
        let is_changed =
            || kustomized(&out.path().join("out"))[0]["metadata"]["annotations"]["example.com/a0"] != *disturbed;
        assert!(!output.status.success() || is_changed(), "kustomize keeps {disturbed:?} now: remove it from the list");
    }
}

/// Helm has two more readers of YAML, Go's own JSON, and its templates between them.
#[test]
fn helm_changes_no_string() {
    let out = rendered(STRINGS);
    for helm in HELMS {
        judge(helm, STRINGS, &templated(helm, &out.path().join("out"), "strings", &["--set=namespace.create=true"]));
    }
}

fn rendered(annotated: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("chaos.toml"), chaos_toml(annotated));
    succeed(chaosc(folder.path()).arg("render"));
    folder
}

/// Holds what a reader found against the strings that went in.
fn judge(reader: &str, annotated: &[&str], objects: &[Value]) {
    let object = |kind: &str, has: &str| {
        let found = objects.iter().find(|object| object["kind"] == kind && object.pointer(has).is_some());
        found.unwrap_or_else(|| panic!("{reader}: no {kind} with {has}"))
    };
    let namespace = &object("Namespace", "/metadata")["metadata"]["annotations"];
    let pod = object("CronJob", "/spec").pointer("/spec/jobTemplate/spec/template/metadata/annotations").unwrap();
    for (index, text) in annotated.iter().enumerate() {
        let key = format!("example.com/a{index}");
        assert_eq!(namespace[&key], *text, "{reader}: annotation of the namespace");
        assert_eq!(pod[&key], *text, "{reader}: annotation of the pod");
    }
    let data = &object("ConfigMap", "/data/experiment.json")["data"];
    let inner = |key: &str| serde_json::from_str::<Value>(data[key].as_str().unwrap()).unwrap();
    let (experiment, run) = (inner("experiment.json"), inner("run.json"));
    for (index, text) in STRINGS.iter().enumerate().filter(|(_, text)| !text.contains('\0')) {
        assert_eq!(run["env"][format!("V{index}")], *text, "{reader}: environment");
    }
    let expected: BTreeMap<&str, &str> = STRINGS.iter().map(|text| (*text, *text)).collect();
    assert_eq!(experiment["configuration"], json!(expected), "{reader}: keys and values of the experiment");
}
