//! For a pull request: a comment that a forge renders, of at most the size that forges take.
//!
//! Tables have two columns: of more, a telephone shows the first two, and a narrow window not the last.

mod budget;
pub(crate) mod escape;

use rayon::prelude::*;
use serde_json::Value;

use self::budget::{Block, LIMIT, Part, fit, size};
use self::escape::{code, fence, sentence};
use super::body::Body;
use super::entries::{Entry, entries};
use super::words;
use crate::diff::{Action, ChangeSet, Drift};

/// Room for the sentence that says what was left out.
const RESERVED: usize = 600;

/// Returns the comment.
pub(super) fn markdown(changes: &ChangeSet) -> String {
    let entries = entries(&changes.changes);
    let head =
        format!("### chaosc diff: {}\n\n{}\n", sentence(&words::count(changes)), sentence(&words::compared(changes)));
    let newer = "\n#### Only from a newer chaosc, whose authors changed nothing\n";
    let parts = [
        permissions(changes),
        runs(changes),
        rows("\n#### Changes\n", &entries.own, changes, 2),
        rows(newer, &entries.newer, changes, 3),
        bodies(entries.own.iter().chain(&entries.newer).collect(), changes),
        drift(changes),
        notes(changes),
    ];
    let (text, left_out) = fit(&parts, LIMIT - RESERVED - size(&head));
    if left_out.is_empty() {
        return head + &text;
    }
    let left_out = left_out.join(", ");
    format!(
        "{head}\n**Left out, because a comment may have {LIMIT} characters: {left_out}.** `chaosc diff` shows everything.\n{text}"
    )
}

