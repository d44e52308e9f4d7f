//! The spanned tree that every reader produces, whatever the file's language.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::{Map, Number, Value};

/// A range of bytes in one file's text, on character boundaries.
pub type Span = Range<usize>;

/// One value of a file, with its place.
///
/// The value is what the file's consumer sees (Chaos Toolkit, the cluster, or `chaosc` itself), already resolved from
/// the text by that consumer's rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands. For a TOML table, its header.
    pub span: Span,
    /// The value.
    pub content: Content,
}

/// What a [`Node`] holds: the JSON data model, with objects in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// An object; keys are unique.
    Mapping(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

/// The spans that belong to a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The key that leads to the value, where the value has one.
    pub key: Option<Span>,
    /// The value, or its nearest parent that exists.
    pub value: Span,
    /// Whether the whole pointer led somewhere.
    pub found: bool,
}

impl Node {
    /// Returns the value as JSON, with sorted keys.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(b) => Value::Bool(*b),
            Content::Number(n) => Value::Number(n.clone()),
            Content::String(s) => Value::String(s.clone()),
            Content::Sequence(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Content::Mapping(entries) => {
                let pairs = entries.iter().map(|e| (e.key.clone(), e.node.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// Turns the tree into its JSON, without a copy of its texts.
    pub fn into_json(self) -> Value {
        match self.content {
            Content::Null => Value::Null,
            Content::Bool(b) => Value::Bool(b),
            Content::Number(n) => Value::Number(n),
            Content::String(s) => Value::String(s),
            Content::Sequence(items) => Value::Array(items.into_iter().map(Node::into_json).collect()),
            Content::Mapping(entries) => {
                let pairs = entries.into_iter().map(|entry| (entry.key, entry.node.into_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// Returns the child under `segment`: a key of a mapping or an index of a sequence.
    pub fn child(&self, segment: &str) -> Option<(Option<&Entry>, &Node)> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|e| e.key == segment).map(|e| (Some(e), &e.node)),
            Content::Sequence(items) => segment.parse::<usize>().ok().and_then(|i| items.get(i)).map(|n| (None, n)),
            _ => None,
        }
    }

    /// Returns the spans of a JSON pointer (RFC 6901); where it leads nowhere, those of the nearest parent.
    pub fn locate(&self, pointer: &str) -> Located {
        let mut here = self;
        let mut located = Located { key: None, value: self.span.clone(), found: true };
        for segment in pointer.split('/').skip(1) {
            let segment = segment.replace("~1", "/").replace("~0", "~");
            let Some((entry, child)) = here.child(&segment) else {
                located.found = false;
                return located;
            };
            // The item of a sequence keeps the key of the sequence only if it has none of its own.
            located.key = entry.map(|e| e.key_span.clone());
            located.value = child.span.clone();
            here = child;
        }
        located
    }
}

/// Appends one segment to a JSON pointer, escaped.
pub fn join(pointer: &str, segment: impl std::fmt::Display) -> String {
    let segment = segment.to_string().replace('~', "~0").replace('/', "~1");
    let mut joined = String::with_capacity(pointer.len() + segment.len() + 1);
    // Writing to a String cannot fail.
    let _ = write!(joined, "{pointer}/{segment}");
    joined
}

/// One thing wrong with a file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What kind of fault it is.
    pub kind: ReadErrorKind,
    /// Where.
    pub span: Span,
    /// What was found and what was expected: lower case, names in backticks, no full stop.
    pub message: String,
    /// The next step.
    pub help: Option<String>,
    /// Another place that belongs to it, with its label.
    pub related: Option<(Span, String)>,
}

/// The kinds of faults that a reader finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// The text is not of its language.
    Syntax,
    /// A mapping has a key twice.
    DuplicateKey,
    /// The value has no JSON form (a date, bytes, a set, not a number, a key that is no text).
    NoJsonForm,
    /// More nodes than a reader accepts, after aliases are expanded, or nested too deep.
    TooLarge,
}
