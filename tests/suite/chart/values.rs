//! What each value changes, in `tests/chart/values.txt`, and which values are refused. `CHAOSC_UPDATE=1` rewrites the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{HELMS, identity, template, templated};
use crate::folders::{is_update, project, put};
use crate::tools::run;

/// One schedule of each kind with an experiment that needs rights, and an app that no value touches.
const CHAOS_TOML: &str = r#"
name = "shop"
[namespace]
name = "shop"
istio = "enabled"
[[apps]]
name = "shop"
manifests = ["app.yaml"]
[image]
repository = "registry.example/chaos"
tag = "1.0"
[[experiments]]
name = "probe"
[experiments.spec]
title = "shop answers"
description = "a pod goes"
[[experiments.spec.method]]
type = "action"
name = "terminate"
provider = { type = "python", module = "chaosk8s.pod.actions", func = "terminate_pods", arguments = { label_selector = "app=shop", ns = "shop" } }
[[schedules]]
name = "nightly"
experiments = ["probe"]
cron = "0 2 * * *"
[[schedules]]
name = "by-hand"
experiments = ["probe"]
manual = true
[[schedules]]
name = "on-release"
experiments = ["probe"]
once = true
"#;

const APP: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: 80}], selector: {app: shop}}\n";

/// One release a line: the values that it sets, as JSON for `--set-json`, with two blanks between them.
const RELEASES: &str = include_str!("../../chart/releases.txt");

fn releases() -> impl Iterator<Item = Vec<&'static str>> {
    RELEASES.lines().map(|line| line.split("  ").collect())
}

