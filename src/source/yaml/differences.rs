//! Texts that the grammar of YAML 1.2, by which they are parsed, reads differently from the readers of YAML 1.1.
//!
//! `PyYAML` and Go's reader scan by YAML 1.1. Where both grammars accept a text and find another value in it, nobody can
//! say what its writer meant: an error that asks for an unambiguous spelling.

use granit_parser::Tag;

use super::super::tree::Span;
use super::scalar::{Fault, full_tag};

/// A scalar whose first or next character decides otherwise in YAML 1.1.
pub(super) fn scalar(source: &str, span: &Span, text: &str, plain: bool, in_flow: bool) -> Option<Fault> {
    if !plain || !in_flow {
        return None;
    }
    if text.starts_with([':', '?']) {
        return Some(Fault::refused(
            "a text that begins with `:` or `?` between brackets, where YAML 1.1 reads the sign of a mapping",
            "put the text in quotes",
        ));
    }
    let mut behind = source[span.end..].chars();
    if behind.next() == Some(':') && matches!(behind.next(), Some(',' | '[' | ']' | '{' | '}')) {
        return Some(Fault::refused(
            "a `:` directly before a bracket or comma, which is a part of the text for some readers",
            "put a space behind the `:`, or the text in quotes",
        ));
    }
    None
}

/// A tag that is only `!`.
pub(super) fn tag(tag: &Tag) -> Option<Fault> {
    (full_tag(tag) == "!").then(|| {
        Fault::refused(
            "the tag `!` alone, which means \"a text\" to some readers and nothing to others",
            "remove it, and quote the value if it is a text",
        )
    })
}

/// An escape of half a character in a double-quoted text, as it is written.
pub(super) fn escapes(source: &str) -> Option<Fault> {
    let mut bytes = source.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next() == Some(b'u') {
            let code = [bytes.next()?, bytes.next()?];
            if matches!(code, [b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F']) {
                return Some(Fault::no_json(
                    "an escape of half a character (`\\ud800` to `\\udfff`), which YAML does not put together",
                    "write the character itself, or its whole code as in `\\U0001F600`",
                ));
            }
        }
    }
    None
}

/// The name of an anchor: YAML 1.1 ends it before anything but letters, digits, `-` and `_`.
pub(super) fn name(name: &str) -> Option<Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (!name.chars().all(fits)).then(|| {
        Fault::refused(
            "the name of an anchor holds other signs than letters, digits, `-` and `_`",
            "rename it, put a space before a `:`, or quote the text if it is no anchor",
        )
    })
}
