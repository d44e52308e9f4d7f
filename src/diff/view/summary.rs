//! For a glance: one line for everything, and no objects.

use super::paint::{BOLD_CYAN, DIM, GREEN, RED, YELLOW, alarm, heading, of_action, paint};
use super::words;
use crate::diff::{Change, ChangeSet, Drift, PermissionChange};
use crate::kubernetes::ObjectId;
use crate::terminal::printable;

/// The longest name that others are lined up with.
const WIDEST: usize = 60;

/// Returns the lines.
pub(super) fn summary(changes: &ChangeSet) -> String {
    let name = |id: &ObjectId| printable(&words::in_place(&id.to_string(), id, changes)).into_owned();
    let widths = changes.changes.iter().map(|change| name(&change.id).chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut lines = vec![printable(&words::compared(changes)).into_owned(), heading(&words::count(changes))];
    lines.extend(permissions(changes));
    lines.extend(changes.runs.iter().map(|name| paint(YELLOW, &format!("runs {name} now"))));
    lines.extend(changes.changes.iter().map(|change| row(change, &format!("{:width$}", name(&change.id)))));
    lines.extend(changes.drift.iter().map(|drift| drifted(drift, &name(&drift.id))));
    lines.extend(changes.notes.iter().map(|note| format!("{} {}", paint(BOLD_CYAN, "note"), printable(note))));
    lines.join("\n") + "\n"
}

fn permissions(changes: &ChangeSet) -> Vec<String> {
    let line = |change: &PermissionChange| {
        let sign = if change.is_granted { '+' } else { '-' };
        let sentence = format!("{sign} {} {}", change.account, words::permission(change));
        match (change.is_cluster_wide, change.is_granted) {
            (true, true) => alarm(&format!("CLUSTER-WIDE {sentence}")),
            (true, false) => paint(RED, &format!("CLUSTER-WIDE {sentence}")),
            (false, true) => paint(GREEN, &sentence),
            (false, false) => paint(RED, &sentence),
        }
    };
    words::accounts(&changes.permissions).iter().flat_map(|account| &account.changes).map(|one| line(one)).collect()
}

fn row(change: &Change, name: &str) -> String {
    let action = format!("{:3} {:8}", words::sign(change.action), change.action.word());
    let place = change.origin.as_ref().map_or_else(|| "-".to_owned(), words::place);
    let mut line = format!("{} {name} {}", paint(of_action(change.action), &action), paint(DIM, &place));
    let reasons = reasons(change);
    if !reasons.is_empty() {
        line.push_str(&format!(" {}", printable(&reasons)));
    }
    line
}

fn drifted(drift: &Drift, name: &str) -> String {
    let mut parts = vec![format!("{}: {}, {}", words::field(drift), words::live(drift), words::desired(drift))];
    parts.extend(Some(words::circumstances(drift)).filter(|known| !known.is_empty()));
    parts.push(words::fate(drift).to_owned());
    format!("{} {name} {}", paint(YELLOW, "drift"), printable(&parts.join("; ")))
}

/// Returns everything that is said about a row, in one line.
fn reasons(change: &Change) -> String {
    let mut parts = change.reasons.clone();
    parts.extend(change.conflicts.iter().map(|conflict| format!("`{}` owns `{}`", conflict.manager, conflict.path)));
    parts.extend(change.ends_run.clone());
    parts.extend(change.counterpart.as_ref().map(|other| match change.origin {
        Some(_) => format!("takes the place of `{other}`"),
        None => format!("`{other}` takes its place"),
    }));
    parts.extend(change.unverified.as_ref().map(|reason| format!("unverified: {reason}")));
    if change.from_newer_chaosc {
        parts.push("only from a newer chaosc".to_owned());
    }
    parts.join("; ")
}
