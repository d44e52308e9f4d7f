//! Faults of the YAML grammar in this project's words.

use granit_parser::{ErrorKind, ScanError};

use super::super::tree::{ReadError, ReadErrorKind, Span};

/// Turns a fault of the parser into an error with a place; `flow` is the bracket of the innermost open flow collection.
pub(super) fn explain(text: &str, fault: &ScanError, flow: Option<Span>) -> ReadError {
    let mut span = place(text, fault.marker().byte_offset().unwrap_or(text.len()));
    let mut related = None;
    let (kind, message, help) = match fault.kind() {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            // The parser points at the quote that opens the text.
            if matches!(text.as_bytes().get(span.start), Some(b'"' | b'\'')) {
                related = Some((span.clone(), "the text begins here".to_owned()));
                span = place(text, text.len());
            }
            (ReadErrorKind::Syntax, "a quoted text is not closed".to_owned(), "close it with the quote that opens it")
        }
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => {
            let open = flow.and_then(|open| text[open.start..].chars().next().map(|c| (open.start, c)));
            // Cut off at the end of the text, the parser points back at the bracket.
            if open.is_some_and(|(at, _)| at == span.start) {
                span = place(text, text.len());
            }
            let close = match open {
                Some((_, '[')) => ']',
                _ => '}',
            };
            related = open.map(|(at, c)| (at..at + c.len_utf8(), format!("`{c}` opens here")));
            (
                ReadErrorKind::Syntax,
                format!("expected `,` or `{close}`"),
                "separate the items with `,` and close every bracket",
            )
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (ReadErrorKind::Syntax, format!("`{open}` is closed by `{close}`"), "close every bracket with its own kind")
        }
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            // The parser may stand behind the tab already.
            if text[..span.start].ends_with('\t') {
                span = span.start - 1..span.start;
            }
            (ReadErrorKind::Syntax, "a tab where YAML expects spaces".to_owned(), "indent with spaces")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            ReadErrorKind::Syntax,
            "a `:` where no mapping can begin".to_owned(),
            "quote the text if the `:` belongs to it, or check the indentation",
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            (ReadErrorKind::Syntax, format!("no value can begin with `{character}`"), "quote the text")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate => (
            ReadErrorKind::Syntax,
            "an escape that YAML does not have".to_owned(),
            "write `\\\\` for a backslash, or use single quotes, where it is an ordinary character",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidFlowScalarIndent => (
            ReadErrorKind::Syntax,
            "this does not fit the indentation of the lines above".to_owned(),
            "align it with the keys or items that it belongs to",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            ReadErrorKind::Syntax,
            "expected `:` behind a key".to_owned(),
            "write `key: value`, or indent a text that goes on from the line above",
        ),
        ErrorKind::RecursionLimitExceeded => (
            ReadErrorKind::TooLarge,
            format!("nested deeper than {} levels", super::MAX_DEPTH),
            "flatten the structure",
        ),
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            (ReadErrorKind::Syntax, "a `-` that stands alone between brackets".to_owned(), "put it in quotes")
        }
        ErrorKind::FlowMappingValueAdjacentCollection => {
            (ReadErrorKind::Syntax, "a `:` directly before a bracket".to_owned(), "put a space behind the `:`")
        }
        ErrorKind::CommentNotSeparated => {
            (ReadErrorKind::Syntax, "a `#` directly behind a value".to_owned(), "put a space before the comment")
        }
        ErrorKind::ExpectedDocumentStart => (
            ReadErrorKind::Syntax,
            "more text behind the end of the document".to_owned(),
            "indent it, or begin another document with `---`",
        ),
        ErrorKind::InvalidTagTerminator | ErrorKind::MissingTagUri | ErrorKind::UnclosedVerbatimTag => (
            ReadErrorKind::Syntax,
            "a tag with signs that YAML 1.2 does not allow in it".to_owned(),
            "remove the tag, or quote the text if it is none",
        ),
        ErrorKind::UndeclaredTagHandle => {
            (ReadErrorKind::Syntax, "a tag with a prefix that no `%TAG` declares".to_owned(), "remove the tag")
        }
        other => {
            let message = other.to_string();
            let message = message.trim_end_matches('.').to_owned();
            (ReadErrorKind::Syntax, message, "check the YAML here")
        }
    };
    ReadError { kind, span, message, help: Some(help.to_owned()), related }
}

/// The character at `at`; at the end of the text, the last one that is no line break.
fn place(text: &str, at: usize) -> Span {
    let mut start = at.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    if let Some(found) = text[start..].chars().next() {
        return start..start + found.len_utf8();
    }
    let written = text.trim_end().len();
    match text[..written].chars().next_back() {
        Some(last) => written - last.len_utf8()..written,
        None => 0..0,
    }
}
