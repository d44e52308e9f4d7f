//! A write is killed at each system call that changes something; the folder is then wholly old or wholly new.
//!
//! This test binary runs itself as [`child`] under `strace`: once undisturbed, which gives the list of system
//! calls, then once for each of them with a SIGKILL in place of the call. `strace` is taken from `PATH`, or
//! from the variable `CHAOSC_TEST_STRACE`.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chaosc::bundle::write::{Files, compare, write};
use tempfile::TempDir;

use super::tree::{Picture, files, picture};

/// Every call by which a file, a folder or a lock changes; a `?` in front: not on every processor.
pub(super) const CALLS: &str = "?mkdir,mkdirat,openat,?creat,write,pwrite64,?link,linkat,?rename,?renameat,renameat2,\
    ?unlink,unlinkat,?rmdir,?chmod,fchmod,fchmodat,?chown,fchown,fchownat,?symlink,symlinkat,ftruncate,\
    fsync,fdatasync,syncfs,flock,mknodat,utimensat,copy_file_range";
const FOLDER: &str = "CHAOSC_TEST_FOLDER";
/// The exchange does not work, as on an old kernel.
const NO_EXCHANGE: &str = "inject=renameat2:error=EINVAL";

fn old_files() -> Files {
    files(&[
        ("bundle.yaml", "old"),
        ("manifests/same.yaml", "same"),
        ("manifests/stale.yaml", "stale"),
        ("gone/stale.yaml", "stale"),
    ])
}

pub(super) fn new_files() -> Files {
    files(&[
        ("bundle.yaml", "new"),
        ("manifests/same.yaml", "same"),
        ("manifests/new.yaml", "new"),
        ("fresh/deep/new.yaml", "new"),
    ])
}

/// The process that is killed; does nothing when run by hand.
#[test]
#[ignore = "run by the kill tests as a process of its own"]
fn child() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    // strace counts by thread, and the test runner's threads open and write files too: with these the
    // counts of this one are beyond theirs.
    for _ in 0..100 {
        fs::write("/dev/null", "x").unwrap();
    }
    // Marks in the list of calls where the write begins and ends; the files do not exist.
    let mark = |name| drop(File::open(folder.with_file_name(name)));
    mark("mark-begin");
    let done = write(&folder, &new_files());
    mark("mark-end");
    if let Err(error) = done {
        panic!("{error} ({})", error.hint());
    }
}

/// Runs [`child`] with these `-e` expressions of strace; the list of calls goes to `log`.
pub(super) fn strace(folder: &Path, log: &Path, expressions: &[&str]) -> Output {
    let program = env::var_os("CHAOSC_TEST_STRACE").unwrap_or_else(|| "strace".into());
    let mut command = Command::new(&program);
    command.args(["-f", "-qq", "-s", "4096", "-o"]).arg(log);
    for expression in expressions {
        command.args(["-e", expression]);
    }
    command.arg(env::current_exe().unwrap());
    command.args(["--exact", "write::kill::child", "--ignored", "--nocapture"]);
    command.arg("--test-threads=1").env(FOLDER, folder);
    command.output().unwrap_or_else(|e| {
        let program = program.display();
        panic!("this test needs strace, in PATH or named by CHAOSC_TEST_STRACE: `{program}`: {e}")
    })
}

/// A call to be killed at: its name, and which one of this name it is in its thread, from 1.
pub(super) type Point = (String, usize);

/// The calls between the marks; of the opened files only those that are made.
pub(super) fn points(log: &str) -> Vec<Point> {
    let mut counts = HashMap::new();
    let mut points = Vec::new();
    let mut inside = false;
    let begin = log.lines().find(|line| line.contains("mark-begin"));
    let thread = begin.unwrap().split_whitespace().next();
    for line in log.lines().filter(|line| line.split_whitespace().next() == thread) {
        let call = line.split_whitespace().nth(1).unwrap();
        let Some((name, _)) = call.split_once('(') else {
            continue;
        };
        let count = counts.entry(name.to_owned()).or_insert(0);
        *count += 1;
        if line.contains("mark-begin") || line.contains("mark-end") {
            inside = !inside;
        } else if inside && (name != "openat" || line.contains("O_CREAT")) {
            points.push((name.to_owned(), *count));
        }
    }
    assert!(!inside && points.len() > 10, "{log}");
    points
}

/// Whether the process came to the write but not to its end.
pub(super) fn in_write(log: &Path) -> bool {
    let log = fs::read_to_string(log).unwrap();
    log.contains("mark-begin") && !log.contains("mark-end")
}

/// A folder before the write, and what it is before and after.
pub(super) struct Stage {
    pub(super) home: TempDir,
    pub(super) out: PathBuf,
    pub(super) old: Picture,
}

