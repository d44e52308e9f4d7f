//! What is known before the run about the names in `${…}`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Settings;

/// A value after substitution.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// The value that the step will see.
    Value(Value),
    /// It depends on a name whose value only the run knows.
    Unknown {
        /// The name.
        name: String,
    },
}

impl Known {
    /// Returns the text, if the value is known and a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Known::Value(Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// The names that an experiment may use in `${…}`, as far as their values are known.
///
/// The order of precedence is Chaos Toolkit's: variables given from outside, then the configuration of the experiment
/// (chaoslib.configuration), then its secrets, which are never known here.
#[derive(Debug)]
pub struct Variables<'e> {
    given: &'e BTreeMap<String, Value>,
    env: &'e BTreeMap<String, String>,
    configuration: Option<&'e Map<String, Value>>,
    secrets: Option<&'e Map<String, Value>>,
}

impl<'e> Variables<'e> {
    pub(super) fn new(body: &'e Value, settings: &'e Settings) -> Variables<'e> {
        Variables {
            given: &settings.variables,
            env: &settings.env,
            configuration: body.get("configuration").and_then(Value::as_object),
            secrets: body.get("secrets").and_then(Value::as_object),
        }
    }

    /// Returns whether the experiment declares a name in its configuration.
    pub fn declares(&self, name: &str) -> bool {
        self.configuration.is_some_and(|configuration| configuration.contains_key(name))
    }

    /// Replaces `$name` and `${name}` as Python's `string.Template.safe_substitute` does; a text that is nothing but
    /// one name takes that value's type (chaoslib `TypedTemplate`).
    pub fn substitute(&self, value: &Value) -> Known {
        match value {
            Value::String(text) => self.substitute_text(text),
            Value::Array(items) => {
                let mut known = Vec::with_capacity(items.len());
                for item in items {
                    match self.substitute(item) {
                        Known::Value(value) => known.push(value),
                        unknown @ Known::Unknown { .. } => return unknown,
                    }
                }
                Known::Value(Value::Array(known))
            }
            Value::Object(entries) => {
                let mut known = Map::new();
                for (key, entry) in entries {
                    match self.substitute(entry) {
                        Known::Value(value) => known.insert(key.clone(), value),
                        unknown @ Known::Unknown { .. } => return unknown,
                    };
                }
                Known::Value(Value::Object(known))
            }
            plain => Known::Value(plain.clone()),
        }
    }

    fn substitute_text(&self, text: &str) -> Known {
        let mut result = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            result.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            if let Some(escaped) = after.strip_prefix('$') {
                result.push('$');
                rest = escaped;
                continue;
            }
            let Some((name, length)) = placeholder(after) else {
                result.push('$');
                rest = after;
                continue;
            };
            let whole = dollar == 0 && result.is_empty() && length == after.len() && text == rest;
            match self.lookup(name) {
                Lookup::Value(value) if whole => return Known::Value(value.clone()),
                Lookup::Value(value) => result.push_str(&python_text(&value)),
                // A name that nobody defines stays as it is.
                Lookup::Undefined => {
                    result.push('$');
                    result.push_str(&after[..length]);
                }
                Lookup::Unknown => return Known::Unknown { name: name.to_owned() },
            }
            rest = &after[length..];
        }
        result.push_str(rest);
        Known::Value(Value::String(result))
    }

    fn lookup(&self, name: &str) -> Lookup {
        if let Some(value) = self.given.get(name) {
            return Lookup::Value(value.clone());
        }
        match self.configuration.and_then(|configuration| configuration.get(name)) {
            Some(entry) => match entry.get("type").and_then(Value::as_str) {
                Some("env") => self.environment(entry),
                Some("probe") => Lookup::Unknown,
                _ => Lookup::Value(entry.clone()),
            },
            None if self.is_secret(name) => Lookup::Unknown,
            None => Lookup::Undefined,
        }
    }

    /// Returns the value of a `{type: env}` entry. Anything but a plain string is converted at run time.
    fn environment(&self, entry: &Value) -> Lookup {
        let key = entry.get("key").and_then(Value::as_str).unwrap_or_default();
        let plain = matches!(entry.get("env_var_type").and_then(Value::as_str), None | Some("str" | "string"));
        match (self.env.get(key), plain) {
            (Some(value), true) => Lookup::Value(Value::String(value.clone())),
            // The image or a Secret may set the variable, so a default says nothing certain.
            _ => Lookup::Unknown,
        }
    }

    fn is_secret(&self, name: &str) -> bool {
        let groups = self.secrets.into_iter().flatten();
        groups.into_iter().any(|(_, group)| group.get(name).is_some())
    }
}

enum Lookup {
    Value(Value),
    Unknown,
    Undefined,
}

/// Returns the name behind a `$` and how many bytes it takes, braces included (Python's `Template.idpattern`).
fn placeholder(after: &str) -> Option<(&str, usize)> {
    let (braced, inner) = match after.strip_prefix('{') {
        Some(inner) => (true, inner),
        None => (false, after),
    };
    let length = inner
        .char_indices()
        .find(|(index, c)| !(c.is_ascii_alphabetic() || *c == '_' || *index > 0 && c.is_ascii_digit()))
        .map_or(inner.len(), |(index, _)| index);
    if length == 0 {
        return None;
    }
    match (braced, inner[length..].starts_with('}')) {
        (true, true) => Some((&inner[..length], length + 2)),
        (true, false) => None,
        (false, _) => Some((&inner[..length], length)),
    }
}

/// Returns what Python's `str()` makes of a value, for the types whose text is plain.
fn python_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn substituted(text: &str) -> Known {
        let body = json!({
            "configuration": {
                "ns": "shop", "count": 3, "dollar": "$",
                "host": {"type": "env", "key": "HOST"},
                "zone": {"type": "env", "key": "ZONE", "default": "a"},
                "picked": {"type": "probe", "name": "p", "provider": {}},
            },
            "secrets": {"api": {"token": {"type": "env", "key": "TOKEN"}}},
        });
        let settings = Settings {
            variables: BTreeMap::from([("ns".to_owned(), json!("go-app"))]),
            env: BTreeMap::from([("HOST".to_owned(), "h".to_owned())]),
            ..Settings::default()
        };
        Variables::new(&body, &settings).substitute(&json!(text))
    }

    #[test]
    fn texts_become_what_the_step_will_see() {
        let cases = [
            ("plain", json!("plain")),
            ("${ns}", json!("go-app")),
            ("$ns", json!("go-app")),
            ("${count}", json!(3)),
            ("x${count}", json!("x3")),
            ("$count pods", json!("3 pods")),
            ("${host}.${ns}", json!("h.go-app")),
            ("$$ns", json!("$ns")),
            ("${unknown}", json!("${unknown}")),
            ("${ns", json!("${ns")),
            ("100$", json!("100$")),
            ("$1", json!("$1")),
            ("${dollar}{ns}", json!("${ns}")),
        ];
        for (text, expected) in cases {
            assert_eq!(substituted(text), Known::Value(expected), "{text}");
        }
    }

    #[test]
    fn what_only_the_run_knows_is_named() {
        for (text, name) in [("${zone}", "zone"), ("a-$picked", "picked"), ("${token}", "token")] {
            assert_eq!(substituted(text), Known::Unknown { name: name.to_owned() }, "{text}");
        }
    }
}
