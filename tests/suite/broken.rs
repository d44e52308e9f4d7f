//! Broken input: `tests/broken/chaos/*`, `tests/broken/experiment/*`, `tests/broken/manifest/*`.
//!
//! Each file is named after its fault and takes the place of a sound one. What is said about it, as code and place, stands
//! in `tests/broken/said.txt`; `CHAOSC_UPDATE=1` rewrites it. `mutations.rs` breaks the example at random, `special.rs`
//! puts pipes, devices and links where files are expected, `limits.rs` takes memory away.

mod limits;
mod mutations;
mod special;

use std::fs;
use std::path::{Path, PathBuf};

use chaosc::check;
use chaosc::diagnostic::Diagnostic;
use chaosc::source::Source;

use crate::folders::{is_update, project, put};
use crate::invariants::{self, Fate};

/// A chaos.toml without a fault, if its files have none; the app and the experiment are the starter's.
pub(crate) fn sound(experiment: &str, manifest: &str) -> String {
    format!(
        "name = \"go-app\"\n\n[namespace]\nname = \"go-app\"\n\n\
         [[apps]]\nname = \"go-app\"\nmanifests = [\"{manifest}\"]\n\n\
         [[experiments]]\nname = \"x\"\nfile = \"{experiment}\"\n\n\
         [[schedules]]\nexperiments = [\"x\"]\nonce = true\n"
    )
}

/// Writes the sound chaos.toml and its files into a folder.
pub(crate) fn put_sound(folder: &Path) {
    put(&folder.join("chaos.toml"), sound("x.yaml", "app.yaml"));
    let starter = project("templates/starter");
    put(&folder.join("x.yaml"), fs::read(starter.join("experiments/terminate-pod.yaml")).unwrap());
    put(&folder.join("app.yaml"), fs::read(starter.join("app/go-app.yaml")).unwrap());
}

/// Returns the broken files of one kind, sorted.
fn files(kind: &str) -> Vec<PathBuf> {
    let folder = project("tests/broken").join(kind);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_they_replace_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    put_sound(folder.path());
    let source = Source::read(&folder.path().join("chaos.toml")).unwrap();
    assert_eq!(invariants::judge(&source), Fate::Rendered);
}

#[test]
fn every_broken_file_is_refused_with_a_place() {
    let mut said = String::new();
    let mut accepted = Vec::new();
    for (kind, least) in [("chaos", 40), ("experiment", 40), ("manifest", 30)] {
        let files = files(kind);
        assert!(files.len() >= least, "only {} of {kind}", files.len());
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap();
            let broken = if kind == "chaos" { "chaos.toml" } else { name };
            let folder = tempfile::tempdir().unwrap();
            put_sound(folder.path());
            match kind {
                "experiment" => put(&folder.path().join("chaos.toml"), sound(name, "app.yaml")),
                "manifest" => put(&folder.path().join("chaos.toml"), sound("x.yaml", name)),
                _ => {}
            }
            put(&folder.path().join(broken), fs::read(&file).unwrap());
            let source = Source::read(&folder.path().join("chaos.toml")).unwrap();
            if invariants::judge(&source) == Fate::Rendered {
                accepted.push(format!("{kind}/{name}"));
                continue;
            }
            said.extend([kind, "/", name, "\n", &about(&source, broken)]);
        }
    }
    assert!(accepted.is_empty(), "no fault was found in {accepted:?}");
    let path = project("tests/broken/said.txt");
    if is_update() {
        fs::write(&path, &said).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), said, "`CHAOSC_UPDATE=1` rewrites it");
}

/// Returns the codes and places of what is said, the first few of each; at least one is an error in the broken file.
fn about(source: &Source, broken: &str) -> String {
    let diagnostics = check::check(source).diagnostics;
    let is_here = |one: &Diagnostic| source.file(source.resolve(&one.place).0).path == broken;
    assert!(
        diagnostics.iter().any(|one| one.is_error() && is_here(one)),
        "nothing is said in {broken}: {diagnostics:#?}"
    );
    let mut lines: Vec<String> = diagnostics
        .iter()
        .map(|one| {
            let (line, column) = source.line_column(&one.place);
            let file = &source.file(source.resolve(&one.place).0).path;
            format!("  {}:{line}:{column} {}[{}]\n", file, one.code.severity(), one.code)
        })
        .collect();
    if lines.len() > 4 {
        let more = lines.split_off(3).len();
        lines.push(format!("  and {more} more\n"));
    }
    lines.concat()
}