/// Returns the head of a table.
fn table(columns: &[&str]) -> String {
    format!("\n| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(columns.len()))
}

fn row(cells: &[String]) -> Block {
    format!("| {} |\n", cells.join(" | ")).into()
}

fn permissions(changes: &ChangeSet) -> Part {
    let mut blocks = Vec::new();
    for account in words::accounts(&changes.permissions) {
        for change in account.changes {
            let alarm = if account.is_cluster_wide { "**CLUSTER-WIDE**<br>" } else { "" };
            let (verbs, target) = (code(&change.verbs.join(", ")), code(&change.target));
            blocks.push(row(&[
                format!("{alarm}{}", code(account.name)),
                format!(
                    "**{}** {verbs} {target}<br>{}, by {}",
                    words::may(change),
                    sentence(&change.place()),
                    code(&change.role)
                ),
            ]));
        }
    }
    let head = format!("\n#### Permissions\n{}", table(&["account", "change"]));
    Part { called: ("permission change", "permission changes"), head, blocks, rank: 0 }
}

fn runs(changes: &ChangeSet) -> Part {
    let blocks = changes.runs.iter().map(|name| format!("- **runs {} now**\n", code(name)).into()).collect();
    Part { called: ("run", "runs"), head: "\n".to_owned(), blocks, rank: 1 }
}

fn rows(head: &str, entries: &[Entry<'_>], changes: &ChangeSet, rank: u8) -> Part {
    let blocks = entries.iter().map(|entry| {
        let origin = entry.change.origin.iter().map(|origin| code(&words::place(origin)));
        let said: Vec<String> = [object(entry, changes)].into_iter().chain(origin).chain(remarks(entry)).collect();
        let cells = [action(entry), said.join("<br>")];
        let is_urgent = !matches!(entry.change.action, Action::Create | Action::Update | Action::Keep);
        Block { is_urgent, ..row(&cells) }
    });
    let head = format!("{head}{}", table(&["", "object"]));
    Part { called: ("row", "rows"), head, blocks: blocks.collect(), rank }
}

fn action(entry: &Entry<'_>) -> String {
    let action = entry.change.action;
    match entry.replaced {
        None => format!("{}&nbsp;{}", code(words::sign(action)), action.word()),
        Some(_) => format!("{}&nbsp;create and delete", code("-/+")),
    }
}

fn object(entry: &Entry<'_>, changes: &ChangeSet) -> String {
    let name = code(&words::name(entry));
    match words::foreign_namespace(&entry.change.id, changes) {
        None => name,
        Some(namespace) => format!("{name} in namespace {}", code(namespace)),
    }
}

/// Returns everything that is said about an entry.
fn remarks(entry: &Entry<'_>) -> Vec<String> {
    let both = || std::iter::once(entry.change).chain(entry.replaced);
    let mut remarks = Vec::new();
    remarks.extend(entry.change.unverified.iter().map(|reason| format!("unverified: {}", sentence(reason))));
    remarks.extend(both().flat_map(|change| &change.reasons).map(|reason| sentence(reason)));
    remarks.extend(entry.comparison().map(|comparison| sentence(&comparison)));
    let owners = entry.change.conflicts.iter();
    remarks.extend(owners.map(|conflict| format!("{} owns {}", code(&conflict.manager), code(&conflict.path))));
    remarks.extend(both().flat_map(|change| &change.ends_run).map(|ended| format!("**{}**", sentence(ended))));
    remarks.extend(both().flat_map(|change| &change.hints).map(|hint| format!("help: {}", sentence(hint))));
    remarks
}

fn bodies(entries: Vec<&Entry<'_>>, changes: &ChangeSet) -> Part {
    let block = |entry: &Entry<'_>| {
        let text = diff(&entry.diff());
        if text.is_empty() {
            return None;
        }
        let (action, object, fence) = (action(entry), object(entry, changes), fence(&text));
        Some(format!("\n<details>\n<summary>{action} {object}</summary>\n\n{fence}diff\n{text}{fence}\n\n</details>\n"))
    };
    let blocks: Vec<Option<String>> = entries.into_par_iter().map(block).collect();
    let blocks = blocks.into_iter().flatten().map(Block::from).collect();
    Part { called: ("difference", "differences"), head: "\n#### Differences\n".to_owned(), blocks, rank: 6 }
}

fn diff(body: &Body) -> String {
    let mut text = String::new();
    for hunk in &body.hunks {
        text.extend(hunk.path.iter().map(|path| format!("@@ {path} @@\n")));
        for row in &hunk.rows {
            let line: String = row.spans.iter().map(|span| span.text.as_str()).collect();
            let line = format!("{}{}{line}", row.sign.mark(), " ".repeat(row.indent));
            text.push_str(line.trim_end());
            if !row.notes.is_empty() {
                text.push_str(&format!("  # {}", row.notes.join("; ")));
            }
            text.push('\n');
        }
    }
    text.extend(body.notes.iter().map(|note| format!("# {note}\n")));
    text
}

fn drift(changes: &ChangeSet) -> Part {
    let block = |drift: &Drift| {
        let value = |value: &Value| code(&words::value(value));
        let live =
            drift.live.as_ref().map_or_else(|| words::gone(drift).to_owned(), |live| format!("live {}", value(live)));
        let desired = drift
            .desired
            .as_ref()
            .map_or_else(|| words::undesired(drift).to_owned(), |desired| format!("desired {}", value(desired)));
        let object = match words::foreign_namespace(&drift.id, changes) {
            None => code(&drift.id.to_string()),
            Some(namespace) => format!("{} in namespace {}", code(&drift.id.to_string()), code(namespace)),
        };
        let origin = drift.origin.as_ref().map(|origin| format!("<br>{}", code(&words::place(origin))));
        let how = sentence(&words::circumstances(drift));
        let said =
            [code(words::field(drift)), format!("{live}, {desired}"), how, format!("**{}**", words::fate(drift))];
        let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
        row(&[format!("{object}{}", origin.unwrap_or_default()), said.join("<br>")])
    };
    let head =
        format!("\n#### Drift: what was changed in the cluster since the last apply\n{}", table(&["object", "field"]));
    Part {
        called: ("drifted field", "drifted fields"),
        head,
        blocks: changes.drift.iter().map(block).collect(),
        rank: 4,
    }
}

fn notes(changes: &ChangeSet) -> Part {
    let blocks = changes.notes.iter().map(|note| format!("- {}\n", sentence(note)).into()).collect();
    Part { called: ("note", "notes"), head: "\n#### Notes\n\n".to_owned(), blocks, rank: 5 }
}
