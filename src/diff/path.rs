//! Where a field stands in an object, spelled as people name it: `spec.containers[name=chaos].image`.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

use crate::terminal::is_unseen;

/// One step down from an object or a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// To the field of an object.
    Field(String),
    /// To the item of a list that has these values in its key's fields.
    Key {
        /// The fields of the key with their values.
        key: Vec<(String, Value)>,
    },
    /// To the item of a list by its number, from zero.
    Index(usize),
}

/// The way from the top of an object to one of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Path(pub Vec<Step>);

/// The fields that tell items of lists apart, the best first: most are the merge keys of Kubernetes' own types, where a port
/// is known by its number, whatever it is called.
const KEYS: [&[&str]; 8] = [
    &["containerPort", "protocol"],
    &["port", "protocol"],
    &["name"],
    &["mountPath"],
    &["devicePath"],
    &["ip"],
    &["key"],
    &["type"],
];

/// The one field of a key that may be left out, and what the server then takes.
const DEFAULT: (&str, &str) = ("protocol", "TCP");

impl Path {
    /// Returns the part of a value that the path leads to.
    pub fn follow<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Field(name) => value.get(name),
            Step::Index(index) => value.get(index),
            Step::Key { key } => {
                let fields: Vec<&str> = key.iter().map(|(field, _)| field.as_str()).collect();
                let same = |item: &&Value| {
                    key_of(item, &fields).is_some_and(|values| values.iter().eq(key.iter().map(|(_, value)| value)))
                };
                value.as_array()?.iter().find(same)
            }
        })
    }

    /// Returns the path of the outermost list on the way whose items only their numbers tell apart.
    pub fn list_by_number(&self) -> Option<Path> {
        let at = self.0.iter().position(|step| matches!(step, Step::Index(_)))?;
        Some(Path(self.0[..at].to_vec()))
    }

    /// Returns the path that is one step longer.
    #[must_use]
    pub fn join(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }
}

/// Returns the fields that tell the items of these lists apart; `None` if only their numbers do.
///
/// It is the first candidate that every item of every list has, and that no two items of one list share.
pub fn list_key(lists: &[&[Value]]) -> Option<Vec<&'static str>> {
    if lists.iter().all(|list| list.is_empty()) {
        return None;
    }
    let tells_apart = |key: &[&str], list: &[Value]| {
        let mut seen = HashSet::new();
        list.iter().all(|item| key_of(item, key).is_some_and(|key| seen.insert(key)))
    };
    let found = KEYS.iter().find(|key| lists.iter().all(|list| tells_apart(key, list)))?;
    Some(found.to_vec())
}

/// Returns the step to an item: by its key if its list has one, else by its number.
pub fn item_step(item: &Value, index: usize, key: Option<&[&'static str]>) -> Step {
    let key = key.and_then(|key| Some((key, key_of(item, key)?)));
    match key {
        None => Step::Index(index),
        Some((fields, values)) => {
            let key = fields.iter().map(|field| (*field).to_owned()).zip(values).collect();
            Step::Key { key }
        }
    }
}

/// Returns the values of an item's key; `None` if it has no such fields, or they hold no plain values.
fn key_of(item: &Value, key: &[&str]) -> Option<Vec<Value>> {
    let value = |field: &&str| match item.as_object()?.get(*field) {
        Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => Some(value.clone()),
        None if *field == DEFAULT.0 => Some(Value::from(DEFAULT.1)),
        _ => None,
    };
    key.iter().map(value).collect()
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 && matches!(step, Step::Field(name) if is_plain(name)) {
                f.write_str(".")?;
            }
            step.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    /// Writes the step without the dot that stands between two plain fields.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) if is_plain(name) => f.write_str(name),
            Step::Field(name) => write!(f, "[{}]", quoted(name)),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key { key } => {
                for (index, (field, value)) in key.iter().enumerate() {
                    write!(f, "{}{field}=", if index == 0 { "[" } else { "," })?;
                    match value {
                        Value::String(text) if is_bare(text) => f.write_str(text)?,
                        Value::String(text) => f.write_str(&quoted(text))?,
                        other => write!(f, "{other}")?,
                    }
                }
                f.write_str("]")
            }
        }
    }
}

/// Returns whether a field's name stands in a path without quotes.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
}

/// Returns whether a text stands in a key without quotes: it neither ends the key nor looks like another value.
fn is_bare(text: &str) -> bool {
    let is_harmless = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@');
    !text.is_empty() && text.chars().all(is_harmless) && serde_json::from_str::<Value>(text).is_err()
}

