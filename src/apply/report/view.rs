//! The outputs of a report.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Outcome, Report, Row};
use crate::config::value_error::quoted;
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
    let namespaces: BTreeSet<&str> = report.rows.iter().filter_map(|row| row.id.namespace.as_deref()).collect();
    for row in &report.rows {
        let place = row.id.namespace.as_ref().filter(|_| namespaces.len() > 1);
        let place = place.map_or_else(String::new, |namespace| format!(" in namespace {}", quoted(namespace)));
        let (start, end) = if row.outcome.is_left() { (BOLD_RED, RESET) } else { ("", "") };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{start}{:width$}{end}  {}{place}", word(row), printable(&row.id.to_string()));
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
        Outcome::Going(waits) => waits.iter().cloned().collect(),
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
        (Outcome::Going(_), _) => "deleting",
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
            Outcome::Going(waits) => (waits.clone(), Vec::new()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::report::Failure;
    use crate::kubernetes::ObjectId;

    #[test]
    fn where_objects_are_in_several_namespaces_each_says_in_which() {
        let mut rows = vec![
            row("ConfigMap", "a", Action::Delete, Outcome::Done),
            row("ConfigMap", "a", Action::Create, Outcome::Done),
        ];
        let told = |rows: &[Row]| view(&Report { rows: rows.to_vec(), ..Report::default() }, Format::Human);
        assert!(!told(&rows).contains("namespace"));
        rows[1].id.namespace = Some("eu".to_owned());
        assert!(
            told(&rows).contains("ConfigMap/a in namespace `shop`\n")
                && told(&rows).contains("ConfigMap/a in namespace `eu`\n")
        );
    }

    fn row(kind: &str, name: &str, action: Action, outcome: Outcome) -> Row {
        let id = ObjectId {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: Some("shop".to_owned()),
            name: name.to_owned(),
        };
        Row { id, action, outcome }
    }

    fn report() -> Report {
        let failure = Failure::new("somebody has deleted it meanwhile", "run it again: it shows what is there now");
        Report {
            rows: vec![
                row("Secret", "a", Action::Create, Outcome::Done),
                row("Secret", "b", Action::Update, Outcome::Failed(failure)),
                row(
                    "Pod",
                    "c\u{1b}[2J",
                    Action::Create,
                    Outcome::NotTried("it needs Secret/b, which was not applied".to_owned()),
                ),
                row("Role", "d", Action::Keep, Outcome::Kept("a run uses it".to_owned())),
                row("Secret", "e", Action::Delete, Outcome::Already),
                row("Secret", "h", Action::Delete, Outcome::Going(Some("it waits for a/b".to_owned()))),
                row("Secret", "f", Action::Update, Outcome::Done),
                row("Secret", "g", Action::Create, Outcome::Done),
            ],
            waited: Vec::new(),
            is_interrupted: true,
        }
    }

    #[test]
    fn people_read_what_was_done_and_what_to_do_next() {
        let text = view(&report(), Format::Human);
        let plain = anstream::adapter::strip_str(&text).to_string();
        let expected = "\
created       Secret/a
failed        Secret/b
                somebody has deleted it meanwhile
                help: run it again: it shows what is there now
not tried     Pod/c\\u{1b}[2J
                it needs Secret/b, which was not applied
kept          Role/d
                a run uses it
gone already  Secret/e
deleting      Secret/h
                it waits for a/b
updated       Secret/f
created       Secret/g
2 created, 1 failed, 1 not tried, 1 kept, 1 gone already, 1 deleting, 1 updated, interrupted: run it again to finish
";
        assert_eq!(plain, expected);
    }

    #[test]
    fn programs_read_the_same() {
        let document: Value = serde_json::from_str(&view(&report(), Format::Json)).unwrap();
        assert_eq!((&document["isSuccess"], &document["isInterrupted"]), (&json!(false), &json!(true)));
        let outcomes: Vec<&str> =
            document["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
        assert_eq!(
            outcomes,
            ["created", "failed", "not tried", "kept", "gone already", "deleting", "updated", "created"]
        );
        assert_eq!(document["rows"][1]["reason"], "somebody has deleted it meanwhile");
        assert_eq!(document["rows"][1]["isDone"], false);
        assert_eq!(document["rows"][3]["isDone"], true);
    }
}
