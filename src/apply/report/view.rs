//! The outputs of a report.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Outcome, Report, Row};
use crate::diff::Action;
use crate::terminal::{BOLD, BOLD_RED, RESET, printable};

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// One document for programs
    Json,
}

/// Prints a report.
pub fn view(report: &Report, format: Format) -> String {
    match format {
        Format::Human => human(report),
        Format::Json => format!("{:#}\n", document(report)),
    }
}

fn human(report: &Report) -> String {
    let mut text = String::new();
    let width = report.rows.iter().map(|row| word(row).len()).max().unwrap_or(0);
    for row in &report.rows {
        let (start, end) = if row.outcome.is_left() { (BOLD_RED, RESET) } else { ("", "") };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{start}{:width$}{end}  {}", word(row), printable(&row.id.to_string()));
        for line in reasons(&row.outcome) {
            let _ = writeln!(text, "{:width$}    {}", "", printable(&line));
        }
    }
    for waited in &report.waited {
        let (start, end) = if waited.is_success() { ("", "") } else { (BOLD_RED, RESET) };
        let _ = writeln!(text, "{start}{}{end}", printable(&waited.to_string()));
        if let Some(hint) = waited.hint() {
            let _ = writeln!(text, "{:width$}    help: {}", "", printable(hint));
        }
    }
    let _ = writeln!(text, "{BOLD}{}{RESET}", summary(report));
    text
}

fn reasons(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Done | Outcome::Already => Vec::new(),
        Outcome::Kept(reason) | Outcome::NotTried(reason) => vec![reason.clone()],
        Outcome::Failed(failure) => {
            let hints = failure.hints.iter().map(|hint| format!("help: {hint}"));
            [failure.reason.clone()].into_iter().chain(hints).collect()
        }
    }
}

/// Returns the word for what became of a row.
fn word(row: &Row) -> &'static str {
    match (&row.outcome, row.action) {
        (Outcome::Done, Action::Create) => "created",
        (Outcome::Done, Action::Replace) => "replaced",
        (Outcome::Done, Action::Delete) => "deleted",
        (Outcome::Done, Action::Keep) => "released",
        (Outcome::Done, _) => "updated",
        (Outcome::Already, Action::Delete) => "gone already",
        (Outcome::Already, _) => "done already",
        (Outcome::Kept(_), _) => "kept",
        (Outcome::Failed(_), _) => "failed",
        (Outcome::NotTried(_), _) => "not tried",
    }
}

/// Counts what became of the rows, in the order of the words' first rows.
fn summary(report: &Report) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for row in &report.rows {
        match counts.iter_mut().find(|(known, _)| *known == word(row)) {
            Some((_, count)) => *count += 1,
            None => counts.push((word(row), 1)),
        }
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let unready = report.waited.iter().filter(|waited| !waited.is_success()).count();
    let unready = (unready > 0).then(|| format!("{unready} not ready"));
    let interrupted = report.is_interrupted.then(|| "interrupted: run it again to finish".to_owned());
    counts.into_iter().chain(unready).chain(interrupted).collect::<Vec<_>>().join(", ")
}

fn document(report: &Report) -> Value {
    let rows = report.rows.iter().map(|row| {
        let (reason, hints) = match &row.outcome {
            Outcome::Done | Outcome::Already => (None, Vec::new()),
            Outcome::Kept(reason) | Outcome::NotTried(reason) => (Some(reason.clone()), Vec::new()),
            Outcome::Failed(failure) => (Some(failure.reason.clone()), failure.hints.clone()),
        };
        json!({
            "object": {
                "apiVersion": row.id.api_version, "kind": row.id.kind, "namespace": row.id.namespace, "name": row.id.name,
            },
            "action": row.action.word(),
            "outcome": word(row),
            "isDone": !row.outcome.is_left(),
            "reason": reason,
            "hints": hints,
        })
    });
    let waited = report
        .waited
        .iter()
        .map(|waited| json!({"what": waited.to_string(), "isReady": waited.is_success(), "hint": waited.hint()}));
    json!({
        "format": "chaosc.dev/report/v1",
        "isSuccess": report.is_success(),
        "isInterrupted": report.is_interrupted,
        "rows": rows.collect::<Vec<_>>(),
        "waited": waited.collect::<Vec<_>>(),
    })
}
