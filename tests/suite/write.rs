//! Writing the output folder, on real folders.
//!
//! `ledger.rs` and `place.rs` are about `.chaosc` and about what stands around the folder,
//! `tree.rs` takes pictures of folders, `kill.rs` kills a write at each of its system calls,
//! `fault.rs` makes system calls fail, `random.rs` plays random histories.

mod fault;
mod kill;
mod ledger;
mod place;
mod random;
mod tree;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use chaosc::bundle::write::{WriteError, compare, write};
use tempfile::TempDir;
use tree::{files, picture};

/// A folder `out` in a new folder, rendered once from `list`.
fn rendered(list: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    write(&out, &files(list)).unwrap();
    (home, out)
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The only entry beside `out`, so nothing temporary is left.
fn alone(home: &TempDir) -> bool {
    fs::read_dir(home.path()).unwrap().count() == 1
}

fn clash(result: Result<impl std::fmt::Debug, WriteError>) -> Vec<String> {
    match result {
        Err(WriteError::Clash { files, .. }) => files,
        other => panic!("expected a clash, found {other:?}"),
    }
}

#[test]
fn the_first_write_makes_the_folder_and_its_ledger() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let wanted = files(&[("bundle.yaml", "b"), ("manifests/a.yaml", "a")]);
    let before = compare(&out, &wanted).unwrap();
    assert_eq!(before.missing, [".chaosc", "bundle.yaml", "manifests/a.yaml"]);
    assert!(!out.exists() && !before.is_fresh());

    let outcome = write(&out, &wanted).unwrap();
    assert_eq!((outcome.written, outcome.unchanged, outcome.removed), (2, 0, 0));
    assert_eq!(
        read(&out.join(".chaosc")),
        format!(
            "format 1\nprogram chaosc {}\n\
             3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  bundle.yaml\n\
             ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  manifests/a.yaml\n",
            env!("CARGO_PKG_VERSION")
        )
    );
    assert_eq!(read(&out.join("manifests/a.yaml")), "a");
    assert!(compare(&out, &wanted).unwrap().is_fresh());
    assert!(alone(&home));
}

#[test]
fn each_kind_of_change_in_one_write() {
    let (home, out) = rendered(&[
        ("changed", "old"),
        ("edited", "e"),
        ("gone/deep/stale", "s"),
        ("lost", "l"),
        ("same", "same"),
        ("stale-but-edited", "s"),
    ]);
    put(&out.join("edited"), "by hand");
    put(&out.join("stale-but-edited"), "by hand");
    put(&out.join("notes/today.txt"), "mine");
    put(&out.join("README"), "mine");
    fs::remove_file(out.join("lost")).unwrap();
    let wanted = files(&[("changed", "new"), ("edited", "e"), ("lost", "l"), ("new/file", "n"), ("same", "same")]);
    let foreign = ["README", "notes/", "stale-but-edited"];

    let seen = picture(&out);
    let comparison = compare(&out, &wanted).unwrap();
    assert_eq!(comparison.missing, ["lost", "new/file"]);
    assert_eq!(comparison.changed, [".chaosc", "changed", "edited"]);
    assert_eq!(comparison.stale, ["gone/deep/stale"]);
    assert_eq!(comparison.foreign, foreign);
    assert_eq!(picture(&out), seen, "a comparison writes nothing");

    let outcome = write(&out, &wanted).unwrap();
    assert_eq!((outcome.written, outcome.unchanged, outcome.removed), (4, 1, 1));
    assert_eq!(outcome.foreign, foreign);
    let mut expected = wanted.clone();
    expected.insert("README".into(), "mine".into());
    expected.insert("notes/today.txt".into(), "mine".into());
    expected.insert("stale-but-edited".into(), "by hand".into());
    assert_eq!(tree::contents(&out), expected);
    assert!(!out.join("gone").exists(), "a folder of ours goes with its last file");
    assert!(alone(&home));
}

#[test]
fn without_a_change_nothing_is_written() {
    let list = [("a", "a"), ("m/b", "b")];
    let (home, out) = rendered(&list);
    put(&out.join("mine"), "m");
    let stamps = |path: &Path| {
        let meta = fs::metadata(path).unwrap();
        let change = (meta.ctime(), meta.ctime_nsec());
        (meta.ino(), meta.mtime(), meta.mtime_nsec(), change)
    };
    let all = ["", "out", "out/a", "out/m", "out/m/b", "out/.chaosc", "out/mine"];
    let before = all.map(|path| stamps(&home.path().join(path)));
    let outcome = write(&out, &files(&list)).unwrap();
    assert_eq!((outcome.written, outcome.unchanged, outcome.removed), (0, 2, 0));
    assert_eq!(outcome.foreign, ["mine"]);
    assert_eq!(all.map(|path| stamps(&home.path().join(path))), before);
}

#[test]
fn another_program_version_alone_is_no_change() {
    let (_home, out) = rendered(&[("a", "a")]);
    let ledger = read(&out.join(".chaosc")).replace(env!("CARGO_PKG_VERSION"), "99.0.0");
    put(&out.join(".chaosc"), &ledger);
    assert!(compare(&out, &files(&[("a", "a")])).unwrap().is_fresh());
    write(&out, &files(&[("a", "a")])).unwrap();
    assert_eq!(read(&out.join(".chaosc")), ledger);
}

