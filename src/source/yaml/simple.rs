//! The YAML that nearly every file consists of, read in one pass: indented mappings and lists of texts on one line each.
//!
//! The parser for all of YAML looks at each character several times, which was a third of what a render of ten thousand
//! experiments took. What is read here is a narrow part of the language, in which the same events come to the same
//! [`Composer`]. At the first sign of anything else, a fault included, the whole text is left to the parser: so there is
//! one place that decides what YAML means, and a test and the fuzzers hold the two against each other.

mod scalars;

use std::borrow::Cow;

use granit_parser::{ScalarStyle, StructureStyle};

use super::super::tree::Node;
use super::Dialect;
use super::composer::{Composer, Step};

/// Deepest nesting that is read here.
const MAX_DEPTH: usize = 32;
/// Longest key that is read here, in bytes; YAML's own limit for one without `?` is 1024 characters.
const MAX_KEY: usize = 128;

/// Reads a text that has one document and is simple throughout; `None` says nothing about the text.
pub(super) fn read(text: &str, dialect: Dialect) -> Option<Node> {
    if text.bytes().any(|byte| matches!(byte, b'\t' | b'\r')) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        line: 0,
        blocks: Vec::new(),
        is_waiting: false,
        flows: 0,
        composer: Composer::new(text, dialect),
    };
    reader.lines()?;
    reader.composer.only_document()
}

/// An open mapping or list whose items stand on lines of their own.
struct Block {
    column: usize,
    is_mapping: bool,
}

/// Every method gives `None` at what is not simple.
struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Where the line begins.
    line: usize,
    blocks: Vec<Block>,
    /// Whether the innermost mapping has a key whose value has not come yet.
    is_waiting: bool,
    /// How many brackets are open.
    flows: usize,
    composer: Composer<'t>,
}

