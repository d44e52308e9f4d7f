//! What is no file, where one is expected: the program neither hangs nor dies, and says one thing.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{put_sound, sound};
use crate::folders::put;
use crate::tools::{chaosc, in_time};

/// Makes something at a path; what has to live as long as the test is returned.
type Make = fn(&Path) -> Option<UnixListener>;

/// What stands there, what is said about it as an experiment, and as chaos.toml.
const KINDS: [(&str, Make, &str, &str); 8] = [
    ("a pipe", pipe, "error[unreadable-file]", "it is a device, socket or pipe, expected a file"),
    ("a socket", socket, "error[unreadable-file]", "it is a device, socket or pipe, expected a file"),
    ("a device", device, "error[unreadable-file]", "it is a device, socket or pipe, expected a file"),
    ("a loop", itself, "error[unreadable-file]", "its symbolic links lead in a circle"),
    ("a link to nothing", nothing, "error[unreadable-file]", "it is a symbolic link to nothing"),
    ("a folder", folder, "error[unreadable-file]", "it is a folder, expected a file"),
    ("too large", too_large, "error[file-too-large]", "it has 16777217 bytes, the limit is 16777216"),
    ("of endless zeros", zeros, "error[unreadable-file]", "it is a device, socket or pipe, expected a file"),
];

#[allow(clippy::unnecessary_wraps)] // As the others.
fn socket(path: &Path) -> Option<UnixListener> {
    Some(UnixListener::bind(path).unwrap())
}

fn pipe(path: &Path) -> Option<UnixListener> {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    None
}

fn device(path: &Path) -> Option<UnixListener> {
    symlink("/dev/tty", path).unwrap();
    None
}

fn zeros(path: &Path) -> Option<UnixListener> {
    symlink("/dev/zero", path).unwrap();
    None
}

fn itself(path: &Path) -> Option<UnixListener> {
    symlink(path.file_name().unwrap(), path).unwrap();
    None
}

fn nothing(path: &Path) -> Option<UnixListener> {
    symlink("nowhere", path).unwrap();
    None
}

fn folder(path: &Path) -> Option<UnixListener> {
    fs::create_dir(path).unwrap();
    None
}

fn too_large(path: &Path) -> Option<UnixListener> {
    File::create(path).unwrap().set_len(16 * 1024 * 1024 + 1).unwrap();
    None
}

#[test]
fn as_chaos_toml() {
    for (kind, make, _, reason) in KINDS {
        let place = tempfile::tempdir().unwrap();
        let _alive = make(&place.path().join("chaos.toml"));
        for command in ["check", "render"] {
            let (code, out, err) = in_time(chaosc(place.path()).arg(command));
            assert_eq!((code, out.as_str()), (1, ""), "{kind}: {err}");
            assert!(err.starts_with(&format!("error: cannot read `chaos.toml`: {reason}\nhelp: ")), "{kind}: {err}");
        }
        assert!(!place.path().join("out").exists());
    }
}

#[test]
fn as_an_experiment() {
    for (kind, make, code, _) in KINDS {
        one_error(kind, make, code, "odd.yaml", &sound("odd.yaml", "app.yaml"));
    }
}

#[test]
fn as_a_manifest() {
    for (kind, make, code, _) in KINDS {
        // A folder is what a manifest may be.
        let code = if kind == "a folder" { "error[empty-folder]" } else { code };
        one_error(kind, make, code, "odd.yaml", &sound("x.yaml", "odd.yaml"));
    }
}

#[test]
fn in_a_folder_of_manifests() {
    for (kind, make, code, _) in KINDS.into_iter().filter(|(kind, ..)| *kind != "a folder") {
        one_error(kind, make, code, "apps/odd.yaml", &sound("x.yaml", "apps"));
    }
}

/// Checks that `check` says one error, that it names the file, and that `render` writes nothing.
fn one_error(kind: &str, make: Make, error: &str, path: &str, chaos: &str) {
    let place = tempfile::tempdir().unwrap();
    put_sound(place.path());
    put(&place.path().join("chaos.toml"), chaos);
    fs::create_dir(place.path().join("apps")).unwrap();
    let _alive = make(&place.path().join(path));
    let (code, out, _) = in_time(chaosc(place.path()).args(["check", "--format", "short"]));
    assert_eq!((code, out.lines().count()), (1, 1), "{kind}: {out}");
    let line = if chaos.contains("file = \"odd") { 12 } else { 8 };
    assert!(out.starts_with(&format!("chaos.toml:{line}:")) && out.contains(error), "{kind}: {out}");
    let named = if error.contains("empty-folder") { "odd.yaml" } else { path };
    assert!(out.contains(&format!("`{named}`")), "{kind}: {out}");
    let (code, ..) = in_time(chaosc(place.path()).arg("render"));
    assert_eq!(code, 1, "{kind}");
    assert!(!place.path().join("out").exists(), "{kind}");
}

