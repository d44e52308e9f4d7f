//! Secrets in files as somebody wrote them, before anything is known of them: for the lines that a diagnostic shows.

use serde_json::Value;

use super::{Keys, Mask, UNKNOWN, assignments, credentials, ledger, outline, quotes, secrets};
use crate::source::tree::{Content, Node, Span};

/// Keys of chaos.toml under which Secrets are named.
const NAMING: [&str; 3] = ["secrets", "secret", "seed-secret"];

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Where it stands.
    pub(crate) span: Span,
    /// Its value, where the file could be read.
    pub(crate) value: Option<String>,
}

impl Written {
    /// Returns a message about it that does not repeat it; `text` is the file.
    pub(crate) fn unsaid(&self, text: &str, message: &str) -> String {
        match &self.value {
            Some(value) => quotes::without(message, value),
            None => quotes::without_parts(message, &text[self.span.clone()]),
        }
    }
}

/// Returns the secrets of a document that could be read.
pub(crate) fn in_document(document: &Node, is_chaos_toml: bool) -> Vec<Written> {
    let value = document.to_json();
    let is_object = value["apiVersion"].is_string() && value["kind"].is_string();
    let mut masked = value.clone();
    if is_object {
        masked = Mask::new().object(masked);
    } else {
        Mask::new().value(&mut masked, Keys::Configuration);
    }
    let mut found = Vec::new();
    collect(document, &masked, is_chaos_toml, &mut found);
    found
}

/// Collects the scalars that the mask has changed.
fn collect(node: &Node, masked: &Value, is_chaos_toml: bool, found: &mut Vec<Written>) {
    match &node.content {
        Content::Mapping(entries) => {
            for entry in entries.iter().filter(|entry| !is_chaos_toml || !NAMING.contains(&entry.key.as_str())) {
                collect(&entry.node, &masked[&entry.key], is_chaos_toml, found);
            }
        }
        Content::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &masked[index], is_chaos_toml, found);
            }
        }
        _ => {
            let value = node.to_json();
            if value != *masked && !node.span.is_empty() {
                found.push(Written { span: node.span.clone(), value: Some(text(&value)) });
            }
        }
    }
}

/// Returns what the lines of a text assign to keys that announce a secret; of a text that was read, its comments alone.
pub(crate) fn in_lines(text: &str, is_chaos_toml: bool, is_read: bool) -> Vec<Written> {
    let line =
        |span: &Span| text[text[..span.start].rfind('\n').map_or(0, |newline| newline + 1)..span.start].trim_start();
    let is_naming =
        |span: &Span| is_chaos_toml && NAMING.contains(&line(span).split(['=', ' ']).next().unwrap_or_default());
    let mut spans = credentials::find(text);
    let lines = assignments::find(text).into_iter().chain(outline::find(text));
    spans.extend(lines.filter(|span| !is_naming(span)));
    spans.retain(|span| !span.is_empty() && (!is_read || line(span).starts_with('#') || line(span).contains(" #")));
    spans.into_iter().map(|span| Written { span, value: None }).collect()
}

/// Returns whatever stands in those documents of a text that seem to be Secrets.
pub(crate) fn in_secrets(text: &str) -> Vec<Written> {
    secrets::find(text).into_iter().map(|span| Written { span, value: None }).collect()
}

/// Returns a message about the value at a pointer of an object, without that value if it is secret.
pub(crate) fn message(object: &Value, pointer: &str, message: &str) -> String {
    let masked = Mask::new().object(object.clone());
    match (object.pointer(pointer), masked.pointer(pointer)) {
        (Some(value), Some(masked)) if value != masked && !value.is_object() && !value.is_array() => {
            quotes::without(message, &text(value))
        }
        _ => message.to_owned(),
    }
}

/// Returns what the server says about an object that it was sent, without the secrets of the object.
pub(crate) fn said_about(object: &Value, said: &str) -> String {
    let mut mask = Mask::new();
    mask.object(object.clone());
    let masked = mask.text(said);
    // The numbers are those of this mask: they would be taken for others.
    (1..=mask.ledger.last()).rev().fold(masked, |text, number| text.replace(&ledger::mark(number), UNKNOWN))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
