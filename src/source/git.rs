//! Asking git, because only git knows what a worktree, a submodule or an included configuration says.
//!
//! Nothing of what it is asked runs a hook, writes a file or leaves the machine.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long git may take for one answer, which it gives in milliseconds on any disk that is there.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read: far beyond any path or address.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What would lead git to another repository than that of the folder; hooks set some of it (`git rev-parse
/// --local-env-vars`). `GIT_CONFIG_COUNT` and its like stay: containers name `safe.directory` by them.
const LEADING_ELSEWHERE: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_PREFIX", "GIT_IMPLICIT_WORK_TREE"];

/// Returns the folder of a file, as a folder to start a program in.
pub(super) fn folder(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns git with arguments, to be started in a folder. What it lacks, it does not fetch.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1");
    for variable in LEADING_ELSEWHERE {
        command.env_remove(variable);
    }
    command
}

/// Asks git in a folder, and returns its answer without the last line break; nothing if it refuses or takes too long.
pub(super) fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = git(folder, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let answer = listen(&mut child, Instant::now() + PATIENCE);
    if answer.is_none() {
        // It has ended already, or it is given up: there is nothing to do about a failure.
        let _ = child.kill();
        let _ = child.wait();
    }
    let answer = answer?;
    Some(answer.strip_suffix('\n').unwrap_or(&answer).to_owned())
}

/// Returns what a process prints, if it ends well before the deadline.
fn listen(child: &mut Child, deadline: Instant) -> Option<String> {
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(MAX_ANSWER_BYTES).read_to_end(&mut bytes);
        // Nobody listens any more after the deadline.
        let _ = sender.send(read.is_ok().then_some(bytes));
    });
    let bytes = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()??;
    loop {
        match child.try_wait().ok()? {
            Some(status) if status.success() => return Some(String::from_utf8_lossy(&bytes).into_owned()),
            Some(_) => return None,
            None if Instant::now() >= deadline => return None,
            None => thread::sleep(Duration::from_millis(1)),
        }
    }
}
