//! What anchors name, and the budget for the copies that aliases make of it.

use std::collections::HashMap;

use super::super::tree::{Node, Span};
use super::scalar::Scalar;
use super::{MAX_COPIED_BYTES, MAX_NODES};

/// How much a value holds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Size {
    /// Values, this one included.
    pub(super) nodes: usize,
    /// Bytes of keys and texts.
    pub(super) bytes: usize,
    /// Nested collections, this one included.
    pub(super) height: usize,
}

impl Size {
    /// The size of a scalar.
    pub(super) fn of_text(bytes: usize) -> Self {
        Size { nodes: 1, bytes, height: 0 }
    }

    /// Adds a value inside this one.
    pub(super) fn contain(&mut self, inner: Size) {
        self.nodes = self.nodes.saturating_add(inner.nodes);
        self.bytes = self.bytes.saturating_add(inner.bytes);
        self.height = self.height.max(inner.height + 1);
    }
}

/// What an anchor names.
#[derive(Debug, Clone)]
pub(super) enum Anchored {
    /// A collection that is not closed yet: an alias here would make it contain itself.
    Open(Span),
    /// A scalar, which may still become a key.
    Scalar(Scalar<'static>, Span, Size),
    /// A whole collection.
    Collection(Node, Size),
    /// A value that was refused where it stands.
    Refused(Span),
}

/// The anchors of one document, and what aliases have copied in all documents.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    by_id: HashMap<usize, Anchored>,
    nodes: usize,
    bytes: usize,
}

impl Anchors {
    /// Forgets the anchors at the end of a document; the budget stays spent.
    pub(super) fn forget(&mut self) {
        self.by_id.clear();
    }

    /// Names a value.
    pub(super) fn define(&mut self, id: usize, anchored: Anchored) {
        self.by_id.insert(id, anchored);
    }

    /// What `id` names.
    pub(super) fn get(&self, id: usize) -> Option<&Anchored> {
        self.by_id.get(&id)
    }

    /// Pays for a copy; `false` if the budget does not allow it.
    #[must_use]
    pub(super) fn pay(&mut self, size: Size) -> bool {
        self.nodes = self.nodes.saturating_add(size.nodes);
        self.bytes = self.bytes.saturating_add(size.bytes);
        self.nodes <= MAX_NODES && self.bytes <= MAX_COPIED_BYTES
    }
}
