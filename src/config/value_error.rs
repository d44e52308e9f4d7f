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
        Self { span, message: message.into(), help: None, suggestion: None }
    }

    /// The same, about a part that starts `start` bytes into the text; its suggestion is then of the part only.
    #[must_use]
    pub(super) fn moved(mut self, start: usize) -> Self {
        self.span = start + self.span.start..start + self.span.end;
        self
    }

    /// The same, with what `change` makes of its suggestion.
    #[must_use]
    pub(super) fn map_suggestion(mut self, change: impl FnOnce(String) -> Option<String>) -> Self {
        self.suggestion = self.suggestion.and_then(change);
        self
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
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut shown = one_line(text.chars().take(SHOWN));
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Characters on one line: those that would break or colour it are escaped.
pub(crate) fn one_line(characters: impl Iterator<Item = char>) -> String {
    characters
        .flat_map(|character| {
            if character.is_control() || character.is_whitespace() && character != ' ' {
                character.escape_default().collect::<Vec<_>>()
            } else {
                vec![character]
            }
        })
        .collect()
}

/// The span of the character that starts at `at`.
pub(super) fn character_span(text: &str, at: usize) -> Range<usize> {
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    at..at + length
}

/// An error about the first character that is not `allowed`; `what` names the kind of text, `expected` the characters.
pub(super) fn only(text: &str, what: &str, expected: &str, allowed: impl Fn(char) -> bool) -> Result<(), ValueError> {
    match text.char_indices().find(|(_, found)| !allowed(*found)) {
        Some((at, _)) => {
            let span = character_span(text, at);
            let found = quoted(&text[span.clone()]);
            let message = format!("{found} in {what} {}, expected only {expected}", quoted(text));
            Err(ValueError::new(span, message))
        }
        None => Ok(()),
    }
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
        let helped = ValueError::new(0..1, "no").with_help("because").with_suggestion("yes");
        assert_eq!(helped.help.as_deref(), Some("because"));
    }

    #[test]
    fn a_character_span_covers_the_whole_character() {
        assert_eq!(character_span("aé", 1), 1..3);
        assert_eq!(character_span("aé", 3), 3..3);
        assert_eq!(character_span("aé", 2), 2..2);
        assert_eq!(character_span("aé", 9), 9..9);
    }

    /// Random texts of pieces that mean something somewhere: no reader panics, every span lies in the text, and every
    /// suggestion is accepted.
    #[test]
    fn no_reader_panics_and_every_suggestion_is_valid() {
        use crate::config::{cron, duration, image_reference, name, quantity, time_zone};
        type Reader = fn(&str) -> Result<(), ValueError>;
        const READERS: [(&str, Reader); 15] = [
            ("cron", |text| {
                let cron = cron::Cron::parse(text)?;
                assert_eq!(cron.never_fires(), cron.shortest_interval().is_none(), "{text}");
                Ok(())
            }),
            ("duration", |text| duration::Duration::parse(text).map(drop)),
            ("time zone", |text| time_zone::TimeZoneName::parse(text).map(drop)),
            ("quantity", |text| quantity::Quantity::parse(text).map(drop)),
            ("image", |text| image_reference::ImageReference::parse(text).map(drop)),
            ("repository", image_reference::check_repository),
            ("tag", image_reference::check_tag),
            ("digest", image_reference::check_digest),
            ("label", name::dns_label),
            ("subdomain", name::dns_subdomain),
            ("label key", name::label_key),
            ("label value", name::label_value),
            ("annotation key", name::annotation_key),
            ("variable", name::environment_variable),
            ("identifier", name::c_identifier),
        ];
        const PIECES: [&str; 64] = [
            " ",
            "* ",
            "*",
            "/",
            "-",
            ",",
            "?",
            ".",
            ":",
            "@",
            "+",
            "_",
            "=",
            "#",
            "[",
            "]",
            "\n",
            "\t",
            "\0",
            "\u{a0}",
            "\u{2028}",
            "\u{feff}",
            "é",
            "µ",
            "ſ",
            "İ",
            "😀",
            "٣",
            "0",
            "1",
            "2",
            "5",
            "7",
            "31",
            "60",
            "99999999999999999999",
            "a",
            "b",
            "e",
            "E",
            "m",
            "h",
            "s",
            "d",
            "w",
            "k",
            "Mi",
            "MB",
            "L",
            "TZ",
            "mon",
            "sunday",
            "jan",
            "@every ",
            "@daily",
            "PT",
            "UTC",
            "Berlin",
            "Europe/",
            "://",
            "sha256:",
            "latest",
            "localhost",
            "A",
        ];
        let mut state: u64 = 0x5eed;
        let mut below = |limit: usize| {
            // A linear congruential generator: the same texts everywhere.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % limit
        };
        let mut texts: Vec<String> =
            (0..1_000).map(|_| (0..below(9)).map(|_| PIECES[below(PIECES.len())]).collect()).collect();
        texts.extend(["7,".repeat(20_000), "1h".repeat(20_000), "a.".repeat(20_000), "9".repeat(20_000)]);
        texts.push(format!("0 0 * * {}", "7,".repeat(20_000)));
        let (mut accepted, mut suggested) = (0, 0);
        for text in &texts {
            for (name, read) in READERS {
                let Err(error) = read(text) else {
                    accepted += 1;
                    continue;
                };
                assert!(text.get(error.span.clone()).is_some(), "{name} {text:?}: {error:?}");
                assert!(!error.message.contains('\n') && error.message.len() < 1_000, "{name} {text:?}");
                if let Some(new) = error.suggestion {
                    suggested += 1;
                    assert_eq!(read(&new), Ok(()), "{name} {text:?} suggests {new:?}");
                }
            }
        }
        assert!(accepted > 500 && suggested > 300, "{accepted} accepted, {suggested} suggested");
    }
}
