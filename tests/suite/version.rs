//! `chaosc --version`: the version, and the revision that the program was built from.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::folders::{project, put};
use crate::tools::{run, succeed};

/// The build script itself, so that it can be asked about other repositories than this one.
#[path = "../../build.rs"]
#[allow(dead_code)] // Cargo calls the rest.
mod build;

/// Runs git in a folder, untouched by the settings of the machine.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=ada", "-c", "user.email=ada@example.com"]).args(arguments).current_dir(folder);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    git.env("GIT_COMMITTER_DATE", "2026-01-31T23:30:00-0800");
    succeed(&mut git).trim_end().to_owned()
}

/// Makes a repository with one commit, and returns its beginning.
fn repository(folder: &Path) -> String {
    put(&folder.join("Cargo.toml"), "[package]\n");
    put(&folder.join("src/main.rs"), "fn main() {}\n");
    put(&folder.join("README.md"), "one\n");
    git(folder, &["init", "-q", "-b", "topic/version"]);
    commit(folder)
}

fn commit(folder: &Path) -> String {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", "one"]);
    git(folder, &["rev-parse", "HEAD"])[..12].to_owned()
}

/// Returns when the build script would run again: the newest time of what it watches.
fn newest(paths: &[std::path::PathBuf]) -> std::time::SystemTime {
    let of = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let each = paths.iter().map(|path| {
        let below =
            if path.is_dir() { fs::read_dir(path).unwrap().map(|one| of(&one.unwrap().path())).max() } else { None };
        of(path).max(below.unwrap_or(std::time::UNIX_EPOCH))
    });
    each.max().unwrap()
}

#[test]
fn the_program_names_the_commit_it_is_built_from() {
    let folder = tempfile::tempdir().unwrap();
    let (code, long, err) = run(folder.path(), &["--version"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(run(folder.path(), &["-V"]).1, long);
    let version = env!("CARGO_PKG_VERSION");
    let asked = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(project("")).output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
    };
    // A package without its repository, or in another one's, has the number alone.
    if asked(&["rev-parse", "--show-prefix"]).is_none_or(|prefix| !prefix.is_empty()) {
        assert_eq!(long, format!("chaosc {version}\n"));
        return;
    }
    let hash = asked(&["rev-parse", "HEAD"]).unwrap();
    let date = asked(&["show", "-s", "--format=%cd", "--date=short", "HEAD"]).unwrap();
    // Whoever edits while the tests run has built from a clean tree; the mark has a test of its own.
    let expected = format!("chaosc {version} ({} {date})\n", &hash[..12]);
    assert_eq!(long.replace("-dirty", ""), expected);
}

#[test]
fn what_the_program_is_made_of_makes_it_dirty() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(build::revision(folder.path()), None, "no repository");
    let commit = repository(folder.path());
    // The day where the commit was made, and not that of any other time zone.
    let clean = format!("{commit} 2026-01-31");
    assert_eq!(build::revision(folder.path()).as_ref(), Some(&clean));
    put(&folder.path().join("README.md"), "two\n");
    put(&folder.path().join("src/new.rs"), "");
    assert_eq!(build::revision(folder.path()).as_ref(), Some(&clean), "neither is in the program");
    put(&folder.path().join("src/main.rs"), "fn main() { }\n");
    let dirty = format!("{commit}-dirty 2026-01-31");
    assert_eq!(build::revision(folder.path()).as_ref(), Some(&dirty));
    git(folder.path(), &["add", "src/main.rs"]);
    assert_eq!(build::revision(folder.path()), Some(dirty));
    // A package that somebody has unpacked in a repository of his own.
    assert_eq!(build::revision(&folder.path().join("src")), None);
}

#[test]
fn whatever_moves_the_revision_is_watched_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let main = place.path().join("main");
    repository(&main);
    git(&main, &["worktree", "add", "-q", "-b", "other", "../other"]);
    let worktree = place.path().join("other");
    for (folder, log) in [(&main, true), (&worktree, true), (&main, false)] {
        if !log {
            git(folder, &["config", "core.logAllRefUpdates", "false"]);
            fs::remove_dir_all(folder.join(".git/logs")).unwrap();
        }
        for packed in [false, true] {
            if packed {
                git(folder, &["pack-refs", "--all"]);
            }
            let watched = build::watched(folder);
            let before = newest(&watched);
            // Looking changes nothing: otherwise each build would be followed by another.
            build::revision(folder).unwrap();
            assert_eq!((build::watched(folder), newest(&watched)), (watched.clone(), before));
            std::thread::sleep(std::time::Duration::from_millis(20));
            commit(folder);
            assert!(newest(&watched) > before, "log {log}, packed {packed}: {watched:#?}");
        }
    }
    // A commit elsewhere builds nothing here.
    git(&main, &["config", "core.logAllRefUpdates", "true"]);
    let watched = build::watched(&worktree);
    let before = newest(&watched);
    std::thread::sleep(std::time::Duration::from_millis(20));
    commit(&main);
    assert_eq!(newest(&watched), before);
}
