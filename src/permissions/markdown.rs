//! `out/permissions.md`, and what `chaosc permissions --format markdown` prints: each grant, and the step that needs it.
//!
//! Places are pointers and not lines: a comment that moves the lines of an experiment does not make the page stale.

use std::fmt::Write as _;

use super::words;
use crate::kubernetes::resource::qualified;
use crate::plan::permissions::danger::Danger;
use crate::plan::permissions::{Grant, Reach, Reason};
use crate::plan::{Plan, Workload};
use crate::terminal::is_unseen;

/// Writes the page.
pub fn page(plan: &Plan) -> String {
    let mut page = format!("# Permissions of `{}`\n\n", plan.name);
    page.push_str(
        "What each schedule's account may do, the worst first: which step of which experiment needs it, and why it\n",
    );
    page.push_str("cannot be narrower.\n");
    if plan.workloads.is_empty() {
        let _ = writeln!(page, "\n{}", words::NO_SCHEDULES);
    }
    for workload in &plan.workloads {
        section(workload, &plan.namespace.name, &mut page);
    }
    page
}

fn section(workload: &Workload, namespace: &str, page: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(page, "\n## {}\n\n", cell(&workload.schedule));
    let _ = write!(page, "ServiceAccount `{}` in namespace `{namespace}`", workload.name);
    let names: Vec<String> = workload.experiments.iter().map(|run| format!("`{}`", run.experiment)).collect();
    let _ = writeln!(page, ", which runs {}.", names.join(", then "));
    if names.len() > 1 {
        let _ = writeln!(page, "{}", words::UNION);
    }
    for (experiment, reason) in &workload.none {
        let _ = writeln!(
            page,
            "\nchaos.toml says that what `{experiment}` calls does not touch the cluster: {}",
            cell(reason)
        );
    }
    if workload.grants.is_empty() {
        let _ = writeln!(page, "\n{}", words::NOTHING);
        return;
    }
    page.push_str("\n| may | on | where | because | not narrower, because |\n| --- | --- | --- | --- | --- |\n");
    for (_, grant, dangers) in words::worst_first(workload) {
        let reasons: Vec<String> = grant.reasons.iter().map(reason).collect();
        let breadth: Vec<String> = words::breadth(grant).iter().map(|said| sentence(said)).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            may(&grant.verb, &dangers),
            object(grant),
            reach(&grant.reach),
            reasons.join("<br>"),
            breadth.join("<br>")
        );
    }
}

/// Returns a verb with its dangers; that it holds in the whole cluster stands in a column of its own.
fn may(verb: &str, dangers: &[Danger]) -> String {
    let dangers = dangers.iter().filter(|danger| **danger != Danger::ClusterWide);
    let words: String = dangers.map(|danger| format!("<br>**{}**", danger.words())).collect();
    code(verb) + &words
}

/// Returns a reason with the place of its step.
pub(super) fn reason(reason: &Reason) -> String {
    let Reason { experiment, step, why, place, .. } = reason;
    format!("{} / {}: {} ({})", cell(experiment), cell(step), sentence(why), code(place))
}

/// Returns what a grant is about.
pub(super) fn object(grant: &Grant) -> String {
    let resource = code(&qualified(&grant.group, &grant.resource));
    match &grant.name {
        Some(name) => format!("{resource} {}", code(name)),
        None => resource,
    }
}

/// Returns where a grant holds.
pub(super) fn reach(reach: &Reach) -> String {
    match reach {
        Reach::Namespace(namespace) => code(namespace),
        Reach::Cluster => "**the whole cluster**".to_owned(),
    }
}

/// Brings a sentence of ours into one cell; what stands in backticks is set as code.
pub(super) fn sentence(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return cell(text);
    }
    let part = |(number, part): (usize, &&str)| if number % 2 == 1 { code(part) } else { cell(part) };
    parts.iter().enumerate().map(part).collect()
}

/// Brings a text into one cell: no line breaks, no column marks, no markup.
pub(super) fn cell(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' => {
                result.push('\\');
                result.push(c);
            }
            c if is_unseen(c) => result.push(' '),
            _ => result.push(c),
        }
    }
    result
}

/// Brings a text into one cell as code.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() || text.contains(['`', '|']) || text.contains(is_unseen) {
        cell(text)
    } else {
        format!("`{text}`")
    }
}
