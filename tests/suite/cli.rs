//! The command line: help, exit codes, colour, formats. `CHAOSC_UPDATE=1` rewrites the help.

use std::fs;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use serde_json::Value;

use crate::folders::{copy, is_update, project, put};
use crate::tools::{chaosc, parts, run};

const BROKEN: &str = "name = \"go-app\"\nnamee = 1\n[namespace]\nname = \"go-app\"\n";

fn broken() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("chaos.toml"), BROKEN);
    folder
}

#[test]
fn the_help_of_every_command_is_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    let program = chaosc::cli::Cli::command();
    let commands = program.get_subcommands().map(|command| vec![command.get_name(), "--help"]);
    for arguments in std::iter::once(vec!["--help"]).chain(commands) {
        let (code, out, err) = run(folder.path(), &arguments);
        assert_eq!((code, err.as_str()), (0, ""));
        text.push_str(&format!("$ chaosc {}\n{out}\n", arguments.join(" ")));
    }
    let path = project("tests/cli/help.txt");
    if is_update() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "`CHAOSC_UPDATE=1` rewrites it");
}

#[test]
fn exit_codes_tell_what_happened() {
    let folder = broken();
    let code = |arguments: &[&str]| run(folder.path(), arguments).0;
    assert_eq!(code(&["check"]), 1);
    assert_eq!(code(&["render"]), 1);
    assert_eq!(code(&["check", "-f", "nowhere.toml"]), 1);
    assert_eq!(code(&["chekc"]), 64);
    assert_eq!(code(&["check", "--formt", "json"]), 64);
    assert_eq!(code(&["explain", "unknwon-key"]), 64);
    assert_eq!(code(&["explain", "unknown-key"]), 0);
    assert_eq!(code(&["--version"]), 0);
    // What is about a cluster says nothing where none is asked.
    for option in ["--context", "--kubeconfig", "--request-timeout"] {
        assert_eq!(code(&["permissions", option, "1s"]), 64, "{option}");
        assert_eq!(code(&["diff", "--against", ".", option, "1s"]), 64, "{option}");
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_missing_chaos_toml_leads_to_init() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), &["check"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "error: cannot read `chaos.toml`: there is no such file\n\
         help: `chaosc init` writes a starter; `--file FILE` reads another file\n"
    );
}

#[test]
fn a_file_is_no_folder_for_a_starter() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes"), "").unwrap();
    let (code, _, err) = run(folder.path(), &["init", "notes"]);
    assert_eq!(code, 1);
    assert!(
        err.ends_with("help: a file stands where a folder has to be, or was just made: name another folder\n"),
        "{err}"
    );
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let folder = broken();
    let is_coloured = |arguments: &[&str], variable: Option<&str>| {
        let mut command = chaosc(folder.path());
        command.args(arguments);
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        let (_, out, err) = parts(command.output().unwrap());
        (out + &err).contains('\u{1b}')
    };
    assert!(!is_coloured(&["check"], None), "a pipe is no terminal");
    assert!(is_coloured(&["check", "--color", "always"], None));
    assert!(!is_coloured(&["check", "--color", "never"], None));
    assert!(!is_coloured(&["check"], Some("NO_COLOR")));
    assert!(!is_coloured(&["check", "--format", "json", "--color", "always"], None));
    assert!(!is_coloured(&["check", "--format", "short", "--color", "always"], None));
    // A real terminal, made by script(1).
    let program = env!("CARGO_BIN_EXE_chaosc");
    let on_terminal = |environment: &str| {
        let output = Command::new("script")
            .args(["-qec", &format!("{environment} {program} check"), "/dev/null"])
            .current_dir(folder.path())
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).contains('\u{1b}')
    };
    assert!(on_terminal(""));
    assert!(!on_terminal("NO_COLOR=1"));
}

#[test]
fn each_format_says_the_same() {
    let folder = broken();
    let (_, human, _) = run(folder.path(), &["check"]);
    assert!(human.contains("error[unknown-key]: unknown key `namee`"), "{human}");
    assert!(human.contains("--> chaos.toml:2:1"), "{human}");
    let (_, short, _) = run(folder.path(), &["check", "--format", "short"]);
    assert!(short.starts_with("chaos.toml:2:1: error[unknown-key]: unknown key `namee`"), "{short}");
    assert_eq!(short.lines().count(), 1);
    let (_, json, err) = run(folder.path(), &["check", "--format", "json"]);
    assert_eq!(err, "");
    let line: Value = serde_json::from_str(json.trim_end()).unwrap();
    assert_eq!(line["code"], "unknown-key");
    assert_eq!(line["severity"], "error");
    assert_eq!(line["file"], "chaos.toml");
    assert_eq!(line["pointer"], "/namee");
    assert_eq!((&line["line"], &line["column"]), (&Value::from(2), &Value::from(1)));
    assert!(line["help"].as_array().is_some_and(|help| !help.is_empty()));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let command = format!("{} explain | head -1", env!("CARGO_BIN_EXE_chaosc"));
    let (code, out, err) = parts(
        Command::new("bash").args(["-o", "pipefail", "-c", &command]).current_dir(folder.path()).output().unwrap(),
    );
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out.lines().count(), 1);
}

#[test]
fn quiet_leaves_errors() {
    let folder = broken();
    let (code, out, err) = run(folder.path(), &["check", "--quiet"]);
    assert_eq!(code, 1);
    assert!(out.contains("unknown-key"));
    assert_eq!(err, "");
}

#[test]
fn the_schemas_are_printed_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [("chaos", "chaos"), ("experiment", "experiment"), ("diff", "diff")] {
        let (code, out, _) = run(folder.path(), &["schema", name]);
        assert_eq!(code, 0);
        assert_eq!(out, fs::read_to_string(project(&format!("schema/{file}.schema.json"))).unwrap());
    }
}

/// What is quiet leaves warnings and notes out, and says errors.
#[test]
fn quiet_is_the_result_and_errors() {
    let folder = tempfile::tempdir().unwrap();
    copy(&project("tests/render/smallest/experiments"), &folder.path().join("experiments"));
    copy(&project("tests/check/floating-tag-latest"), folder.path());
    let (code, _, err) = run(folder.path(), &["render"]);
    assert!(code == 0 && err.contains("warning[floating-tag]"), "{err}");
    assert_eq!(run(folder.path(), &["render", "-q"]), (0, String::new(), String::new()));
    let (code, _, err) = run(broken().path(), &["render", "-q"]);
    assert!(code == 1 && err.contains("error[unknown-key]"), "{err}");
}
