//! The program with one gigabyte of memory, on input that would take more if it were read without bounds.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{put_sound, sound};
use crate::folders::{project, put};
use crate::tools::in_time;

/// Runs `chaosc check` where no more than a gigabyte can be had.
fn check(folder: &Path) -> (i32, String, String) {
    let script = "ulimit -v 1048576 && exec \"$0\" check --format short";
    in_time(Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_chaosc")]).current_dir(folder).env_clear())
}

#[test]
fn a_bomb_is_refused() {
    for name in ["bomb.yaml", "bomb-by-merge.yaml", "deep-flow.yaml"] {
        for kind in ["experiment", "manifest"] {
            let folder = tempfile::tempdir().unwrap();
            put_sound(folder.path());
            let replaced = if kind == "experiment" { "x.yaml" } else { "app.yaml" };
            put(&folder.path().join(replaced), fs::read(project("tests/broken").join(kind).join(name)).unwrap());
            let (code, out, err) = check(folder.path());
            assert_eq!((code, err.as_str()), (1, ""), "{out}");
            assert!(out.starts_with(replaced) && out.contains("error[too-many-nodes]"), "{out}");
        }
    }
}

/// As large as a file may be, in few values and in as many as 16 MiB of them.
#[test]
fn the_largest_manifest() {
    const LIMIT: usize = 16 * 1024 * 1024;
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n";
    let few = format!("{head}  a: {}\n", "x".repeat(LIMIT - head.len() - 6));
    let mut many = String::from(head);
    for number in 0.. {
        let line =
            format!("  k{number}: some text that makes the line as long as lines are, or a little longer than that\n");
        if many.len() + line.len() > LIMIT {
            break;
        }
        many.push_str(&line);
    }
    let mut tiny = format!("{head}  a: [");
    tiny.push_str(&"1,".repeat((LIMIT - tiny.len() - 2) / 2));
    tiny.push_str("]\n");
    for (text, expected) in [(few, ""), (many, ""), (tiny, "error[too-many-nodes]")] {
        assert!(text.len() <= LIMIT);
        let folder = tempfile::tempdir().unwrap();
        put_sound(folder.path());
        put(&folder.path().join("chaos.toml"), sound("x.yaml", "large.yaml"));
        put(&folder.path().join("large.yaml"), text);
        let (code, out, err) = check(folder.path());
        assert_eq!(code, i32::from(!expected.is_empty()), "{out}{err}");
        assert!(out.contains(expected) && out.lines().count() <= 1, "{out}{err}");
    }
}
