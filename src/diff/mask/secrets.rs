//! Secrets of Kubernetes in a text that cannot be read: templates of manifests, manifests with faults.

use std::ops::Range;

use super::values::is_harmless;

/// Fields of a Secret that tell nothing, as they begin a line.
const OPEN: [&str; 6] = ["apiVersion:", "kind:", "metadata:", "type:", "immutable:", "---"];
/// The same below `metadata`.
const NAMES: [&str; 2] = ["name:", "namespace:"];

/// Returns whatever stands in those documents of a text that seem to be Secrets.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    documents(text, is_of_secret)
}

/// The same for a text of any kind, in which `kind: Secret` may be a word of a sentence.
pub(super) fn in_text(text: &str) -> Vec<Range<usize>> {
    let is_line = |document: &str, begins: &[&str]| {
        document.lines().any(|line| begins.iter().any(|beginning| line.trim_start().starts_with(beginning)))
    };
    documents(text, |document| {
        is_of_secret(document) && is_line(document, &["kind:"]) && is_line(document, &["data:", "stringData:"])
    })
}

fn documents(text: &str, is_secret: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for document in text.split_inclusive("\n---") {
        if is_secret(document) {
            found.extend(values(document).into_iter().map(|span| start + span.start..start + span.end));
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
fn values(document: &str) -> Vec<Range<usize>> {
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
