//! What stands around the folder: links to it, its parent, other writes, somebody else's files.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use chaosc::bundle::write::{Files, WriteError, write};

use super::tree::{self, files};
use super::{alone, put, read, rendered};

#[test]
fn the_folder_can_be_reached_by_any_path() {
    let home = tempfile::tempdir().unwrap();
    let real = home.path().join("real");
    fs::create_dir_all(real.join("deep")).unwrap();
    symlink("real", home.path().join("link")).unwrap();
    symlink("real/to-come", home.path().join("early")).unwrap();
    let one = files(&[("a", "1")]);
    let long = "n".repeat(255);
    for (path, place) in [
        ("link/out", "real/out"),
        ("real/deep/../out2/", "real/out2"),
        ("early", "real/to-come"),
        ("link", "real"),
        (&long, &long),
    ] {
        write(&home.path().join(path), &one).unwrap();
        write(&home.path().join(path), &files(&[("a", "2")])).unwrap();
        assert_eq!(read(&home.path().join(place).join("a")), "2");
    }
    assert!(fs::symlink_metadata(home.path().join("link")).unwrap().is_symlink());
    assert!(real.join("deep").is_dir() && real.join("out2/a").exists());
    let hidden = fs::read_dir(home.path()).unwrap();
    let hidden = hidden.filter(|e| e.as_ref().unwrap().file_name().as_bytes()[0] == b'.');
    assert_eq!(hidden.count(), 0);
}

#[test]
fn what_is_no_folder_is_said() {
    let home = tempfile::tempdir().unwrap();
    put(&home.path().join("file"), "text");
    symlink("loop", home.path().join("loop")).unwrap();
    for (path, message, hint) in [
        ("file", "file` is not a folder", "move it away"),
        ("file/out", "is not a folder", "move it away"),
        ("no/such/out", "no/such` for the output does not exist", "mkdir -p "),
        ("loop", "cannot find `", "render again"),
    ] {
        let error = write(&home.path().join(path), &Files::new()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.hint().contains(hint), "{}", error.hint());
    }
    assert_eq!(read(&home.path().join("file")), "text");
    let error = write(Path::new("/"), &files(&[("a", "a")])).unwrap_err();
    assert!(matches!(error, WriteError::Mounted { .. }), "{error}");
}

#[test]
fn the_temporary_name_is_taken_by_somebody_else() {
    let (home, out) = rendered(&[("a", "a")]);
    let beside = home.path().join(".out.chaosc-new");
    put(&beside.join("building/precious"), "p");
    // Nothing to write: it does not matter.
    write(&out, &files(&[("a", "a")])).unwrap();
    for _ in 0..2 {
        let error = write(&out, &files(&[("a", "b")])).unwrap_err();
        assert!(matches!(error, WriteError::Occupied { .. }), "{error}");
        assert_eq!(read(&beside.join("building/precious")), "p");
        // A marker that is not ours does not make it ours.
        put(&beside.join("chaosc-is-writing"), "hello");
    }
    fs::remove_dir_all(&beside).unwrap();
    put(&beside, "a file");
    let error = write(&out, &files(&[("a", "b")])).unwrap_err();
    assert!(matches!(error, WriteError::Occupied { .. }), "{error}");
    assert_eq!((read(&out.join("a")), read(&beside)), ("a".into(), "a file".into()));
}

#[test]
fn writes_at_the_same_time_come_one_after_the_other() {
    let (home, out) = rendered(&[("a", "a")]);
    put(&out.join("mine"), "m");
    let states: Vec<Files> = (0..4).map(|n| (0..30).map(|f| (format!("m/{f}"), vec![n; 100])).collect()).collect();
    thread::scope(|scope| {
        for state in &states {
            scope.spawn(|| (0..5).for_each(|_| drop(write(&out, state).unwrap())));
        }
    });
    let mut found = tree::contents(&out);
    assert_eq!(found.remove("mine"), Some(b"m".to_vec()));
    assert!(states.contains(&found));
    assert!(alone(&home));
}

#[test]
fn a_write_waits_for_another_one_but_not_for_ever() {
    let (home, out) = rendered(&[("a", "a")]);
    let beside = home.path().join(".out.chaosc-new");
    fs::create_dir(&beside).unwrap();
    let marker = File::create(beside.join("chaosc-is-writing")).unwrap();
    marker.lock().unwrap();
    let error = write(&out, &files(&[("a", "b")])).unwrap_err();
    assert!(matches!(error, WriteError::Busy { .. }), "{error}");
    assert_eq!(read(&out.join("a")), "a");
    drop(marker);
    write(&out, &files(&[("a", "b")])).unwrap();
    assert!(alone(&home));
}
