//! Secrets in a text that is not JSON: configuration files, scripts, arguments, addresses.

use std::ops::Range;

use super::places::{self, Keys};
use super::{assignments, commands, credentials, joined, keys};
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

/// Returns the secrets of a text in their order, none within another.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut ranges = credentials::find(text);
    let mut found = Vec::new();
    if keys::hints(text) {
        // The lines know nothing of quotes and blocks; where YAML does, it is right.
        found = in_yaml(text);
        ranges.extend(assignments::find(text));
        ranges.extend(commands::find(text));
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

/// The secrets of a text of several lines, if it can be read as YAML.
fn in_yaml(text: &str) -> Vec<Found> {
    if !text.contains('\n') {
        return Vec::new();
    }
    let (documents, _) = yaml::read(text, Dialect::Kubernetes);
    let mut found: Vec<Found> = Vec::new();
    for document in documents {
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
    }
    found
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
