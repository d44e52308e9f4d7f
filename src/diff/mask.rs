//! The mask: nothing secret is ever shown.
//!
//! Every object passes through it on the way into the change set, so that no output, whatever its format, holds a
//! secret to begin with. What is secret is judged by the keys that lead to a value (`places`), by how a text is
//! written (`assignments`, `credentials`), and by what has been seen in another place (`ledger`).

mod assignments;
mod commands;
mod credentials;
mod directives;
mod extents;
pub(crate) mod files;
mod free_text;
mod hints;
mod key;
mod keys;
mod ledger;
mod markup;
mod outline;
mod parts;
mod places;
mod quotes;
mod secrets;
mod values;

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::kubernetes::kinds;
use crate::plan::canonical;
use hints::hints;
use ledger::Ledger;
use places::Keys;

/// What stands for a copy of an object in one of its annotations.
const COPY: &str = "(copy of the object, not shown)";
/// What stands for a secret that is not compared with others.
pub(crate) const UNKNOWN: &str = "(secret)";
/// How often a text is searched again for what only the marks in it have uncovered.
const ROUNDS: usize = 8;

/// Annotations in which kubectl, kapp, Rancher and others keep a copy of the object, whatever its form.
const COPIES: [&str; 4] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
    "banzaicloud.com/last-applied",
];

/// Returns whether a value, or a part of its text, is a mark: nobody can tell what it is.
pub(super) fn is_mark(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("(secret"))
}

/// Replaces secrets by marks, equal ones by equal marks.
///
/// A mark such as `(secret 1)` tells nothing of a secret but whether it is the same as another. One mask serves one
/// change set.
#[derive(Default)]
pub struct Mask {
    ledger: Ledger,
}

/// Tells how many secrets it knows, and none of them.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.ledger.len()).finish_non_exhaustive()
    }
}

impl Mask {
    /// Returns a mask that knows no secret yet.
    pub fn new() -> Mask {
        Mask::default()
    }

    /// Returns the object with a mark for every secret in it.
    ///
    /// Masking what is masked changes nothing.
    pub fn object(&mut self, mut object: Value) -> Value {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let is_built_in = kinds::find(text("apiVersion"), text("kind")).is_some();
        self.value(&mut object, if is_built_in { Keys::BuiltIn } else { Keys::Custom });
        let managed = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
        for fields in managed.into_iter().flatten() {
            self.managed(fields);
        }
        object
    }

    /// Returns a text, such as an error message of the server, in which no secret stands that any object so far has
    /// held, nor what has the form of a secret.
    pub fn text(&self, text: &str) -> String {
        told(&self.ledger.hide(text))
    }

