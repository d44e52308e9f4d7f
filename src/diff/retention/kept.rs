//! What is told of an object that stays although it is no longer desired: why, and the next steps.

use crate::inventory;
use crate::kubernetes::ObjectId;

/// Why an object stays, and what ends that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// A sentence.
    pub(crate) reason: String,
    pub(crate) end: End,
}

/// What ends the stay of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It passes by itself: the next step, a sentence.
    Waiting(&'static str),
    /// An option of the command deletes it.
    Option(&'static str),
    /// Only somebody's own hand deletes it.
    Hand,
    /// It is not to be deleted, only to be given up.
    Release,
}

impl Kept {
    /// Returns the next steps.
    pub(crate) fn hints(&self, id: &ObjectId) -> Vec<String> {
        let kind = id.kind.to_lowercase();
        let place = id.namespace.as_ref().map_or_else(String::new, |namespace| format!(" -n {namespace}"));
        let delete = match self.end {
            End::Waiting(next) => return vec![next.to_owned()],
            End::Option(option) => Some(format!("`{option}` deletes it")),
            End::Hand => Some(format!("`kubectl delete {kind} {}{place}` deletes it", id.name)),
            End::Release => None,
        };
        let release = format!("`kubectl label {kind} {}{place} {}-` gives it up", id.name, inventory::PART_OF);
        delete.into_iter().chain([release]).collect()
    }
}
