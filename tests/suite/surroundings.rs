//! Odd surroundings: no home, closed streams, full devices, a current folder that is gone. The program does its work or
//! says why not, with the exit code that it always has.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::broken::put_sound;
use crate::folders::contents;
use crate::tools::in_time;

/// Runs a script in which `$0` is the program; nothing may panic, whatever it is.
fn script(folder: &Path, script: &str) -> (i32, String, String) {
    let mut command = Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_chaosc")]).current_dir(folder).env_clear();
    let (code, out, err) = in_time(&mut command);
    assert!(!err.contains("panicked") && !err.contains("RUST_BACKTRACE"), "{script}: {err}");
    (code, out, err)
}

/// Returns a folder with a chaos.toml that has no fault.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    put_sound(place.path());
    place
}

#[test]
fn closed_streams_change_no_exit_code() {
    for closed in ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        for (command, code) in [
            ("check", 0),
            ("check --format json", 0),
            ("check -f nowhere.toml", 1),
            ("render", 0),
            ("render --check", 0),
            ("render --check --out other", 2),
            ("explain", 0),
            ("explain unknown-key", 0),
            ("explain nothing", 64),
            ("init", 1),
            ("init new", 0),
            ("schema", 0),
            ("completions bash", 0),
            ("man diff", 0),
            ("man --out pages", 0),
            ("--help", 0),
            ("--version", 0),
            ("nonsense", 64),
        ] {
            let place = place();
            let before = if command == "render --check" { "\"$0\" render -q && " } else { "" };
            let found = script(place.path(), &format!("{before}exec \"$0\" {command} {closed}"));
            assert_eq!(found.0, code, "{command} {closed}: {found:?}");
            // A file must never get the number, and with it the text, of a closed stream.
            for (path, bytes) in contents(place.path()) {
                assert!(!bytes.starts_with(b"wrote ") && !bytes.starts_with(b"error"), "{command} {closed}: {path}");
            }
            assert_eq!(place.path().join("out/bundle.yaml").exists(), code == 0 && command.starts_with("render"));
            assert_eq!(place.path().join("new/chaos.toml").exists(), command == "init new");
        }
    }
}

#[test]
fn a_full_device_loses_no_result_in_silence() {
    let place = place();
    fs::write(place.path().join("broken.toml"), "x = 1\n").unwrap();
    let results = ["explain", "explain unknown-key", "schema", "completions zsh", "man", "check -f broken.toml"];
    for command in results.into_iter().chain(["--help", "diff --help", "--version"]) {
        let (code, _, err) = script(place.path(), &format!("exec \"$0\" {command} >/dev/full"));
        assert_eq!(code, 1, "{command}");
        assert!(
            err.starts_with("error: cannot write `standard output`\n  caused by: No space left"),
            "{command}: {err}"
        );
    }
    // What goes to the standard error is beside the result.
    assert_eq!(script(place.path(), "exec \"$0\" render 2>/dev/full").0, 0);
    assert_eq!(script(place.path(), "exec \"$0\" render -f broken.toml 2>/dev/full").0, 1);
    assert_eq!(script(place.path(), "exec \"$0\" nonsense 2>/dev/full").0, 64);
}

#[test]
fn the_home_and_the_terminal_are_not_asked_for() {
    let place = place();
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o555)).unwrap();
    let home_path = home.path().display();
    for environment in [
        "HOME=/nowhere/at/all".to_owned(),
        format!("HOME={home_path} XDG_CACHE_HOME={home_path}"),
        "HOME= TERM=".to_owned(),
        "TERM=dumb COLUMNS=0".to_owned(),
        "TERM=nonsense COLUMNS=99999999999999999999 LINES=-1".to_owned(),
        "LANG=nonsense LC_ALL=$'\\xff' TZ=/nowhere".to_owned(),
        "RUST_LOG=trace RUST_BACKTRACE=full TMPDIR=/nowhere".to_owned(),
    ] {
        for (command, code) in [("check", 0), ("render", 0), ("render --check", 0), ("explain", 0), ("--help", 0)] {
            let found = script(place.path(), &format!("exec env {environment} \"$0\" {command}"));
            assert_eq!(found.0, code, "{environment} {command}: {found:?}");
        }
    }
    assert!(contents(home.path()).is_empty());
}

#[test]
fn the_current_folder_is_gone() {
    let place = place();
    let gone = |command: &str| {
        script(place.path(), &format!("mkdir gone && cd gone && rmdir ../gone && exec \"$0\" {command}"))
    };
    for command in ["check", "render"] {
        let (code, _, err) = gone(command);
        assert_eq!(code, 1, "{err}");
        assert!(err.starts_with("error: cannot read `chaos.toml`: there is no such file\n"), "{err}");
    }
    let (code, _, err) = gone("init");
    assert_eq!(code, 1, "{err}");
    assert!(err.starts_with("error: cannot write `"), "{err}");
    assert_eq!(gone("explain").0, 0);
    assert_eq!(gone("completions fish").0, 0);
    // What is named by its whole path is found from there.
    let file = place.path().join("chaos.toml");
    let (code, _, err) = gone(&format!("render -f {}", file.display()));
    assert_eq!(code, 0, "{err}");
    assert!(place.path().join("out/bundle.yaml").is_file());
}

#[test]
fn arguments_that_are_no_text() {
    let place = place();
    let (code, _, err) = script(place.path(), "exec \"$0\" check -f $'\\xff.toml'");
    assert_eq!(code, 1, "{err}");
    assert!(err.starts_with("error: cannot read `\u{fffd}.toml`: there is no such file"), "{err}");
    for command in ["explain $'\\xff'", "$'\\xff'", "check --format $'\\xff'"] {
        assert_eq!(script(place.path(), &format!("exec \"$0\" {command}")).0, 64, "{command}");
    }
    let (code, _, err) = script(place.path(), "cp chaos.toml $'\\xff.toml' && exec \"$0\" render -f $'\\xff.toml'");
    assert_eq!(code, 0, "{err}");
}