impl Reader<'_> {
    fn lines(&mut self) -> Option<()> {
        if self.bytes.starts_with(b"---\n") {
            self.at = "---\n".len();
        }
        while self.at < self.bytes.len() {
            self.line = self.at;
            self.spaces();
            match self.peek() {
                Some(b'#') => self.comment(),
                Some(b'\n') | None => {}
                Some(_) => {
                    self.place()?;
                    self.content()?;
                }
            }
            // The line is at its end.
            self.at += 1;
        }
        // Without a single line there is no document, which is for others to say.
        self.blocks.first()?;
        while !self.blocks.is_empty() {
            self.close_block()?;
        }
        Some(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        self.at += self.bytes[self.at..].iter().position(|byte| *byte == b'\n').unwrap_or(self.bytes.len() - self.at);
    }

    fn is_end(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b'\n'))
    }

    /// Whether a sign at this place has nothing behind it that belongs to it.
    fn is_blank(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b'\n' | b' '))
    }

    fn is_item(&self) -> bool {
        self.peek() == Some(b'-') && self.is_blank(self.at + 1)
    }

    /// Opens and closes what the indentation of a line opens and closes.
    fn place(&mut self) -> Option<()> {
        let column = self.at - self.line;
        let is_item = self.is_item();
        if self.blocks.is_empty() {
            // `---` and `...` are no values.
            let is_mark = self.bytes[self.at..].starts_with(b"---") || self.bytes[self.at..].starts_with(b"...");
            return if column == 0 && !is_mark { self.open_block(column, !is_item) } else { None };
        }
        loop {
            let top = self.blocks.last()?;
            let is_same = column == top.column;
            if column > top.column || (is_same && top.is_mapping && is_item) {
                // A list may stand in the column of its key.
                return if std::mem::take(&mut self.is_waiting) { self.open_block(column, !is_item) } else { None };
            }
            if is_same && top.is_mapping {
                return if self.is_waiting { self.empty() } else { Some(()) };
            }
            if is_same && is_item {
                return Some(());
            }
            self.close_block()?;
        }
    }

    fn open_block(&mut self, column: usize, is_mapping: bool) -> Option<()> {
        if self.blocks.len() == MAX_DEPTH {
            return None;
        }
        self.blocks.push(Block { column, is_mapping });
        done(self.composer.open_plainly(is_mapping, StructureStyle::Block, self.at..self.at))
    }

    fn close_block(&mut self) -> Option<()> {
        if self.is_waiting {
            self.empty()?;
        }
        self.blocks.pop();
        done(self.composer.close(&(self.at..self.at)))
    }

    /// The value of a key that has none.
    fn empty(&mut self) -> Option<()> {
        self.is_waiting = false;
        done(self.composer.scalar(Cow::Borrowed(""), ScalarStyle::Plain, 0, None, self.at..self.at))
    }

    /// Reads the rest of a line, which begins with an item or a key.
    fn content(&mut self) -> Option<()> {
        while self.is_item() {
            self.at += 1;
            self.spaces();
            if self.is_end(self.at) || self.peek() == Some(b'#') {
                return None;
            }
            if self.is_item() {
                self.open_block(self.at - self.line, false)?;
            } else if self.ends_key() {
                self.open_block(self.at - self.line, true)?;
            } else {
                return self.value();
            }
        }
        self.key()?;
        if self.peek() != Some(b':') || !self.is_blank(self.at + 1) {
            return None;
        }
        self.at += 1;
        self.spaces();
        if self.is_end(self.at) {
            self.is_waiting = true;
            return Some(());
        }
        if self.peek() == Some(b'#') {
            self.is_waiting = true;
            self.comment();
            return Some(());
        }
        self.value()
    }

    /// Whether what stands here is a key, and not a value.
    fn ends_key(&self) -> bool {
        let rest = &self.bytes[self.at..];
        let end = match rest.first() {
            Some(quote @ (b'"' | b'\'')) => {
                let inside = rest[1..].iter().position(|byte| byte == quote || *byte == b'\\' || *byte == b'\n');
                inside.filter(|end| rest[end + 1] == *quote).map(|end| end + 2)
            }
            _ => Some(word(rest)),
        };
        end.is_some_and(|end| rest.get(end) == Some(&b':') && self.is_blank(self.at + end + 1))
    }

    fn key(&mut self) -> Option<()> {
        let start = self.at;
        match self.peek()? {
            b'"' => self.double_quoted()?,
            b'\'' => self.single_quoted()?,
            _ => {
                let length = word(&self.bytes[start..]);
                if length == 0 {
                    return None;
                }
                self.at += length;
                self.scalar(Cow::Borrowed(&self.text[start..self.at]), ScalarStyle::Plain, start)?;
            }
        }
        (self.at - start <= MAX_KEY).then_some(())
    }

    /// Reads a value that ends with its line.
    fn value(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.double_quoted()?,
            b'\'' => self.single_quoted()?,
            b'[' | b'{' => self.flow()?,
            b'|' | b'>' => return self.block(),
            _ => self.plain()?,
        }
        let end = self.at;
        self.spaces();
        if self.peek() == Some(b'#') && self.at > end {
            self.comment();
        }
        self.is_end(self.at).then_some(())
    }

    /// Reads a list or mapping in brackets, on one line.
    fn flow(&mut self) -> Option<()> {
        let is_mapping = self.bytes[self.at] == b'{';
        let close = if is_mapping { b'}' } else { b']' };
        self.flows += 1;
        if self.flows + self.blocks.len() > MAX_DEPTH {
            return None;
        }
        done(self.composer.open_plainly(is_mapping, StructureStyle::Flow, self.at..self.at + 1))?;
        self.at += 1;
        self.spaces();
        let mut is_empty = true;
        while !(is_empty && self.peek() == Some(close)) {
            is_empty = false;
            if is_mapping {
                self.key()?;
                if self.peek() != Some(b':') || self.bytes.get(self.at + 1) != Some(&b' ') {
                    return None;
                }
                self.at += 1;
                self.spaces();
            }
            self.flow_value()?;
            self.spaces();
            match self.peek()? {
                b',' => {}
                byte if byte == close => break,
                _ => return None,
            }
            self.at += 1;
            self.spaces();
        }
        self.at += 1;
        self.flows -= 1;
        done(self.composer.close(&(self.at - 1..self.at)))
    }

    fn flow_value(&mut self) -> Option<()> {
        let start = self.at;
        match self.peek()? {
            b'"' => self.double_quoted(),
            b'\'' => self.single_quoted(),
            b'[' | b'{' => self.flow(),
            _ => {
                let length = word(&self.bytes[start..]);
                self.at += length;
                if length == 0 || !matches!(self.peek(), Some(b' ' | b',' | b']' | b'}')) {
                    return None;
                }
                self.scalar(Cow::Borrowed(&self.text[start..self.at]), ScalarStyle::Plain, start)
            }
        }
    }
}

/// The length of the word at the start of a text, of signs that mean nothing to YAML: a key, or an item in brackets.
fn word(bytes: &[u8]) -> usize {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/');
    let is_within = |byte: &u8| is_letter(byte) || *byte == b'-';
    match bytes.first() {
        Some(first) if is_letter(first) => bytes.iter().position(|byte| !is_within(byte)).unwrap_or(bytes.len()),
        _ => 0,
    }
}

fn done(step: Step) -> Option<()> {
    (step == Step::Continue).then_some(())
}

#[cfg(test)]
mod tests;
