//! What differs between two objects, as the hunks of a unified diff.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;
use similar::{DiffOp, group_diff_ops};

use super::align::{Alignment, align};
use super::emphasis::{Span, changed, whole};
use super::lines::{Line, Lines, lines};
use crate::diff::{Cause, Change};
use crate::terminal::printable;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// On which side a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sign {
    /// On both.
    Same,
    /// Only before.
    Removed,
    /// Only after.
    Added,
}

impl Sign {
    /// Returns what stands before the line.
    pub(super) fn mark(self) -> char {
        match self {
            Sign::Same => ' ',
            Sign::Removed => '-',
            Sign::Added => '+',
        }
    }
}

/// A line of a diff.
#[derive(Debug)]
pub(super) struct Row {
    /// On which side it stands.
    pub(super) sign: Sign,
    /// How far it is indented.
    pub(super) indent: usize,
    /// Its text.
    pub(super) spans: Vec<Span>,
    /// What is said about it at its end.
    pub(super) notes: Vec<String>,
    place: usize,
}

/// Some lines that stand together.
#[derive(Debug)]
pub(super) struct Hunk {
    /// Where they are in the object; `None` at its top.
    pub(super) path: Option<String>,
    /// The lines.
    pub(super) rows: Vec<Row>,
}

/// The diff of an object.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// The hunks.
    pub(super) hunks: Vec<Hunk>,
    /// What is said about fields that no line shows: `PATH: NOTE`.
    pub(super) notes: Vec<String>,
}

/// What is said about a field.
struct Note {
    path: String,
    text: String,
    /// The side whose value it is about.
    side: Sign,
}

/// Returns the diff of two objects, or all lines of the one that there is, with what a change says about its fields.
pub(super) fn body(before: Option<&Value>, after: Option<&Value>, change: &Change) -> Body {
    let old = before.map_or_else(Lines::default, |before| lines(before, after));
    let new = after.map_or_else(Lines::default, |after| lines(after, before));
    let mut alignment = align(&old, &new);
    let ops = std::mem::take(&mut alignment.ops);
    let hunks = if before.is_some() && after.is_some() { group_diff_ops(ops, CONTEXT) } else { vec![ops] };
    let mut body = Body::default();
    for ops in hunks.iter().filter(|ops| !ops.is_empty()) {
        let rows: Vec<Row> = ops.iter().flat_map(|op| rows(&old, &new, &alignment, op)).collect();
        body.hunks.push(Hunk { path: hunk_path(&old, &new, &rows, ops), rows });
    }
    let notes = notes(change);
    if !notes.is_empty() {
        annotate(&mut body, &old, &new, notes);
    }
    body
}

/// Returns only what is said about the fields of a change.
pub(super) fn notes_alone(change: &Change) -> Body {
    let notes = notes(change).into_iter().map(|note| told(&note)).collect();
    Body { hunks: Vec::new(), notes }
}

fn rows(old: &Lines, new: &Lines, alignment: &Alignment, op: &DiffOp) -> Vec<Row> {
    let row = |sign, line: &Line, spans| Row { sign, indent: line.indent, spans, notes: Vec::new(), place: line.place };
    let (before, after) = (&old.lines[op.old_range()], &new.lines[op.new_range()]);
    if matches!(op, DiffOp::Equal { .. }) {
        return after.iter().map(|line| row(Sign::Same, line, whole(&line.text))).collect();
    }
    // The lines of one field, in their order, are each other's versions.
    let mut versions: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, line) in after.iter().enumerate().rev() {
        versions.entry(alignment.new_shapes[line.place]).or_default().push(index);
    }
    let mut added: Vec<Option<Vec<Span>>> = vec![None; after.len()];
    let mut rows = Vec::with_capacity(before.len() + after.len());
    for line in before {
        let spans = match versions.get_mut(&alignment.old_shapes[line.place]).and_then(Vec::pop) {
            None => whole(&line.text),
            Some(index) => {
                let (left, right) = changed(&line.text, &after[index].text);
                added[index] = Some(right);
                left
            }
        };
        rows.push(row(Sign::Removed, line, spans));
    }
    for (line, spans) in after.iter().zip(added) {
        rows.push(row(Sign::Added, line, spans.unwrap_or_else(|| whole(&line.text))));
    }
    rows
}

/// Returns where the first change of a hunk is, unless the hunk begins at the object's top.
fn hunk_path(old: &Lines, new: &Lines, rows: &[Row], ops: &[DiffOp]) -> Option<String> {
    if ops.first().is_none_or(|op| op.new_range().start == 0 && op.old_range().start == 0) {
        return None;
    }
    let row = rows.iter().find(|row| row.sign != Sign::Same)?;
    let side = if row.sign == Sign::Removed { old } else { new };
    let above = side.places[row.place].parent;
    let path = side.path(if above == 0 { row.place } else { above });
    Some(path.to_string())
}

/// Gathers what a change says about single fields.
fn notes(change: &Change) -> Vec<Note> {
    let mut notes = Vec::new();
    for field in &change.fields {
        let (text, side) = match &field.cause {
            Cause::Bundle => continue,
            Cause::Admission => ("by admission".to_owned(), Sign::Added),
            // Where nothing is written, nothing is taken; conflicts are told below.
            Cause::Taken { .. } if !change.action.writes() => continue,
            Cause::Taken { from } => (format!("taken from {from}"), Sign::Added),
            Cause::Experiment => ("by an experiment".to_owned(), Sign::Removed),
        };
        notes.push(Note { path: field.path.clone(), text, side });
    }
    // What is taken is said already.
    let is_taken = |path: &str| {
        change.action.writes()
            && change.fields.iter().any(|field| field.path == path && matches!(field.cause, Cause::Taken { .. }))
    };
    for conflict in change.conflicts.iter().filter(|conflict| !is_taken(&conflict.path)) {
        let text = format!("conflict: owned by {}", conflict.manager);
        notes.push(Note { path: conflict.path.clone(), text, side: Sign::Removed });
    }
    notes
}

/// Puts each note at the first changed line of its field, on the side that it is about if there is one.
fn annotate(body: &mut Body, old: &Lines, new: &Lines, notes: Vec<Note>) {
    let mut first: HashMap<(String, Sign), (usize, usize)> = HashMap::new();
    for (hunk_index, hunk) in body.hunks.iter().enumerate() {
        for (row_index, row) in hunk.rows.iter().enumerate().filter(|(_, row)| row.sign != Sign::Same) {
            let side = if row.sign == Sign::Removed { old } else { new };
            let mut place = row.place;
            // What a place is in has been met before, if the place has.
            while let Entry::Vacant(entry) = first.entry((side.path(place).to_string(), row.sign)) {
                entry.insert((hunk_index, row_index));
                place = side.places[place].parent;
            }
        }
    }
    for note in notes {
        let other = if note.side == Sign::Added { Sign::Removed } else { Sign::Added };
        let found = [note.side, other].iter().find_map(|side| first.get(&(note.path.clone(), *side)));
        match found {
            Some((hunk, row)) => body.hunks[*hunk].rows[*row].notes.push(printable(&note.text).into_owned()),
            None => body.notes.push(told(&note)),
        }
    }
}

fn told(note: &Note) -> String {
    printable(&format!("{}: {}", note.path, note.text)).into_owned()
}

#[cfg(test)]
mod tests;
