//! Text of somebody else in Markdown: it stays text, in a table, in HTML, and for a forge that looks for names in it.

use crate::diff::view::emphasis::shorten;
use crate::terminal::printable;

/// What is kept of either end of a very long text, in characters.
const KEPT: usize = 100;

/// Characters that are markup at some place.
const MARKUP: &str = "&<>\\`*_[]|~#@!$^\"'";

/// Characters that begin a name for some forge: of a person, an issue, a merge request, a label, a milestone, an epic.
const REFERENCE: &str = "@#!~%&$";

/// Keeps a sign and the name behind it apart; nobody sees it.
const APART: &str = "&#8203;";

/// Returns a name or a value, set as code.
pub(super) fn code(text: &str) -> String {
    let text: String = shorten(&printable(text), KEPT);
    format!("<code>{}</code>", markup_of(&text).map(|(_, entity)| entity).collect::<String>())
}

/// Returns a sentence; what stands in backticks is set as code.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(text);
    }
    let mut result = plain(parts[0]);
    for (index, part) in parts.iter().enumerate().skip(1) {
        // What follows a name does not begin a line.
        result.push_str(&if index % 2 == 1 { code(part) } else { inner(part) });
    }
    result
}

/// Returns a text that may begin a line.
fn plain(text: &str) -> String {
    match text.chars().next().filter(|first| first.is_ascii_digit() || matches!(first, '-' | '+' | '=')) {
        None => inner(text),
        Some(first) => format!("{}{}", entity(first), inner(&text[1..])),
    }
}

fn inner(text: &str) -> String {
    let text = shorten(&printable(text), KEPT);
    let mut result = String::with_capacity(text.len());
    for (rest, written) in markup_of(&text) {
        result.push_str(&written);
        let mut rest = rest.chars();
        let is_sign = rest.next().is_some_and(|c| REFERENCE.contains(c));
        if is_sign && rest.next().is_some_and(|next| !next.is_whitespace()) {
            result.push_str(APART);
        }
    }
    result
}

/// Goes through a text: where each character stands, and the character or the entity that stands for it.
fn markup_of(text: &str) -> impl Iterator<Item = (&str, String)> {
    text.char_indices().map(|(index, c)| {
        let rest = &text[index..];
        let begins_link = rest.starts_with(":/") || (c == '.' && text[..index].ends_with("www"));
        let is_markup = MARKUP.contains(c) || begins_link;
        (rest, if is_markup { entity(c) } else { c.to_string() })
    })
}

fn entity(c: char) -> String {
    format!("&#{};", u32::from(c))
}

/// Returns a fence that no line of a text ends.
pub(super) fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}

#[cfg(test)]
mod tests {
    use super::{code, fence, sentence};

    #[test]
    fn nothing_leaves_its_place() {
        for (text, expected) in [
            ("go-app", "<code>go-app</code>"),
            ("ConfigMap/go-app", "<code>ConfigMap/go-app</code>"),
            ("a|b`c\\", "<code>a&#124;b&#96;c&#92;</code>"),
            ("</code><b>@me #1", "<code>&#60;/code&#62;&#60;b&#62;&#64;me &#35;1</code>"),
            ("a\nb\u{202e}", "<code>a&#92;nb&#92;u{202e}</code>"),
            ("spec[name=*]", "<code>spec&#91;name=&#42;&#93;</code>"),
            ("https://evil.example", "<code>https&#58;//evil.example</code>"),
            ("/etc", "<code>/etc</code>"),
        ] {
            assert_eq!(code(text), expected);
        }
        for (text, expected) in [
            ("the namespace `go-app` does not exist", "the namespace <code>go-app</code> does not exist"),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("one ` alone", "one &#96; alone"),
            ("ping @team, see #12", "ping &#64;&#8203;team, see &#35;&#8203;12"),
            ("1. first", "&#49;. first"),
            ("`a`: 1, `b`- c", "<code>a</code>: 1, <code>b</code>- c"),
            ("     - a!", "&#45; a&#33;"),
            ("a <!-- b", "a &#60;&#33;&#8203;-- b"),
            ("www.evil.example", "www&#46;evil.example"),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }

    #[test]
    fn a_fence_is_longer_than_what_is_in_it() {
        for (text, expected) in [("", "```"), ("a `b` c", "```"), ("````", "`````"), ("a\n```\nb", "````")] {
            assert_eq!(fence(text), expected);
        }
    }
}
