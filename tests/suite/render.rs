//! `tests/render/<case>/`: a chaos.toml and the `out/` it gives. `CHAOSC_UPDATE=1` rewrites it.
//!
//! A case holds what a decision went into, and leaves out what follows from it:
//!
//! - `bundle.yaml` is the manifests in the order of `kustomization.yaml`, and `.chaosc` is the list of the files with
//!   their hashes. Both are held against the other files here, for each case.
//! - Of `chart/` the values are shown. What Helm makes of the rest is held against `bundle.yaml` in `chart`, for each case,
//!   and `out/` of the example shows a whole one.
//! - The runner is the same in every bundle. Its texts in the ConfigMap, which are held against `templates/runner/`
//!   here, are shown as `…`, and the hash in the ConfigMap's name, wherever it stands, as `RUNNER`. So a case changes
//!   when its own subject does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::clients::{documents, kustomized, labelled};
use crate::folders::{cases, contents, copy, is_update, project, put};
use crate::tools::run;

#[test]
fn every_case_gives_its_bundle() {
    let mut wrong = Vec::new();
    for case in cases("tests/render") {
        let found = shown(&rendered(&case));
        if is_update() {
            let _ = fs::remove_dir_all(case.join("out"));
            for (path, text) in &found {
                put(&case.join("out").join(path), text);
            }
            continue;
        }
        let expected: BTreeMap<String, String> = contents(&case.join("out"))
            .into_iter()
            .map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
            .collect();
        for path in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
            let text = |files: &BTreeMap<String, String>| files.get(path).cloned().unwrap_or("(no file)".to_owned());
            if expected.get(path) != found.get(path) {
                let (expected, found) = (text(&expected), text(&found));
                wrong.push(format!("{}/out/{path}: expected\n{expected}\nfound\n{found}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`CHAOSC_UPDATE=1` rewrites the expectations", wrong.join("\n"));
}

/// kustomize has its own mind about orders, file names and YAML; it has to take each folder as it is.
#[test]
fn kubectl_reads_the_folder_of_every_case_as_its_bundle() {
    for case in cases("tests/render") {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in rendered(&case) {
            put(&folder.path().join(path), text);
        }
        let bundle = labelled(&folder.path().join("bundle.yaml"));
        assert_eq!(kustomized(folder.path()), bundle, "{}", case.display());
    }
}

/// The files of `out/` as they were written, by their paths.
pub(crate) type Out = BTreeMap<String, String>;

/// Renders a case in a folder of its own and returns what was written.
pub(crate) fn rendered(case: &Path) -> Out {
    let folder = tempfile::tempdir().unwrap();
    copy(case, folder.path());
    let _ = fs::remove_dir_all(folder.path().join("out"));
    let (code, out, err) = run(folder.path(), &["render"]);
    assert_eq!(code, 0, "{}\n{out}{err}", case.display());
    let files = contents(&folder.path().join("out"));
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

/// Checks what follows from the rest, and returns the rest with the runner out of sight.
fn shown(out: &Out) -> Out {
    follows(out);
    let runner = out.keys().find_map(|path| runner_hash(path)).unwrap_or("no runner").to_owned();
    let mut shown = Out::new();
    for (path, text) in out {
        let is_of_the_chart = path.starts_with("chart/") && path != "chart/values.yaml";
        if path == "bundle.yaml" || path == ".chaosc" || is_of_the_chart {
            continue;
        }
        let text = if runner_hash(path).is_some() { without_texts(text) } else { text.clone() };
        let hide = |text: &str| text.replace(&format!("-chaos-runner-{runner}"), "-chaos-runner-RUNNER");
        shown.insert(hide(path), hide(&text));
    }
    shown
}

/// Returns the hash in the path of the runner's ConfigMap.
fn runner_hash(path: &str) -> Option<&str> {
    let (_, hash) = path.strip_prefix("manifests/configmap_")?.rsplit_once("-chaos-runner-")?;
    hash.strip_suffix(".yaml")
}

/// Shows the texts of the runner's ConfigMap as `…`, once they are known to be those of `templates/runner/`.
fn without_texts(text: &str) -> String {
    let object = documents(text).remove(0);
    let given: BTreeMap<String, Vec<u8>> = object["data"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, text)| (name.clone(), text.as_str().unwrap().as_bytes().to_vec()))
        .collect();
    assert!(given == contents(&project("templates/runner")), "the ConfigMap holds what is in templates/runner/");
    let (head, data) = text.split_once("\ndata:\n").unwrap();
    let names = data.lines().map(|line| format!("  {}: …\n", line.trim_start().split(": ").next().unwrap()));
    format!("{head}\ndata:\n{}", names.collect::<String>())
}

/// Holds `bundle.yaml` and `.chaosc` against the other files.
fn follows(out: &Out) {
    let kustomization = &documents(&out["kustomization.yaml"])[0];
    let listed: Vec<&str> =
        kustomization["resources"].as_array().into_iter().flatten().map(|path| path.as_str().unwrap()).collect();
    let manifests: BTreeSet<&str> =
        out.keys().map(String::as_str).filter(|path| path.starts_with("manifests/")).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), manifests, "kustomization.yaml lists every manifest");
    assert_eq!(listed.len(), manifests.len(), "kustomization.yaml lists each manifest once");
    let whole: String = listed.iter().map(|path| format!("---\n{}", out[*path])).collect();
    assert_eq!(out["bundle.yaml"], whole, "bundle.yaml is the manifests in the order of kustomization.yaml");
    let sums: BTreeMap<String, String> = out[".chaosc"]
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, path)| (path.to_owned(), sum.to_owned()))
        .collect();
    let right: BTreeMap<String, String> = out
        .iter()
        .filter(|(path, _)| *path != ".chaosc")
        .map(|(path, text)| (path.clone(), Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()))
        .collect();
    assert_eq!(sums, right, ".chaosc lists every other file with its hash");
}
