//! Why a text inside chaos.toml is refused.

use std::ops::Range;

/// One fault in a value: where in the text, what, and the next step.
///
/// The small languages of chaos.toml (cron, durations, quantities, names …) know nothing of files; whoever reads the
/// value adds its place in the file to `span` and makes a diagnostic of the rest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ValueError {
    /// The bytes at fault, inside the text that was read.
    pub span: Range<usize>,
    /// What was found and what was expected.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// A whole new text that is valid, where one is likely meant.
    pub suggestion: Option<String>,
}

impl ValueError {
    /// An error about the bytes `span` of a text.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
            suggestion: None,
        }
    }

    /// The same, with the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with a text that would be accepted; it becomes the help where there is none.
    #[must_use]
    pub fn with_suggestion(mut self, suggestion: impl Into<String>) -> Self {
        let suggestion = suggestion.into();
        if self.help.is_none() {
            self.help = Some(format!("did you mean {}?", quoted(&suggestion)));
        }
        self.suggestion = Some(suggestion);
        self
    }
}

/// A text in backticks on one line: control characters escaped, long texts shortened.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(|character| {
            if character.is_control() || character.is_whitespace() && character != ' ' {
                character.escape_default().collect::<Vec<_>>()
            } else {
                vec![character]
            }
        })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// The span of the character that starts at `at`.
pub(super) fn character_span(text: &str, at: usize) -> Range<usize> {
    let length = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    at..at + length
}

#[cfg(test)]
mod tests {
    use super::{ValueError, character_span, quoted};

    #[test]
    fn a_quoted_text_stays_on_one_short_line() {
        assert_eq!(quoted("a b"), "`a b`");
        assert_eq!(quoted("a\nb\t\u{85}\u{2028}"), "`a\\nb\\t\\u{85}\\u{2028}`");
        assert_eq!(quoted("é`"), "`é``");
        assert_eq!(quoted(&"x".repeat(80)), format!("`{}`", "x".repeat(80)));
        assert_eq!(quoted(&"x".repeat(81)), format!("`{}…`", "x".repeat(80)));
    }

    #[test]
    fn a_suggestion_never_hides_a_help() {
        let plain = ValueError::new(0..1, "no").with_suggestion("yes");
        assert_eq!(plain.help.as_deref(), Some("did you mean `yes`?"));
        let helped = ValueError::new(0..1, "no")
            .with_help("because")
            .with_suggestion("yes");
        assert_eq!(helped.help.as_deref(), Some("because"));
    }

    #[test]
    fn a_character_span_covers_the_whole_character() {
        assert_eq!(character_span("aé", 1), 1..3);
        assert_eq!(character_span("aé", 3), 3..3);
        assert_eq!(character_span("aé", 2), 2..2);
        assert_eq!(character_span("aé", 9), 9..9);
    }
}
