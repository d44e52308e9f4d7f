//! Real clients read what was rendered: kubectl, PyYAML, Chaos Toolkit's own `validate`.

use std::fs;
use std::path::Path;
use std::process::Command;

use chaosc::source::yaml::{self, Dialect};
use serde_json::Value;

use crate::folders::{copy, project};
use crate::tools::{chaosc, succeed, tool};

/// Reads YAML documents as the cluster does; that reader is tested against Go's in `readers`.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let (documents, errors) = yaml::read(text, Dialect::Kubernetes);
    assert!(errors.is_empty(), "{errors:?}");
    documents.iter().map(chaosc::source::tree::Node::to_json).collect()
}

/// Reads YAML documents as PyYAML does.
pub(crate) fn pyyaml(path: &Path) -> Vec<Value> {
    let python = tool("CHAOSC_TEST_PYTHON");
    let json = succeed(Command::new(python).arg(project("tests/clients/read.py")).arg(path));
    serde_json::from_str(&json).unwrap()
}

/// Returns what `kubectl kustomize` makes of a folder, as kubectl itself reads it.
pub(crate) fn kustomized(out: &Path) -> Vec<Value> {
    let text = succeed(Command::new(tool("CHAOSC_TEST_KUBECTL")).arg("kustomize").arg(out));
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    fs::write(file.path(), text).unwrap();
    labelled(file.path())
}

/// Returns the objects of a file as kubectl reads them, after it has put a label on each.
pub(crate) fn labelled(bundle: &Path) -> Vec<Value> {
    let mut kubectl = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    let text = succeed(kubectl.args(["label", "--local", "--output=json", "seen=yes", "-f"]).arg(bundle));
    serde_json::Deserializer::from_str(&text).into_iter().map(|object| object.unwrap()).collect()
}

/// The example, copied and rendered.
fn example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&project("example"), &folder.path().join("example"));
    fs::copy(project("chaos.toml.example"), folder.path().join("chaos.toml")).unwrap();
    succeed(chaosc(folder.path()).arg("render"));
    folder
}

#[test]
fn kubectl_reads_the_folder_as_the_bundle() {
    let folder = example();
    let bundle = labelled(&folder.path().join("out/bundle.yaml"));
    assert_eq!(kustomized(&folder.path().join("out")), bundle);
}

#[test]
fn pyyaml_reads_the_same_objects() {
    let folder = example();
    let path = folder.path().join("out/bundle.yaml");
    assert_eq!(pyyaml(&path), documents(&fs::read_to_string(&path).unwrap()));
}

/// kubectl's own machinery for objects takes every one of them.
#[test]
fn kubectl_labels_every_object() {
    let folder = example();
    let path = folder.path().join("out/bundle.yaml");
    let labelled = labelled(&path);
    assert_eq!(labelled.len(), documents(&fs::read_to_string(&path).unwrap()).len());
    assert!(labelled.iter().all(|object| object["metadata"]["labels"]["seen"] == "yes"));
}

#[test]
fn chaos_toolkit_accepts_every_experiment_and_reads_what_was_written() {
    let folder = example();
    let python = tool("CHAOSC_TEST_PYTHON");
    let chaos = python.with_file_name("chaos");
    let bundle = documents(&fs::read_to_string(folder.path().join("out/bundle.yaml")).unwrap());
    let mut count = 0;
    for object in bundle.iter().filter(|object| object["kind"] == "ConfigMap") {
        let Some(experiment) = object.pointer("/data/experiment.json").and_then(Value::as_str) else { continue };
        let name = object["metadata"]["labels"]["chaosc.dev/experiment"].as_str().unwrap();
        let path = folder.path().join(format!("{name}.json"));
        fs::write(&path, experiment).unwrap();
        succeed(
            Command::new(&chaos)
                .args(["--no-version-check", "--no-log-file", "validate"])
                .arg(&path)
                .current_dir(folder.path()),
        );
        let sources = folder.path().join("example/experiments");
        let source =
            ["yaml", "json"].iter().map(|end| sources.join(format!("{name}.{end}"))).find(|path| path.exists());
        let source = source.unwrap_or_else(|| panic!("{name} comes from a file of its name"));
        assert_eq!(vec![serde_json::from_str::<Value>(experiment).unwrap()], pyyaml(&source), "{name}");
        count += 1;
    }
    assert!(count >= 5, "the example has five experiments at least, found {count}");
}
