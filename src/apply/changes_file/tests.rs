//! What is written can be read, what is no changes file is told, and nothing of an object stands in it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::error::ChangesError;
use super::key::Key;
use super::{ChangesFile, FORMAT};
use crate::apply::agree::tests::lab::{Lab, row};
use crate::cluster::Identity;
use crate::diff::Action;
use crate::snapshot::Wishes;

fn file() -> ChangesFile {
    let lab = Lab::new();
    let mut file = lab.record();
    file.wishes = Wishes { adopt: true, replace: vec!["Service/shop".to_owned()], ..Wishes::default() };
    file.is_thorough = true;
    file
}

fn read(text: &str) -> Result<ChangesFile, ChangesError> {
    ChangesFile::from_json(text, Path::new("a.changes"))
}

#[test]
fn what_is_written_can_be_read() {
    let file = file();
    assert_eq!(read(&file.to_json()).unwrap(), file);
    let document: Value = serde_json::from_str(&file.to_json()).unwrap();
    assert_eq!(document["format"], FORMAT);
    assert_eq!(document["cluster"], json!({"by": "kube-system", "is": "the-cluster"}));
    let rows = document["rows"].as_array().unwrap();
    let changed = rows.iter().find(|row| row["object"]["name"] == "changed").unwrap();
    assert_eq!(
        changed["object"],
        json!({"api-version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "changed"})
    );
    assert_eq!((&changed["action"], &changed["seen"]["uid"]), (&json!("update"), &json!("uid-changed")));
    assert_eq!((&changed["seen"]["judged"], &changed["ends-run"]), (&json!(true), &json!(false)));
}

#[test]
fn no_value_stands_in_it_and_no_two_files_are_alike() {
    let lab = Lab::new();
    let (one, two) = (lab.record().to_json(), lab.record().to_json());
    for value in ["old-value", "new-value", "left-value"] {
        assert!(!one.contains(value), "{one}");
    }
    let hashes = |text: &str| -> Vec<String> {
        let document: Value = serde_json::from_str(text).unwrap();
        let rows = document["rows"].as_array().unwrap().iter();
        rows.flat_map(|row| [&row["seen"]["digest"], &row["planned"]["content"], &row["planned"]["sent"]])
            .filter_map(|hash| hash.as_str().map(str::to_owned))
            .collect()
    };
    let (one, two) = (hashes(&one), hashes(&two));
    assert!(one.len() > 4);
    assert!(one.iter().all(|hash| !two.contains(hash)), "the same hash under two keys");
    let distinct: BTreeSet<&String> = one.iter().collect();
    assert_eq!(distinct.len(), one.len(), "what is equal in two objects can be seen");
}

#[test]
fn what_is_no_changes_file_is_told() {
    let text = file().to_json();
    let put = |key: &str, value: Value| {
        let mut document: Value = serde_json::from_str(&text).unwrap();
        document[key] = value;
        document.to_string()
    };
    for (given, expected) in [
        ("name = \"shop\"\n".to_owned(), "`a.changes` is no file that `chaosc diff --save` wrote"),
        (String::new(), "`a.changes` is no file that `chaosc diff --save` wrote"),
        ("[]".to_owned(), "`a.changes` is no file that `chaosc diff --save` wrote"),
        ("{\"format\": \"other/v1\"}".to_owned(), "`a.changes` is no file that `chaosc diff --save` wrote"),
        (
            put("format", json!("chaosc.dev/changes/v2")),
            "`a.changes` has the format `chaosc.dev/changes/v2`, expected `chaosc.dev/changes/v1`: a newer chaosc wrote it",
        ),
        (text[..text.len() / 2].to_owned(), "`a.changes` is broken at line "),
        (put("key", json!("c2hvcnQ")), "`a.changes` is broken at line "),
        (put("more", json!("hunter2")), "`a.changes` is broken at line "),
        (put("rows", json!("hunter2")), "`a.changes` is broken at line "),
    ] {
        let error = read(&given).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!error.to_string().contains("hunter2") && !error.hint().is_empty());
    }
}

#[test]
fn it_is_about_one_bundle_in_one_cluster() {
    let file = file();
    let path = Path::new("a.changes");
    file.require_bundle("shop", "shop", path).unwrap();
    for (bundle, namespace) in [("other", "shop"), ("shop", "other")] {
        let error = file.require_bundle(bundle, namespace, path).unwrap_err().to_string();
        assert!(error.contains("about the bundle `shop` in namespace `shop`"), "{error}");
        assert!(error.contains(&format!("`{bundle}` in `{namespace}`")), "{error}");
    }
    let namespace = |uid: &str| Identity::Namespace(uid.to_owned());
    let of = |cluster: Identity| ChangesFile { cluster, ..file.clone() };
    for (file, now, expected) in [
        (of(namespace("a")), Some(namespace("a")), None),
        (of(namespace("a")), Some(namespace("b")), Some("another cluster: the namespace `shop` is another one")),
        (of(namespace("a")), None, Some("the namespace `shop` cannot be read")),
        (file.clone(), Some(Identity::KubeSystem("b".to_owned())), Some("the namespace `kube-system` is another one")),
        (
            of(Identity::Authority("a".to_owned())),
            None,
            Some("the certificate authority of the kubeconfig cannot be read"),
        ),
        (
            of(Identity::Server("a".to_owned())),
            Some(Identity::Server("b".to_owned())),
            Some("the address of the server"),
        ),
    ] {
        let error = file.require_cluster(now.clone(), path).err().map(|error| error.to_string());
        assert_eq!(error.is_some(), expected.is_some(), "{now:?}");
        let error = error.unwrap_or_default();
        assert!(error.contains(expected.unwrap_or_default()), "{error}");
    }
}

#[test]
fn what_follows_an_autoscaler_is_not_recorded() {
    let row_with = |replicas: u64, is_scaled: bool| {
        let mut lab = Lab::new();
        lab.snapshot.objects[0].is_scaled = is_scaled;
        lab.snapshot.objects[0].desired["spec"]["replicas"] = replicas.into();
        let mut file = lab.record();
        file.key = Key::random().unwrap();
        let changes = crate::diff::diff(&lab.snapshot);
        let subjects = super::Subjects::of(&lab.snapshot);
        let key: Key = serde_json::from_value(json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).unwrap();
        let change = changes.changes.iter().find(|change| change.action == Action::Create).unwrap();
        subjects.row(&key, change, None).planned.unwrap().sent
    };
    assert_eq!(row_with(2, true), row_with(5, true));
    assert_ne!(row_with(2, false), row_with(5, false));
    assert_eq!(row(&file(), "new").seen, None);
}
