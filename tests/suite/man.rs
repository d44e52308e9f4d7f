//! `chaosc man`: pages that mandoc reads without a complaint, with all that the help has.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory;

use crate::folders::contents;
use crate::help_examples::examples;
use crate::tools::{parts, run, succeed};

/// Returns the commands in the order of the help.
fn commands() -> Vec<String> {
    chaosc::cli::Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Returns what a reader sees of a page, its lines joined.
fn seen(folder: &Path, text: &str) -> String {
    fs::write(folder.join("page.1"), text).unwrap();
    let mut mandoc = Command::new("mandoc");
    let (code, complaints, err) =
        parts(mandoc.args(["-Tlint", "-Wwarning", "page.1"]).current_dir(folder).output().unwrap());
    let complaints: Vec<&str> = complaints
        .lines()
        // A package without its repository has no day.
        .filter(|line| !line.contains("missing date"))
        // It looks for the other pages on this machine.
        .filter(|line| !line.contains("referenced manual not found"))
        .collect();
    assert!(complaints.is_empty(), "{code} {complaints:#?}{err}\n{text}");
    let mut mandoc = Command::new("mandoc");
    let shown = succeed(mandoc.args(["-Tascii", "-Owidth=200", "page.1"]).current_dir(folder));
    // Bold is a letter that is struck twice.
    let mut plain: Vec<char> = Vec::new();
    for letter in shown.chars() {
        if letter == '\u{8}' {
            plain.pop();
        } else {
            plain.push(letter);
        }
    }
    plain.into_iter().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_has_a_page_with_all_of_its_help() {
    let folder = tempfile::tempdir().unwrap();
    let examples = examples();
    let one = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "");
    for command in std::iter::once(None).chain(commands().into_iter().map(Some)) {
        let arguments: Vec<&str> = command.as_deref().into_iter().collect();
        let (code, text, err) = run(folder.path(), &[&["man"], arguments.as_slice()].concat());
        assert_eq!((code, err.as_str()), (0, ""));
        let page = seen(folder.path(), &text);
        let title =
            command.as_ref().map_or("CHAOSC(1)".to_owned(), |name| format!("CHAOSC-{}(1)", name.to_uppercase()));
        assert!(page.starts_with(&title), "{page}");
        assert!(page.contains(&format!("chaosc {}", env!("CARGO_PKG_VERSION"))), "{page}");

        let mut program = chaosc::cli::Cli::command();
        program.build();
        let this = command.as_ref().map_or(&program, |name| program.find_subcommand(name).unwrap());
        for option in this.get_arguments() {
            let name = option.get_long().map_or(option.get_id().to_string().to_uppercase(), |long| format!("--{long}"));
            assert!(page.to_uppercase().contains(&name.to_uppercase()), "{name}\n{page}");
            let help = option.get_help().unwrap().to_string();
            assert!(page.contains(&one(&help)) || help.contains("see more with"), "{help}\n{page}");
        }
        let about = this.get_long_about().or(this.get_about()).unwrap().to_string();
        assert!(page.contains(&one(&about)), "{about}\n{page}");
        for example in examples.iter().filter(|one| Some(&one.command) == command.as_ref()) {
            let line = example.line.split("  # ").next().unwrap().trim();
            assert!(page.contains(line), "{line}\n{page}");
        }
        for (code, meaning) in chaosc::cli::help::EXIT_CODES {
            assert!(page.contains(&one(&format!("{code} {meaning}"))), "{code}\n{page}");
        }
        let names = if command.is_none() { commands() } else { Vec::new() };
        assert!(names.iter().all(|name| page.contains(&format!("chaosc-{name}(1)"))), "{page}");
    }
}

#[test]
fn the_folder_gets_all_pages_and_keeps_what_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    for _ in 0..2 {
        let (code, out, err) = run(folder.path(), &["man", "--out", "share/man1"]);
        assert_eq!((code, out.as_str()), (0, ""));
        assert_eq!(err, format!("share/man1: {} pages written\n", commands().len() + 1));
    }
    let written = contents(&pages);
    let mut names: Vec<String> = commands().iter().map(|name| format!("chaosc-{name}.1")).collect();
    names.push("chaosc.1".to_owned());
    names.sort();
    assert_eq!(written.keys().cloned().collect::<Vec<_>>(), names);
    assert_eq!(written["chaosc-diff.1"], run(folder.path(), &["man", "diff"]).1.into_bytes());
    assert_eq!(pages.join("chaosc.1").metadata().unwrap().permissions().mode() & 0o044, 0o044);

    // A page by somebody else, and a folder in the place of one.
    fs::write(pages.join("chaosc.1"), "An older page.\n").unwrap();
    fs::write(pages.join("chaosc-init.1"), chaosc::cli::man::MARK).unwrap();
    fs::remove_file(pages.join("chaosc-diff.1")).unwrap();
    fs::create_dir(pages.join("chaosc-diff.1")).unwrap();
    let before = contents(&pages);
    let (code, _, err) = run(folder.path(), &["man", "--out", "share/man1"]);
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "error: nothing was written, because these are not written by chaosc: `share/man1/chaosc.1`, \
         `share/man1/chaosc-diff.1`\nhelp: name another folder, or move these files away\n"
    );
    assert_eq!(contents(&pages), before);
    assert_eq!(run(folder.path(), &["man", "diff", "--out", "x"]).0, 64);
    assert_eq!(run(folder.path(), &["man", "nothing"]).0, 64);
}
