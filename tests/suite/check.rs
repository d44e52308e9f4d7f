//! `tests/check/*`: annotated sources. Above each line that has a problem stands a comment with what `check` says:
//!
//! ```toml
//! #! error[unknown-key] 1: unknown key `nmae` in experiment 1
//! #!   help: did you mean `name`?
//! nmae = "x"
//! ```
//!
//! The number is the column. `CHAOSC_UPDATE=1` rewrites the comments. Problems in files that take no comments stand in
//! the case's `expected.txt`; a file `large.txt` lists files to be made, with their sizes in bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use chaosc::check;
use chaosc::diagnostic::{Code, Diagnostic};
use chaosc::source::Source;

use crate::folders::{cases, copy, is_update};

const MARK: &str = "#!";

#[test]
fn every_problem_is_said_in_its_place() {
    let mut wrong = Vec::new();
    for case in cases("tests/check") {
        let folder = tempfile::tempdir().unwrap();
        copy(&case, folder.path());
        prepare(folder.path());
        let source = Source::read(&folder.path().join("chaos.toml")).unwrap();
        let diagnostics = check::check(&source).diagnostics;
        let mut expected: BTreeMap<String, String> = BTreeMap::new();
        let mut rest = String::new();
        for file in &source.files {
            let here: Vec<&Diagnostic> =
                diagnostics.iter().filter(|one| source.file(source.resolve(&one.place).0).path == file.path).collect();
            if takes_comments(&file.path) && fs::read_to_string(folder.path().join(&file.path)).is_ok() {
                expected.insert(file.path.clone(), annotate(&source, &file.text, &here));
            } else {
                for one in here {
                    let (line, column) = source.line_column(&one.place);
                    rest.push_str(&format!("{}:{line}:{column}: {}", file.path, lines(one, "").join("\n")));
                    rest.push('\n');
                }
            }
        }
        if !rest.is_empty() || case.join("expected.txt").exists() {
            expected.insert("expected.txt".to_owned(), rest);
        }
        for (path, text) in expected {
            let path = case.join(path);
            let before = fs::read_to_string(&path).unwrap_or_default();
            if before != text {
                if is_update() {
                    fs::write(&path, &text).unwrap();
                } else {
                    wrong.push(format!("{}: expected\n{before}\nfound\n{text}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`CHAOSC_UPDATE=1` rewrites the expectations", wrong.join("\n"));
}

#[test]
fn every_code_has_a_fixture() {
    let mut seen = BTreeSet::new();
    for case in cases("tests/check") {
        for (_, bytes) in crate::folders::contents(&case) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let codes = text
                .lines()
                .filter(|line| line.contains(MARK) || line.contains(": error[") || line.contains(": warning["));
            for line in codes {
                if let Some((_, rest)) = line.split_once('[') {
                    seen.insert(rest.split(']').next().unwrap_or_default().to_owned());
                }
            }
        }
    }
    let missing: Vec<&str> = Code::ALL.iter().map(|code| code.name()).filter(|name| !seen.contains(*name)).collect();
    assert!(missing.is_empty(), "no case under tests/check shows {missing:?}");
}

/// Takes the annotations out, and makes the large files.
fn prepare(folder: &Path) {
    for (path, bytes) in crate::folders::contents(folder) {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if takes_comments(&path) {
            let kept: String = text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with(MARK)).collect();
            fs::write(folder.join(&path), kept).unwrap();
        }
    }
    let large = fs::read_to_string(folder.join("large.txt")).unwrap_or_default();
    for line in large.lines() {
        let (path, bytes) = line.split_once(' ').unwrap();
        let file = fs::File::create(folder.join(path)).unwrap();
        file.set_len(bytes.parse().unwrap()).unwrap();
    }
}

fn takes_comments(path: &str) -> bool {
    path.ends_with(".toml") || path.ends_with(".yaml") || path.ends_with(".yml")
}

/// Puts each problem above its line.
fn annotate(source: &Source, text: &str, diagnostics: &[&Diagnostic]) -> String {
    let mut result = String::new();
    let mut count = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        count = index + 1;
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        for one in diagnostics {
            let (at, column) = source.line_column(&one.place);
            if at == count {
                for said in lines(one, &format!("{column}: ")) {
                    result.push_str(&format!("{indent}{MARK} {said}\n"));
                }
            }
        }
        result.push_str(line);
    }
    // A problem at the very end stands on a line that is not there.
    for one in diagnostics.iter().filter(|one| source.line_column(&one.place).0 > count) {
        if !result.is_empty() && !result.ends_with('\n') {
            result.push('\n');
        }
        for said in lines(one, "end: ") {
            result.push_str(&format!("{MARK} {said}\n"));
        }
    }
    result
}

fn lines(one: &Diagnostic, column: &str) -> Vec<String> {
    let mut lines = vec![format!("{}[{}] {column}{}", one.code.severity(), one.code, one.message)];
    lines.extend(one.labels.iter().map(|(_, words)| format!("  label: {words}")));
    lines.extend(one.help.iter().map(|help| format!("  help: {help}")));
    lines
}
