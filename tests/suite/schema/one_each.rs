//! One mistake gives one problem, and no problem shows what may be secret.

use chaosc::check::schema::{Schema, Subject};
use serde_json::{Value, json};

use super::cases::{read, source};

const SUBJECTS: [Subject; 2] = [Subject::Chaos, Subject::Experiment];

/// The pointers of all values below `value`, with `at` before them.
pub(crate) fn pointers(at: &str, value: &Value, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.replace('~', "~0").replace('/', "~1"), item))
            .collect(),
        _ => return,
    };
    for (key, child) in children {
        let at = format!("{at}/{key}");
        pointers(&at, child, found);
        found.push(at);
    }
}

/// Applies `change` at every pointer of every valid case, and hands over each result.
fn everywhere(
    subject: Subject,
    change: impl Fn(&mut Value, &str) -> bool,
    mut look: impl FnMut(&str, &Value),
) {
    for case in read(subject, "valid") {
        let mut found = Vec::new();
        pointers("", &case.value, &mut found);
        for pointer in found {
            let mut changed = case.value.clone();
            if change(&mut changed, &pointer) {
                let name = case.path.file_stem().unwrap().to_string_lossy();
                look(&format!("{name}{pointer}"), &changed);
            }
        }
    }
}

#[test]
fn a_misspelt_key_is_one_problem() {
    for subject in SUBJECTS {
        let schema = Schema::compile(subject, source(subject)).unwrap();
        let mut several = Vec::new();
        let misspell = |whole: &mut Value, pointer: &str| {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let key = key.replace("~1", "/").replace("~0", "~");
            match whole.pointer_mut(parent).unwrap() {
                Value::Object(map) => {
                    let value = map.remove(&key).unwrap();
                    map.insert(format!("{key}{}", &key[key.len() - 1..]), value);
                    true
                }
                _ => false,
            }
        };
        everywhere(subject, misspell, |name, value| {
            let problems = schema.problems(value);
            if problems.len() > 1 {
                let messages: Vec<_> = problems.into_iter().map(|p| p.message).collect();
                several.push(format!("{name}: {}", messages.join("; ")));
            }
        });
        assert!(several.is_empty(), "{}", several.join("\n"));
    }
}

#[test]
fn a_value_of_another_type_is_one_problem() {
    for subject in SUBJECTS {
        let schema = Schema::compile(subject, source(subject)).unwrap();
        let mut several = Vec::new();
        for value in [
            json!(null),
            json!(true),
            json!(-7),
            json!("?"),
            json!([]),
            json!({}),
        ] {
            let replace = |whole: &mut Value, pointer: &str| {
                *whole.pointer_mut(pointer).unwrap() = value.clone();
                true
            };
            everywhere(subject, replace, |name, value| {
                let problems = schema.problems(value);
                if problems.len() > 1 {
                    let messages: Vec<_> = problems.into_iter().map(|p| p.message).collect();
                    several.push(format!("{name}: {}", messages.join("; ")));
                }
            });
        }
        assert!(several.is_empty(), "{}", several.join("\n"));
    }
}

#[test]
fn what_may_be_secret_is_never_shown() {
    const SECRET: &str = "hunter2";
    const HIDDEN: [&str; 6] = [
        "/env",
        "/variables",
        "/secrets",
        "/configuration",
        "/headers",
        "/arguments",
    ];
    for subject in SUBJECTS {
        let schema = Schema::compile(subject, source(subject)).unwrap();
        let mut looked = 0;
        for value in [
            json!(SECRET),
            json!([SECRET]),
            json!({ "a": [SECRET] }),
            json!(20_260_101),
        ] {
            let replace = |whole: &mut Value, pointer: &str| {
                *whole.pointer_mut(pointer).unwrap() = value.clone();
                HIDDEN.iter().any(|key| pointer.contains(key))
            };
            everywhere(subject, replace, |name, value| {
                for problem in schema.problems(value) {
                    looked += 1;
                    let text = format!("{} {:?}", problem.message, problem.help);
                    assert!(
                        !text.contains(SECRET) && !text.contains("20260101"),
                        "{name}: {text}"
                    );
                }
            });
        }
        assert!(looked > 20, "{looked} problems of {subject:?}");
    }
}
