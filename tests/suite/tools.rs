//! The real clients that judge the output; `./test` builds them and says where they are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Returns the path of a tool from its environment variable. Without it the test fails: nothing is skipped.
pub(crate) fn tool(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).unwrap_or_else(|| {
        panic!(
            "{variable} is not set: `./test` makes the tools; `eval \"$(./test --env)\"` tells where those of the suite are, `./test --cluster` runs a command with those of the cluster"
        )
    });
    PathBuf::from(path)
}

/// Returns the program under test, ready to run in a folder, with an environment of its own.
pub(crate) fn chaosc(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaosc"));
    command.current_dir(folder).env_clear();
    command
}

/// Runs the program and returns the exit code, the standard output and the standard error.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    parts(chaosc(folder).args(arguments).output().unwrap())
}

/// Runs a command and takes its output apart; one that is not done after five minutes hangs, and is killed.
pub(crate) fn in_time(command: &mut Command) -> (i32, String, String) {
    let shown = format!("{command:?}");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id().to_string();
    let (ended, end) = mpsc::channel::<()>();
    let guard = thread::spawn(move || {
        let is_late = end.recv_timeout(Duration::from_mins(5)) == Err(mpsc::RecvTimeoutError::Timeout);
        if is_late {
            Command::new("kill").args(["-KILL", &pid]).status().unwrap();
        }
        is_late
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    assert!(!guard.join().unwrap(), "it hangs: {shown}");
    parts(output)
}

/// Takes an output apart.
pub(crate) fn parts(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Runs a command that has to succeed, and returns its standard output.
pub(crate) fn succeed(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let (code, out, err) = parts(command.output().unwrap_or_else(|error| panic!("{shown}: {error}")));
    assert_eq!(code, 0, "{shown}\n{out}\n{err}");
    out
}
