//! Which repository a chaos.toml comes from, asked of the real git.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chaosc::source::origin::origin;

use crate::folders::put;
use crate::tools::{in_time, succeed};

const TOKEN: &str = "tok-4f7d2b";

/// Runs git with a configuration that is the same everywhere.
fn git(folder: &Path, arguments: &[&str]) {
    let settings = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "protocol.file.allow=always"];
    let mut command = Command::new("git");
    command.current_dir(folder).args(settings).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    succeed(&mut command);
}

/// Makes a repository with a chaos.toml at its root and one below, and a commit.
fn repository(folder: &Path, remote: Option<&str>) -> PathBuf {
    put(&folder.join("chaos.toml"), "");
    put(&folder.join("teams/shop ß/chaos.toml"), "");
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "--message", "x"]);
    if let Some(remote) = remote {
        git(folder, &["remote", "add", "origin", remote]);
    }
    folder.to_path_buf()
}

#[test]
fn ssh_and_https_with_or_without_a_token_are_the_same_origin() {
    let place = tempfile::tempdir().unwrap();
    for (index, remote) in [
        "https://git.example/team/shop.git".to_owned(),
        format!("https://oauth2:{TOKEN}@git.example/team/shop"),
        format!("https://{TOKEN}@Git.Example:8443/team/shop.git/"),
        format!("https://git.example/team/shop.git?private_token={TOKEN}"),
        "git@git.example:team/shop.git".to_owned(),
        "ssh://git@git.example:2222/team/shop.git".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let root = repository(&place.path().join(index.to_string()), Some(remote));
        for (file, expected) in [
            ("chaos.toml", "git.example/team/shop:chaos.toml"),
            ("teams/shop ß/chaos.toml", "git.example/team/shop:teams/shop ß/chaos.toml"),
            ("teams/../chaos.toml", "git.example/team/shop:chaos.toml"),
            ("teams/shop ß/other.toml", "git.example/team/shop:teams/shop ß/other.toml"),
        ] {
            let found = origin(&root.join(file));
            assert_eq!(found.as_deref(), Some(expected), "{remote}");
            assert!(!format!("{found:?}").contains(TOKEN));
        }
    }
}

#[test]
fn a_shorthand_is_what_git_makes_of_it_and_of_two_addresses_the_first_counts() {
    let place = tempfile::tempdir().unwrap();
    let file = |root: &Path| origin(&root.join("chaos.toml"));
    let root = repository(&place.path().join("root"), Some("gh:team/shop.git"));
    git(&root, &["config", &format!("url.https://{TOKEN}@git.example/.insteadOf"), "gh:"]);
    assert_eq!(file(&root).as_deref(), Some("git.example/team/shop:chaos.toml"));
    // A mirror is another way to the same repository.
    let mirrored = repository(&place.path().join("mirrored"), Some("https://git.example/team/shop"));
    git(&mirrored, &["config", "url.https://mirror.example/.insteadOf", "https://git.example/"]);
    assert_eq!(file(&mirrored), file(&root));
    git(&root, &["remote", "set-url", "--add", "origin", "https://git.example/team/copy"]);
    assert_eq!(file(&root).as_deref(), Some("git.example/team/shop:chaos.toml"));
    git(&mirrored, &["remote", "set-url", "--add", "origin", "https://git.example/team/copy"]);
    assert_eq!(file(&mirrored), file(&root));
    let escaped =
        repository(&place.path().join("slash"), Some(&format!("https://oauth2/{TOKEN}@git.example/team/shop")));
    assert_eq!(file(&escaped), None, "the rest of a password would be in the path");
}

#[test]
fn no_repository_and_no_remote_elsewhere_is_no_origin() {
    let place = tempfile::tempdir().unwrap();
    put(&place.path().join("plain/chaos.toml"), "");
    assert_eq!(origin(&place.path().join("plain/chaos.toml")), None);
    assert_eq!(origin(&place.path().join("nowhere/chaos.toml")), None);
    assert_eq!(origin(Path::new("/")), None);

    let alone = repository(&place.path().join("alone"), None);
    assert_eq!(origin(&alone.join("chaos.toml")), None);
    let local = alone.display().to_string();
    let clone = repository(&place.path().join("clone"), Some(&local));
    assert_eq!(origin(&clone.join("chaos.toml")), None);
    let upstream = repository(&place.path().join("upstream"), None);
    git(&upstream, &["remote", "add", "upstream", "https://git.example/team/shop"]);
    assert_eq!(origin(&upstream.join("chaos.toml")), None);
    git(&upstream, &["remote", "rename", "upstream", "origin"]);
    assert_eq!(origin(&upstream.join(".git/chaos.toml")), None, "git keeps no files of the user there");
}

