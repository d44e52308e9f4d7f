//! The ledger `.chaosc` as it comes back from version control and from people.

use std::fs;

use chaosc::bundle::write::{WriteError, compare, write};

use super::tree::{files, picture};
use super::{alone, put, read, rendered};

#[test]
fn a_ledger_from_a_merge_counts_for_both_sides() {
    let (_home, out) = rendered(&[("x", "left"), ("y", "left only")]);
    let left = read(&out.join(".chaosc"));
    let (_other, there) = rendered(&[("x", "right"), ("z", "right only")]);
    let right = read(&there.join(".chaosc"));
    let body = |text: &str| text.split_inclusive('\n').skip(2).collect::<String>();
    let merged = format!("format 1\n<<<<<<< HEAD\n{}=======\n{}>>>>>>> topic\n", body(&left), body(&right));
    put(&out.join(".chaosc"), &merged);
    put(&out.join("x"), "<<<<<<< HEAD\nleft=======\nright>>>>>>> topic\n");
    put(&out.join("z"), "right only");
    put(&out.join("mine"), "m");
    let wanted = files(&[("x", "both")]);
    let outcome = write(&out, &wanted).unwrap();
    assert_eq!((outcome.written, outcome.removed), (1, 2));
    assert_eq!(outcome.foreign, ["mine"]);
    assert!(compare(&out, &wanted).unwrap().is_fresh());
}

#[test]
fn a_ledger_that_cannot_be_trusted_stops_the_write() {
    let cases = [
        ("format 7\n", "has format 7, expected 1: a newer chaosc wrote it", "use that chaosc"),
        ("junk", "is damaged in line 1: expected `format 1`", "bring it back from version control"),
        ("format 1\nabc  x\n", "is damaged in line 2: expected a SHA-256 of 64 digits", "git checkout -- "),
    ];
    for (text, message, hint) in cases {
        let (home, out) = rendered(&[("a", "a"), ("stale", "s")]);
        put(&out.join(".chaosc"), text);
        let seen = picture(&out);
        for error in
            [write(&out, &files(&[("a", "b")])).unwrap_err(), compare(&out, &files(&[("a", "b")])).unwrap_err()]
        {
            assert!(error.to_string().ends_with(message), "{error}");
            assert!(error.hint().contains(hint), "{}", error.hint());
        }
        assert_eq!(picture(&out), seen);
        assert!(alone(&home));
    }
    let (_home, out) = rendered(&[("a", "a")]);
    fs::remove_file(out.join(".chaosc")).unwrap();
    fs::create_dir(out.join(".chaosc")).unwrap();
    let error = write(&out, &files(&[("a", "b")])).unwrap_err();
    assert!(matches!(error, WriteError::Ledger { .. }), "{error}");
}

#[test]
fn a_ledger_can_only_speak_of_files_in_the_folder() {
    let (home, out) = rendered(&[("a", "a")]);
    put(&home.path().join("victim"), "a");
    let hash = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    put(&out.join(".chaosc"), &format!("format 1\n{hash}  ../victim\n"));
    let error = write(&out, &files(&[("b", "b")])).unwrap_err();
    assert!(error.to_string().ends_with("line 2: it leaves the folder"), "{error}");
    assert_eq!(read(&home.path().join("victim")), "a");
}
