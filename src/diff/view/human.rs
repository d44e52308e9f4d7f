//! For a terminal: what an engineer reads before an apply.

use rayon::prelude::*;

use super::body::Body;
use super::emphasis::Span;
use super::entries::{Entry, entries};
use super::paint::{
    BOLD_CYAN, CYAN, DIM, GREEN, RED, YELLOW, alarm, coloured, heading, of_action, of_sign, paint, reversed,
};
use super::words;
use crate::diff::{Action, ChangeSet, Drift, Origin};
use crate::kubernetes::ObjectId;
use crate::terminal::printable;

/// How far everything below a heading is indented.
const INDENT: &str = "    ";

/// Draws a change set.
pub(super) fn human(changes: &ChangeSet) -> String {
    let entries = entries(&changes.changes);
    let mut blocks = vec![permissions(changes), runs(changes)];
    blocks.extend(all(&entries.own, changes));
    if !entries.newer.is_empty() {
        let number = entries.newer.len();
        let objects = if number == 1 { "1 object" } else { &format!("{number} objects") };
        blocks.push(heading(&format!("only from a newer chaosc: {objects}, whose authors changed nothing")) + "\n");
        blocks.extend(all(&entries.newer, changes));
    }
    blocks.push(drift(changes));
    blocks.push(changes.notes.iter().map(|note| format!("{}: {}\n", heading("note"), printable(note))).collect());
    let between = join(&blocks);
    let blank = if between.is_empty() { "" } else { "\n" };
    let (compared, count) = (heading(&words::compared(changes)), heading(&words::count(changes)));
    format!("{compared}\n{blank}{between}{blank}{count}\n")
}

/// Puts blank lines around what has more than one line.
fn join(blocks: &[String]) -> String {
    let is_long = |block: &str| block.matches('\n').count() > 1;
    let mut text = String::new();
    let mut was_long = false;
    for block in blocks.iter().filter(|block| !block.is_empty()) {
        if !text.is_empty() && (was_long || is_long(block)) {
            text.push('\n');
        }
        was_long = is_long(block);
        text.push_str(block);
    }
    text
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
fn all(entries: &[Entry<'_>], changes: &ChangeSet) -> Vec<String> {
    entries.par_iter().map(|entry| one(entry, changes)).collect()
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