/// Returns a text in quotes as JSON has it, with escapes for everything that is not seen.
pub(crate) fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => result.extend(['\\', c]),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            c if is_unseen(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    result.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => result.push(c),
        }
    }
    result.push('"');
    result
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Path, Step, item_step, list_key, quoted};

    fn field(name: &str) -> Step {
        Step::Field(name.into())
    }

    fn key(key: &[(&str, Value)]) -> Step {
        Step::Key { key: key.iter().map(|(field, value)| ((*field).to_owned(), value.clone())).collect() }
    }

    #[test]
    fn paths_read_as_people_name_fields() {
        for (steps, expected) in [
            (vec![], ""),
            (vec![field("spec")], "spec"),
            (vec![field("spec"), field("template"), field("time-zone")], "spec.template.time-zone"),
            (
                vec![field("spec"), field("containers"), key(&[("name", json!("chaos"))]), field("image")],
                "spec.containers[name=chaos].image",
            ),
            (
                vec![field("ports"), key(&[("containerPort", json!(80)), ("protocol", json!("TCP"))])],
                "ports[containerPort=80,protocol=TCP]",
            ),
            (vec![field("rules"), Step::Index(0), field("verbs"), Step::Index(12)], "rules[0].verbs[12]"),
            (vec![Step::Index(0), field("a")], "[0].a"),
            (
                vec![field("metadata"), field("annotations"), field("argocd.argoproj.io/sync-wave")],
                "metadata.annotations[\"argocd.argoproj.io/sync-wave\"]",
            ),
            (
                vec![field("data"), field("experiment.json"), field("method"), Step::Index(0), field("pauses")],
                "data[\"experiment.json\"].method[0].pauses",
            ),
            (vec![field(""), field("a b")], "[\"\"][\"a b\"]"),
            // A key that is a number and one that is the same number as a text are two keys.
            (vec![key(&[("name", json!("80"))])], "[name=\"80\"]"),
            (vec![key(&[("name", json!(80))])], "[name=80]"),
            (vec![key(&[("name", json!("true"))])], "[name=\"true\"]"),
            (vec![key(&[("mountPath", json!("/etc/chaos"))])], "[mountPath=/etc/chaos]"),
            (vec![key(&[("name", json!("wait, then]"))])], "[name=\"wait, then]\"]"),
            (vec![key(&[("name", json!("\u{1b}[31m"))])], "[name=\"\\u001b[31m\"]"),
        ] {
            assert_eq!(Path(steps).to_string(), expected);
        }
    }

    #[test]
    fn lists_have_the_first_key_that_tells_their_items_apart() {
        for (lists, expected) in [
            (json!([[], []]), None),
            (json!([["a"], []]), None),
            (json!([[{"name": "a"}, {"name": "b"}], []]), Some("name")),
            (json!([[{"name": "a"}], [{"name": "a"}]]), Some("name")),
            (json!([[{"name": "a"}], [{"nome": "a"}]]), None),
            (json!([[{"name": "a"}], ["b"]]), None),
            (json!([[{"name": null}]]), None),
            (json!([[{"name": {}}]]), None),
            // One volume mounted twice.
            (json!([[{"name": "tmp", "mountPath": "/a"}, {"name": "tmp", "mountPath": "/b"}], []]), Some("mountPath")),
            (
                json!([[{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}]]),
                Some("containerPort protocol"),
            ),
            (json!([[{"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53}]]), None),
            (json!([[{"name": "x", "port": 80}, {"name": "x", "port": 81}]]), Some("port protocol")),
            (json!([[{"devicePath": "/dev/a"}]]), Some("devicePath")),
            (json!([[{"ip": "10.0.0.1", "hostnames": []}]]), Some("ip")),
            (json!([[{"key": "a"}, {"key": "b"}]]), Some("key")),
            (json!([[{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoExecute"}]]), None),
            (json!([[{"type": "Ready"}, {"type": "Failed"}]]), Some("type")),
            (json!([[{"verbs": ["get"]}, {"verbs": ["list"]}]]), None),
        ] {
            let lists: Vec<Vec<Value>> = serde_json::from_value(lists).unwrap();
            let slices: Vec<&[Value]> = lists.iter().map(Vec::as_slice).collect();
            assert_eq!(list_key(&slices).map(|key| key.join(" ")).as_deref(), expected, "{lists:?}");
        }
    }

    #[test]
    fn items_are_named_by_their_key_or_number() {
        let port = json!({"containerPort": 80});
        assert_eq!(
            item_step(&port, 4, Some(&["containerPort", "protocol"])).to_string(),
            "[containerPort=80,protocol=TCP]"
        );
        assert_eq!(item_step(&port, 4, None).to_string(), "[4]");
        assert_eq!(item_step(&port, 4, Some(&["name"])).to_string(), "[4]");
    }

    #[test]
    fn quotes_hide_nothing() {
        assert_eq!(quoted("a\"\\\n\t\u{7f}\u{202e}é🚢\u{e0041}"), r#""a\"\\\n\t\u007f\u202eé🚢\udb40\udc41""#);
        let text = "a\"\\\n\r\t\u{0}\u{7f}\u{9b}\u{202e}é🚢\u{e0041}";
        assert_eq!(serde_json::from_str::<String>(&quoted(text)).unwrap(), text);
    }
}
