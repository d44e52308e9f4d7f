//! A mapping while it is read: unique keys, and `<<` as each reader merges it.

use std::collections::HashMap;

use super::super::tree::{Content, Entry, Node, ReadError, ReadErrorKind, Span};
use super::Dialect;
use super::scalar::{Fault, quote};

/// The key that waits for its value.
#[derive(Debug)]
pub(super) enum Key {
    /// The next value is a key.
    Wanted,
    /// A text.
    Named(String, Span),
    /// `<<`.
    Merge,
    /// One that was refused; its value is dropped.
    Refused,
}

/// A mapping while it is read.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) key: Key,
    entries: Vec<Entry>,
    /// What `<<` brings: before which entry it stands, and its mappings, the one that counts least first.
    merges: Vec<(usize, Vec<Vec<Entry>>)>,
}

impl Mapping {
    pub(super) fn new() -> Self {
        Mapping { key: Key::Wanted, entries: Vec::new(), merges: Vec::new() }
    }

    /// Takes the value of the waiting key.
    pub(super) fn value(&mut self, node: Node, dialect: Dialect, by_alias: bool) -> Result<(), Fault> {
        match std::mem::replace(&mut self.key, Key::Wanted) {
            Key::Named(key, key_span) => self.entries.push(Entry { key, key_span, node }),
            Key::Merge => {
                let sources = sources(node, dialect, by_alias)?;
                self.merges.push((self.entries.len(), sources));
            }
            Key::Refused => {}
            // A collection as a key: the composer has refused it already.
            Key::Wanted => self.key = Key::Refused,
        }
        Ok(())
    }

    /// Checks the keys and merges.
    ///
    /// `PyYAML` puts all that is merged before the mapping's own keys, which win. Go sets keys in the order of the text,
    /// so a `<<` behind a key overrides it.
    pub(super) fn finish(self, dialect: Dialect) -> (Vec<Entry>, Vec<ReadError>) {
        let errors = duplicates(&self.entries);
        if self.merges.is_empty() {
            return (self.entries, errors);
        }
        let mut result = Merged::default();
        let mut waiting = self.merges.into_iter().peekable();
        for (at, entry) in self.entries.into_iter().enumerate() {
            while let Some((_, sources)) = waiting.next_if(|(before, _)| *before <= at || dialect == Dialect::PyYaml) {
                result.extend(sources);
            }
            result.put(entry);
        }
        waiting.for_each(|(_, sources)| result.extend(sources));
        (result.entries, errors)
    }
}

/// The mappings that a value of `<<` brings, the one that counts least first.
fn sources(node: Node, dialect: Dialect, by_alias: bool) -> Result<Vec<Vec<Entry>>, Fault> {
    let found = match node.content {
        Content::Mapping(entries) => return Ok(vec![entries]),
        // Go takes a sequence of aliases, but no alias of a sequence.
        Content::Sequence(_) if by_alias && dialect == Dialect::Kubernetes => "an alias of a sequence",
        Content::Sequence(items) => {
            let mut sources = Vec::with_capacity(items.len());
            for item in items.into_iter().rev() {
                match item.content {
                    Content::Mapping(entries) => sources.push(entries),
                    _ => return Err(no_mapping("a sequence with something else")),
                }
            }
            return Ok(sources);
        }
        _ => "a scalar",
    };
    Err(no_mapping(found))
}

fn no_mapping(found: &str) -> Fault {
    Fault::refused(
        format!("`<<` merges mappings, found {found}"),
        "give it a mapping or a sequence of mappings, or quote the key: `\"<<\"`",
    )
}

/// The entries after merging: a key keeps its first place and its last value.
#[derive(Default)]
struct Merged {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
}

impl Merged {
    fn put(&mut self, entry: Entry) {
        if let Some(&at) = self.places.get(&entry.key) {
            self.entries[at] = entry;
        } else {
            self.places.insert(entry.key.clone(), self.entries.len());
            self.entries.push(entry);
        }
    }

    fn extend(&mut self, sources: Vec<Vec<Entry>>) {
        sources.into_iter().flatten().for_each(|entry| self.put(entry));
    }
}

/// Every entry whose key an earlier one has.
fn duplicates(entries: &[Entry]) -> Vec<ReadError> {
    /// Below this many keys, comparing each with each is quicker than a table.
    const FEW: usize = 12;
    if entries.len() <= FEW {
        return entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| {
                let first = entries[..at].iter().find(|earlier| earlier.key == entry.key)?;
                Some(duplicate(entry, first))
            })
            .collect();
    }
    let mut first: HashMap<&str, &Entry> = HashMap::with_capacity(entries.len());
    entries
        .iter()
        .filter_map(|entry| {
            if let Some(earlier) = first.get(entry.key.as_str()) {
                return Some(duplicate(entry, earlier));
            }
            first.insert(&entry.key, entry);
            None
        })
        .collect()
}

fn duplicate(entry: &Entry, first: &Entry) -> ReadError {
    ReadError {
        kind: ReadErrorKind::DuplicateKey,
        span: entry.key_span.clone(),
        message: format!("the key {} stands twice in one mapping", quote(&entry.key)),
        help: Some("remove one of them, or rename it".to_owned()),
        related: Some((first.key_span.clone(), "first here".to_owned())),
    }
}
