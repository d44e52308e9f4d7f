//! System calls fail: a full disk, a mount point, a file system without links or locks.
//!
//! The faults are put in by `strace`, so they need no rights and no special file system; see `kill.rs`.

use std::fs;
use std::process::Output;
use std::thread;
use std::time::Duration;

use chaosc::bundle::write::{WriteError, write};

use super::kill::{CALLS, Stage, new_files, points, stage, strace};
use super::tree::{Picture, contents, files, picture};

/// The picture of the folder after an undisturbed write.
fn after() -> Picture {
    let stage = stage(true);
    write(&stage.out, &new_files()).unwrap();
    picture(&stage.out)
}

fn run(stage: &Stage, fault: &str) -> Output {
    let log = tempfile::NamedTempFile::new().unwrap();
    let trace = format!("trace={CALLS}");
    strace(&stage.out, log.path(), &[&trace, fault])
}

fn alone(stage: &Stage) -> bool {
    fs::read_dir(stage.home.path()).unwrap().count() == 1
}

#[test]
fn a_fault_in_any_call_leaves_the_folder_old_or_new() {
    let new = after();
    let undisturbed = stage(true);
    let log = tempfile::NamedTempFile::new().unwrap();
    let trace = format!("trace={CALLS}");
    strace(&undisturbed.out, log.path(), &[&trace]);
    let points = points(&fs::read_to_string(log.path()).unwrap());
    let mut said = 0;
    for (name, number) in &points {
        for errno in ["ENOSPC", "EACCES"] {
            let stage = stage(true);
            let fault = format!("inject={name}:error={errno}:when={number}");
            let output = run(&stage, &fault);
            let found = picture(&stage.out);
            assert!(found == stage.old || found == new, "{fault}: {found:#?}");
            if output.status.success() {
                assert_eq!(found, new, "{fault}");
            } else {
                let text = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(101), "{fault}: {text}");
                assert!(text.contains("cannot "), "{fault}: {text}");
                said += 1;
            }
            write(&stage.out, &new_files()).unwrap();
            assert_eq!(picture(&stage.out), new, "{fault}");
            assert!(alone(&stage), "{fault}");
        }
    }
    println!("{} calls failed in 2 ways, {said} errors", points.len());
    assert!(said > points.len());
}

#[test]
fn what_the_system_refuses_is_said_with_a_next_step() {
    let cases = [
        ("inject=renameat2:error=EBUSY", "cannot be replaced in one step: it is mounted", "mount the folder above it"),
        ("inject=renameat2:error=EXDEV", "cannot be replaced in one step: it is mounted", "mount the folder above it"),
        ("inject=renameat2:error=EACCES", "cannot replace `", "check who owns it"),
        ("inject=linkat:error=EXDEV", "cannot be replaced in one step: it is mounted", "mount the folder above it"),
        ("inject=linkat:error=ENOSPC", "cannot keep `", "free some space"),
        ("inject=?mkdir,mkdirat:error=EROFS", "cannot make the temporary folder `", "writable file system"),
        ("inject=?mkdir,mkdirat:error=EACCES", "cannot make the temporary folder `", "check who owns it"),
        ("inject=?mkdir,mkdirat:error=ENAMETOOLONG", "cannot make the temporary folder `", "a shorter path"),
    ];
    for (fault, message, hint) in cases {
        let stage = stage(true);
        let output = run(&stage, fault);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(message) && text.contains(hint), "{fault}: {text}");
        assert_eq!(picture(&stage.out), stage.old, "{fault}");
        assert!(alone(&stage), "{fault}");
    }
}

#[test]
fn a_file_system_without_links_locks_or_owners_will_do() {
    let new = after();
    for fault in [
        "inject=linkat:error=EPERM",
        "inject=linkat:error=EOPNOTSUPP",
        "inject=flock:error=ENOLCK",
        "inject=flock:error=EBADF",
        "inject=renameat2:error=EINVAL",
        "inject=renameat2:error=ENOSYS",
    ] {
        let stage = stage(true);
        let output = run(&stage, fault);
        assert!(output.status.success(), "{fault}: {output:?}");
        assert_eq!(picture(&stage.out), new, "{fault}");
        assert!(alone(&stage), "{fault}");
    }
}

#[test]
fn a_pipe_that_cannot_be_linked_stops_the_write() {
    let stage = stage(true);
    let (pipe, kind) = (stage.out.join("pipe"), rustix::fs::FileType::Fifo);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, rustix::fs::Mode::RUSR, 0).unwrap();
    let output = run(&stage, "inject=linkat:error=EPERM");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("cannot keep `") && text.contains("/pipe`"), "{text}");
    assert!(pipe.exists() && alone(&stage));
}

/// The exchange is held up, as if the machine were slow, and an editor saves in that moment.
#[test]
fn what_comes_into_the_old_folder_at_the_last_moment_is_moved() {
    let stage = stage(true);
    let ready = stage.home.path().join(".out.chaosc-new/ready");
    let output = thread::scope(|scope| {
        let writing = scope.spawn(|| run(&stage, "inject=renameat2:delay_enter=2000000"));
        while !ready.exists() {
            assert!(!writing.is_finished());
            thread::sleep(Duration::from_millis(5));
        }
        fs::write(stage.out.join("late"), "mine").unwrap();
        fs::write(stage.out.join("gone/late"), "mine").unwrap();
        fs::create_dir(stage.out.join("late-box")).unwrap();
        fs::write(stage.out.join("late-box/inside"), "mine").unwrap();
        // As editors do: a new file in place of the old one.
        fs::write(stage.out.join("draft"), "mine, later").unwrap();
        fs::rename(stage.out.join("draft"), stage.out.join("box/mine")).unwrap();
        assert!(ready.exists(), "the exchange did not wait");
        writing.join().unwrap()
    });
    assert!(output.status.success(), "{output:?}");
    let mut expected = new_files();
    for (path, text) in [
        ("late", "mine"),
        ("gone/late", "mine"),
        ("late-box/inside", "mine"),
        ("box/mine", "mine, later"),
        ("mine", "foreign"),
    ] {
        expected.insert(path.into(), text.into());
    }
    assert_eq!(contents(&stage.out), expected);
    assert!(alone(&stage));
}

/// What a stopped write left is removed only if nothing in it would be lost with it.
#[test]
fn a_file_that_stands_only_in_a_leftover_is_not_removed() {
    let stage = stage(true);
    let kill = "inject=rename:signal=SIGKILL:when=2";
    assert!(!run(&stage, kill).status.success());
    // The old tree, just exchanged; an editor still saves into it.
    let tree = stage.home.path().join(".out.chaosc-new/ready");
    fs::write(tree.join("late"), "mine").unwrap();
    fs::remove_file(stage.out.join("mine")).unwrap();
    for _ in 0..2 {
        match write(&stage.out, &files(&[("a", "a")])) {
            Err(WriteError::Leftover { path, files }) => {
                assert_eq!((path, files), (tree.clone(), vec!["late".into(), "mine".into()]));
            }
            other => panic!("{other:?}"),
        }
    }
    fs::remove_dir_all(&tree).unwrap();
    write(&stage.out, &new_files()).unwrap();
    assert!(alone(&stage));
}
