//! `tests/view/<case>/expected.*`: one change set in every output, without the colours. `CHAOSC_UPDATE=1` rewrites them:
//! then look at them.

mod cases;
mod document;
mod limits;

use std::fs;

use chaosc::diff::ChangeSet;
use chaosc::diff::view::{Format, view};

use crate::folders::{is_update, project, put};

/// The formats and the files that they are in.
const FORMATS: [(Format, &str); 4] = [
    (Format::Human, "expected.human.txt"),
    (Format::Summary, "expected.summary.txt"),
    (Format::Json, "expected.json"),
    (Format::Markdown, "expected.md"),
];

/// Returns the whole text of a change set.
fn whole(changes: &ChangeSet, format: Format) -> String {
    view(changes, format).collect()
}

/// Returns a text as a stream that is no terminal gets it.
fn without_colours(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once("\u{1b}[") {
        result.push_str(before);
        rest = escape.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m').unwrap();
    }
    result + rest
}

#[test]
fn every_output_is_as_written() {
    let mut wrong = Vec::new();
    for (name, changes) in cases::all() {
        // What is too large for a comment is too large to be kept four times.
        let is_large = changes.changes.len() > 1_000;
        for (format, file) in FORMATS.iter().filter(|(format, _)| !is_large || *format == Format::Markdown) {
            let path = project(&format!("tests/view/{name}/{file}"));
            let text = without_colours(&whole(&changes, *format));
            let before = fs::read_to_string(&path).unwrap_or_default();
            if before != text {
                if is_update() {
                    put(&path, &text);
                } else {
                    wrong.push(format!("{}: expected\n{before}\nfound\n{text}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`CHAOSC_UPDATE=1` rewrites the expectations", wrong.join("\n"));
}

#[test]
fn every_expectation_has_a_case() {
    let mut names: Vec<String> = cases::all().into_iter().map(|(name, _)| name.to_owned()).collect();
    names.sort();
    let kept: Vec<String> = crate::folders::cases("tests/view")
        .into_iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(kept, names);
}

#[test]
fn the_same_changes_give_the_same_bytes() {
    for (name, changes) in cases::all() {
        for (format, _) in FORMATS {
            assert_eq!(whole(&changes, format), whole(&changes.clone(), format), "{name} {format:?}");
        }
    }
}

/// Only the colours that are ours reach the terminal, and nothing that reorders or hides a part of a line.
#[test]
fn nothing_acts_on_the_terminal() {
    let changes: ChangeSet = cases::hostile();
    for (format, _) in FORMATS {
        let text = without_colours(&whole(&changes, format));
        let acts = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}'));
        assert_eq!(text.matches(acts).collect::<String>(), "", "{format:?}");
    }
}
