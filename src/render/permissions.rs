//! `out/permissions.md`: each grant, and the step that needs it.

use std::fmt::Write as _;

use crate::plan::permissions::{Grant, Reach};
use crate::plan::{Plan, Workload};

/// Writes the page.
pub(super) fn page(plan: &Plan) -> String {
    let mut page = format!("# Permissions of `{}`\n\n", plan.name);
    page.push_str("What each schedule's account may do, and which step of which experiment needs it.\n");
    if plan.workloads.is_empty() {
        page.push_str("\nThere are no schedules, so no account is made.\n");
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
        page.push_str("One account runs them all, so each of them may do what any of them needs.\n");
    }
    for (experiment, reason) in &workload.none {
        let _ = writeln!(
            page,
            "\nchaos.toml says that what `{experiment}` calls does not touch the cluster: {}",
            cell(reason)
        );
    }
    if workload.grants.is_empty() {
        page.push_str("\nIt may do nothing in the cluster, and no token is mounted.\n");
        return;
    }
    page.push_str("\n| may | on | where | because |\n| --- | --- | --- | --- |\n");
    for grant in &workload.grants {
        let reasons: Vec<String> = grant
            .reasons
            .iter()
            .map(|reason| {
                format!(
                    "{} / {}: {} ({})",
                    cell(&reason.experiment),
                    cell(&reason.step),
                    cell(&reason.why),
                    code(&reason.place)
                )
            })
            .collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            code(&grant.verb),
            object(grant),
            reach(&grant.reach),
            reasons.join("<br>")
        );
    }
}

fn object(grant: &Grant) -> String {
    let group = if grant.group.is_empty() { String::new() } else { format!(".{}", grant.group) };
    let resource = code(&format!("{}{group}", grant.resource));
    match &grant.name {
        Some(name) => format!("{resource} {}", code(name)),
        None => resource,
    }
}

fn reach(reach: &Reach) -> String {
    match reach {
        Reach::Namespace(namespace) => code(namespace),
        Reach::Cluster => "**the whole cluster**".to_owned(),
    }
}

/// Brings a text into one cell: no line breaks, no column marks, no markup.
fn cell(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => result.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' => {
                result.push('\\');
                result.push(c);
            }
            _ => result.push(c),
        }
    }
    result
}

/// Brings a text into one cell as code.
fn code(text: &str) -> String {
    if text.contains(['`', '|', '\n', '\r']) { cell(text) } else { format!("`{text}`") }
}
