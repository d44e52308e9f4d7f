//! Whether what would be done now is what a changes file has recorded, or what is left of it.
//!
//! Each row of the file is found again as it was, or its object is in its planned state already: an apply of the file
//! that was ended in the middle is finished by another one. What would be done beyond that was not shown to anybody.
//! The inventory alone is not compared: an apply widens it before anything else, and its content follows from the rows.

pub mod gone;

use std::collections::{BTreeMap, BTreeSet};

use super::changes_file::error::Refusal;
use super::changes_file::row::{Row, Subjects, content};
use super::changes_file::{ChangesFile, tool};
use crate::diff::{Action, Cause, Change, ChangeSet};
use crate::kubernetes::ObjectId;
use crate::snapshot::Snapshot;
use gone::Leftover;

/// How much of a changes file is left to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreement {
    /// How many of its objects are in their planned state already.
    pub done: usize,
    /// How many objects are still to be written or deleted.
    pub left: usize,
}

/// Compares what was recorded with what would be done now. `leftovers` is what became of [`gone::unaccounted`].
///
/// # Errors
///
/// Everything that differs, in the order of the rows.
pub fn agree(
    file: &ChangesFile,
    snapshot: &Snapshot,
    changes: &ChangeSet,
    leftovers: &BTreeMap<&ObjectId, Leftover>,
) -> Result<Agreement, Vec<Refusal>> {
    let subjects = Subjects::of(snapshot);
    let now: BTreeMap<&ObjectId, &Change> = changes.changes.iter().map(|change| (&change.id, change)).collect();
    let shown: BTreeSet<&ObjectId> = file.rows.iter().map(|row| &row.id).collect();
    let mut agreement = Agreement::default();
    let mut refusals = Vec::new();
    for row in file.rows.iter().filter(|row| !subjects.is_inventory(&row.id)) {
        let judged = row.seen.as_ref().map(|seen| seen.judged);
        let found = now.get(&row.id).map(|change| (*change, subjects.row(&file.key, change, judged)));
        let is_as_planned = |found: &Row| row.planned.is_some() && row.planned == found.planned;
        let (is_left, reason) = match found {
            Some((change, found)) if is_left_alone(change) && is_as_planned(&found) => (false, None),
            Some((change, found)) => {
                // What is on its way out by an earlier apply has nothing to lose any more.
                let is_leaving = row.action == Action::Delete && subjects.is_going(&row.id);
                (change.action.writes(), differs(file, row, change, &found, is_leaving))
            }
            None => (false, unless_done(file, row, &subjects, leftovers)),
        };
        agreement.done += usize::from(row.action.writes() && !is_left && reason.is_none());
        refusals.extend(reason.map(|reason| Refusal { id: row.id.clone(), reason }));
    }
    for change in &changes.changes {
        agreement.left += usize::from(change.action.writes());
        let reason = match change.action {
            Action::Conflict | Action::Refused | Action::Error if subjects.is_inventory(&change.id) => {
                would(change, "it is the inventory, and it")
            }
            _ if subjects.is_inventory(&change.id) || shown.contains(&change.id) || is_left_alone(change) => continue,
            _ => would(change, "it was not shown, and it"),
        };
        refusals.push(Refusal { id: change.id.clone(), reason });
    }
    if refusals.is_empty() { Ok(agreement) } else { Err(refusals) }
}

/// Returns whether an object is left as it is, and nothing that the bundle changes is put off by that: a running experiment
/// makes it differ, or it is no longer desired and stays.
fn is_left_alone(change: &Change) -> bool {
    change.action == Action::Keep && !change.fields.iter().any(|field| field.cause == Cause::Bundle)
}

/// Says how a row differs from the one that was recorded; nothing if it does not.
fn differs(file: &ChangesFile, row: &Row, change: &Change, now: &Row, is_leaving: bool) -> Option<String> {
    let since = |what: &str| Some(format!("somebody has {what} since"));
    // An earlier apply has deleted it, and was ended before it made it anew.
    let is_half_replaced = row.action == Action::Replace && now.action == Action::Create;
    match (&row.seen, &now.seen) {
        (Some(_), None) if is_half_replaced => {}
        (Some(_), None) => return since("deleted it"),
        (None, Some(_)) => return since("made it"),
        (Some(then), Some(now)) if then.uid != now.uid => return since("deleted it and made another one of its name"),
        _ => {}
    }
    if row.planned != now.planned {
        return Some(edited(file, row, now));
    }
    let judged = |row: &Row| row.seen.as_ref().is_some_and(|seen| seen.judged);
    let is_comparable = judged(now) || !judged(row);
    let is_as_seen = match (&row.seen, &now.seen) {
        (Some(then), Some(now)) => then.digest == now.digest,
        _ => true,
    };
    if row.action != now.action && !is_half_replaced && !is_leaving {
        let start = if is_as_seen || !is_comparable { "it" } else { "somebody has changed it since, and it" };
        return Some(would(change, start));
    }
    // What is left as it is may change: a running experiment does nothing else.
    if !is_as_seen && row.action != Action::Keep && !is_leaving {
        return match &change.unverified {
            Some(reason) if !is_comparable => Some(format!("the server cannot judge it any more: {reason}")),
            _ => since("changed it"),
        };
    }
    change.ends_run.clone().filter(|_| !row.ends_run).map(|ends| format!("{ends}, which was not shown"))
}

/// Says why what is planned is another state than the one that was recorded.
fn edited(file: &ChangesFile, row: &Row, now: &Row) -> String {
    match (&row.planned, &now.planned) {
        (Some(_), None) => "chaos.toml does not ask for it any more".to_owned(),
        (None, Some(_)) => "chaos.toml asks for it again".to_owned(),
        _ if file.tool != tool() => {
            format!(
                "chaos.toml or a file that it names has changed since, or {} makes it otherwise than {}",
                tool(),
                file.tool
            )
        }
        _ => "chaos.toml or a file that it names has changed since".to_owned(),
    }
}

/// Says why an object about which nothing is to be done is not in its planned state; nothing if it is.
fn unless_done(
    file: &ChangesFile,
    row: &Row,
    subjects: &Subjects<'_>,
    leftovers: &BTreeMap<&ObjectId, Leftover>,
) -> Option<String> {
    match (&row.planned, subjects.desired(&row.id)) {
        (Some(planned), Some(object)) if planned.content == content(&file.key, object) => None,
        (Some(_), Some(_)) => Some("it is as chaos.toml has it, which has changed since".to_owned()),
        (Some(_), None) => Some("chaos.toml does not ask for it any more".to_owned()),
        (None, Some(_)) => Some("chaos.toml asks for it again".to_owned()),
        (None, None) => match leftovers.get(&row.id) {
            None | Some(Leftover::Gone) => None,
            Some(Leftover::Unknown(reason)) => Some(format!("nobody knows whether it is gone: {reason}")),
            Some(Leftover::There) => Some("it is still there, and no longer found to be of the bundle".to_owned()),
        },
    }
}

/// Says what a row comes to now; `start` is the subject of the sentence.
fn would(change: &Change, start: &str) -> String {
    let what = match change.action {
        Action::Create => "would be made",
        Action::Update => "would be changed",
        Action::Replace => "would be replaced",
        Action::Delete => "would be deleted",
        Action::Keep => "would be kept",
        Action::Conflict => "is in conflict",
        Action::Refused => "would be refused",
        Action::Error => "cannot be applied",
    };
    match change.reasons.as_slice() {
        [] => format!("{start} {what} now"),
        reasons => format!("{start} {what} now: {}", reasons.join("; ")),
    }
}

#[cfg(test)]
pub(crate) mod tests;
