//! For a terminal: what an engineer reads before an apply.

use std::iter;

use rayon::prelude::*;

use super::body::Body;
use super::emphasis::Span;
use super::entries::{Entries, Entry, entries};
use super::paint::{
    BOLD_CYAN, CYAN, DIM, GREEN, RED, YELLOW, alarm, coloured, heading, of_action, of_sign, paint, reversed,
};
use super::words;
use crate::diff::{Action, ChangeSet, Drift, Origin};
use crate::kubernetes::ObjectId;
use crate::terminal::printable;

/// How far everything below a heading is indented.
const INDENT: &str = "    ";

/// How many entries are drawn at a time: enough for all cores, and few beside the change set.
const AT_A_TIME: usize = 256;

/// Draws a change set, piece by piece.
pub(super) fn human(changes: &ChangeSet) -> impl Iterator<Item = String> {
    let Entries { own, newer } = entries(&changes.changes);
    let blocks = [permissions(changes), runs(changes)].into_iter();
    let blocks = blocks.chain(all(own, changes)).chain(only_newer(newer.len())).chain(all(newer, changes));
    let blocks = blocks.chain([drift(changes), notes(changes)]);
    let end = heading(&words::count(changes)) + "\n";
    iter::once(heading(&words::compared(changes)) + "\n").chain(spaced(blocks, end))
}

/// Puts blank lines around all blocks, and between two if one of them has more than one line.
fn spaced(blocks: impl Iterator<Item = String>, end: String) -> impl Iterator<Item = String> {
    let mut was_long = None;
    let blocks = blocks.filter(|block| !block.is_empty()).map(Some).chain(iter::once(None));
    blocks.map(move |block| {
        let is_long = block.as_ref().is_some_and(|block| block.matches('\n').count() > 1);
        let is_spaced = match (&block, was_long) {
            (Some(_), before) => is_long || before != Some(false),
            (None, before) => before.is_some(),
        };
        was_long = Some(is_long);
        let blank = if is_spaced { "\n" } else { "" };
        format!("{blank}{}", block.as_ref().unwrap_or(&end))
    })
}

/// Returns what stands above the rows that nobody asked for, if there are any.
fn only_newer(number: usize) -> Option<String> {
    let objects = if number == 1 { "1 object" } else { &format!("{number} objects") };
    let sentence = format!("only from a newer chaosc: {objects}, whose authors changed nothing");
    (number > 0).then(|| heading(&sentence) + "\n")
}

fn notes(changes: &ChangeSet) -> String {
    changes.notes.iter().map(|note| format!("{}: {}\n", heading("note"), printable(note))).collect()
}

fn permissions(changes: &ChangeSet) -> String {
    let mut text = String::new();
    for account in words::accounts(&changes.permissions) {
        if account.is_cluster_wide {
            text.push_str(&format!("{} ", alarm("CLUSTER-WIDE")));
        }
        text.push_str(&format!("{}\n", heading(&format!("permissions of {}", account.name))));
        for change in account.changes {
            let (sign, colour) = if change.is_granted { ('+', GREEN) } else { ('-', RED) };
            let sentence = format!("{sign} {}", words::permission(change));
            text.push_str(&format!(
                "{INDENT}{}\n",
                if account.is_cluster_wide && change.is_granted { alarm(&sentence) } else { paint(colour, &sentence) }
            ));
        }
    }
    text
}

fn runs(changes: &ChangeSet) -> String {
    changes.runs.iter().map(|name| format!("{}\n", paint(YELLOW, &format!("runs {name} now")))).collect()
}

/// Draws entries side by side, and keeps their order.
fn all<'c>(entries: Vec<Entry<'c>>, changes: &'c ChangeSet) -> impl Iterator<Item = String> + 'c {
    (0..entries.len()).step_by(AT_A_TIME).flat_map(move |start| {
        let part = &entries[start..entries.len().min(start + AT_A_TIME)];
        part.par_iter().map(|entry| one(entry, changes)).collect::<Vec<String>>()
    })
}