#[test]
fn what_is_no_manifest_in_a_folder_is_passed_over() {
    let place = tempfile::tempdir().unwrap();
    put_sound(place.path());
    put(&place.path().join("chaos.toml"), sound("x.yaml", "apps"));
    put(&place.path().join("apps/app.yaml"), fs::read(place.path().join("app.yaml")).unwrap());
    let alive: Vec<_> = KINDS
        .iter()
        .enumerate()
        .map(|(number, (_, make, ..))| {
            let name = if number % 2 == 0 { format!("odd-{number}") } else { format!(".odd-{number}.yaml") };
            make(&place.path().join("apps").join(name))
        })
        .collect();
    let (code, out, err) = in_time(chaosc(place.path()).arg("check"));
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    drop(alive);
}

#[test]
fn a_folder_that_holds_itself() {
    let place = tempfile::tempdir().unwrap();
    put_sound(place.path());
    put(&place.path().join("chaos.toml"), sound("x.yaml", "apps"));
    fs::create_dir_all(place.path().join("apps/deep")).unwrap();
    symlink("..", place.path().join("apps/deep/up")).unwrap();
    let (code, out, _) = in_time(chaosc(place.path()).args(["check", "--format", "short"]));
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "chaos.toml:8:14: error[unreadable-file]: `apps/deep/up` cannot be read: its symbolic links lead in a circle\n"
    );
}

/// Twenty folders with two links each to the next one have a million paths.
#[test]
fn links_that_multiply_folders() {
    let place = tempfile::tempdir().unwrap();
    put_sound(place.path());
    put(&place.path().join("chaos.toml"), sound("x.yaml", "f0"));
    for number in 0..20 {
        let folder = place.path().join(format!("f{number}"));
        fs::create_dir(&folder).unwrap();
        for link in ["a", "b"] {
            symlink(format!("../f{}", number + 1), folder.join(link)).unwrap();
        }
    }
    fs::create_dir(place.path().join("f20")).unwrap();
    let (code, out, _) = in_time(chaosc(place.path()).args(["check", "--format", "short"]));
    assert_eq!((code, out.lines().count()), (1, 1), "{out}");
    assert!(out.contains("there are more than 100000 files and folders in it"), "{out}");
}

#[test]
fn ten_thousand_manifests_in_a_folder() {
    let place = tempfile::tempdir().unwrap();
    put_sound(place.path());
    put(&place.path().join("chaos.toml"), sound("x.yaml", "apps"));
    let manifest = |name: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n");
    for number in 0..10_000 {
        put(&place.path().join(format!("apps/{number}.yaml")), manifest(&format!("c{number}")));
    }
    put(&place.path().join("apps/z.yaml"), manifest("c17"));
    let (code, out, _) = in_time(chaosc(place.path()).args(["check", "--format", "short"]));
    assert_eq!((code, out.lines().count()), (1, 1), "{out}");
    assert!(out.starts_with("apps/z.yaml:1:") && out.contains("error[duplicate-object]"), "{out}");
}

#[test]
fn what_may_not_be_read() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let program = path("chaosc");
    fs::copy(env!("CARGO_BIN_EXE_chaosc"), &program).unwrap();
    put_sound(place.path());
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let refuse = |name: &str| fs::set_permissions(path(name), Permissions::from_mode(0o000)).unwrap();
    let check = || {
        // Root may read everything, so it becomes somebody else.
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        in_time(command.args(["check", "--format", "short"]).current_dir(place.path()).env_clear())
    };
    assert_eq!(check(), (0, String::new(), String::new()));

    refuse("x.yaml");
    let (code, out, _) = check();
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "chaos.toml:12:8: error[unreadable-file]: `x.yaml` cannot be read: Permission denied (os error 13)\n"
    );
    put(&path("chaos.toml"), sound("x.yaml", "apps"));
    fs::create_dir_all(path("apps/closed")).unwrap();
    refuse("apps/closed");
    let (code, out, _) = check();
    assert_eq!((code, out.lines().count()), (1, 2), "{out}");
    assert!(out.contains("`apps/closed` cannot be read: Permission denied"), "{out}");

    refuse("chaos.toml");
    let (code, out, err) = check();
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("error: cannot read `chaos.toml`: Permission denied"), "{err}");
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}
