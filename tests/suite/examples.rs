//! The examples of the help that need no cluster are run; `tests/cluster/examples.rs` runs the others.

use std::fs;
use std::path::Path;

use crate::help_examples::examples;
use crate::tools::{in_time, run, succeed};

/// Makes what the examples are about: the starter in a branch of a repository, and rendered.
fn put_project(folder: &Path) {
    for arguments in [&["init", "-q"][..], &["render", "-q"]] {
        assert_eq!(run(folder, arguments).0, 0);
    }
    let identity = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"];
    for arguments in [
        &["init", "-q", "-b", "topic"][..],
        &["add", "-A"],
        &["commit", "-q", "-m", "first"],
        &["update-ref", "refs/remotes/origin/main", "HEAD"],
    ] {
        succeed(std::process::Command::new("git").args(identity).args(arguments).current_dir(folder));
    }
}

#[test]
fn each_example_that_needs_no_cluster_runs() {
    let mut count = 0;
    for example in examples().iter().filter(|example| !example.needs_cluster()) {
        let folder = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        // The folders that exist where the shells of the completions are in use.
        for name in [".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"] {
            fs::create_dir_all(home.path().join(name)).unwrap();
        }
        if example.command != "init" {
            put_project(folder.path());
        }
        let (code, out, err) = in_time(example.shell(folder.path()).env("HOME", home.path()));
        assert_eq!(code, 0, "{}\n{out}{err}", example.line);
        assert!(!err.contains("error"), "{}\n{err}", example.line);
        count += 1;
    }
    assert!(count >= 10, "{count}");
}
