//! The text of one object, as it stands in the bundle and as it stands in the chart.
//!
//! One rendering gives both: where a value of the chart decides, the templates print what the bundle has and what Helm has
//! to work out, one after the other, each between marks. No value can hold a mark: they are control characters, which
//! a scalar only ever has as escapes.

use std::borrow::Cow;

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

/// The text of one object, in both forms at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document(String);

impl Document {
    /// Takes a text with marks.
    pub fn marked(text: String) -> Document {
        Document(text)
    }

    /// Returns the text with its marks.
    pub fn as_marked(&self) -> &str {
        &self.0
    }

    /// Returns the YAML document of the bundle.
    pub fn in_bundle(&self) -> Cow<'_, str> {
        if !self.0.contains([BUNDLE, CHART]) {
            return Cow::Borrowed(&self.0);
        }
        let mut text = String::with_capacity(self.0.len());
        for (part, is_of) in parts(&self.0) {
            if is_of != Some(CHART) {
                text.push_str(part);
            }
        }
        Cow::Owned(text)
    }

    /// Returns the template of the chart: what a user has written is text to Helm, whatever it holds.
    pub fn in_chart(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        for (part, is_of) in parts(&self.0) {
            match is_of {
                Some(CHART) => text.push_str(part),
                Some(_) => {}
                None => literal(part, &mut text),
            }
        }
        text
    }
}

/// Writes a text so that Helm prints it as it is.
pub fn literal(part: &str, text: &mut String) {
    let mut rest = part;
    while let Some((before, after)) = rest.split_once(ACTION) {
        text.push_str(before);
        text.push_str(ACTION_AS_TEXT);
        rest = after;
    }
    text.push_str(rest);
}

/// Splits at the marks: each part with the mark before it, if it is not of both forms.
fn parts(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    // Marks do not nest, so that every other one is an end.
    text.split_inclusive([BUNDLE, CHART, END]).scan(None, |open, piece| {
        let part = (piece.trim_end_matches([BUNDLE, CHART, END]), *open);
        *open = piece.chars().next_back().filter(|last| matches!(*last, BUNDLE | CHART));
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (String, String) {
        let document = Document::marked(text.to_owned());
        (document.in_bundle().into_owned(), document.in_chart())
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
        assert!(matches!(Document::marked("a: 1\n".to_owned()).in_bundle(), Cow::Borrowed(_)));
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
