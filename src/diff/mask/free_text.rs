//! Secrets in a text that is not JSON: configuration files, scripts, arguments, addresses.

use std::ops::Range;

use super::hints::hints;
use super::places::{self, Keys};
use super::{assignments, commands, credentials, joined, markup, outline, secrets};
use crate::source::tree::{Content, Node};
use crate::source::yaml::{self, Dialect};

/// A secret in a text.
pub(super) struct Found {
    /// Where it stands, with its quotes if they are a part of how it is written.
    pub(super) range: Range<usize>,
    /// The secret itself.
    pub(super) secret: String,
    /// Whether it is written in base64.
    pub(super) is_base64: bool,
}

/// How deep texts are read that stand in texts.
const DEPTH: usize = 4;

/// Returns the secrets of a text in their order, none within another.
pub(super) fn find(text: &str) -> Vec<Found> {
    find_within(text, DEPTH)
}

fn find_within(text: &str, depth: usize) -> Vec<Found> {
    let mut ranges = credentials::find(text);
    let mut found = Vec::new();
    if hints(text) {
        let is_read = in_yaml(text, depth, &mut found);
        if !is_read {
            ranges.extend(outline::find(text));
            ranges.extend(secrets::in_text(text));
        }
        ranges.extend(markup::find(text));
        ranges.extend(assignments::find(text));
        ranges.extend(commands::find(text));
        // The lines know nothing of quotes and blocks; where YAML does, it is right.
        ranges.retain(|range| !found.iter().any(|one: &Found| meet(&one.range, range)));
    }
    ranges.sort_by_key(|range| range.start);
    found.extend(joined(ranges).into_iter().map(|range| {
        let secret = unescaped(text, &range);
        Found { range, secret, is_base64: false }
    }));
    found.sort_by_key(|one| one.range.start);
    found
}

/// Returns what stands in a range without the escapes of the quotes around it, so that it equals the same secret elsewhere.
fn unescaped(text: &str, range: &Range<usize>) -> String {
    let inside = &text[range.clone()];
    let is_within = |quote: char| text[..range.start].ends_with(quote) && text[range.end..].starts_with(quote);
    let read = if is_within('"') { serde_json::from_str(&format!("\"{inside}\"")).ok() } else { None };
    read.unwrap_or_else(|| if is_within('\'') { inside.replace("''", "'") } else { inside.to_owned() })
}

fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Finds the secrets of a text if it can be read as YAML; returns whether all of it can.
fn in_yaml(text: &str, depth: usize, found: &mut Vec<Found>) -> bool {
    // JSON that stands in YAML, too.
    let is_inner = depth < DEPTH && text.starts_with(['{', '[']);
    if depth == 0 || !text.contains('\n') && !is_inner {
        return false;
    }
    let (documents, errors) = yaml::read(text, Dialect::Kubernetes);
    let is_read = errors.is_empty() && documents.iter().all(|document| !is_scalar(document));
    for document in &documents {
        let value = document.to_json();
        for place in places::secret(&value, Keys::Configuration) {
            let range = document.locate(&place.pointer).value;
            let written = text[range.clone()].to_owned();
            let secret = value.pointer(&place.pointer).and_then(|value| value.as_str()).map_or(written, str::to_owned);
            // What an anchor names stands in one place, and is found in several.
            if !range.is_empty() && !found.iter().any(|one| meet(&one.range, &range)) {
                found.push(Found { range, secret, is_base64: place.is_base64 });
            }
        }
        if !is_scalar(document) {
            inside(text, document, depth, found);
        }
    }
    is_read
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.content, Content::Mapping(_) | Content::Sequence(_))
}

/// Finds the secrets of the texts that stand in a document: a file in a ConfigMap, JSON in quotes.
fn inside(text: &str, node: &Node, depth: usize, found: &mut Vec<Found>) {
    match &node.content {
        Content::Mapping(entries) => entries.iter().for_each(|entry| inside(text, &entry.node, depth, found)),
        Content::Sequence(items) => items.iter().for_each(|item| inside(text, item, depth, found)),
        Content::String(inner) if inner.contains('\n') || inner.starts_with(['{', '[']) => {
            // One that is secret itself has been found.
            if node.span.is_empty() || !hints(inner) || found.iter().any(|one| meet(&one.range, &node.span)) {
                return;
            }
            let mut rest = node.span.clone();
            let start = found.len();
            for one in find_within(inner, depth - 1) {
                let Some(range) = written(text, &rest, &inner[one.range.clone()]) else {
                    // Escapes or line breaks stand in it.
                    found.truncate(start);
                    found.push(Found { range: node.span.clone(), secret: inner.clone(), is_base64: false });
                    return;
                };
                rest.start = range.end;
                found.push(Found { range, ..one });
            }
        }
        _ => {}
    }
}

/// Returns where a secret is written within a range, its lines with any indentation.
fn written(text: &str, within: &Range<usize>, secret: &str) -> Option<Range<usize>> {
    let mut lines = secret.trim().lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let start = within.start + text[within.clone()].find(first)?;
    let mut end = start + first.len();
    for line in lines {
        let rest = text[end..within.end].trim_start();
        end = within.end - rest.strip_prefix(line)?.len();
    }
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::find;

    /// The text with its secrets in brackets.
    fn shown(text: &str) -> String {
        let mut shown = String::new();
        let mut rest = 0;
        for one in find(text) {
            shown.push_str(&text[rest..one.range.start]);
            shown.push_str(&format!("[{}]", one.secret));
            rest = one.range.end;
        }
        shown + &text[rest..]
    }

    #[test]
    fn yaml_is_read_as_yaml() {
        for (text, expected) in [
            ("a: 1\npassword: hunter2 # why\n", "a: 1\npassword: [hunter2] # why\n"),
            ("password: |\n  one\n  two\nuser: a\n", "password: |\n  [one\ntwo\n]\nuser: a\n"),
            ("password: >-\n  one\n  two\nuser: a\n", "password: >-\n  [one two]\nuser: a\n"),
            ("password: \"a\\tb\"\nuser: 'b'\n", "password: [a\tb]\nuser: 'b'\n"),
            ("tokens:\n- abc\n- def\n", "tokens:\n- [abc]\n- [def]\n"),
            ("credentials:\n  user: a\n  any: b\n", "credentials:\n  user: a\n  any: [b]\n"),
            ("a: &x\n  token: abc\nb: *x\n", "a: &x\n  token: [abc]\nb: *x\n"),
            ("kind: Secret\ndata:\n  a: YQ==\n", "kind: Secret\ndata:\n  a: [YQ==]\n"),
            ("a: b\n---\ntoken: 12345\n", "a: b\n---\ntoken: [12345]\n"),
            (
                "auth:\n  enabled: true\n  type: basic\nsecretName: a\n",
                "auth:\n  enabled: true\n  type: basic\nsecretName: a\n",
            ),
            // Templates are no YAML; line by line, then.
            ("{{- if a }}\npassword: hunter2\n{{- end }}\n", "{{- if a }}\npassword: [hunter2]\n{{- end }}\n"),
            (
                "[db]\npassword = \"hunter2\"\nurl = \"x://u:p@h\"\n",
                "[db]\npassword = \"[hunter2]\"\nurl = \"x://u:[p]@h\"\n",
            ),
            ("{{ a }}\npassword: \"a\\\"b\"\ntoken: 'it''s'\n", "{{ a }}\npassword: \"[a\"b]\"\ntoken: '[it's]'\n"),
            ("DSN=x://u:p@h\n", "DSN=[x://u:p@h]\n"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
