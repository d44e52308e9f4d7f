//! No part of a schema is without a case: whatever is taken out of it, some case is told otherwise.

use chaosc::check::schema::{Schema, SchemaProblem, Subject};
use serde_json::{Map, Value};

use super::cases::{read, source};
use super::hygiene::{ASSERTIONS, each_schema};

#[test]
fn no_part_of_the_schema_of_chaos_toml_can_go_unnoticed() {
    unnoticed(Subject::Chaos);
}

#[test]
fn no_part_of_the_schema_of_an_experiment_can_go_unnoticed() {
    unnoticed(Subject::Experiment);
}

fn unnoticed(subject: Subject) {
    let root = source(subject);
    let mut cases = read(subject, "invalid");
    cases.extend(read(subject, "valid"));
    let values: Vec<Value> = cases.into_iter().map(|case| case.value).collect();
    let schema = Schema::compile(subject, root.clone()).unwrap();
    let told: Vec<_> = values
        .iter()
        .map(|value| places(&schema.problems(value)))
        .collect();

    let mut parts = Vec::new();
    each_schema(&root, &mut |at, schema| parts.extend(parts_of(at, schema)));
    assert!(parts.len() > 300, "only {} parts", parts.len());

    let noticed = |part: &str| {
        let mut without = root.clone();
        remove(&mut without, part);
        match Schema::compile(subject, without) {
            // The validator refuses the schema itself.
            Err(_) => true,
            Ok(schema) => values
                .iter()
                .zip(&told)
                .any(|(value, told)| places(&schema.problems(value)) != *told),
        }
    };
    let silent: Vec<String> = parts.into_iter().filter(|part| !noticed(part)).collect();
    assert!(
        silent.is_empty(),
        "no case notices the loss of\n{}",
        silent.join("\n")
    );
}

/// Places and codes without the words, which may lean on other parts of the schema.
fn places(problems: &[SchemaProblem]) -> Vec<(String, bool, &'static str)> {
    let place = |p: &SchemaProblem| (p.pointer.clone(), p.at_key, p.kind.code());
    problems.iter().map(place).collect()
}

/// The pointers of what can be taken out of a schema: each assertion, each entry of those that have entries.
fn parts_of(at: &str, schema: &Map<String, Value>) -> Vec<String> {
    let mut parts = Vec::new();
    for (keyword, value) in schema {
        if !ASSERTIONS.contains(&keyword.as_str()) {
            continue;
        }
        let at = format!("{at}/{keyword}");
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(map)) => {
                let escaped = map
                    .keys()
                    .map(|key| key.replace('~', "~0").replace('/', "~1"));
                parts.extend(escaped.map(|key| format!("{at}/{key}")));
            }
            ("required" | "enum" | "type" | "allOf", Value::Array(list)) => {
                parts.extend((0..list.len()).map(|index| format!("{at}/{index}")));
                if keyword == "enum" {
                    parts.push(at);
                }
            }
            // A condition without branches, or a branch without its condition, says nothing.
            ("if", _) => {}
            _ => parts.push(at),
        }
    }
    parts
}

fn remove(root: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match root.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.remove(&last.replace("~1", "/").replace("~0", "~"))
                .unwrap();
        }
        Value::Array(entries) => {
            entries.remove(last.parse().unwrap());
        }
        _ => panic!("{pointer} is no part"),
    }
}
