//! Secrets in files as somebody wrote them, before anything is known of them: for the lines that a diagnostic shows.

use serde_json::Value;

use super::values::is_harmless;
use super::{Keys, Mask, UNKNOWN, assignments, credentials, ledger, quotes};
use crate::source::tree::{Content, Node, Span};

/// Fields of a Secret that tell nothing, as they begin a line.
const OPEN: [&str; 6] = ["apiVersion:", "kind:", "metadata:", "type:", "immutable:", "---"];
/// The same below `metadata`.
const NAMES: [&str; 2] = ["name:", "namespace:"];

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
    spans.extend(assignments::find(text).into_iter().filter(|span| !is_naming(span)));
    spans.retain(|span| !span.is_empty() && (!is_read || line(span).starts_with('#') || line(span).contains(" #")));
    spans.into_iter().map(|span| Written { span, value: None }).collect()
}

/// Returns whatever stands in those documents of a text that seem to be Secrets.
pub(crate) fn in_secrets(text: &str) -> Vec<Written> {
    let mut found = Vec::new();
    let mut start = 0;
    for document in text.split_inclusive("\n---") {
        if is_of_secret(document) {
            let moved = |span: Span| Written { span: start + span.start..start + span.end, value: None };
            found.extend(values(document).into_iter().map(moved));
        }
        start += document.len();
    }
    found
}

/// Returns whether a Secret seems to be meant, in YAML or JSON.
fn is_of_secret(document: &str) -> bool {
    document.match_indices("kind").any(|(at, key)| {
        let rest = document[at + key.len()..].trim_start_matches(['"', '\'', ' ']);
        let value = rest.strip_prefix(':').map(|rest| rest.trim_start_matches(['"', '\'', ' ', '\t', '\n', '\r']));
        let word = value.and_then(|value| value.split(|c: char| !c.is_ascii_alphanumeric()).next());
        word.is_some_and(|word| word.eq_ignore_ascii_case("secret"))
    })
}

/// Returns what the lines of a Secret hold, but for its keys and the fields that tell nothing.
fn values(document: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut top = "";
    // How far the key stands in to whose value all deeper lines belong.
    let mut value = None;
    let mut end = 0;
    for line in document.split_inclusive('\n') {
        let start = end;
        end += line.len();
        let content = line.trim();
        let indent = line.len() - line.trim_start().len();
        if indent == 0 && !content.is_empty() {
            top = content;
        }
        let is_metadata = top.starts_with("metadata:") && indent > 0;
        let open: &[&str] = if is_metadata { &NAMES } else { &OPEN };
        let may_be_open = is_metadata || indent == 0 && !content.contains("annotations");
        if may_be_open && open.iter().any(|field| content.starts_with(field)) {
            continue;
        }
        let from =
            if value.is_some_and(|above| indent > above) || content.starts_with("- ") { 0 } else { after_key(content) };
        let is_bracket = content[from..].chars().all(|c| "{}[],".contains(c));
        if from > 0 {
            value = (!is_bracket).then_some(indent);
        }
        if !is_bracket && !is_harmless(&content[from..]) {
            found.push(start + indent + from..start + indent + content.len());
        }
    }
    found
}

/// Returns where the value begins behind the key of a line; without a key, the whole line is one.
fn after_key(content: &str) -> usize {
    let after = [": ", ":\t", "\":"].iter().filter_map(|sign| content.find(sign).map(|at| at + sign.len())).min();
    let from = after.unwrap_or(if content.ends_with(':') { content.len() } else { 0 });
    from + content[from..].len() - content[from..].trim_start().len()
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
