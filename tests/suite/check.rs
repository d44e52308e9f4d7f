//! `tests/check/*`: annotated sources. Above each line that has a problem stands a comment with what `check` says:
//!
//! ```toml
//! #! error[unknown-key] 1: unknown key `nmae` in experiment 1
//! #!   help: did you mean `name`?
//! nmae = "x"
//! ```
//!
//! The number is the column; `label` in place of the severity marks another place that a problem points at.
//! `CHAOSC_UPDATE=1` rewrites the comments. Problems in files that take no comments stand in the case's `expected.txt`;
//! a file `large.txt` lists files to be made, with their sizes in bytes. What a case leaves out comes from the starter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use chaosc::check;
use chaosc::commands::STARTER;
use chaosc::diagnostic::{Code, Diagnostic};
use chaosc::source::Source;
use chaosc::source::address::Place;

use crate::folders::{cases, copy, is_update, put};

const MARK: &str = "#!";

#[test]
fn every_problem_is_said_in_its_place() {
    let mut wrong = Vec::new();
    for case in cases("tests/check") {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in STARTER {
            if !case.join(path).exists() {
                put(&folder.path().join(path), text);
            }
        }
        copy(&case, folder.path());
        prepare(folder.path());
        let source = Source::read(&folder.path().join("chaos.toml")).unwrap();
        for (path, text) in expectations(&case, &source, &check::check(&source).diagnostics) {
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

/// Returns the files of a case as they have to be: annotated, or `expected.txt`.
fn expectations(case: &Path, source: &Source, diagnostics: &[Diagnostic]) -> BTreeMap<String, String> {
    let remarks: Vec<Remark> = diagnostics.iter().flat_map(|one| remarks(source, one)).collect();
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    let mut rest = String::new();
    for file in &source.files {
        let here: Vec<&Remark> = remarks.iter().filter(|remark| remark.file == file.path).collect();
        if takes_comments(&file.path) && fs::read_to_string(case.join(&file.path)).is_ok() {
            expected.insert(file.path.clone(), annotate(&file.text, &here));
        } else {
            for Remark { file, line, column, what, message, help } in here {
                rest.push_str(&format!("{file}:{line}:{column}: {what}: {message}\n"));
                rest.extend(help.iter().map(|help| format!("  help: {help}\n")));
            }
        }
    }
    if !rest.is_empty() || case.join("expected.txt").exists() {
        expected.insert("expected.txt".to_owned(), rest);
    }
    expected
}

/// Something that is said about one place.
struct Remark<'d> {
    file: String,
    line: usize,
    column: usize,
    what: String,
    message: &'d str,
    help: &'d [String],
}

/// Returns what a diagnostic says: about its own place, then about those of its labels.
fn remarks<'d>(source: &Source, one: &'d Diagnostic) -> Vec<Remark<'d>> {
    let remark = |place: &Place, what: &str, message: &'d str, help: &'d [String]| {
        let (line, column) = source.line_column(place);
        let file = source.file(source.resolve(place).0).path.clone();
        Remark { file, line, column, what: format!("{what}[{}]", one.code), message, help }
    };
    let mut remarks = vec![remark(&one.place, &one.code.severity().to_string(), &one.message, &one.help)];
    remarks.extend(one.labels.iter().map(|(place, words)| remark(place, "label", words, &[])));
    remarks
}

/// Puts each remark above its line; one at the very end stands on a line that is not there.
fn annotate(text: &str, remarks: &[&Remark]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut result = String::new();
    for (index, line) in lines.iter().copied().chain([""]).enumerate() {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        for remark in remarks.iter().filter(|remark| remark.line.min(lines.len() + 1) == index + 1) {
            if !result.is_empty() && !result.ends_with('\n') {
                result.push('\n');
            }
            let Remark { column, what, message, help, .. } = remark;
            result.push_str(&format!("{indent}{MARK} {what} {column}: {message}\n"));
            result.extend(help.iter().map(|help| format!("{indent}{MARK}   help: {help}\n")));
        }
        result.push_str(line);
    }
    result
}
