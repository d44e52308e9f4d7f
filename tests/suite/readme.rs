//! The README and the pages say what the program does. `CHAOSC_UPDATE=1` rewrites the parts between the markers.

use std::fs;
use std::process::Command;

use clap::CommandFactory;

use crate::folders::{copy, is_update, project};
use crate::tools::{run, succeed, tool};

/// Writes what a command prints between a page's marker and the end, and compares.
fn compare(page: &str, marker: &str, printed: &str) {
    let path = project(page);
    let before = fs::read_to_string(&path).unwrap();
    let open = format!("<!-- {marker} -->\n");
    let start = before.find(&open).unwrap_or_else(|| panic!("{page} has no marker `{marker}`")) + open.len();
    let end = start + before[start..].find("<!-- end -->").unwrap();
    let after = format!("{}```text\n{}\n```\n{}", &before[..start], printed.trim_end(), &before[end..]);
    if is_update() {
        fs::write(&path, &after).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), after, "`CHAOSC_UPDATE=1` rewrites it");
}

#[test]
fn the_outputs_are_those_of_the_program() {
    let (code, check, _) = run(&project("tests/readme"), &["check"]);
    assert_eq!(code, 1);
    compare("docs/check.md", "chaosc check, in tests/readme", &check);
    let (code, permissions, _) = run(&project(""), &["permissions", "-f", "chaos.toml.example"]);
    assert_eq!(code, 0);
    let section = permissions.split("\n\n").find(|section| section.contains("schedule on-release")).unwrap();
    compare("README.md", "chaosc permissions -f chaos.toml.example, on-release", section);
    let diff = fs::read_to_string(project("tests/diff/readme/expected.txt")).unwrap();
    compare("docs/diff.md", "chaosc diff, in tests/diff/readme", &diff);
}

#[test]
fn the_picture_is_what_the_program_prints() {
    let path = project("docs/pictures/terminal.svg");
    let mut script = Command::new(tool("CHAOSC_TEST_PYTHON"));
    let picture = succeed(script.arg(project("docs/pictures/make")).arg(env!("CARGO_BIN_EXE_chaosc")));
    if is_update() {
        fs::write(&path, &picture).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == picture, "`CHAOSC_UPDATE=1` rewrites it");
}

#[test]
fn the_table_lists_the_commands_that_exist() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `chaosc "));
    let listed: Vec<String> = rows.map(|row| row.split([' ', '`']).next().unwrap().to_owned()).collect();
    let command = chaosc::cli::Cli::command();
    let existing: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert_eq!(listed, existing);
}

/// The toml block at the top is the whole file that the text says it is.
#[test]
fn the_smallest_file_renders_without_a_word() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy(&project("templates/starter/experiments"), &folder.path().join("experiments"));
    fs::write(folder.path().join("chaos.toml"), block).unwrap();
    assert_eq!(run(folder.path(), &["check", "--deny-warnings"]), (0, String::new(), String::new()));
    let (code, _, err) = run(folder.path(), &["render"]);
    assert_eq!(code, 0, "{err}");
    for kind in ["namespace", "serviceaccount", "role", "configmap", "cronjob"] {
        let found = fs::read_dir(folder.path().join("out/manifests")).unwrap();
        let is_there = found.into_iter().any(|file| file.unwrap().file_name().to_string_lossy().starts_with(kind));
        assert!(is_there, "no {kind}");
    }
}
