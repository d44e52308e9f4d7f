//! Where a value stands: a file, a document in it, a JSON pointer.

use super::tree::{self, Span};

/// The index of a file in [`super::Source::files`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub usize);

/// A value of a file, found by its JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The file.
    pub file: FileId,
    /// Which of the file's documents, from zero.
    pub document: usize,
    /// The JSON pointer (RFC 6901) in the document; empty for its root.
    pub pointer: String,
}

impl Address {
    /// Returns the address of a file's first document.
    pub fn root(file: FileId) -> Address {
        Address { file, document: 0, pointer: String::new() }
    }

    /// Returns the address of a child: a key or an index.
    #[must_use]
    pub fn join(&self, segment: impl std::fmt::Display) -> Address {
        Address { pointer: tree::join(&self.pointer, segment), ..self.clone() }
    }

    /// Returns whether this is another address or stands below it.
    pub fn is_within(&self, outer: &Address) -> bool {
        let rest = self.pointer.strip_prefix(&outer.pointer);
        (self.file, self.document) == (outer.file, outer.document)
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns the address of a descendant by a pointer that starts here.
    #[must_use]
    pub fn descend(&self, pointer: &str) -> Address {
        Address { pointer: format!("{}{pointer}", self.pointer), ..self.clone() }
    }
}

/// What a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A value; where it is missing, its nearest parent.
    Value(Address),
    /// The key that leads to a value.
    Key(Address),
    /// Bytes of a file that has no tree, or a part of a scalar.
    Span(FileId, Span),
}
