//! JSON with places, read strictly (RFC 8259), so that Python and Go agree on what it says.
//!
//! Both of them take a text that the other reads differently: a key twice (each keeps the last), `NaN`, half a
//! character, an integer beyond 64 bits. All of these are errors here.

mod scalars;

use std::collections::HashMap;

use super::tree::{Content, Entry, Node, ReadError, ReadErrorKind, Span};

/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 100;
/// Most errors that one text reports.
pub const MAX_ERRORS: usize = 100;

/// Reads one JSON document.
///
/// # Errors
/// One fault of the grammar, which ends the reading, and before it every duplicate key and every number without an exact
/// value; in the order of the text.
pub fn read(text: &str) -> Result<Node, Vec<ReadError>> {
    let mut reader = Reader { text, at: 0, errors: Vec::new() };
    match reader.document() {
        Ok(node) if reader.errors.is_empty() => Ok(node),
        Ok(_) => Err(reader.ordered()),
        Err(fault) => {
            reader.errors.push(*fault.0);
            Err(reader.ordered())
        }
    }
}

/// The fault that ends the reading, boxed: results are returned often, faults once.
struct Fault(Box<ReadError>);

struct Reader<'t> {
    text: &'t str,
    at: usize,
    errors: Vec<ReadError>,
}

impl Reader<'_> {
    fn ordered(mut self) -> Vec<ReadError> {
        self.errors.sort_by_key(|error| error.span.start);
        self.errors.truncate(MAX_ERRORS);
        self.errors
    }

    fn document(&mut self) -> Result<Node, Fault> {
        if self.text.starts_with('\u{feff}') {
            return Err(Self::fault(
                0..3,
                "a byte order mark before the JSON, which readers refuse",
                "save the file as UTF-8 without one",
            ));
        }
        let node = self.value(0)?;
        self.skip_space();
        if self.at < self.text.len() {
            return Err(self.unexpected("the end of the file"));
        }
        Ok(node)
    }

    /// Recursion is bounded by [`MAX_DEPTH`].
    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.skip_space();
        let start = self.at;
        let content = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Content::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word()?,
            _ => return Err(self.unexpected("a value")),
        };
        let whole = start..self.at;
        let span = match content {
            // A collection over many lines is shown by its bracket.
            Content::Mapping(_) | Content::Sequence(_) if self.text[whole.clone()].contains('\n') => start..start + 1,
            _ => whole,
        };
        Ok(Node { span, content })
    }

    fn object(&mut self, depth: usize) -> Result<Content, Fault> {
        let open = self.enter(depth)?;
        let mut entries: Vec<Entry> = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Content::Mapping(entries));
        }
        loop {
            self.skip_space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unfinished("a key in double quotes", &open, '{'));
            }
            let key = self.string()?;
            let key_span = start..self.at;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unfinished("`:`", &open, '{'));
            }
            self.at += 1;
            let node = self.value(depth + 1)?;
            entries.push(Entry { key, key_span, node });
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unfinished("`,` or `}`", &open, '{')),
            }
        }
        self.at += 1;
        self.refuse_duplicates(&entries);
        Ok(Content::Mapping(entries))
    }

    fn array(&mut self, depth: usize) -> Result<Content, Fault> {
        let open = self.enter(depth)?;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Content::Sequence(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unfinished("`,` or `]`", &open, '[')),
            }
        }
        self.at += 1;
        Ok(Content::Sequence(items))
    }

    fn enter(&mut self, depth: usize) -> Result<Span, Fault> {
        let open = self.at..self.at + 1;
        if depth == MAX_DEPTH {
            return Err(Fault(Box::new(ReadError {
                kind: ReadErrorKind::TooLarge,
                span: open,
                message: format!("nested deeper than {MAX_DEPTH} levels"),
                help: Some("flatten the structure".to_owned()),
                related: None,
            })));
        }
        self.at += 1;
        Ok(open)
    }

    fn refuse_duplicates(&mut self, entries: &[Entry]) {
        let mut first: HashMap<&str, &Span> = HashMap::with_capacity(entries.len());
        for entry in entries {
            if let Some(earlier) = first.get(entry.key.as_str()) {
                if self.errors.len() < MAX_ERRORS {
                    self.errors.push(ReadError {
                        kind: ReadErrorKind::DuplicateKey,
                        span: entry.key_span.clone(),
                        message: format!("the key `{}` stands twice in one object", short(&entry.key)),
                        help: Some("remove one of them, or rename it".to_owned()),
                        related: Some(((*earlier).clone(), "first here".to_owned())),
                    });
                }
            } else {
                first.insert(&entry.key, &entry.key_span);
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn fault(span: Span, message: &str, help: &str) -> Fault {
        Fault(Box::new(ReadError {
            kind: ReadErrorKind::Syntax,
            span,
            message: message.to_owned(),
            help: Some(help.to_owned()),
            related: None,
        }))
    }

    fn unfinished(&self, expected: &str, open: &Span, bracket: char) -> Fault {
        let mut fault = self.unexpected(expected);
        fault.0.related = Some((open.clone(), format!("`{bracket}` opens here")));
        fault
    }

    /// What stands here is not `expected`; at the end of the text, its last character is shown.
    fn unexpected(&self, expected: &str) -> Fault {
        if let Some(found) = self.text[self.at..].chars().next() {
            let shown = if found.is_control() { found.escape_default().to_string() } else { found.to_string() };
            return Self::fault(
                self.at..self.at + found.len_utf8(),
                &format!("expected {expected}, found `{shown}`"),
                "JSON has no comments, no trailing commas and only double quotes",
            );
        }
        let written = self.text.trim_end().len();
        let last = self.text[..written].chars().next_back().map_or(0, char::len_utf8);
        Self::fault(
            written - last..written,
            &format!("expected {expected}, found the end of the file"),
            "the file is cut off: complete it",
        )
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.replace(char::is_control, "�")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_places() {
        let text = "{\"a\": [1, -2.5e3, \"\\u00e9\\ud83d\\ude00\"],\n \"b\": null}";
        let node = read(text).unwrap();
        assert_eq!(node.to_json(), serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(node.span, 0..1);
        assert_eq!(&text[node.locate("/a/1").value], "-2.5e3");
        assert_eq!(&text[node.locate("/a").value], "[1, -2.5e3, \"\\u00e9\\ud83d\\ude00\"]");
        assert_eq!(&text[node.locate("/b").key.unwrap()], "\"b\"");
    }

    #[test]
    fn what_python_and_go_read_differently_is_an_error() {
        for (text, kind, at) in [
            (r#"{"a": 1, "a": 2}"#, ReadErrorKind::DuplicateKey, 9..12),
            ("[NaN]", ReadErrorKind::NoJsonForm, 1..4),
            ("[-Infinity]", ReadErrorKind::Syntax, 1..2),
            ("[1e400]", ReadErrorKind::NoJsonForm, 1..6),
            ("18446744073709551616", ReadErrorKind::NoJsonForm, 0..20),
            (r#""\ud800""#, ReadErrorKind::Syntax, 1..7),
            ("\u{feff}{}", ReadErrorKind::Syntax, 0..3),
        ] {
            let errors = read(text).unwrap_err();
            assert_eq!((errors[0].kind, errors[0].span.clone()), (kind, at), "{text}");
        }
    }

    #[test]
    fn the_grammar_is_strict() {
        for text in [
            "",
            " ",
            "[1,]",
            "{\"a\":1,}",
            "{a: 1}",
            "'a'",
            "[1] x",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "tru",
            "\"a\nb\"",
            "\"\\x\"",
            "\"\\u12\"",
            "// c\n1",
            "[",
            "{\"a\"",
            "\"a",
            "\"a\\",
            "\u{a0}1",
        ] {
            let errors = read(text).unwrap_err();
            assert_eq!(errors.len(), 1, "{text}");
            assert!(text.get(errors[0].span.clone()).is_some(), "{text}");
            assert!(errors[0].help.is_some());
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(200_000);
        assert_eq!(read(&deep).unwrap_err()[0].kind, ReadErrorKind::TooLarge);
        let fits = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(read(&fits).is_ok());
    }
}
