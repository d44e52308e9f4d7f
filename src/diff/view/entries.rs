//! The rows of a change set as they are shown: pairs as one, and apart what only a newer chaosc changes.

use std::collections::HashMap;

use super::body::{Body, body, notes_alone};
use crate::diff::{Action, Change};
use crate::kubernetes::ObjectId;

/// What is shown as one.
pub(super) struct Entry<'c> {
    /// The row.
    pub(super) change: &'c Change,
    /// The deletion of the object whose place it takes.
    pub(super) replaced: Option<&'c Change>,
    /// The object whose place it takes, where that stays for now; it has an entry of its own.
    pub(super) predecessor: Option<&'c Change>,
}

impl Entry<'_> {
    /// Says what a new object is compared with, where that stays.
    pub(super) fn comparison(&self) -> Option<String> {
        let old = self.predecessor?;
        Some(format!("compared with `{}`, which stays for now", old.id.name))
    }

    /// Returns what of its objects is shown: what differs, all of what is new, nothing of what goes.
    pub(super) fn diff(&self) -> Body {
        let change = self.change;
        let old = self.replaced.or(self.predecessor);
        let before = old.map_or(change.before.as_ref(), |old| old.before.as_ref());
        match (before, change.after.as_ref(), change.action) {
            (Some(_), Some(_), _) | (None, Some(_), Action::Create | Action::Replace) => {
                body(before, change.after.as_ref(), change)
            }
            _ => notes_alone(change),
        }
    }
}

/// All entries, in the order of the rows.
pub(super) struct Entries<'c> {
    /// Those that somebody asked for.
    pub(super) own: Vec<Entry<'c>>,
    /// Those that come from a newer chaosc alone.
    pub(super) newer: Vec<Entry<'c>>,
}

/// What two objects have in common that differ in their names.
type Family<'c> = (&'c str, &'c str, Option<&'c str>);

/// Sorts rows into entries.
pub(super) fn entries(changes: &[Change]) -> Entries<'_> {
    let mut going: HashMap<(Family<'_>, &str), usize> = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        if matches!(change.action, Action::Delete | Action::Keep) && change.counterpart.is_some() {
            going.insert((family(&change.id), &change.id.name), index);
        }
    }
    let old = |change: &Change| -> Option<usize> {
        let old = change.counterpart.as_deref().filter(|_| change.action == Action::Create)?;
        let index = *going.get(&(family(&change.id), old))?;
        (changes[index].counterpart.as_deref() == Some(&change.id.name)).then_some(index)
    };
    let pairs: Vec<Option<usize>> = changes.iter().map(old).collect();
    let mut is_shown_elsewhere = vec![false; changes.len()];
    for index in pairs.iter().flatten() {
        is_shown_elsewhere[*index] = changes[*index].action == Action::Delete;
    }
    let mut entries = Entries { own: Vec::new(), newer: Vec::new() };
    for (index, change) in changes.iter().enumerate().filter(|(index, _)| !is_shown_elsewhere[*index]) {
        let old = pairs[index].map(|index| &changes[index]);
        let is_deleted = |old: &&Change| old.action == Action::Delete;
        let entry = Entry { change, replaced: old.filter(is_deleted), predecessor: old.filter(|old| !is_deleted(old)) };
        if change.from_newer_chaosc { entries.newer.push(entry) } else { entries.own.push(entry) }
    }
    entries
}

fn family(id: &ObjectId) -> Family<'_> {
    (id.group(), &id.kind, id.namespace.as_deref())
}
