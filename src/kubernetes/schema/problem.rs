//! One thing wrong with a field, and how to say it.

use serde_json::Value;

use super::definition::Type;
use crate::source::tree::join;

/// How near a known name must be to be meant, from 0 to 1.
const NEAR: f32 = 0.7;
/// So many names can be read at a glance.
const FEW: usize = 8;
/// Longer texts are not repeated in messages.
const SHORT: usize = 40;

/// One thing wrong with one field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer to the field; for a missing one, to the object that lacks it.
    pub pointer: String,
    /// What is wrong.
    pub kind: FieldProblemKind,
    /// What was found and what was expected.
    pub message: String,
    /// The next step.
    pub help: String,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldProblemKind {
    /// The kind has no such field; the server refuses it, or drops it without a word.
    UnknownField {
        /// The field's name.
        name: String,
        /// A field of the kind whose name is near.
        suggestion: Option<String>,
    },
    /// The value is of another type than the field.
    WrongType {
        /// With an article, such as `an integer`.
        expected: String,
        /// With an article or its value, such as "the string `3`".
        found: String,
    },
    /// The server refuses the object without this field.
    MissingField {
        /// The field's name.
        name: String,
    },
}

/// Where a walk has arrived.
pub(super) struct Place<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
    pub(super) segments: Vec<Segment<'a>>,
}

/// One step into an object.
pub(super) enum Segment<'a> {
    /// A field that the kind has.
    Field(&'a str),
    /// A key that the user chose, of a map.
    Key(&'a str),
    /// An item of a list.
    Index(usize),
}

impl Place<'_> {
    /// Tells whether this is a status or a part of one: the object's, or that of a claim template inside it.
    pub(super) fn is_in_status(&self) -> bool {
        let is_status = |segment: &Segment| matches!(segment, Segment::Field("status"));
        self.segments.iter().any(is_status)
    }

    pub(super) fn unknown_field(&self, name: &str, known: &[&str]) -> FieldProblem {
        let nearest = similar::get_close_matches(name, known, 1, NEAR);
        let suggestion = nearest.first().map(|name| (*name).to_owned());
        let help = match &suggestion {
            Some(suggestion) => format!("did you mean `{suggestion}`?"),
            None if known.is_empty() => "it has no fields at all".to_owned(),
            None if known.len() <= FEW => format!("its fields are {}", quoted(known)),
            None => self.explain(),
        };
        FieldProblem {
            pointer: join(&self.pointer(), name),
            message: format!("unknown field `{name}` in {}", self.noun()),
            help,
            kind: FieldProblemKind::UnknownField { name: name.to_owned(), suggestion },
        }
    }

    pub(super) fn missing_field(&self, name: &str) -> FieldProblem {
        FieldProblem {
            pointer: self.pointer(),
            message: format!("missing field `{name}` in {}", self.noun()),
            help: self.explain(),
            kind: FieldProblemKind::MissingField { name: name.to_owned() },
        }
    }

    pub(super) fn wrong_type(&self, types: &[Type], value: &Value) -> FieldProblem {
        let nouns: Vec<&str> = types.iter().map(|t| t.noun()).collect();
        let takes_text = types.contains(&Type::String);
        let help = match value {
            Value::String(text) if is_of(types, text) => {
                format!("remove the quotes: `{text}`")
            }
            Value::Number(_) if takes_text => {
                format!("put it in quotes: `\"{value}\"`")
            }
            // YAML has many words for a truth value, and only its author knows which one was meant as a text.
            Value::Bool(_) if takes_text => "put it in quotes, as it is written there".to_owned(),
            _ => self.explain(),
        };
        self.mismatch(nouns.join(" or "), value, help)
    }

    pub(super) fn too_large(&self, value: &Value) -> FieldProblem {
        let expected = format!("an integer from {} to {}", i32::MIN, i32::MAX);
        self.mismatch(expected, value, self.explain())
    }

    fn mismatch(&self, expected: String, value: &Value, help: String) -> FieldProblem {
        let found = found(value);
        FieldProblem {
            pointer: self.pointer(),
            message: format!("expected {expected} in {}, found {found}", self.noun()),
            help,
            kind: FieldProblemKind::WrongType { expected, found },
        }
    }

    fn pointer(&self) -> String {
        self.segments.iter().fold(String::new(), |pointer, segment| match segment {
            Segment::Field(name) | Segment::Key(name) => join(&pointer, name),
            Segment::Index(index) => join(&pointer, index),
        })
    }

    /// Names the place as a reader would find it: `spec.containers[0]`, or the kind.
    fn noun(&self) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Field(name) if path.is_empty() => path.push_str(name),
                Segment::Field(name) => path = format!("{path}.{name}"),
                Segment::Key(name) => path = format!("{path}[{name}]"),
                Segment::Index(index) => path = format!("{path}[{index}]"),
            }
        }
        if path.is_empty() { format!("`{}`", self.kind) } else { format!("`{path}`") }
    }

    fn explain(&self) -> String {
        let mut path = self.kind.to_lowercase();
        for segment in &self.segments {
            if let Segment::Field(name) = segment {
                path = format!("{path}.{name}");
            }
        }
        format!("see `kubectl explain {path} --api-version={}`", self.api_version)
    }
}

/// Tells whether a text without its quotes would have one of the types.
fn is_of(types: &[Type], text: &str) -> bool {
    let scalar: Option<Value> = serde_json::from_str(text).ok();
    scalar.is_some_and(|value| (value.is_number() || value.is_boolean()) && types.iter().any(|t| t.accepts(&value)))
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) => format!("the boolean `{value}`"),
        Value::Number(_) => format!("the number `{value}`"),
        Value::String(text) if text.len() <= SHORT && !text.contains(char::is_control) => {
            format!("the string `{text}`")
        }
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
