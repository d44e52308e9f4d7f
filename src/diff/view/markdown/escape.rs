//! Text of somebody else in Markdown: it stays text, in a table, in HTML, and for a forge that looks for names in it.

use crate::diff::view::emphasis::shorten;
use crate::terminal::printable;

/// What is kept of either end of a very long text, in characters.
const KEPT: usize = 100;

/// Characters that are markup at some place.
const MARKUP: &str = "&<>\\`*_[]|~#@!$^\"'";

/// Characters that begin a name for some forge: of a person, an issue, a merge request, a label, a milestone, an epic.
pub(crate) const REFERENCE: &str = "@#!~%&$";

/// Keeps a sign and the name behind it apart; nobody sees it.
pub(crate) const APART: &str = "&#8203;";

/// Where a line may break without a sign for it.
const BREAK: &str = "<wbr>";

/// Returns a name or a value, set as code.
pub(super) fn code(text: &str) -> String {
    let text: String = shorten(&printable(text), KEPT);
    let mut breaks = Breaks::default();
    let written = markup_of(&text).map(|(rest, entity)| entity + breaks.after(rest));
    format!("<code>{}</code>", written.collect::<String>())
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
    let mut breaks = Breaks::default();
    for (rest, written) in markup_of(&text) {
        result.push_str(&written);
        let mut following = rest.chars();
        let is_sign = following.next().is_some_and(|c| REFERENCE.contains(c));
        if is_sign && following.next().is_some_and(|next| !next.is_whitespace()) {
            result.push_str(APART);
        }
        result.push_str(breaks.after(rest));
    }
    result
}

/// Finds the places where a long word may break: a table is otherwise as wide as its longest word, and what stands
/// behind it is out of sight.
#[derive(Default)]
struct Breaks {
    /// How many characters stand together.
    run: usize,
}

impl Breaks {
    /// Behind a sign, as soon as this many characters stand together.
    const AT_SIGNS: usize = 12;
    /// Anywhere, as soon as this many do.
    const ANYWHERE: usize = 24;

    /// Returns what stands behind the first character of a text.
    fn after(&mut self, rest: &str) -> &'static str {
        let mut following = rest.chars();
        let Some(c) = following.next() else { return "" };
        // There a browser breaks by itself.
        if c.is_whitespace() || c == '-' {
            self.run = 0;
            return "";
        }
        self.run += 1;
        let least = if c.is_alphanumeric() { Breaks::ANYWHERE } else { Breaks::AT_SIGNS };
        if self.run < least || following.next().is_none_or(char::is_whitespace) {
            return "";
        }
        self.run = 0;
        BREAK
    }
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
            ("https://evil.example", "<code>https&#58;//evil.<wbr>example</code>"),
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
    fn a_long_word_may_break_behind_its_signs() {
        for (text, expected) in [
            ("ConfigMap/go-app", "<code>ConfigMap/go-app</code>"),
            (
                "a-name-with-many-parts-of-which-each-is-short",
                "<code>a-name-with-many-parts-of-which-each-is-short</code>",
            ),
            ("spec.template.spec.replicas", "<code>spec.template.<wbr>spec.replicas</code>"),
            ("0123456789abcdef0123456789abcdef", "<code>0123456789abcdef01234567<wbr>89abcdef</code>"),
        ] {
            assert_eq!(code(text), expected);
        }
        assert_eq!(
            sentence("see virtualservices.networking.istio.io"),
            "see virtualservices.<wbr>networking.istio.<wbr>io"
        );
    }

    #[test]
    fn a_fence_is_longer_than_what_is_in_it() {
        for (text, expected) in [("", "```"), ("a `b` c", "```"), ("````", "`````"), ("a\n```\nb", "````")] {
            assert_eq!(fence(text), expected);
        }
    }
}
