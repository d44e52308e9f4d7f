//! The chart: what the real Helm, both versions of it, makes of what was rendered.

mod values;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::clients::documents;
use crate::folders::{cases, project, put};
use crate::tools::{parts, run, succeed, tool};

/// The variables that tell where Helm 3 and Helm 4 are.
pub(crate) const HELMS: [&str; 2] = ["CHAOSC_TEST_HELM", "CHAOSC_TEST_HELM4"];

/// Returns the program, with a home of its own: it keeps registries and plugins there.
fn helm(variable: &str, home: &Path) -> Command {
    let mut command = Command::new(tool(variable));
    command.env_clear().env("HOME", home);
    command
}

/// Returns what `helm template` makes of the chart in an output folder, and its exit code and error.
fn template(variable: &str, out: &Path, namespace: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = helm(variable, out);
    command.args(["template", "release"]).arg(out.join("chart")).args(["--include-crds", "--namespace", namespace]);
    parts(command.args(arguments).output().unwrap())
}

/// Returns the objects of `helm template`, sorted.
pub(crate) fn templated(variable: &str, out: &Path, namespace: &str, arguments: &[&str]) -> Vec<Value> {
    let (code, text, error) = template(variable, out, namespace, arguments);
    assert_eq!(code, 0, "{variable} {arguments:?}: {error}");
    sorted(documents(&text))
}

fn sorted(mut objects: Vec<Value>) -> Vec<Value> {
    objects.retain(|object| !object.is_null());
    objects.sort_by_key(identity);
    objects
}

/// Returns what tells an object from others.
fn identity(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let parts = [text("/apiVersion"), text("/kind"), text("/metadata/namespace"), text("/metadata/name")];
    parts.join(" ")
}

/// Renders a case again, chart and all, and returns the folder and the name of its namespace.
fn rendered(case: &Path) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in crate::render::rendered(case) {
        put(&folder.path().join(path), text);
    }
    let config: toml::Table = fs::read_to_string(case.join("chaos.toml")).unwrap().parse().unwrap();
    (folder, config["namespace"]["name"].as_str().unwrap().to_owned())
}

/// Returns the objects of `bundle.yaml`, and those of them that the chart leaves out: its own namespace.
fn bundle(out: &Path, namespace: &str) -> (Vec<Value>, Vec<Value>) {
    let objects = sorted(documents(&fs::read_to_string(out.join("bundle.yaml")).unwrap()));
    let is_own = |object: &Value| object["kind"] == "Namespace" && object["metadata"]["name"] == namespace;
    let (own, rest): (Vec<Value>, Vec<Value>) = objects.into_iter().partition(is_own);
    (rest, own)
}

fn holds(out: &Path, namespace: &str) {
    let (objects, mut own) = bundle(out, namespace);
    for helm in HELMS {
        assert_eq!(templated(helm, out, namespace, &[]), objects, "{helm}");
        if own.is_empty() {
            let (code, _, error) = template(helm, out, namespace, &["--set=namespace.create=true"]);
            assert_ne!(code, 0, "{helm}: a namespace of somebody else is nothing to decide on");
            assert!(error.contains("namespace"), "{error}");
        }
    }
    if let Some(namespace_of_ours) = own.first_mut() {
        namespace_of_ours["metadata"]["annotations"]["helm.sh/resource-policy"] = "keep".into();
        let with: Vec<Value> = sorted(objects.into_iter().chain(own).collect());
        for helm in HELMS {
            assert_eq!(templated(helm, out, namespace, &["--set=namespace.create=true"]), with, "{helm}");
        }
    }
}

#[test]
fn every_case_gives_its_bundle() {
    for case in cases("tests/render") {
        let (folder, namespace) = rendered(&case);
        holds(folder.path(), &namespace);
    }
}

#[test]
fn the_example_gives_its_bundle() {
    holds(&project("out"), "go-app");
}

/// A bundle may bring its own namespace among an app's manifests; the chart treats it as the one that chaosc makes.
#[test]
fn a_namespace_that_an_app_brings_is_left_to_the_release() {
    let folder = tempfile::tempdir().unwrap();
    let config = "name = \"shop\"\n[namespace]\nname = \"shop\"\ncreate = false\n[[apps]]\nname = \"shop\"\nmanifests = [\"app.yaml\"]\n";
    put(&folder.path().join("chaos.toml"), config);
    let own = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: \"{{ shop }}\"}}\n";
    let other = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"{{ .Values }}\"}\n";
    put(&folder.path().join("app.yaml"), format!("{}{other}", own.replace("{{ shop }}", "shop")));
    assert_eq!(run(folder.path(), &["render"]).0, 0);
    holds(&folder.path().join("out"), "shop");
}