    /// Masks what is in a value, and returns whether it changed.
    fn value(&mut self, value: &mut Value, keys: Keys) -> bool {
        let mut is_changed = false;
        for place in places::secret(value, keys) {
            if let Some(scalar) = value.pointer_mut(&place.pointer) {
                let text = scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned);
                let mark = Value::String(self.mark(&text, place.is_base64));
                is_changed |= *scalar != mark;
                *scalar = mark;
            }
        }
        let mut copies = Vec::new();
        is_changed |= self.inside(value, &mut copies);
        // After the value itself, so that its secrets are numbered in the order in which they are shown.
        for copy in copies {
            match serde_json::from_str(&copy) {
                Ok(copy @ Value::Object(_)) => drop(self.object(copy)),
                _ => drop(self.scalar(&copy)),
            }
        }
        is_changed
    }

    /// Masks what stands inside of the texts of a value; copies of objects go to `copies`. Returns whether it changed.
    fn inside(&mut self, value: &mut Value, copies: &mut Vec<String>) -> bool {
        match value {
            Value::String(text) => self.scalar(text).map(|masked| *text = masked).is_some(),
            Value::Array(items) => {
                let before = std::iter::once(false).chain(items.iter().map(is_user_flag));
                let after_flag: Vec<bool> = before.take(items.len()).collect();
                let each = items.iter_mut().zip(after_flag);
                let is_changed = each
                    .fold(false, |changed, (item, after)| self.item(item, after) | self.inside(item, copies) | changed);
                self.arguments(&[], items) | is_changed
            }
            Value::Object(map) => self.mapping(map, copies),
            _ => false,
        }
    }

    fn mapping(&mut self, map: &mut Map<String, Value>, copies: &mut Vec<String>) -> bool {
        let mut is_changed = false;
        // The program may stand beside its arguments.
        let command = map.get("command").and_then(Value::as_array).cloned();
        if let (Some(command), Some(Value::Array(arguments))) = (command, map.get_mut("args")) {
            is_changed |= self.arguments(&command, arguments);
        }
        // As Chaos Toolkit names them.
        let path = map.get("path").filter(|path| path.is_string()).cloned();
        if let (Some(path), Some(arguments)) = (path, map.get_mut("arguments")) {
            is_changed |= self.process(path, arguments);
        }
        for (key, child) in map {
            is_changed |= match child {
                _ if key == "managedFields" => false,
                Value::String(text) if COPIES.contains(&key.as_str()) => take_copy(text, copies),
                Value::Object(annotations) if key == "annotations" => {
                    let texts = annotations.values_mut().filter_map(|value| match value {
                        Value::String(text) if is_object(text) => Some(text),
                        _ => None,
                    });
                    texts.fold(false, |changed, text| take_copy(text, copies) | changed)
                        | self.mapping(annotations, copies)
                }
                _ => self.inside(child, copies),
            };
        }
        is_changed
    }

    /// Masks what a well-known program takes for a password from the arguments of an experiment: a list, a line, or a
    /// mapping of flags.
    fn process(&mut self, path: Value, arguments: &mut Value) -> bool {
        match arguments {
            Value::Array(arguments) => self.arguments(&[path], arguments),
            Value::Object(flags) => flags.iter_mut().fold(false, |changed, (flag, value)| {
                let command = [path.clone(), Value::from(flag.as_str())];
                let is_user = is_user_flag(&command[1]) && self.item(value, true);
                self.arguments(&command, std::slice::from_mut(value)) | is_user | changed
            }),
            Value::String(line) => {
                let program = format!("{} ", path.as_str().unwrap_or_default());
                let found = commands::find(&format!("{program}{line}"));
                let found =
                    found.into_iter().filter_map(|range| Some(range.start.checked_sub(program.len())?..range.end));
                let mut is_changed = false;
                for range in joined(found.collect()).into_iter().rev() {
                    let range = range.start..range.end - program.len();
                    let mark = self.mark(&line[range.clone()], false);
                    line.replace_range(range, &mark);
                    is_changed = true;
                }
                is_changed
            }
            _ => false,
        }
    }

    /// Masks what a well-known program takes for a password.
    fn arguments(&mut self, command: &[Value], arguments: &mut [Value]) -> bool {
        let all = command.iter().chain(arguments.iter());
        let words: Vec<&str> = all.map(|word| word.as_str().unwrap_or_default()).collect();
        let found = commands::in_words(&words);
        let mut is_changed = false;
        for (at, start) in found {
            let Some(Value::String(text)) = at.checked_sub(command.len()).and_then(|at| arguments.get_mut(at)) else {
                continue;
            };
            let mark = self.mark(&text[start..], false);
            text.replace_range(start.., &mark);
            is_changed = true;
        }
        is_changed
    }

    /// Masks an item of a list that is an argument of a program: `--password=x y` as a whole, or what follows `-u`.
    fn item(&mut self, item: &mut Value, is_after_user_flag: bool) -> bool {
        let Value::String(text) = item else { return false };
        let start = match text.split_once('=') {
            Some((flag, _)) if keys::is_flag(flag) => Some(flag.len() + 1),
            _ if is_after_user_flag => assignments::user_password(text),
            _ => None,
        };
        let Some(start) = start.filter(|start| !values::is_harmless(&text[*start..])) else { return false };
        let mark = self.mark(&text[start..], false);
        text.replace_range(start.., &mark);
        true
    }

    /// Returns a text with marks for the secrets in it; nothing if there are none.
    fn scalar(&mut self, text: &str) -> Option<String> {
        let is_json = text.trim_start().starts_with(['{', '[']);
        // In JSON, a key may be written with escapes.
        let is_escaped = is_json && text.contains("\\u");
        if !is_escaped && !hints(text) && credentials::find(text).is_empty() {
            return None;
        }
        if is_json && let Ok(mut value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
            return self.value(&mut value, Keys::Configuration).then(|| canonical::json(&value));
        }
        // `--config={"a":"b"}`
        if let Some((name, json)) = text.split_once('=')
            && json.starts_with(['{', '['])
            && let Ok(mut value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(json)
            && self.value(&mut value, Keys::Configuration)
        {
            return Some(format!("{name}={}", canonical::json(&value)));
        }
        let mut masked: Option<String> = None;
        for _ in 0..ROUNDS {
            let before = masked.as_deref().unwrap_or(text);
            let mut after = String::with_capacity(before.len());
            let mut rest = 0;
            for found in free_text::find(before) {
                after.push_str(&before[rest..found.range.start]);
                after.push_str(&self.mark(&found.secret, found.is_base64));
                rest = found.range.end;
            }
            after.push_str(&before[rest..]);
            if after == before {
                break;
            }
            masked = Some(after);
        }
        masked
    }

    /// Masks the values of sets, which the keys of managed fields repeat.
    fn managed(&self, fields: &mut Value) {
        let Value::Object(map) = fields else { return };
        if map.keys().any(|key| key.starts_with("v:") || key.starts_with("k:")) {
            let entries = std::mem::take(map).into_iter();
            *map = entries
                .map(|(key, value)| (if key.starts_with("f:") { key } else { self.ledger.hide(&key) }, value))
                .collect();
        }
        map.values_mut().for_each(|child| self.managed(child));
    }

    /// Returns the mark of a secret, a new one if it was not seen before.
    fn mark(&mut self, text: &str, is_base64: bool) -> String {
        // As the server reads it: line breaks do not count.
        let compact = || text.replace(['\n', '\r'], "");
        let decoded = if is_base64 { STANDARD.decode(compact()).ok() } else { None };
        let number = self.number(decoded.as_deref().unwrap_or(text.as_bytes()));
        if decoded.is_some() {
            self.ledger.borrow(text, number);
        }
        ledger::mark(number)
    }

    fn number(&mut self, secret: &[u8]) -> usize {
        if let Some(number) = self.ledger.number_of(secret) {
            return number;
        }
        let number = self.ledger.add(secret);
        let text = String::from_utf8_lossy(secret);
        if !values::holds_mark(&text) {
            for part in parts::of(&text) {
                self.ledger.borrow(&part, number);
            }
        }
        number
    }
}

