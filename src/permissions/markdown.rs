//! `out/permissions.md`, and what `chaosc permissions --format markdown` prints: each grant, and the step that needs it.
//!
//! Places are pointers and not lines: a comment that moves the lines of an experiment does not make the page stale. Lists and
//! no tables: the page is committed, so each reason is a line of its own in a difference; and a list fits any window.

use std::fmt::Write as _;

use super::words;
use crate::diff::view::markdown::escape::{APART, REFERENCE};
use crate::kubernetes::resource::qualified;
use crate::plan::permissions::danger::Danger;
use crate::plan::permissions::{Grant, Reach, Reason};
use crate::plan::{Plan, Workload};
use crate::terminal::is_unseen;

/// Writes the page.
pub fn page(plan: &Plan) -> String {
    let mut page = format!("# Permissions of `{}`\n\n", plan.name);
    // A sentence is one line: a comment keeps the line breaks that a file does not.
    page.push_str("What each schedule's account may do, the worst first: which step of which experiment needs it, ");
    page.push_str("and why it cannot be narrower.\n");
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
    let _ = write!(page, "\n## {}\n\n", plain(&workload.schedule));
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
            plain(reason)
        );
    }
    if workload.grants.is_empty() {
        let _ = writeln!(page, "\n{}", words::NOTHING);
        return;
    }
    page.push('\n');
    for (_, grant, dangers) in words::worst_first(workload) {
        let _ = writeln!(page, "- {}{}", alarm(&dangers), right(grant));
        for reason in &grant.reasons {
            let _ = writeln!(page, "  - {}", self::reason(reason));
        }
        for said in words::breadth(grant) {
            let _ = writeln!(page, "  - not narrower: {}", sentence(&said));
        }
    }
}

/// Returns dangers; that a right holds in the whole cluster is said with its place.
pub(super) fn alarm(dangers: &[Danger]) -> String {
    let dangers = dangers.iter().filter(|danger| **danger != Danger::ClusterWide);
    let words: Vec<&str> = dangers.map(|danger| danger.words()).collect();
    if words.is_empty() { String::new() } else { format!("**{}:** ", words.join(", ")) }
}

/// Returns what a grant allows, and where.
pub(super) fn right(grant: &Grant) -> String {
    format!("{} {} {}", code(&grant.verb), object(grant), reach(&grant.reach))
}

/// Returns a reason with the place of its step.
pub(super) fn reason(reason: &Reason) -> String {
    let Reason { experiment, step, why, place, .. } = reason;
    format!("{} / {}: {} ({})", plain(experiment), plain(step), sentence(why), code(place))
}

/// Returns what a grant is about.
fn object(grant: &Grant) -> String {
    let resource = code(&qualified(&grant.group, &grant.resource));
    match &grant.name {
        Some(name) => format!("{resource} {}", code(name)),
        None => resource,
    }
}

/// Returns where a grant holds.
pub(super) fn reach(reach: &Reach) -> String {
    match reach {
        Reach::Namespace(namespace) => format!("in namespace {}", code(namespace)),
        Reach::Cluster => "**in the whole cluster**".to_owned(),
    }
}

/// Brings a sentence of ours into one line; what stands in backticks is set as code.
pub(super) fn sentence(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(text);
    }
    let part = |(number, part): (usize, &&str)| if number % 2 == 1 { code(part) } else { plain(part) };
    parts.iter().enumerate().map(part).collect()
}

/// Brings a text into one line: no line breaks, no markup, and nothing that a forge makes a mention or a reference of.
pub(super) fn plain(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut following = text.chars().peekable();
    while let Some(c) = following.next() {
        let next = following.peek();
        let begins_link = c == ':' && next == Some(&'/') || c == '.' && result.ends_with("www");
        match c {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' | '&' | '~' | '@' | '!' | '$' | '^' => {
                result.push('\\');
                result.push(c);
            }
            c if begins_link => {
                result.push('\\');
                result.push(c);
            }
            c if is_unseen(c) => result.push(' '),
            _ => result.push(c),
        }
        if REFERENCE.contains(c) && next.is_some_and(|next| !next.is_whitespace()) {
            result.push_str(APART);
        }
    }
    result
}

/// Brings a text into one line as code.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() || text.contains(['`', '|']) || text.contains(is_unseen) {
        plain(text)
    } else {
        format!("`{text}`")
    }
}