/// Values that are refused, with a part of what Helm says.
const REFUSED: &[(&[&str], &str)] = &[
    (&[r#"image.tag="a b""#], "/image/tag"),
    (
        &[r#"image.digest="sha256:0000000000000000000000000000000000000000000000000000000000000000""#],
        "image.tag and image.digest exclude each other",
    ),
    (&[r#"image.digest="latest""#], "/image/digest"),
    (&[r#"image.repository="Shop""#], "/image/repository"),
    (&[r#"image.pullPolicy="Sometimes""#], "/image/pullPolicy"),
    (&[r"image.pullPolicy=null"], "pullPolicy"),
    (&[r#"image.name="x""#], "name"),
    (&[r"pod.runAsUser=0"], "/pod/runAsUser"),
    (&[r#"pod.runAsUser="root""#], "/pod/runAsUser"),
    (&[r#"pod.labels={"team":true}"#], "/pod/labels/team"),
    (&[r#"pod.labels={"chaosc.dev/schedule":"x"}"#], "/pod/labels"),
    (&[r#"pod.labels={"sidecar.istio.io/inject":"true"}"#], "/pod/labels"),
    (&[r#"labels={"app.kubernetes.io/part-of":"x"}"#], "/labels"),
    (&[r#"labels={"a b":"x"}"#], "/labels"),
    (&[r#"pod.resources={"requests":{"cpu":"much"}}"#], "/pod/resources/requests/cpu"),
    (&[r#"schedules.nightly.cron="0 2 * * * *""#], "/schedules/nightly/cron"),
    (&[r"schedules.nightly.cron=null"], "cron"),
    (&[r#"schedules.nightly.suspend="yes""#], "/schedules/nightly/suspend"),
    (&[r#"schedules.nightly.experiments=["x"]"#], "experiments"),
    (&[r#"schedules.by-hand.cron="0 2 * * *""#], "by-hand"),
    (&[r"schedules.on-release.suspend=true"], "on-release"),
    (&[r#"namespace.name="x""#], "name"),
    (&[r#"namespace.create="yes""#], "/namespace/create"),
    (&[r"permissions=[]"], "permissions"),
    (&[r"namespace=null"], "namespace"),
    (&[r#"schedules.nightly.timeZone="Local""#], "/schedules/nightly/timeZone"),
];

fn rendered() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("chaos.toml"), CHAOS_TOML);
    put(&folder.path().join("app.yaml"), APP);
    let (code, out, error) = run(folder.path(), &["render"]);
    assert_eq!(code, 0, "{out}{error}");
    folder
}

fn arguments<'v>(values: &[&'v str]) -> Vec<&'v str> {
    values.iter().flat_map(|value| ["--set-json", value]).collect()
}

#[test]
fn each_value_changes_exactly_what_it_says() {
    let folder = rendered();
    let out = folder.path().join("out");
    let before = templated(HELMS[0], &out, "shop", &[]);
    let mut shown = String::from("What each value of the chart changes in the objects of a release.\n");
    for values in releases() {
        let after = templated(HELMS[0], &out, "shop", &arguments(&values));
        assert_eq!(templated(HELMS[1], &out, "shop", &arguments(&values)), after, "{values:?}");
        let changes = changes(&before, &after);
        assert!(!changes.is_empty(), "{values:?} changes nothing");
        // What the experiments are and what their accounts may do is compiled.
        assert_eq!(compiled(&after), compiled(&before), "{values:?}");
        shown.push_str(&format!("\n{}\n{changes}", values.join("  ")));
    }
    let path = project("tests/chart/values.txt");
    if is_update() {
        put(&path, &shown);
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == shown, "expected\n{expected}\nfound\n{shown}\n`CHAOSC_UPDATE=1` rewrites the expectations");
}

/// The list above has every value of the schema, so that none is added without being shown.
#[test]
fn every_value_is_shown() {
    let folder = rendered();
    let schema: Value =
        serde_json::from_slice(&fs::read(folder.path().join("out/chart/values.schema.json")).unwrap()).unwrap();
    let mut leaves = BTreeSet::new();
    let mut open = vec![(String::new(), &schema)];
    while let Some((path, node)) = open.pop() {
        let node = node["$ref"].as_str().map_or(node, |to| schema.pointer(to.trim_start_matches('#')).unwrap());
        match node["properties"].as_object() {
            Some(properties) => open.extend(properties.iter().map(|(key, node)| (format!("{path}.{key}"), node))),
            None => _ = leaves.insert(path.trim_start_matches('.').to_owned()),
        }
    }
    // Helm's own, which a chart that has this one as a part hands down.
    leaves.remove("global");
    let set = |leaf: &String| {
        releases().flatten().any(|value| {
            let (path, given) = value.split_once('=').unwrap();
            let given: Value = serde_json::from_str(given).unwrap();
            let below = leaf.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'));
            path == leaf || path.starts_with(&format!("{leaf}.")) || below.is_some_and(|key| given.get(key).is_some())
        })
    };
    let missing: Vec<&String> = leaves.iter().filter(|leaf| !set(leaf)).collect();
    assert!(leaves.len() > 15 && missing.is_empty(), "{leaves:?}: without a release: {missing:?}");
}

#[test]
fn what_makes_no_sense_is_refused_where_it_stands() {
    let folder = rendered();
    for (values, said) in REFUSED {
        for helm in HELMS {
            let (code, out, error) = template(helm, &folder.path().join("out"), "shop", &arguments(values));
            assert_eq!((code, out.as_str()), (1, ""), "{helm} {values:?}");
            // The engine of the schemas writes pointers with one separator or the other.
            let pointers = error.replace("at '", "at '/").replace("//", "/");
            assert!(pointers.contains(said) || error.contains(said), "{helm} {values:?}: {error}");
        }
    }
}

/// The compiled values, given again, are no change: the Job that runs once does not run again.
#[test]
fn the_compiled_values_given_again_change_nothing() {
    let folder = rendered();
    let out = folder.path().join("out");
    let values = out.join("chart/values.yaml");
    for helm in HELMS {
        let again = templated(helm, &out, "shop", &["--values", values.to_str().unwrap()]);
        assert_eq!(again, templated(helm, &out, "shop", &[]), "{helm}");
        let same = ["--set=pod.runAsUser=1001", "--set-string=image.tag=1.0"];
        assert_eq!(templated(helm, &out, "shop", &same), templated(helm, &out, "shop", &[]), "{helm}");
    }
}

/// As a part of another chart it is the same, and takes its values under its name.
#[test]
fn a_chart_can_have_it_as_a_part() {
    let folder = rendered();
    let whole = tempfile::tempdir().unwrap();
    crate::folders::copy(&folder.path().join("out/chart"), &whole.path().join("chart/charts/shop"));
    put(&whole.path().join("chart/Chart.yaml"), "{apiVersion: v2, name: whole, version: 1.0.0}\n");
    put(&whole.path().join("chart/values.yaml"), "global: {a: b}\nshop: {schedules: {nightly: {suspend: true}}}\n");
    for helm in HELMS {
        let alone = templated(helm, &folder.path().join("out"), "shop", &["--set=schedules.nightly.suspend=true"]);
        assert_eq!(templated(helm, whole.path(), "shop", &[]), alone, "{helm}");
    }
}

/// Returns what experiments are and what accounts may do, of all objects.
fn compiled(objects: &[Value]) -> Vec<[&Value; 4]> {
    objects
        .iter()
        .filter(|object| object["kind"] == "ConfigMap" || object["kind"].as_str().unwrap().contains("Role"))
        .map(|object| [&object["data"], &object["rules"], &object["roleRef"], &object["subjects"]])
        .collect()
}

/// Returns the leaves that differ, one a line, and the objects that came and went.
fn changes(before: &[Value], after: &[Value]) -> String {
    let by_identity = |objects: &[Value]| -> BTreeMap<String, Value> {
        // A Job that runs again has another name: it is shown beside the one it was.
        let key = |object: &Value| match object["kind"].as_str() {
            Some("Job") => identity(object).rsplit_once('-').unwrap().0.to_owned() + "-…",
            _ => identity(object),
        };
        objects.iter().map(|object| (key(object), object.clone())).collect()
    };
    let (before, after) = (by_identity(before), by_identity(after));
    let mut lines = String::new();
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        match (before.get(key), after.get(key)) {
            (Some(was), Some(is)) if was != is => {
                lines.push_str(&format!("  {key}\n"));
                let (was, is) = (leaves(was), leaves(is));
                for path in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
                    let show = |leaves: &BTreeMap<String, Value>| {
                        leaves.get(path).map_or("nothing".to_owned(), Value::to_string)
                    };
                    if was.get(path) != is.get(path) {
                        lines.push_str(&format!("    {path}: {} -> {}\n", show(&was), show(&is)));
                    }
                }
            }
            (Some(_), None) => lines.push_str(&format!("  {key}: gone\n")),
            (None, Some(is)) => {
                let metadata = &is["metadata"];
                let (labels, annotations) = (&metadata["labels"], &metadata["annotations"]);
                lines.push_str(&format!("  {key}: new\n    labels {labels}\n    annotations {annotations}\n"));
            }
            _ => {}
        }
    }
    lines
}

fn leaves(value: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                open.extend(entries.iter().map(|(key, value)| (format!("{path}/{}", key.replace('/', "~1")), value)));
            }
            Value::Array(items) if !items.is_empty() => {
                open.extend(items.iter().enumerate().map(|(index, value)| (format!("{path}/{index}"), value)));
            }
            other => _ = found.insert(path, other.clone()),
        }
    }
    found
}

/// A Job of a release with other values has another name, and the pod that the values say; its own name stays as long.
#[test]
fn a_job_that_runs_once_runs_again_with_other_values() {
    let folder = rendered();
    let out = folder.path().join("out");
    let job = |values: &[&str]| -> Value {
        let objects = templated(HELMS[0], &out, "shop", &arguments(values));
        objects.into_iter().find(|object| object["kind"] == "Job").unwrap()
    };
    let name = |job: &Value| job["metadata"]["name"].as_str().unwrap().to_owned();
    let compiled = job(&[]);
    let given = job(&[r#"image.tag="1.1""#]);
    assert_ne!(name(&given), name(&compiled));
    assert_eq!(name(&given).len(), name(&compiled).len());
    assert_eq!(given.pointer("/spec/template/spec/containers/0/image"), Some(&json!("registry.example/chaos:1.1")));
    assert_eq!(name(&given), name(&job(&[r#"image.tag="1.1""#])), "the same values, the same name");
    // What is not of its pod does not make it run again.
    for value in
        [r#"labels={"a":"b"}"#, r"schedules.nightly.suspend=true", r#"pod.serviceAccountAnnotations={"a":"b"}"#]
    {
        assert_eq!(name(&job(&[value])), name(&compiled), "{value}");
    }
    let notes = fs::read_to_string(Path::new(&out).join("chart/templates/NOTES.txt")).unwrap();
    assert!(notes.contains("another one because values change its pod"), "{notes}");
}