/// Returns what somebody else says, without what has the form of a secret: passwords and tokens in addresses, headers, JSON.
pub(crate) fn told(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let mut found = credentials::find(&text);
        found.extend(assignments::in_message(&text));
        if found.is_empty() {
            break;
        }
        found.sort_by_key(|range| range.start);
        for range in joined(found).into_iter().rev() {
            text.replace_range(range, UNKNOWN);
        }
    }
    text
}

/// Joins ranges that meet; they come in their order.
fn joined(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Returns whether what follows an argument is `user:password`, as for curl.
fn is_user_flag(argument: &Value) -> bool {
    argument.as_str().is_some_and(|argument| directives::USER_FLAGS.contains(&argument))
}

/// Returns whether a text is an object of Kubernetes as JSON.
fn is_object(text: &str) -> bool {
    let is_like_one = text.starts_with('{') && text.contains("\"apiVersion\"") && text.contains("\"kind\"");
    is_like_one
        && serde_json::from_str::<Value>(text)
            .is_ok_and(|value| value["apiVersion"].is_string() && value["kind"].is_string())
}

fn take_copy(text: &mut String, copies: &mut Vec<String>) -> bool {
    if text == COPY {
        return false;
    }
    copies.push(std::mem::replace(text, COPY.to_owned()));
    true
}

#[cfg(test)]
mod tests;
