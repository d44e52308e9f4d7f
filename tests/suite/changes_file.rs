//! Changes files without a cluster: what is no such file, and what would be lost, is told before anything is asked.

use std::fs;

use crate::folders::put;
use crate::tools::run;

const CHAOS: &str = "name = \"shop\"\n[namespace]\nname = \"shop\"\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("chaos.toml"), CHAOS);
    put(&folder.path().join("cut.changes"), "{\"format\": \"chaosc.dev/changes/v1\",");
    put(&folder.path().join("newer.changes"), "{\"format\": \"chaosc.dev/changes/v2\", \"anything\": 1}");
    folder
}

#[test]
fn what_is_no_changes_file_is_not_applied() {
    let folder = folder();
    for (file, expected) in [
        ("nowhere", "cannot read `nowhere`: there is no such file"),
        (".", "cannot read `.`: "),
        ("chaos.toml", "`chaos.toml` is no file that `chaosc diff --save` wrote"),
        ("cut.changes", "`cut.changes` is broken at line 1, column "),
        ("newer.changes", "`newer.changes` has the format `chaosc.dev/changes/v2`, expected `chaosc.dev/changes/v1`"),
    ] {
        let (code, out, err) = run(folder.path(), &["apply", file, "--yes"]);
        assert_eq!((code, out.as_str()), (1, ""), "{file}");
        assert!(err.starts_with(&format!("error: {expected}")), "{err}");
        assert!(err.contains("\nhelp: ") && err.contains("`chaosc diff --save "), "{err}");
    }
}

#[test]
fn the_wishes_of_the_file_cannot_be_overruled() {
    let folder = folder();
    for option in [&["--adopt"][..], &["--force-conflicts"], &["--replace", "Job/a"], &["--end-runs"], &["--thorough"]]
    {
        let (code, _, err) = run(folder.path(), &[&["apply", "a.changes"], option].concat());
        assert_eq!(code, 64, "{err}");
        assert!(err.contains("cannot be used with") && err.contains(option[0]), "{err}");
    }
}

#[test]
fn nothing_but_a_changes_file_is_overwritten() {
    let folder = folder();
    for file in ["chaos.toml", "."] {
        let (code, out, err) = run(folder.path(), &["diff", "--save", file]);
        assert_eq!((code, out.as_str()), (1, ""), "{file}");
        assert!(err.starts_with(&format!("error: nothing was saved, because `{file}` is no changes file")), "{err}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("chaos.toml")).unwrap(), CHAOS);
}