fn one(entry: &Entry<'_>, changes: &ChangeSet) -> String {
    let change = entry.change;
    let colour = of_action(change.action);
    let action = match entry.replaced {
        None => format!("{} {}", words::sign(change.action), change.action.word()),
        Some(_) => "-/+ create and delete".to_owned(),
    };
    let mut text = format!(
        "{} {}\n",
        paint(colour, &action),
        object(&words::name(entry), &change.id, change.origin.as_ref(), changes)
    );
    let is_alarming = matches!(change.action, Action::Conflict | Action::Refused | Action::Error);
    let mut line = |said: String| text.push_str(&format!("{INDENT}{said}\n"));
    if let Some(reason) = &change.unverified {
        line(format!("{}: {}", paint(YELLOW, "unverified"), printable(reason)));
    }
    if let Some(comparison) = entry.comparison() {
        line(printable(&comparison).into_owned());
    }
    for reason in change.reasons.iter().chain(entry.replaced.iter().flat_map(|old| &old.reasons)) {
        line(if is_alarming { alarm(reason) } else { printable(reason).into_owned() });
    }
    for ended in change.ends_run.iter().chain(entry.replaced.iter().flat_map(|old| &old.ends_run)) {
        line(alarm(ended));
    }
    for hint in change.hints.iter().chain(entry.replaced.iter().flat_map(|old| &old.hints)) {
        line(format!("= {}: {}", paint(BOLD_CYAN, "help"), printable(hint)));
    }
    draw(&mut text, &entry.diff());
    text
}

/// Names an object, and where it comes from.
fn object(name: &str, id: &ObjectId, origin: Option<&Origin>, changes: &ChangeSet) -> String {
    let mut text = heading(name);
    if let Some(namespace) = words::foreign_namespace(id, changes) {
        text.push_str(&printable(&format!(" in namespace {namespace}")));
    }
    if let Some(origin) = origin {
        text.push_str(&format!("  {}", paint(DIM, &words::place(origin))));
    }
    text
}

fn draw(text: &mut String, body: &Body) {
    for hunk in &body.hunks {
        if let Some(path) = &hunk.path {
            text.push_str(&format!("{INDENT}{}\n", paint(CYAN, &format!("@@ {path} @@"))));
        }
        for row in &hunk.rows {
            let marked = |span: &Span| if span.is_changed { reversed(&span.text) } else { span.text.clone() };
            let spans: String = row.spans.iter().map(marked).collect();
            let line = format!("{INDENT}{}{}{spans}", row.sign.mark(), " ".repeat(row.indent + 1));
            let notes = if row.notes.is_empty() { String::new() } else { format!("  # {}", row.notes.join("; ")) };
            text.push_str(&format!("{}{}\n", coloured(of_sign(row.sign), line.trim_end()), paint(YELLOW, &notes)));
        }
    }
    for note in &body.notes {
        text.push_str(&format!("{INDENT}{}\n", paint(YELLOW, &format!("# {note}"))));
    }
}

fn drift(changes: &ChangeSet) -> String {
    if changes.drift.is_empty() {
        return String::new();
    }
    let mut text = heading("drift: what was changed in the cluster since the last apply") + "\n";
    let is_same_object = |a: &Drift, b: &Drift| (&a.id, &a.origin) == (&b.id, &b.origin);
    for drifts in changes.drift.chunk_by(is_same_object) {
        let first = &drifts[0];
        let object = object(&first.id.to_string(), &first.id, first.origin.as_ref(), changes);
        text.push_str(&format!("{INDENT}{object}\n"));
        for drift in drifts {
            let (live, desired) = (paint(RED, &words::live(drift)), paint(GREEN, &words::desired(drift)));
            text.push_str(&format!("{INDENT}{INDENT}{}: {live}, {desired}\n", printable(words::field(drift))));
            let circumstances = words::circumstances(drift);
            let between = if circumstances.is_empty() { "" } else { "; " };
            let fate = paint(if drift.is_restored { YELLOW } else { "" }, words::fate(drift));
            text.push_str(&format!("{INDENT}{INDENT}{INDENT}{}{between}{fate}\n", printable(&circumstances)));
        }
    }
    text
}
