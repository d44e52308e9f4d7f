//! The characters that a YAML text may hold as they are.
//!
//! `PyYAML` and libyaml refuse control characters. U+0085, U+2028 and U+2029 are line breaks for them (YAML 1.1) and
//! ordinary characters for YAML 1.2, and a byte order mark inside a text is an invisible part of a word: none of them
//! means what its writer sees, so all are errors here.

use super::super::tree::{ReadError, ReadErrorKind};
use super::MAX_ERRORS;

/// Finds the characters that must be written as an escape.
pub(super) fn check(text: &str) -> Vec<ReadError> {
    let bytes = text.as_bytes();
    let mut errors = Vec::new();
    for (at, &byte) in bytes.iter().enumerate() {
        let suspicious = match byte {
            b'\t' | b'\n' | b'\r' | 0x20..=0x7e => false,
            // The first bytes of the characters below; other text stays out of the slow path.
            0x00..=0x1f | 0x7f | 0xc2 | 0xe2 | 0xef => true,
            _ => false,
        };
        if !suspicious {
            continue;
        }
        let Some(found) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            continue;
        };
        if let Some(message) = fault(found, at) {
            errors.push(ReadError {
                kind: ReadErrorKind::Syntax,
                span: at..at + found.len_utf8(),
                message,
                help: Some(help(found)),
                related: None,
            });
            if errors.len() == MAX_ERRORS {
                break;
            }
        }
    }
    errors
}

fn fault(found: char, at: usize) -> Option<String> {
    let code = u32::from(found);
    match found {
        '\u{85}' | '\u{2028}' | '\u{2029}' => {
            Some(format!("the character U+{code:04X} is a line break for some YAML readers and text for others"))
        }
        '\u{feff}' if at > 0 => Some(format!(
            "a byte order mark (U+{code:04X}) inside the text, where it becomes an invisible part of a word"
        )),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' if !matches!(found, '\t' | '\n' | '\r') => {
            Some(format!("the control character U+{code:04X} cannot stand in YAML as it is"))
        }
        _ => None,
    }
}

fn help(found: char) -> String {
    let code = u32::from(found);
    let escape = if code < 0x100 { format!("\\x{code:02x}") } else { format!("\\u{code:04x}") };
    format!("remove it, or write it as `{escape}` in a double-quoted text")
}
