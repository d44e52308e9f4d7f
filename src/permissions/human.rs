//! For a terminal: each grant, worst first, with the lines that need it.

use super::words::{self, count};
use crate::diff::view::paint::{DIM, alarm, heading, paint};
use crate::observe::origins::Origins;
use crate::plan::permissions::danger::{Danger, dangers};
use crate::plan::permissions::{Grant, Reason};
use crate::plan::{Plan, Workload};
use crate::terminal::printable;

/// How far each step goes in.
pub(super) const INDENT: &str = "    ";

/// Draws the grants of all schedules.
pub(super) fn human(plan: &Plan, origins: &Origins) -> String {
    if plan.workloads.is_empty() {
        return words::NO_SCHEDULES.to_owned() + "\n";
    }
    let mut text = String::new();
    for workload in &plan.workloads {
        text.push_str(&format!("{}\n", account(workload, &plan.namespace.name)));
        section(workload, origins, &mut text);
        text.push('\n');
    }
    text + &heading(&summary(plan)) + "\n"
}

/// Names an account and what it runs.
pub(super) fn account(workload: &Workload, namespace: &str) -> String {
    let names: Vec<&str> = workload.experiments.iter().map(|run| run.experiment.as_str()).collect();
    let account = format!("ServiceAccount/{}", workload.name);
    let rest =
        format!(" in namespace {namespace}: schedule {}, which runs {}", workload.schedule, names.join(", then "));
    format!("{}{}", heading(&account), printable(&rest))
}

fn section(workload: &Workload, origins: &Origins, text: &mut String) {
    let mut line = |said: &str| text.push_str(&format!("{INDENT}{said}\n"));
    if workload.experiments.len() > 1 {
        line(words::UNION);
    }
    for (experiment, reason) in &workload.none {
        line(&printable(&format!("chaos.toml says that what {experiment} calls does not touch the cluster: {reason}")));
    }
    if workload.grants.is_empty() {
        line(words::NOTHING);
    }
    for (_, grant, dangers) in words::worst_first(workload) {
        line(&title(grant, &dangers));
        for (why, reasons) in by_purpose(&grant.reasons) {
            line(&format!("{INDENT}{}", printable(why)));
            for reason in reasons {
                line(&format!("{INDENT}{INDENT}{}", step(reason, origins)));
            }
        }
        for breadth in words::breadth(grant) {
            line(&format!("{INDENT}{}", paint(DIM, &format!("not narrower: {breadth}"))));
        }
    }
}

/// Returns the line of a grant.
pub(super) fn title(grant: &Grant, dangers: &[Danger]) -> String {
    marked(&format!("{} {} {}", grant.verb, words::target(grant), words::place(&grant.reach)), dangers)
}

/// Returns what an account may do: loud, if it is dangerous.
pub(super) fn marked(may: &str, dangers: &[Danger]) -> String {
    match dangers {
        [] => heading(may),
        dangers => alarm(&format!("{} {may}", words::loud(dangers))),
    }
}

/// Names a step and its line.
pub(super) fn step(reason: &Reason, origins: &Origins) -> String {
    let origin = origins.get(&reason.at);
    let place = paint(DIM, &format!("{}:{}", origin.file, origin.line));
    format!("{}  {place}", printable(&format!("{} / {}", reason.experiment, reason.step)))
}

/// Puts the steps together that need a grant for the same, in the order in which that first comes up.
fn by_purpose(reasons: &[Reason]) -> Vec<(&str, Vec<&Reason>)> {
    let mut groups: Vec<(&str, Vec<&Reason>)> = Vec::new();
    for reason in reasons {
        match groups.iter_mut().find(|(why, _)| *why == reason.why) {
            Some((_, group)) => group.push(reason),
            None => groups.push((&reason.why, vec![reason])),
        }
    }
    groups
}

/// Counts accounts, grants and dangers.
fn summary(plan: &Plan) -> String {
    let grants = plan.workloads.iter().flat_map(|workload| &workload.grants);
    let found: Vec<Vec<Danger>> = grants.map(dangers).collect();
    let mut text = format!("{}, {}", count(plan.workloads.len(), "account"), count(found.len(), "grant"));
    let all = [Danger::Escalates, Danger::ClusterWide, Danger::Executes, Danger::ReadsSecrets];
    let counts = all.map(|danger| (danger, found.iter().filter(|dangers| dangers.contains(&danger)).count()));
    let counts = counts.into_iter().filter(|(_, number)| *number > 0);
    let counts: Vec<String> = counts.map(|(danger, number)| format!("{number} {}", danger.name())).collect();
    if counts.is_empty() {
        text.push_str(", none of them dangerous");
    } else {
        text.push_str(&format!("; {}", counts.join(", ")));
    }
    text
}
