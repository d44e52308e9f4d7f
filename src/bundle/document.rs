//! The text of one object, as it stands in the bundle and as it stands in the chart.
//!
//! One rendering gives both: where a value of the chart decides, the templates print what the bundle has and what Helm has
//! to work out, one after the other, each between marks. No value can hold a mark: they are control characters, which
//! a scalar only ever has as escapes.

use std::ops::Range;

use memchr::{memchr3, memmem};

use crate::plan::hash;

/// Begins what only the bundle has.
pub const BUNDLE: char = '\u{1}';

/// Begins what only the chart has.
pub const CHART: char = '\u{2}';

/// Ends either.
pub const END: char = '\u{3}';

/// What Helm reads as the begin of an action.
const ACTION: &str = "{{";

/// The same for Helm to print.
const ACTION_AS_TEXT: &str = r#"{{ "{{" }}"#;

/// The text of one object: that of the bundle, and what is otherwise in the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    text: String,
    edits: Vec<Edit>,
}

/// A part of the bundle's text, as a range of bytes, and what the chart has in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    part: Range<usize>,
    chart: String,
}

impl Document {
    /// Takes a text with marks; they do not nest.
    pub fn marked(mut marked: String) -> Document {
        let mut edits = Vec::new();
        let mark = |text: &str| memchr3(BUNDLE as u8, CHART as u8, END as u8, text.as_bytes());
        let Some(mut at) = mark(&marked) else { return Document { text: marked, edits } };
        let rest = marked.split_off(at);
        let mut text = marked;
        text.reserve(rest.len());
        let mut rest = rest.as_str();
        loop {
            let begin = rest.as_bytes()[0];
            rest = &rest[1..];
            at = mark(rest).unwrap_or(rest.len());
            let from = text.len();
            if begin == CHART as u8 {
                edits.push(Edit { part: from..from, chart: rest[..at].to_owned() });
            } else {
                text.push_str(&rest[..at]);
            }
            if begin == BUNDLE as u8 {
                edits.push(Edit { part: from..text.len(), chart: String::new() });
            }
            rest = &rest[at..];
            if rest.is_empty() {
                return Document { text, edits };
            }
        }
    }

    /// Returns the YAML document of the bundle.
    pub fn in_bundle(&self) -> &str {
        &self.text
    }

    /// Returns the YAML document of the bundle, and gives up the chart's.
    pub fn into_bundle(self) -> String {
        self.text
    }

    /// Returns the template of the chart: what a user has written is text to Helm, whatever it holds.
    pub fn in_chart(&self) -> String {
        let more: usize = self.edits.iter().map(|edit| edit.chart.len()).sum();
        let mut template = String::with_capacity(self.text.len() + more);
        let mut from = 0;
        for edit in &self.edits {
            literal(&self.text[from..edit.part.start], &mut template);
            template.push_str(&edit.chart);
            from = edit.part.end;
        }
        literal(&self.text[from..], &mut template);
        template
    }

    /// Returns a hash of both.
    pub fn hash(&self) -> String {
        let edits = self.edits.iter().map(|edit| edit.chart.as_str());
        hash::short(&[self.text.as_str()].into_iter().chain(edits).collect::<Vec<_>>())
    }
}

/// Writes a text so that Helm prints it as it is.
pub fn literal(part: &str, text: &mut String) {
    let mut rest = part;
    while let Some(at) = memmem::find(rest.as_bytes(), ACTION.as_bytes()) {
        text.push_str(&rest[..at]);
        text.push_str(ACTION_AS_TEXT);
        rest = &rest[at + ACTION.len()..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (String, String) {
        let document = Document::marked(text.to_owned());
        (document.in_bundle().to_owned(), document.in_chart())
    }

    #[test]
    fn each_form_has_its_own_lines_at_the_same_depth() {
        // As the templates print it: the indentation of a line may stand before the mark.
        let text = "a:\n  \u{1}b: 1\n  \u{3}\u{2}b: {{ .Values.b }}\n  \u{3}c: 2\n";
        assert_eq!(both(text), ("a:\n  b: 1\n  c: 2\n".to_owned(), "a:\n  b: {{ .Values.b }}\n  c: 2\n".to_owned()));
    }

    #[test]
    fn without_marks_both_are_the_same() {
        assert_eq!(both("a: 1\n"), ("a: 1\n".to_owned(), "a: 1\n".to_owned()));
        assert_eq!(both(""), (String::new(), String::new()));
    }

    #[test]
    fn what_a_user_has_written_is_no_action() {
        for (text, escaped) in [
            ("{{ x }}", r#"{{ "{{" }} x }}"#),
            ("{{{", r#"{{ "{{" }}{"#),
            ("{{{{", r#"{{ "{{" }}{{ "{{" }}"#),
            ("{ {", "{ {"),
            ("}}", "}}"),
        ] {
            assert_eq!(both(text), (text.to_owned(), escaped.to_owned()));
        }
    }
}
