//! Which scalars of an object are secret as a whole, because of the keys that lead to them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::free_text;
use super::keys::{self, Weight};
use super::values::is_harmless;
use crate::source::tree::join;

/// Who has chosen the keys of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Kubernetes: they announce nothing, but for those of labels, annotations and parameters.
    BuiltIn,
    /// The author of a custom resource: a text under a key that announces a secret is one.
    Custom,
    /// Whoever wrote a configuration: numbers may be secret, too.
    Configuration,
}

/// A scalar that is secret.
#[derive(Debug)]
pub(super) struct Place {
    /// The JSON pointer to it.
    pub(super) pointer: String,
    /// Whether it is written in base64.
    pub(super) is_base64: bool,
}

/// The mappings of built-in kinds whose keys people choose.
const CHOSEN: [&str; 8] =
    ["labels", "annotations", "matchLabels", "nodeSelector", "selector", "parameters", "volumeAttributes", "options"];

/// Returns the places of the scalars that are secret as a whole.
pub(super) fn secret(value: &Value, keys: Keys) -> Vec<Place> {
    let is_experiment = value["method"].is_array();
    let mut search = Search { keys, is_experiment, path: Vec::new(), found: Vec::new() };
    search.value(value, Under::Open);
    search.found
}

/// The fields of a Secret that are not secret.
const OPEN: [&str; 5] = ["apiVersion", "kind", "metadata", "type", "immutable"];

fn is_secret(map: &Map<String, Value>) -> bool {
    map.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("Secret"))
}

/// Whether it is a Secret and not what names one, which has a kind, too.
fn is_whole_secret(map: &Map<String, Value>) -> bool {
    is_secret(map) && map.get("apiVersion").is_some_and(|version| version == "v1") && map.contains_key("metadata")
}

/// Whether an item of a list belongs to the flag before it, which announces a secret: `--token`, `x`.
fn is_argument_of(flag: &Value, item: &Value) -> bool {
    let is_value = match item {
        // A value may begin with a dash, too; with a digit in it, and so long, it is no flag.
        Value::String(item) => {
            let is_long = item.len() >= 8 && item.contains(|c: char| c.is_ascii_digit());
            !item.starts_with('-') || is_long && !item.starts_with("--") && !item.contains('=')
        }
        other => other.is_number(),
    };
    is_value && flag.as_str().is_some_and(keys::is_flag)
}

/// Returns what may name the value of an object; in built-in kinds, `name` alone does.
fn names(map: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["name", "key"].into_iter().map(|key| map.get(key).and_then(Value::as_str).unwrap_or_default())
}

/// Whether a key is `value`, or that with a letter left out, doubled or in another place.
fn is_value(key: &str) -> bool {
    let lacks = "value".chars().filter(|letter| !key.contains(*letter)).count();
    key.starts_with('v')
        && (4..=6).contains(&key.len())
        && lacks <= 1
        && key.chars().all(|letter| "values".contains(letter))
}

/// Whether an entry of an experiment's secrets only says where the secret is.
fn is_read_elsewhere(entry: &Map<String, Value>) -> bool {
    entry.get("type").and_then(Value::as_str).is_some_and(|kind| matches!(kind, "env" | "vault"))
}

/// What the keys above a value say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Under {
    /// Nothing.
    Open,
    /// One of them announces a secret.
    Announced,
    /// One of them announces tokens, which may be counted: of them, numbers are no secrets.
    Counted,
    /// It belongs to the secrets of an experiment.
    Group,
    /// It belongs to the data of a Secret.
    Data { is_base64: bool },
}

struct Search<'v> {
    keys: Keys,
    is_experiment: bool,
    path: Vec<Segment<'v>>,
    found: Vec<Place>,
}

#[derive(Clone, Copy)]
enum Segment<'v> {
    Key(&'v str),
    Index(usize),
}

impl<'v> Search<'v> {
    fn value(&mut self, value: &'v Value, under: Under) {
        let is_secret = match (value, under) {
            (Value::Object(map), _) => return self.object(map, under),
            (Value::Array(items), _) => {
                for (index, item) in items.iter().enumerate() {
                    let is_argument = index > 0 && is_argument_of(&items[index - 1], item);
                    self.path.push(Segment::Index(index));
                    self.value(item, if is_argument { Under::Announced } else { under });
                    self.path.pop();
                }
                return;
            }
            (Value::Null, _) | (_, Under::Open) => false,
            (Value::Bool(_), _) => matches!(under, Under::Data { .. }),
            (Value::Number(_), _) => under != Under::Counted,
            (Value::String(text), Under::Data { .. }) => !text.is_empty(),
            (Value::String(text), Under::Counted) if text.bytes().all(|byte| byte.is_ascii_digit()) => false,
            (Value::String(text), _) => !is_harmless(text),
        };
        if is_secret {
            let pointer = self.path.iter().fold(String::new(), |pointer, segment| match segment {
                Segment::Key(key) => join(&pointer, key),
                Segment::Index(index) => join(&pointer, index),
            });
            self.found.push(Place { pointer, is_base64: under == Under::Data { is_base64: true } });
        }
    }

    fn object(&mut self, map: &'v Map<String, Value>, under: Under) {
        let kind = map.get("kind").and_then(Value::as_str);
        for (key, child) in map {
            let is_file_map = self.path.is_empty() && kind == Some("ConfigMap");
            self.path.push(Segment::Key(key));
            match (key.as_str(), child) {
                // Field managers own fields; their keys are paths.
                ("managedFields", _) => {}
                ("data" | "binaryData", Value::Object(files)) if is_file_map => self.files(files, key == "binaryData"),
                _ => {
                    let below = self.below(map, key, child, under);
                    self.value(child, below);
                }
            }
            self.path.pop();
        }
    }

