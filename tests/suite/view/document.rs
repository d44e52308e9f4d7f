//! The JSON output against its schema, and the schema against what is no such output.

use chaosc::diff::view::{Format, SCHEMA};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{cases, whole};
use crate::schema::hygiene::each_schema;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

fn documents() -> Vec<(&'static str, Value)> {
    let read = |text: String| serde_json::from_str(&text).unwrap();
    cases::all().into_iter().map(|(name, changes)| (name, read(whole(&changes, Format::Json)))).collect()
}

#[test]
fn every_output_is_valid() {
    let validator = validator();
    for (name, document) in documents() {
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0], "{name}");
    }
}

#[test]
fn the_schema_is_valid_closed_and_described() {
    let root = schema();
    assert_eq!(root["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::meta::validate(&root).unwrap();
    let mut faults = Vec::new();
    each_schema(&root, &mut |at, schema| {
        let narrows = ["/if", "/then", "/else"].iter().any(|part| at.contains(part));
        let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|_| !narrows) else { return };
        if schema.get("additionalProperties") != Some(&json!(false)) {
            faults.push(format!("{at} is open"));
        }
        for (name, property) in properties {
            if !property["description"].as_str().unwrap_or_default().ends_with('.') {
                faults.push(format!("{at}: {name} has no sentence as its description"));
            }
            let is_elsewhere = property.get("$ref").is_some() || property["items"].get("$ref").is_some();
            if !is_elsewhere && property["examples"].as_array().is_none_or(Vec::is_empty) {
                faults.push(format!("{at}: {name} has no example"));
            }
        }
    });
    assert_eq!(faults, [""; 0]);
}

#[test]
fn every_example_is_valid() {
    let root = schema();
    let mut refused = Vec::new();
    each_schema(&root, &mut |at, schema| {
        let mut alone = Value::Object(schema.clone());
        alone["$defs"] = root["$defs"].clone();
        let validator = jsonschema::validator_for(&alone).unwrap();
        let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        refused
            .extend(examples.filter(|example| !validator.is_valid(example)).map(|example| format!("{at}: {example}")));
    });
    assert_eq!(refused, [""; 0]);
}

/// Whatever is changed about an output makes it invalid: a key more, a key less, a value of another type.
#[test]
fn the_schema_accepts_nothing_else() {
    let validator = validator();
    let mut changed = 0;
    for (name, document) in documents().into_iter().filter(|(name, _)| *name != "too-large") {
        for (pointer, mutated) in mutations(&document) {
            assert!(!validator.is_valid(&mutated), "{name}: {pointer}");
            changed += 1;
        }
    }
    assert!(changed > 500, "only {changed} mutations");
}

/// Each key of the schema occurs in some output.
#[test]
fn every_key_occurs() {
    let documents = documents();
    let mut seen: Vec<String> = Vec::new();
    for (_, document) in &documents {
        each_object(document, "", &mut |_, object| seen.extend(object.keys().cloned()));
    }
    let mut missing = Vec::new();
    each_schema(&schema(), &mut |at, schema| {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        missing.extend(
            properties.map(|(name, _)| name).filter(|name| !seen.contains(name)).map(|name| format!("{at} {name}")),
        );
    });
    assert_eq!(missing, [""; 0]);
}

/// Whether what is below a key is the user's own, and may be anything.
fn is_free(key: &str) -> bool {
    matches!(key, "before" | "after" | "desired" | "live")
}

/// Visits every object of a document that has a shape of its own.
fn each_object(value: &Value, at: &str, visit: &mut dyn FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(at, object);
            for (key, value) in object.iter().filter(|(key, _)| !is_free(key)) {
                each_object(value, &format!("{at}/{key}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                each_object(item, &format!("{at}/{index}"), visit);
            }
        }
        _ => {}
    }
}

fn mutations(document: &Value) -> Vec<(String, Value)> {
    let mut mutations = Vec::new();
    each_object(document, "", &mut |at, object| {
        let mut mutate = |what: &str, change: &dyn Fn(&mut Map<String, Value>)| {
            let mut mutated = document.clone();
            change(mutated.pointer_mut(at).unwrap().as_object_mut().unwrap());
            mutations.push((format!("{at} {what}"), mutated));
        };
        mutate("with a key more", &|object| {
            object.insert("more".into(), json!(1));
        });
        for (key, value) in object {
            let is_optional = is_free(key) && !object.contains_key("action");
            if !is_optional {
                mutate(&format!("without {key}"), &|object| {
                    object.remove(key);
                });
                mutate(&format!("with {key} as another type"), &|object| {
                    object[key] = if value.is_number() { json!("1") } else { json!(1.5) };
                });
            }
        }
    });
    mutations
}