#[test]
fn helm_finds_nothing_to_say_of_a_chart() {
    for case in ["once", "pod-settings", "custom-resources", "namespace-alone", "image-digest"] {
        let (folder, namespace) = rendered(&project("tests/render").join(case));
        for variable in HELMS {
            for namespace in ["default", &namespace] {
                let mut command = helm(variable, folder.path());
                command.args(["lint", "--strict", "--namespace", namespace]).arg(folder.path().join("chart"));
                let said = succeed(&mut command);
                let found: Vec<&str> = said.lines().filter(|line| line.starts_with('[')).collect();
                assert_eq!(found, ["[INFO] Chart.yaml: icon is recommended"], "{variable} {case}");
            }
        }
    }
}

#[test]
fn a_release_elsewhere_is_stopped() {
    for helm in HELMS {
        let (code, out, error) = template(helm, &project("out"), "default", &[]);
        assert_eq!((code, out.as_str()), (1, ""), "{helm}");
        let said = "this chart is compiled for the namespace go-app, and the release is in default: give --namespace go-app, or change [namespace] in chaos.toml and render again";
        assert!(error.contains(said), "{error}");
    }
}

/// Where nothing of ours runs there is nothing to set.
#[test]
fn a_chart_without_schedules_has_no_values_of_pods() {
    let (folder, namespace) = rendered(&project("tests/render/namespace-alone"));
    for helm in HELMS {
        for value in ["image.tag=x", "pod.runAsUser=5", "labels.a=b"] {
            let (code, _, error) = template(helm, folder.path(), &namespace, &["--set", value]);
            assert_ne!(code, 0, "{helm} {value}: {error}");
        }
    }
}

/// Helm would say it only at the install, after everything was pushed.
#[test]
fn a_chart_that_helm_cannot_install_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = "name = \"shop\"\n[namespace]\nname = \"shop\"\n".to_owned();
    let mut noise = 1_u64;
    for number in 0..6 {
        // Text that cannot be compressed much.
        let text: String = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{:x}", noise >> 20)
        })
        .take(20_000)
        .collect();
        let experiment = serde_json::json!({"title": "t", "description": text, "method": []});
        put(&folder.path().join(format!("e{number}.json")), experiment.to_string());
        config += &format!(
            "[[experiments]]\nfile = \"e{number}.json\"\n[[schedules]]\nexperiments = [\"e{number}\"]\nmanual = true\n"
        );
    }
    put(&folder.path().join("chaos.toml"), config);
    let said = "warning: Helm cannot install `out/chart`: it keeps a record of each release in a Secret, and this one would have more than 1 MiB\n\
                help: apply the bundle with `chaosc apply`, kubectl, Argo CD or Flux, or split chaos.toml into several bundles\n";
    let (code, _, error) = run(folder.path(), &["render"]);
    assert!(code == 0 && error.contains(said), "{error}");
    assert_eq!(run(folder.path(), &["--quiet", "render"]), (0, String::new(), String::new()));
}

/// Helm takes what lies in the folder, so a review of what is rendered has to see it.
#[test]
fn a_file_of_somebody_else_in_the_chart_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["init", "-q"]).0, 0);
    assert_eq!(run(folder.path(), &["render", "-q"]).0, 0);
    put(&folder.path().join("out/manifests/readme.txt"), "kustomize lists what it takes");
    assert_eq!(run(folder.path(), &["render", "--check"]).0, 0);
    put(&folder.path().join("out/chart/templates/more.yaml"), "{apiVersion: v1, kind: Secret, metadata: {name: x}}");
    let (code, out, _) = run(folder.path(), &["render", "--check"]);
    assert_eq!((code, out.as_str()), (2, "foreign: out/chart/templates/more.yaml\n"));
    let (code, _, error) = run(folder.path(), &["render"]);
    let said = "warning: `out/chart/templates/more.yaml` is not of chaosc and was kept, and Helm takes it for a part of the chart\n";
    assert!(code == 0 && error.contains(said), "{error}");
}