    /// The files of a ConfigMap whose name announces a secret, or whose bytes are a text that holds one.
    fn files(&mut self, files: &'v Map<String, Value>, is_base64: bool) {
        let holds_secret = |content: &Value| {
            let bytes = content.as_str().and_then(|content| STANDARD.decode(content).ok()).unwrap_or_default();
            String::from_utf8(bytes).is_ok_and(|text| !free_text::find(&text).is_empty())
        };
        for (name, content) in files {
            if keys::is_secret_file(name) || is_base64 && holds_secret(content) {
                self.path.push(Segment::Key(name));
                let announced = if keys::counts(name) { Under::Counted } else { Under::Announced };
                self.value(content, if is_base64 { Under::Data { is_base64 } } else { announced });
                self.path.pop();
            }
        }
    }

    /// Returns what the keys down to `key`, on which the path ends, say about its value.
    fn below(&self, map: &Map<String, Value>, key: &str, child: &Value, under: Under) -> Under {
        match (under, key) {
            (Under::Data { .. }, _) => return under,
            (_, "data") if is_secret(map) => return Under::Data { is_base64: true },
            (_, "stringData") if is_secret(map) => return Under::Data { is_base64: false },
            // A field that a Secret does not have: a misspelt one, with what belongs in the other two.
            (_, other) if is_whole_secret(map) && !OPEN.contains(&other) => return Under::Data { is_base64: false },
            // Chaos Toolkit reads such an entry from elsewhere.
            (Under::Group, "type" | "key" | "path") if is_read_elsewhere(map) => return Under::Open,
            (Under::Group, _) if self.is_experiment || !keys::is_attribute(key) => return under,
            (Under::Group, _) => return Under::Open,
            // The parts of a JSON Web Key that are not public (RFC 7518, 6.2.2, 6.3.2 and 6.4).
            (_, "k" | "d" | "p" | "q" | "dp" | "dq" | "qi" | "oth") if map.contains_key("kty") => {
                return Under::Announced;
            }
            // A flag where a list belongs: `args: {--password: x}`.
            (_, flag) if flag.starts_with("--") && keys::is_flag(flag) => return Under::Announced,
            (_, key) if is_value(key) && self.is_named_secret(map) => {
                let is_count = child.as_str().is_some_and(|text| names(map).any(|name| keys::is_count(name, text)));
                return if is_count { Under::Open } else { Under::Announced };
            }
            // The value that an experiment falls back to where the variable is not set.
            (_, "default") if is_read_elsewhere(map) && self.is_named_secret(map) => return Under::Announced,
            _ => {}
        }
        let is_scalar = !child.is_object() && !child.is_array();
        let weight = || keys::label_weight(key).filter(|weight| is_scalar || *weight == Weight::Strong);
        if self.is_chosen() && weight().is_some() {
            return Under::Announced;
        }
        if self.keys == Keys::BuiltIn || self.is_chosen() {
            return under;
        }
        if key == "secrets" && self.keys == Keys::Configuration {
            // An activity names the groups of secrets that it is given.
            if self.is_experiment && child.is_array() {
                return Under::Open;
            }
            if self.path.len() == 1 {
                return Under::Group;
            }
        }
        let is_reference = match key {
            "key" => ["name", "path", "type", "secretName", "property"].iter().any(|other| map.contains_key(*other)),
            // External Secrets: the key in the Secret that it makes.
            "secretKey" => map.contains_key("remoteRef"),
            _ => false,
        };
        match keys::weight(key) {
            _ if is_reference => Under::Open,
            Some(Weight::Strong) if keys::counts(key) => Under::Counted,
            Some(Weight::Strong) => Under::Announced,
            Some(Weight::Weak) if is_scalar => Under::Announced,
            Some(Weight::Weak) => Under::Open,
            None if matches!(under, Under::Announced | Under::Counted) && keys::is_attribute(key) => Under::Open,
            None if self.is_key_of_parent(key, child) => Under::Announced,
            None => under,
        }
    }

    /// Whether an object is a `{name, value}` whose name announces a secret, as in environments and headers.
    fn is_named_secret(&self, map: &Map<String, Value>) -> bool {
        let count = if self.keys == Keys::BuiltIn { 1 } else { 2 };
        names(map).take(count).any(|name| keys::weight(name).is_some())
    }

    /// Whether it is a `key` which the key above makes one that opens something: `encryption`, `key`.
    fn is_key_of_parent(&self, key: &str, child: &Value) -> bool {
        let [.., Segment::Key(parent), Segment::Key(_)] = self.path[..] else { return false };
        // The name of a file with one is not it.
        let is_file = |text: &str| text.ends_with(".key") || text.ends_with(".pem");
        let is_chosen = self.keys == Keys::Configuration && child.as_str().is_some_and(|text| !is_file(text));
        is_chosen && key == "key" && keys::weight(&format!("{parent}_key")) == Some(Weight::Strong)
    }

    /// Whether the value at the path stands right in a mapping whose keys people choose.
    fn is_chosen(&self) -> bool {
        matches!(self.path[..], [.., Segment::Key(parent), Segment::Key(_)] if CHOSEN.contains(&parent))
    }
}
