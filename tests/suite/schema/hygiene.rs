//! What holds for every part of both schemas.

use std::collections::BTreeSet;

use chaosc::check::schema::Subject;
use serde_json::{Map, Value, json};

use super::cases::source;

/// Keywords that say something about a value.
pub(crate) const ASSERTIONS: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "const",
    "dependentSchemas",
    "else",
    "enum",
    "exclusiveMinimum",
    "if",
    "items",
    "maxItems",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "patternProperties",
    "properties",
    "propertyNames",
    "required",
    "then",
    "type",
    "uniqueItems",
];

/// Keywords for readers and editors.
const ANNOTATIONS: &[&str] = &["$defs", "$schema", "default", "deprecated", "description", "examples", "title"];

const SUBJECTS: [Subject; 2] = [Subject::Chaos, Subject::Experiment];

/// Visits every schema that is an object, with its pointer.
pub(crate) fn each_schema(root: &Value, visit: &mut dyn FnMut(&str, &Map<String, Value>)) {
    fn walk(at: &str, schema: &Value, visit: &mut dyn FnMut(&str, &Map<String, Value>)) {
        let Value::Object(schema) = schema else {
            return;
        };
        visit(at, schema);
        for (keyword, value) in schema {
            let at = format!("{at}/{keyword}");
            match (keyword.as_str(), value) {
                ("$defs" | "properties" | "patternProperties" | "dependentSchemas", Value::Object(map)) => {
                    for (key, schema) in map {
                        walk(&format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), schema, visit);
                    }
                }
                ("allOf", Value::Array(list)) => {
                    for (index, schema) in list.iter().enumerate() {
                        walk(&format!("{at}/{index}"), schema, visit);
                    }
                }
                ("items" | "additionalProperties" | "propertyNames" | "if" | "then" | "else", schema) => {
                    walk(&at, schema, visit);
                }
                _ => {}
            }
        }
    }
    walk("", root, visit);
}

/// Gathers what `fault` says about any schema of either file.
fn faults(fault: impl Fn(&Value, &str, &Map<String, Value>) -> Vec<String>) -> Vec<String> {
    let mut all = Vec::new();
    for subject in SUBJECTS {
        let root = source(subject);
        each_schema(&root, &mut |at, schema| {
            let here = fault(&root, at, schema);
            all.extend(here.into_iter().map(|text| format!("{subject:?} {at}: {text}")));
        });
    }
    all
}

/// A branch that narrows an object which is described elsewhere.
fn narrows(at: &str, schema: &Map<String, Value>) -> bool {
    ["/if", "/then", "/else", "/dependentSchemas/"].iter().any(|part| at.contains(part))
        && !schema.contains_key("additionalProperties")
}

#[test]
fn both_are_valid_by_the_metaschema() {
    for subject in SUBJECTS {
        let root = source(subject);
        assert_eq!(root["$schema"], "https://json-schema.org/draft/2020-12/schema");
        jsonschema::meta::validate(&root).unwrap();
    }
}

#[test]
fn no_keyword_is_unknown() {
    let found = faults(|_, _, schema| {
        let unknown = |k: &&String| !ASSERTIONS.contains(&k.as_str()) && !ANNOTATIONS.contains(&k.as_str());
        schema.keys().filter(unknown).cloned().collect()
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_key_has_a_description_and_an_example() {
    let found = faults(|_, at, schema| {
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut missing = Vec::new();
        for (key, property) in properties.into_iter().flatten() {
            if property.is_boolean() || narrows(at, schema) {
                continue;
            }
            let sentence = property["description"].as_str().unwrap_or_default();
            if !sentence.ends_with('.') {
                missing.push(format!("{key} has no sentence as its description"));
            }
            if property["examples"].as_array().is_none_or(Vec::is_empty) {
                missing.push(format!("{key} has no example"));
            }
        }
        missing
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_default_and_every_example_is_valid() {
    let found = faults(|root, _, schema| {
        let mut alone = Value::Object(schema.clone());
        alone["$defs"] = root["$defs"].clone();
        let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        let values: Vec<&Value> = examples.chain(schema.get("default")).collect();
        if values.is_empty() {
            return Vec::new();
        }
        let validator = jsonschema::validator_for(&alone).unwrap();
        let refused = |value: &&&Value| !validator.is_valid(value);
        values.iter().filter(refused).map(|v| format!("{v} is refused")).collect()
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_if_requires_its_discriminator() {
    let found = faults(|_, _, schema| {
        let Some(condition) = schema.get("if") else {
            return Vec::new();
        };
        let required = condition["required"].as_array().cloned().unwrap_or_default();
        let properties = condition["properties"].as_object().cloned().unwrap_or_default();
        let optional =
            properties.iter().filter(|(key, schema)| **schema != json!(false) && !required.contains(&json!(key)));
        let mut found: Vec<String> = optional.map(|(key, _)| format!("{key} is not required")).collect();
        if required.is_empty() {
            found.push("requires nothing".to_owned());
        }
        found
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_object_with_keys_is_closed() {
    let found = faults(|_, at, schema| {
        let open = schema.contains_key("properties")
            && !schema.contains_key("additionalProperties")
            && !narrows(at, schema)
            // Data of other tools, and a part of an activity, which is closed itself.
            && !at.ends_with("/extensions/items")
            && !at.ends_with("/probes/items");
        open.then(|| "is open".to_owned()).into_iter().collect()
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_bound_has_words() {
    const BOUNDS: &[&str] = &["pattern", "minimum", "maximum", "exclusiveMinimum", "minLength"];
    let found = faults(|_, _, schema| {
        let bound = BOUNDS.iter().any(|bound| schema.contains_key(*bound));
        (bound && !schema.contains_key("title")).then(|| "has a bound and no title".to_owned()).into_iter().collect()
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_definition_is_used() {
    for subject in SUBJECTS {
        let root = source(subject);
        let mut used = BTreeSet::new();
        each_schema(&root, &mut |_, schema| {
            used.extend(schema.get("$ref").and_then(Value::as_str).map(str::to_owned));
        });
        let defined = root["$defs"].as_object().unwrap().keys();
        let defined: BTreeSet<String> = defined.map(|name| format!("#/$defs/{name}")).collect();
        assert_eq!(used, defined);
    }
}