#[test]
fn files_that_are_not_in_the_ledger_are_adopted_or_in_the_way() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    put(&out.join("same"), "s");
    put(&out.join("other"), "mine");
    put(&out.join("m/other"), "mine");
    symlink("same", out.join("link")).unwrap();
    let seen = picture(&out);
    let mut wanted = files(&[("same", "s"), ("other", "o"), ("m/other", "o"), ("link", "s")]);
    assert_eq!(clash(write(&out, &wanted)), ["link", "m/other", "other"]);
    assert_eq!(clash(compare(&out, &wanted)), ["link", "m/other", "other"]);
    assert_eq!(picture(&out), seen);
    assert!(alone(&home));

    for path in ["link", "m/other", "other"] {
        wanted.remove(path);
    }
    assert_eq!(compare(&out, &wanted).unwrap().missing, [".chaosc"]);
    let outcome = write(&out, &wanted).unwrap();
    assert_eq!((outcome.written, outcome.unchanged), (0, 1));
    assert_eq!(outcome.foreign, ["link", "m/", "other"]);
    assert!(compare(&out, &wanted).unwrap().is_fresh());
}

#[test]
fn a_file_where_a_folder_is_needed_and_the_reverse() {
    // Stale files of ours make way.
    let (_home, out) = rendered(&[("x", "file"), ("y/deep/z", "folder")]);
    let turned = files(&[("x/inside", "1"), ("y", "2")]);
    write(&out, &turned).unwrap();
    assert_eq!(tree::contents(&out), turned);

    // What is foreign does not.
    let (_home, out) = rendered(&[("keep", "k"), ("y/ours", "o")]);
    put(&out.join("x"), "mine");
    put(&out.join("y/mine"), "mine");
    fs::create_dir(out.join("empty")).unwrap();
    symlink("y", out.join("linked")).unwrap();
    let seen = picture(&out);
    let wanted = files(&[("x/a", ""), ("y", ""), ("empty", ""), ("linked/a", "")]);
    assert_eq!(clash(write(&out, &wanted)), ["empty/", "linked", "x", "y/mine"]);
    assert_eq!(picture(&out), seen);
}

#[test]
fn everything_foreign_is_kept_as_it_is() {
    let (_home, out) = rendered(&[("a", "a")]);
    put(&out.join("box/run.sh"), "#!/bin/sh");
    let mode = |mode| fs::Permissions::from_mode(mode);
    fs::set_permissions(out.join("box/run.sh"), mode(0o750)).unwrap();
    fs::set_permissions(out.join("box"), mode(0o2555)).unwrap();
    fs::set_permissions(&out, mode(0o711)).unwrap();
    fs::create_dir(out.join("empty")).unwrap();
    symlink("/nowhere/at/all", out.join("broken")).unwrap();
    symlink("..", out.join("loop")).unwrap();
    let _socket = UnixListener::bind(out.join("socket")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, out.join("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    fs::write(out.join(OsStr::from_bytes(b"latin-\xe9")), "mine").unwrap();
    fs::write(out.join("n".repeat(255)), "long").unwrap();
    let mut expected = picture(&out);
    let inode = fs::metadata(out.join("box/run.sh")).unwrap().ino();

    let outcome = write(&out, &files(&[("a", "changed")])).unwrap();
    assert_eq!(outcome.foreign.len(), 8, "{:?}", outcome.foreign);
    let mut found = picture(&out);
    for ours in ["a", ".chaosc"] {
        expected.remove(OsStr::new(ours));
        found.remove(OsStr::new(ours));
    }
    assert_eq!(found, expected);
    assert_eq!(fs::metadata(out.join("box/run.sh")).unwrap().ino(), inode);
    // So that the temporary folder can be removed by anyone.
    fs::set_permissions(out.join("box"), mode(0o755)).unwrap();
}

#[test]
fn a_rewritten_file_keeps_its_mode() {
    let (_home, out) = rendered(&[("a", "a")]);
    fs::set_permissions(out.join("a"), fs::Permissions::from_mode(0o600)).unwrap();
    write(&out, &files(&[("a", "b"), ("new", "n")])).unwrap();
    let mode = |name| fs::metadata(out.join(name)).unwrap().mode() & 0o7777;
    assert_eq!(mode("a"), 0o600);
    // 0644, less what the umask takes.
    assert_eq!(mode("new") & !0o644, 0);
    assert_eq!(mode("new") & 0o400, 0o400);
}

#[test]
fn a_bundle_cannot_leave_the_folder_or_contradict_itself() {
    let home = tempfile::tempdir().unwrap();
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[("", "")], "it has an empty part"),
        (&[("/etc/passwd", "")], "it has an empty part"),
        (&[("a/../../b", "")], "it leaves the folder"),
        (&[("./a", "")], "it has the part `.`"),
        (&[("a\nb", "")], "it has a control character"),
        (&[(".chaosc", "")], "that is the ledger"),
        (&[("a", ""), ("a-b", ""), ("a/b", "")], "it is a file and a folder"),
    ];
    for (list, reason) in cases {
        let error = write(&home.path().join("out"), &files(list)).unwrap_err();
        assert!(error.to_string().ends_with(reason), "{error}");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
