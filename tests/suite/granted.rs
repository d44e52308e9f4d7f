//! `chaosc permissions`, in every format: `tests/granted/<case>/expected.*` for a project, and for the example.
//! `CHAOSC_UPDATE=1` rewrites them: then look at them.

mod live;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::folders::{cases, is_update, project, put};
use crate::tools::run;

const FORMATS: [(&str, &str); 3] =
    [("human", "expected.human.txt"), ("json", "expected.json"), ("markdown", "expected.md")];

/// Compares texts with the files that hold them, all in one go.
fn compare(texts: &[(std::path::PathBuf, String)]) {
    let mut wrong = Vec::new();
    for (path, text) in texts {
        let before = fs::read_to_string(path).unwrap_or_default();
        if before != *text {
            if is_update() {
                put(path, text);
            } else {
                wrong.push(format!("{}: expected\n{before}\nfound\n{text}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`CHAOSC_UPDATE=1` rewrites the expectations", wrong.join("\n"));
}

fn printed(folder: &Path, file: &str, format: &str) -> String {
    let (code, out, err) = run(folder, &["permissions", "-f", file, "--format", format]);
    assert_eq!(code, 0, "{err}");
    out
}

#[test]
fn every_format_is_as_written() {
    let mut texts = Vec::new();
    for case in cases("tests/granted").into_iter().filter(|case| case.join("chaos.toml").exists()) {
        for (format, file) in FORMATS {
            texts.push((case.join(file), printed(&case, "chaos.toml", format)));
        }
    }
    for (format, file) in FORMATS {
        let path = project("tests/granted/example").join(file);
        texts.push((path, printed(&project(""), "chaos.toml.example", format)));
    }
    compare(&texts);
}

/// What a reviewer reads in the bundle is what the command prints.
#[test]
fn the_page_of_the_bundle_is_the_markdown() {
    let committed = fs::read_to_string(project("out/permissions.md")).unwrap();
    assert_eq!(printed(&project(""), "chaos.toml.example", "markdown"), committed);
}

/// The page names no line: a comment that moves them must not make a committed bundle stale.
#[test]
fn a_comment_changes_the_lines_and_not_the_page() {
    let folder = tempfile::tempdir().unwrap();
    crate::folders::copy(&project("tests/granted/dangerous"), folder.path());
    let page = printed(folder.path(), "chaos.toml", "markdown");
    let lines = printed(folder.path(), "chaos.toml", "json");
    let kill = folder.path().join("kill.yaml");
    put(&kill, format!("# A comment.\n{}", fs::read_to_string(&kill).unwrap()));
    assert_eq!(printed(folder.path(), "chaos.toml", "markdown"), page);
    let line = |text: &str| {
        let document: Value = serde_json::from_str(text).unwrap();
        let grants = document["accounts"][0]["grants"].as_array().unwrap();
        let reasons = grants.iter().flat_map(|grant| grant["reasons"].as_array().unwrap());
        reasons.filter(|reason| reason["file"] == "kill.yaml").map(|reason| reason["line"].as_u64().unwrap()).min()
    };
    assert_eq!(line(&printed(folder.path(), "chaos.toml", "json")), line(&lines).map(|line| line + 1));
}

#[test]
fn colour_is_for_people() {
    let root = project("tests/granted/dangerous");
    let coloured = |format: &str| {
        let (_, out, _) = run(&root, &["permissions", "--color", "always", "--format", format]);
        out.contains('\u{1b}')
    };
    assert!(coloured("human") && !coloured("json") && !coloured("markdown"));
}

#[test]
fn a_wrong_file_is_no_plan() {
    let (code, out, err) = run(&project("tests/readme"), &["permissions"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("unknown-key"), "{err}");
}
