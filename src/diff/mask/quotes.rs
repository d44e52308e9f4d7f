//! Messages of ours that quote a value in backticks, without that value where it is secret.

use super::UNKNOWN;
use crate::config::value_error::one_line;

/// What stands behind a value of which only the beginning is quoted.
const CUT: &str = "…`";
/// Shorter texts are too likely to be a part of an ordinary name.
const SHORTEST: usize = 4;

/// Returns a message without the places where it quotes a value: as it is, in quotes, or only its beginning.
pub(super) fn without(message: &str, value: &str) -> String {
    let forms = forms(value);
    let mut shown = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find('`') {
        shown.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        if let Some(length) = forms.iter().filter_map(|form| quoted(rest, form)).max() {
            shown.push_str(UNKNOWN);
            shown.push('`');
            rest = &rest[length + 1..];
        }
    }
    shown + rest
}

/// Returns how much of a value stands at the beginning of a text, up to a backtick.
fn quoted(text: &str, form: &str) -> Option<usize> {
    let whole = [form.to_owned(), format!("\"{form}\"")]
        .into_iter()
        .find(|whole| !form.is_empty() && text.strip_prefix(whole.as_str()).is_some_and(|rest| rest.starts_with('`')));
    let cut = || {
        let end = text.find(CUT)?;
        (end > 0 && form.starts_with(&text[..end])).then(|| end + CUT.len() - 1)
    };
    whole.map(|whole| whole.len()).or_else(cut)
}

/// Returns the ways in which messages write a value on one line.
fn forms(value: &str) -> Vec<String> {
    let first = value.lines().next().unwrap_or_default();
    [value, first]
        .into_iter()
        .flat_map(|text| {
            let blank = text.replace(char::is_control, " ");
            [text.to_owned(), blank, text.replace(char::is_control, "�"), one_line(text.chars())]
        })
        .collect()
}

/// Returns a message without whatever it quotes of a text that could not be read.
pub(super) fn without_parts(message: &str, text: &str) -> String {
    let is_part = |quoted: &str| {
        // An alias is looked for by the name of its anchor.
        let quoted = quoted.trim_end_matches('…').trim_matches('"').trim_start_matches(['&', '*']);
        let is_sign = !quoted.contains(char::is_alphanumeric);
        !is_sign && (text.contains(quoted) || text.len() >= SHORTEST && quoted.contains(text))
    };
    let parts = message.split('`').enumerate();
    let shown = parts.map(|(at, part)| if at % 2 == 1 && is_part(part) { UNKNOWN } else { part });
    shown.collect::<Vec<&str>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::{without, without_parts};

    #[test]
    fn what_is_quoted_of_a_value_is_a_mark_and_our_words_are_not() {
        let long = "x".repeat(100);
        let cut = format!("found `{}…`", &long[..40]);
        for (message, value, expected) in [
            (
                "expected a text in `stringData[a]`, found the number `12`",
                "12",
                "expected a text in `stringData[a]`, found the number `(secret)`",
            ),
            ("put it in quotes: `\"12\"`", "12", "put it in quotes: `(secret)`"),
            ("found the text `found`", "found", "found the text `(secret)`"),
            ("found `a`b`, expected `c`", "a`b", "found `(secret)`, expected `c`"),
            ("found `a\\nb`, or `a b`, or `a…`", "a\nb", "found `(secret)`, or `(secret)`, or `(secret)`"),
            (&cut, &long, "found `(secret)`"),
            ("expected `` or `x…`", "", "expected `` or `x…`"),
            ("no backtick", "no", "no backtick"),
        ] {
            assert_eq!(without(message, value), expected);
        }
    }

    #[test]
    fn what_is_quoted_of_a_text_without_form_is_a_mark_but_for_signs() {
        for (message, expected) in [
            ("expected `,` or `}`, found `hunter`", "expected `,` or `}`, found `(secret)`"),
            ("found `hunter2: x, b`", "found `(secret)`"),
            ("unknown `user`", "unknown `user`"),
            ("no anchor `&hunter2` stands before", "no anchor `(secret)` stands before"),
            ("hunter2", "hunter2"),
        ] {
            assert_eq!(without_parts(message, "hunter2: x"), expected);
        }
    }
}