#[test]
fn worktrees_and_submodules_have_the_origin_that_git_says() {
    let place = tempfile::tempdir().unwrap();
    let root = repository(&place.path().join("root"), Some("git@git.example:team/shop.git"));
    git(&root, &["worktree", "add", "--quiet", "../beside"]);
    let beside = place.path().join("beside");
    assert_eq!(
        origin(&beside.join("teams/shop ß/chaos.toml")).as_deref(),
        Some("git.example/team/shop:teams/shop ß/chaos.toml")
    );
    let library = repository(&place.path().join("library"), None);
    git(&root, &["submodule", "--quiet", "add", &library.display().to_string(), "vendored"]);
    assert_eq!(origin(&root.join("vendored/chaos.toml")), None);
    git(&root.join("vendored"), &["remote", "set-url", "origin", "https://git.example/team/library.git"]);
    assert_eq!(origin(&root.join("vendored/chaos.toml")).as_deref(), Some("git.example/team/library:chaos.toml"));
    std::os::unix::fs::symlink(root.join("teams"), place.path().join("link")).unwrap();
    assert_eq!(
        origin(&place.path().join("link/shop ß/chaos.toml")).as_deref(),
        Some("git.example/team/shop:teams/shop ß/chaos.toml")
    );
}

/// Prints the origin of the file that `CHAOSC_TEST_ORIGIN_OF` names; the tests below run it in environments of theirs.
#[test]
fn said_in_a_given_environment() {
    if let Some(file) = std::env::var_os("CHAOSC_TEST_ORIGIN_OF") {
        println!("origin: {:?}", origin(Path::new(&file)));
    }
}

/// Returns what [`origin`] says in a process with its own environment, and that process's standard error.
fn in_environment(folder: &Path, file: &str, environment: &[(&str, &str)]) -> (String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "origin::said_in_a_given_environment", "--nocapture"]).current_dir(folder);
    command.env("CHAOSC_TEST_ORIGIN_OF", file).envs(environment.iter().copied());
    let (code, out, err) = in_time(&mut command);
    assert_eq!(code, 0, "{out}{err}");
    let (_, said) = out.split_once("origin: ").unwrap_or_else(|| panic!("{out}{err}"));
    (said.lines().next().unwrap().to_owned(), err)
}

#[test]
fn the_environment_of_a_hook_leads_nowhere_else() {
    let place = tempfile::tempdir().unwrap();
    let root = repository(&place.path().join("root"), Some("git@git.example:team/shop.git"));
    let other = repository(&place.path().join("other"), Some("git@git.example:other/other.git"));
    let other = other.display().to_string();
    let dot_git = format!("{other}/.git");
    for environment in [
        &[("GIT_DIR", dot_git.as_str())][..],
        &[("GIT_DIR", dot_git.as_str()), ("GIT_WORK_TREE", other.as_str()), ("GIT_PREFIX", "deep/")],
        &[("GIT_COMMON_DIR", dot_git.as_str()), ("GIT_INDEX_FILE", "/nowhere")],
        &[("GIT_CONFIG", "/dev/null")],
        &[("GIT_DIR", ".git"), ("GIT_WORK_TREE", ".")],
    ] {
        // A file without a folder stands in the current one.
        let (said, _) = in_environment(&root.join("teams/shop ß"), "chaos.toml", environment);
        assert_eq!(said, "Some(\"git.example/team/shop:teams/shop ß/chaos.toml\")", "{environment:?}");
    }
}

#[test]
fn a_git_that_is_missing_or_refuses_is_no_origin_and_says_nothing() {
    let place = tempfile::tempdir().unwrap();
    let root = repository(&place.path().join("root"), Some("git@git.example:team/shop.git"));
    let odd = |name: &str, script: &str| {
        let program = place.path().join(name).join("git");
        put(&program, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        program.parent().unwrap().display().to_string()
    };
    let path = std::env::var("PATH").unwrap();
    for (environment, expected) in [
        (&[("PATH", path.as_str())][..], "Some(\"git.example/team/shop:chaos.toml\")"),
        (&[("PATH", "/nowhere")], "None"),
        // What git says of a repository that belongs to somebody else, without a second user.
        (&[("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")], "None"),
        (&[("PATH", &odd("failing", "echo fatal >&2; exit 128"))], "None"),
        (&[("PATH", &odd("strange", "echo strange"))], "None"),
        (&[("PATH", &odd("binary", "printf 'true\\n\\377'"))], "None"),
        (&[("PATH", &odd("asking", "read answer && echo \"$answer\""))], "None"),
        (&[("PATH", &odd("endless", "while :; do echo true; done"))], "None"),
        (&[("PATH", &odd("silent", "exec 1>&-; while :; do :; done"))], "None"),
    ] {
        let began = Instant::now();
        let (said, err) = in_environment(&root, "./chaos.toml", environment);
        assert_eq!(said, expected, "{environment:?}");
        assert!(!err.contains("fatal"), "{err}");
        assert!(began.elapsed() < Duration::from_mins(1), "{environment:?}");
    }
}