/// The old state: rendered, then worked in by somebody; or nothing at all.
pub(super) fn stage(rendered: bool) -> Stage {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    if rendered {
        write(&out, &old_files()).unwrap();
        fs::write(out.join("mine"), "foreign").unwrap();
        fs::create_dir_all(out.join("box/empty")).unwrap();
        fs::write(out.join("box/mine"), "foreign").unwrap();
        symlink("../nowhere", out.join("manifests/link")).unwrap();
    }
    let old = picture(&out);
    Stage { home, out, old }
}

/// Kills at each point that an undisturbed run has, and looks at what is left.
///
/// `prepare` leads from a new stage to where the run begins. Returns the number of points, and at how many
/// of them there was no folder until it was put back.
fn kill_everywhere(rendered: bool, fault: Option<&str>, prepare: impl Fn(&mut Stage)) -> (usize, usize) {
    let trace = format!("trace={CALLS}");
    let scratch = tempfile::tempdir().unwrap();
    let log = scratch.path().join("log");
    let run = |stage: &Stage, kill: Option<&str>| {
        let mut expressions = vec![trace.as_str()];
        expressions.extend(kill);
        // One rule for a call; the later one would replace the earlier one.
        expressions.extend(fault.filter(|_| kill.is_none_or(|k| !k.contains("renameat2"))));
        strace(&stage.out, &log, &expressions)
    };

    let mut whole = stage(rendered);
    prepare(&mut whole);
    let output = run(&whole, None);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read_dir(whole.home.path()).unwrap().count(), 1);
    let new = picture(&whole.out);
    let points = points(&fs::read_to_string(&log).unwrap());

    let mut put_back = 0;
    for (name, number) in &points {
        let mut stage = stage(rendered);
        prepare(&mut stage);
        let kill = format!("inject={name}:signal=SIGKILL:when={number}");
        let status = run(&stage, Some(&kill)).status;
        assert_eq!(status.signal(), Some(9), "{kill}: {status}");
        assert!(in_write(&log), "{kill}: killed outside the write");

        let mut found = picture(&stage.out);
        if found.is_empty() && fault.is_some() {
            // Killed between the two renames: a comparison puts the old folder back.
            put_back += 1;
            assert!(!compare(&stage.out, &new_files()).unwrap().is_fresh());
            found = picture(&stage.out);
        }
        assert!(found == stage.old || found == new, "{kill}: {found:#?}");

        write(&stage.out, &new_files()).unwrap();
        assert_eq!(picture(&stage.out), new, "{kill}");
        let beside = fs::read_dir(stage.home.path()).unwrap().count();
        assert_eq!(beside, 1, "{kill}: something is left beside the folder");
    }
    (points.len(), put_back)
}

#[test]
fn killed_anywhere_the_folder_is_old_or_new() {
    let (points, _) = kill_everywhere(true, None, |_| {});
    println!("killed at {points} calls of a write");
}

#[test]
fn killed_anywhere_in_the_first_write_there_is_no_folder_or_the_new_one() {
    let (points, _) = kill_everywhere(false, None, |_| {});
    println!("killed at {points} calls of a first write");
}

#[test]
fn killed_anywhere_without_exchange_the_folder_is_old_or_new_or_put_back() {
    let (points, put_back) = kill_everywhere(true, Some(NO_EXCHANGE), |_| {});
    println!("killed at {points} calls of a write without exchange, {put_back} times put back");
    assert_eq!(put_back, 1, "only between the two renames there is no folder");
}

/// A write that is killed by these expressions, and leaves this tree beside the folder.
fn killed_before(stage: &Stage, expressions: &[&str], left: &str) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let status = strace(&stage.out, log.path(), expressions).status;
    assert_eq!(status.signal(), Some(9));
    let beside = stage.home.path().join(".out.chaosc-new");
    assert!(beside.join(left).is_dir(), "{left}");
}

#[test]
fn killed_anywhere_while_it_cleans_up_after_a_killed_one() {
    // After the exchange, before the old tree is known to be safe.
    let second_rename = ["trace=rename", "inject=rename:signal=SIGKILL:when=2"];
    let (points, _) = kill_everywhere(true, None, |stage| {
        killed_before(stage, &second_rename, "ready/gone");
        // The folder is new already: an edit makes work for the next write.
        fs::write(stage.out.join("bundle.yaml"), "edited").unwrap();
        stage.old = picture(&stage.out);
    });
    println!("killed at {points} calls of a write after a killed one");
}

#[test]
fn killed_anywhere_while_it_puts_back_what_a_killed_one_parked() {
    let third_rename = ["trace=rename,renameat2", NO_EXCHANGE, "inject=rename:signal=SIGKILL:when=3"];
    let (points, put_back) = kill_everywhere(true, Some(NO_EXCHANGE), |stage| {
        killed_before(stage, &third_rename, "parked/gone");
        assert!(!stage.out.exists());
    });
    println!("killed at {points} calls of a write after a parked folder, {put_back} times put back");
    assert!(put_back > 1);
}
