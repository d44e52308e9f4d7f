//! The texts of the simple reader: plain, in quotes, or of several lines.

use std::borrow::Cow;

use granit_parser::ScalarStyle;

use super::{Reader, done};

impl<'t> Reader<'t> {
    pub(super) fn plain(&mut self) -> Option<()> {
        let start = self.at;
        match self.bytes[start] {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'_'
            | b'.'
            | b'/'
            | b'$'
            | b'~'
            | b'('
            | b'+'
            | b'='
            | 0x80.. => {}
            b'-' if !self.is_blank(start + 1) => {}
            _ => return None,
        }
        let mut end = start;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => break,
                b':' if self.is_blank(self.at + 1) => return None,
                b'#' if self.bytes[self.at - 1] == b' ' => break,
                b' ' => {}
                _ => end = self.at + 1,
            }
            self.at += 1;
        }
        self.at = end;
        self.scalar(Cow::Borrowed(&self.text[start..end]), ScalarStyle::Plain, start)
    }

    /// Reads a text of several lines: each is as far from the margin as the first, and none is empty.
    pub(super) fn block(&mut self) -> Option<()> {
        let is_folded = self.bytes[self.at] == b'>';
        let is_stripped = self.bytes.get(self.at + 1) == Some(&b'-');
        self.at += 1 + usize::from(is_stripped);
        if self.peek() != Some(b'\n') {
            return None;
        }
        let (column, _) = self.look(self.at + 1);
        if column <= self.blocks.last()?.column {
            return None;
        }
        let start = self.at + 1 + column;
        let mut text = String::new();
        loop {
            let line = self.at + 1;
            let (indent, is_empty) = self.look(line);
            if is_empty || indent < column {
                break;
            }
            // What a last line without an end means is not the same to everybody.
            let end = line + self.bytes[line..].iter().position(|byte| *byte == b'\n')?;
            if indent > column || self.bytes[end - 1] == b' ' {
                return None;
            }
            if !text.is_empty() {
                text.push(if is_folded { ' ' } else { '\n' });
            }
            text.push_str(&self.text[line + column..end]);
            self.at = end;
        }
        // Empty lines may end the text, or stand within it.
        let mut next = self.at + 1;
        while self.bytes.get(next) == Some(&b'\n') {
            next += 1;
        }
        let (indent, is_empty) = self.look(next);
        if text.is_empty() || indent >= column || (is_empty && indent > 0) {
            return None;
        }
        if !is_stripped {
            text.push('\n');
        }
        self.scalar(Cow::Owned(text), if is_folded { ScalarStyle::Folded } else { ScalarStyle::Literal }, start)
    }

    /// Returns how many spaces a line begins with, and whether that is all of it.
    fn look(&self, line: usize) -> (usize, bool) {
        let rest = self.bytes.get(line..).unwrap_or_default();
        let indent = rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len());
        (indent, self.is_end(line + indent))
    }

    pub(super) fn single_quoted(&mut self) -> Option<()> {
        let start = self.at;
        let inside = &self.bytes[start + 1..];
        let length = inside.iter().position(|byte| matches!(byte, b'\'' | b'\n'))?;
        self.at += length + 2;
        if inside[length] != b'\'' || inside.get(length + 1) == Some(&b'\'') {
            return None;
        }
        self.scalar(Cow::Borrowed(&self.text[start + 1..self.at - 1]), ScalarStyle::SingleQuoted, start)
    }

    pub(super) fn double_quoted(&mut self) -> Option<()> {
        let start = self.at;
        self.at += 1;
        let mut whole = String::new();
        let mut piece = self.at;
        loop {
            let rest = &self.bytes[self.at..];
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n'))?;
            match self.bytes[self.at] {
                b'\\' => {
                    whole.push_str(&self.text[piece..self.at]);
                    whole.push(self.escape()?);
                    piece = self.at;
                }
                b'"' => break,
                _ => return None,
            }
        }
        let last = &self.text[piece..self.at];
        self.at += 1;
        let is_borrowed = piece == start + 1;
        whole.push_str(if is_borrowed { "" } else { last });
        let text = if is_borrowed { Cow::Borrowed(last) } else { Cow::Owned(whole) };
        self.scalar(text, ScalarStyle::DoubleQuoted, start)
    }

    /// Reads the escapes that JSON has too; halves of characters are left to the parser.
    fn escape(&mut self) -> Option<char> {
        let (found, length) = match self.bytes.get(self.at + 1)? {
            b'"' => ('"', 2),
            b'\\' => ('\\', 2),
            b'n' => ('\n', 2),
            b'r' => ('\r', 2),
            b't' => ('\t', 2),
            b'u' => {
                let digits = self.text.get(self.at + 2..self.at + 6)?;
                let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                (u32::from_str_radix(digits, 16).ok().filter(|_| is_hex).and_then(char::from_u32)?, 6)
            }
            _ => return None,
        };
        self.at += length;
        Some(found)
    }

    pub(super) fn scalar(&mut self, text: Cow<'t, str>, style: ScalarStyle, start: usize) -> Option<()> {
        done(self.composer.scalar(text, style, 0, None, start..self.at))
    }
}
