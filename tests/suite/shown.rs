//! Paths in what is printed: as a person in the current folder would write them, and nothing else depends on it.

use std::path::Path;

use serde_json::Value;

use crate::folders::put;
use crate::tools::run;

/// A tree with a fault in each kind of file: `some/where/` holds chaos.toml, an experiment, and names manifests beside
/// its folder.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| put(&folder.path().join(path), text);
    put(
        "some/where/chaos.toml",
        "name = \"go-app\"\nnamee = 1\n[namespace]\nname = \"go-app\"\n\
         [[apps]]\nname = \"go-app\"\nmanifests = [\"./app\", \"../common/settings.yaml\"]\n\
         [[experiments]]\nfile = \"wait.yaml\"\n[[schedules]]\nexperiments = [\"wait\"]\nmanual = true\n",
    );
    put("some/where/wait.yaml", "title: wait\ndescription: d\nmetod: []\n");
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\ndta: {}\n";
    put("some/where/app/a.yaml", &settings.replace("NAME", "a"));
    put("some/common/settings.yaml", &settings.replace("NAME", "b"));
    folder
}

/// Runs `check` in a folder of the tree and returns the files that it names, and the rest of what it says.
fn said(folder: &Path, file: &str) -> (Vec<String>, Vec<Value>) {
    let (code, out, _) = run(folder, &["check", "--format", "json", "-f", file]);
    assert_eq!(code, 1, "{out}");
    let mut lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let files = lines.iter_mut().map(|line| line["file"].take().as_str().unwrap().to_owned()).collect();
    (files, lines)
}

#[test]
fn paths_begin_in_the_current_folder() {
    let tree = tree();
    let absolute = tree.path().join("some/where").display().to_string();
    let cases = [
        (".", "some/where/chaos.toml", "some/where/"),
        (".", "./some/where/chaos.toml", "some/where/"),
        ("some", "where/chaos.toml", "where/"),
        ("some/where", "chaos.toml", ""),
        ("some/where", "./chaos.toml", ""),
        ("some/where/app", "../chaos.toml", "../"),
        ("some/common", &format!("{absolute}/chaos.toml"), &format!("{absolute}/")),
    ];
    for (current, file, prefix) in cases {
        let (files, _) = said(&tree.path().join(current), file);
        let expected =
            ["chaos.toml", "app/a.yaml", "../common/settings.yaml", "wait.yaml"].map(|path| format!("{prefix}{path}"));
        assert_eq!(files, expected, "in {current}, -f {file}");
    }
}

#[test]
fn only_the_paths_differ_between_folders() {
    let tree = tree();
    let (_, expected) = said(&tree.path().join("some/where"), "chaos.toml");
    for (current, file) in [(".", "some/where/chaos.toml"), ("some/common", "../where/chaos.toml")] {
        assert_eq!(said(&tree.path().join(current), file).1, expected, "in {current}, -f {file}");
    }
}

#[test]
fn the_paths_that_are_shown_lead_to_the_files() {
    let tree = tree();
    for (current, file) in [(".", "some/where/chaos.toml"), ("some/where/app", "../chaos.toml")] {
        let current = tree.path().join(current);
        for path in said(&current, file).0 {
            assert!(current.join(&path).is_file(), "{path}");
        }
    }
}
