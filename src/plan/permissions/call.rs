//! One call of an activity: what is known before the run about its arguments.

use serde_json::{Map, Value};

use crate::config::experiment::{Known, Role, Step, Variables};

/// A step that calls a function of a module.
pub(super) struct Call<'c> {
    pub(super) step: &'c Step,
    pub(super) arguments: &'c Map<String, Value>,
    pub(super) variables: &'c Variables<'c>,
}

/// A text in an argument, as the function will see it.
pub(super) enum Text {
    /// It is not given.
    Left,
    /// It is this text.
    Known(String),
    /// It is not known.
    Unknown(Unknown),
}

/// Why an argument is not known before the run, and what to do.
pub(super) struct Unknown {
    pub(super) why: String,
    pub(super) help: String,
}

impl Call<'_> {
    /// Returns the value of an argument; `None`: it is not given.
    fn value(&self, argument: &str) -> Option<Known> {
        let value = self.arguments.get(argument).filter(|value| !value.is_null())?;
        Some(self.variables.substitute(value))
    }

    /// Returns whether there is an argument of a name.
    pub(super) fn is_given(&self, argument: &str) -> bool {
        self.arguments.get(argument).is_some_and(|value| !value.is_null())
    }

    /// Returns whether an argument has an effect: it is what Python takes for true. What only the run knows may be.
    pub(super) fn may_have(&self, argument: &str) -> bool {
        // The value to be judged is put in by Chaos Toolkit (chaoslib.hypothesis).
        if self.step.role == Role::Tolerance && argument == "value" {
            return true;
        }
        self.value(argument).is_some_and(|known| match known {
            Known::Value(value) => is_true(&value),
            Known::Unknown { .. } => true,
        })
    }

    /// Returns whether an argument has an effect for certain.
    pub(super) fn has(&self, argument: &str) -> bool {
        matches!(self.value(argument), Some(Known::Value(value)) if is_true(&value))
    }

    /// Returns whether an argument is an object for certain.
    pub(super) fn has_object(&self, argument: &str) -> bool {
        matches!(self.value(argument), Some(Known::Value(Value::Object(_))))
    }

    /// Returns a text.
    pub(super) fn text(&self, argument: &str) -> Text {
        match self.value(argument) {
            None => Text::Left,
            Some(known) => self.known_text(known),
        }
    }

    fn known_text(&self, known: Known) -> Text {
        match known {
            Known::Value(Value::String(text)) if !text.contains("${") => Text::Known(text),
            Known::Value(Value::String(text)) => Text::Unknown(Unknown {
                why: format!("is `{text}`, which nothing defines"),
                help: "write it out, or declare it under `configuration` of the experiment".to_owned(),
            }),
            Known::Value(_) => {
                Text::Unknown(Unknown { why: "is no text".to_owned(), help: "put it in quotes".to_owned() })
            }
            Known::Unknown { name } => {
                let help = if self.variables.declares(&name) {
                    format!("write it out, or set `{name}` in chaos.toml, under `variables` of the experiment")
                } else {
                    "write it out, or declare it under `configuration` of the experiment".to_owned()
                };
                Text::Unknown(Unknown { why: format!("depends on `{name}`, which only the run knows"), help })
            }
        }
    }

    /// Returns several texts: a list, or one text with commas in it.
    pub(super) fn texts(&self, argument: &str) -> Result<Vec<String>, Unknown> {
        match self.value(argument) {
            Some(Known::Value(Value::Array(items))) => {
                let texts = items.into_iter().map(|item| self.known_text(Known::Value(item)));
                texts.map(|text| if let Text::Known(text) = text { Ok(text) } else { Err(no_texts()) }).collect()
            }
            Some(known) => match self.known_text(known) {
                Text::Known(text) => Ok(text.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect()),
                Text::Unknown(unknown) => Err(unknown),
                Text::Left => Ok(Vec::new()),
            },
            None => Ok(Vec::new()),
        }
    }

    /// Returns the fields that a patch writes, as JSON pointers: the leaves of an object that is merged, the paths of a
    /// list of operations (RFC 6902). Of what only the run knows it is the whole object.
    pub(super) fn written(&self, argument: &str) -> Vec<String> {
        let mut pointers = Vec::new();
        match self.value(argument) {
            Some(Known::Value(Value::Array(operations))) => {
                let path = |operation: &Value| operation.get("path").and_then(Value::as_str).map(str::to_owned);
                pointers.extend(operations.iter().filter_map(path));
            }
            Some(Known::Value(patch @ Value::Object(_))) => leaves(&patch, "", &mut pointers),
            _ => pointers.push(String::new()),
        }
        pointers
    }
}

fn no_texts() -> Unknown {
    Unknown { why: "is no list of texts".to_owned(), help: "write each in quotes".to_owned() }
}

/// Returns what Python's `bool` says of a value.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

fn leaves(value: &Value, at: &str, pointers: &mut Vec<String>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                leaves(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), pointers);
            }
        }
        _ => pointers.push(at.to_owned()),
    }
}
