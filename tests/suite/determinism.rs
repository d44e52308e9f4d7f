//! Same input, same bytes: whatever the machine's time zone, language, home, current folder and folder order.

use std::fs;
use std::path::Path;

use crate::folders::{contents, project};
use crate::tools::{chaosc, succeed};

#[test]
fn the_surroundings_leave_no_trace() {
    let plain = tempfile::tempdir().unwrap();
    arrange(plain.path(), false);
    succeed(chaosc(plain.path()).args(["render", "-f", "chaos.toml.example"]));

    let other = tempfile::tempdir().unwrap();
    let deep = other.path().join("some").join("where");
    fs::create_dir_all(&deep).unwrap();
    arrange(&deep, true);
    let home = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = deep.join("chaos.toml.example");
    succeed(
        chaosc(elsewhere.path())
            .args(["render", "-f"])
            .arg(&file)
            .env("TZ", "Pacific/Kiritimati")
            .env("LANG", "tr_TR.UTF-8")
            .env("LC_ALL", "tr_TR.UTF-8")
            .env("HOME", home.path())
            .env("USER", "somebody"),
    );
    let (one, two) = (contents(&plain.path().join("out")), contents(&deep.join("out")));
    assert!(one.len() > 10, "the example gives more files than {}", one.len());
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(two.get(path) == Some(bytes), "{path} differs");
    }
}

/// Copies the example, in one order of creation or the other.
fn arrange(folder: &Path, backwards: bool) {
    let mut files: Vec<(String, Vec<u8>)> = contents(&project("example"))
        .into_iter()
        .map(|(path, bytes)| (format!("example/{path}"), bytes))
        .chain([("chaos.toml.example".to_owned(), fs::read(project("chaos.toml.example")).unwrap())])
        .collect();
    if backwards {
        files.reverse();
    }
    for (path, bytes) in files {
        crate::folders::put(&folder.join(path), bytes);
    }
}
