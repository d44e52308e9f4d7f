//! The completion scripts, in the real shells: what a Tab offers in bash and fish, and that zsh takes its script. `PowerShell`
//! and elvish are not asked, only read.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory;

use crate::folders::put;
use crate::tools::{in_time, run};

/// A line up to the Tab, and what is offered for its last word.
const CASES: [(&str, &[&str]); 4] = [
    ("chaosc d", &["delete", "diff"]),
    ("chaosc diff --form", &["--format"]),
    ("chaosc diff --format ", &["human", "json", "markdown", "summary"]),
    ("chaosc schema e", &["experiment"]),
];

/// Returns a folder with the script of a shell.
fn script(shell: &str, file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (code, script, err) = run(folder.path(), &["completions", shell]);
    assert_eq!((code, err.as_str()), (0, ""), "{shell}");
    put(&folder.path().join(file), script);
    folder
}

/// Runs a program of a shell and returns its output; a minute is long for a Tab.
fn shell(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.arg("60").args(arguments).current_dir(folder).env("HOME", folder).env("TERM", "dumb");
    let (code, out, err) = in_time(&mut command);
    assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}\n{out}");
    out
}

fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words
}

#[test]
fn every_shell_has_all_commands_and_options() {
    let mut program = chaosc::cli::Cli::command();
    program.build();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let folder = script(shell, "script");
        let script = fs::read_to_string(folder.path().join("script")).unwrap();
        for command in program.get_subcommands() {
            assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            for option in command.get_arguments().filter_map(|argument| argument.get_long()) {
                assert!(script.contains(option), "{shell}: {} --{option}", command.get_name());
            }
        }
    }
}

#[test]
fn bash_offers_what_there_is() {
    let folder = script("bash", "chaosc.bash");
    shell(folder.path(), &["bash", "-n", "chaosc.bash"]);
    let asked = "source chaosc.bash
        function=$(complete -p chaosc | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
        COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
        $function chaosc \"${COMP_WORDS[-1]}\" \"${COMP_WORDS[-2]}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    for (line, expected) in CASES {
        let words: Vec<&str> = line.split(' ').collect();
        let out = shell(folder.path(), &[&["bash", "-c", asked, "bash"], words.as_slice()].concat());
        assert_eq!(sorted(out.lines()), expected, "{line}");
    }
}

#[test]
fn fish_offers_what_there_is() {
    let folder = script("fish", "chaosc.fish");
    for (line, expected) in CASES {
        let out = shell(folder.path(), &["fish", "-c", "source chaosc.fish; complete -C $argv[1]", line]);
        let words = out.lines().map(|line| line.split('\t').next().unwrap());
        assert_eq!(sorted(words), expected, "{line}");
    }
}

#[test]
fn zsh_takes_the_script() {
    let folder = script("zsh", "_chaosc");
    shell(folder.path(), &["zsh", "-n", "_chaosc"]);
    // What it offers, it says at a terminal only; whose completion the file is, its first line says. A folder called `.` is
    // passed over.
    let asked =
        "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; autoload +X _chaosc; print $_comps[chaosc]";
    assert_eq!(shell(folder.path(), &["zsh", "-f", "-c", asked]), "_chaosc\n");
}
