//! The example and the starter: without a fault, and rendered as committed.

use std::fs;

use serde_json::Value;

use crate::folders::{is_update, project};
use crate::tools::run;

const EXAMPLE: [&str; 2] = ["-f", "chaos.toml.example"];

#[test]
fn the_committed_bundle_is_fresh() {
    let root = project("");
    if is_update() {
        let (code, out, err) = run(&root, &["render", EXAMPLE[0], EXAMPLE[1]]);
        assert_eq!(code, 0, "{out}{err}");
    }
    let (code, out, err) = run(&root, &["render", "--check", EXAMPLE[0], EXAMPLE[1]]);
    assert_eq!(code, 0, "run `cargo run -- render -f chaos.toml.example`\n{out}{err}");
}

#[test]
fn the_example_has_no_fault() {
    let (code, out, _) = run(&project(""), &["check", "--deny-warnings", EXAMPLE[0], EXAMPLE[1]]);
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn the_starter_renders_at_once_and_check_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(folder.path(), &["init"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert_eq!(run(folder.path(), &["check", "--deny-warnings"]), (0, String::new(), String::new()));
    let (code, out, err) = run(folder.path(), &["render"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(folder.path().join("out/bundle.yaml").is_file());
}

#[test]
fn the_starter_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("experiments")).unwrap();
    fs::write(folder.path().join("experiments/terminate-pod.yaml"), "mine").unwrap();
    let (code, _, err) = run(folder.path(), &["init"]);
    assert_eq!(code, 1);
    assert!(err.contains("experiments/terminate-pod.yaml"), "{err}");
    assert!(!folder.path().join("chaos.toml").exists());
    assert_eq!(fs::read_to_string(folder.path().join("experiments/terminate-pod.yaml")).unwrap(), "mine");
}

/// Every key of the schema stands in the example, in force or as a comment.
#[test]
fn the_example_shows_every_key() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(project("schema/chaos.schema.json")).unwrap()).unwrap();
    let example = fs::read_to_string(project("chaos.toml.example")).unwrap();
    let mut keys = Vec::new();
    collect(&schema, &mut keys);
    let missing: Vec<&String> = keys.iter().filter(|key| !shows(&example, key)).collect();
    assert!(keys.len() > 50, "only {} keys found in the schema", keys.len());
    assert!(missing.is_empty(), "chaos.toml.example does not show {missing:?}");
}

/// Collects the names of all properties that are not refused.
fn collect(schema: &Value, keys: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            if property != &Value::Bool(false) {
                keys.push(name.clone());
            }
        }
    }
    match schema {
        Value::Object(entries) => entries
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "default" | "examples" | "if" | "then" | "dependentSchemas"))
            .for_each(|(_, value)| collect(value, keys)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        _ => {}
    }
}

fn shows(example: &str, key: &str) -> bool {
    let is_key = |line: &str| {
        let line = line.trim_start_matches(['#', ' ']);
        let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        words.into_iter().any(|word| word == key)
    };
    example.lines().any(is_key)
}
