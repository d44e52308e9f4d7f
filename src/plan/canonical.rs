//! Canonical JSON: sorted keys, no blanks, and escapes for every character that some reader of YAML disturbs.
//!
//! The text becomes a string in a ConfigMap. kustomize writes control characters as they are and cannot read them back;
//! escaped in the JSON itself, they never reach the YAML.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Returns the canonical text of a value.
///
/// # Panics
///
/// Never: a JSON value always serialises, and memory takes what is written.
pub fn json(value: &Value) -> String {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, Escaping);
    value.serialize(&mut serializer).expect("a JSON value serialises, and writing to a Vec cannot fail");
    String::from_utf8(text).expect("the serialiser writes UTF-8")
}

/// Writes what JSON leaves as it is, but for the characters that YAML readers take as line breaks, as byte order marks
/// or not at all.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Nearly every text has none of the bytes with which such a character begins.
        if !fragment.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xe2 | 0xef)) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_disturbed(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Returns whether a reader of YAML may disturb a character; all of them have four hexadecimal digits.
fn is_disturbed(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::json;
    use serde_json::json as value;

    #[test]
    fn keys_are_sorted_and_odd_characters_escaped() {
        let given = value!({"b": "\u{85}a\u{2028}", "a": ["é😀", "\t\u{7f}"], "\u{feff}": 1.5});
        let text = json(&given);
        assert_eq!(text, "{\"a\":[\"é😀\",\"\\t\\u007f\"],\"b\":\"\\u0085a\\u2028\",\"\\ufeff\":1.5}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), given);
    }
}
