//! For a terminal: what is too much, what is missing, what is not known.

use std::collections::BTreeMap;

use super::words::{allowed, by, not_known, refused, standing, summary};
use super::{Account, Answer, Live, Presence};
use crate::diff::view::paint::{GREEN, YELLOW, alarm, heading, paint};
use crate::diff::view::words::compared_with;
use crate::observe::origins::Origins;
use crate::permissions::human::{INDENT, account, marked, step, title};
use crate::permissions::words;
use crate::plan::permissions::Grant;
use crate::plan::{Plan, Workload};
use crate::terminal::printable;

/// Draws what a cluster says.
pub(in crate::permissions) fn human(plan: &Plan, origins: &Origins, live: &Live) -> String {
    let mut text = heading(&compared_with(&plan.name, &plan.namespace.name, &live.compared)) + "\n\n";
    for (workload, said) in plan.workloads.iter().zip(&live.accounts) {
        text.push_str(&format!("{}\n", account(workload, &plan.namespace.name)));
        section(workload, said, origins, &mut text);
        text.push('\n');
    }
    text + &heading(&summary(live)) + "\n"
}

fn section(workload: &Workload, said: &Account, origins: &Origins, text: &mut String) {
    let mut line = |said: &str| text.push_str(&format!("{INDENT}{said}\n"));
    for excess in &said.excess {
        line(&alarm(&format!("EXCESS {}, {}", words::place(&excess.reach), by(excess))));
        for right in &excess.rights {
            let may = format!("{} {}", right.verbs.join(", "), right.targets.join(", "));
            line(&format!("{INDENT}{}", marked(&may, &right.dangers)));
        }
    }
    let unasked = unasked(workload, said);
    for (number, grant, _) in words::worst_first(workload) {
        let Some(Answer::Missing(reason)) = said.answers.get(number) else { continue };
        line(&format!("{} {}", alarm("MISSING"), title(grant, &[])));
        for reason in &grant.reasons {
            line(&format!("{INDENT}{}", step(reason, origins)));
        }
        line(&format!("{INDENT}{}", printable(&refused(reason))));
    }
    for (reason, grants) in unasked {
        line(&format!("{} {}", paint(YELLOW, "NOT KNOWN"), printable(&format!("whether it may: {reason}"))));
        for grant in grants {
            line(&format!("{INDENT}{}", title(grant, &[])));
        }
    }
    for unknown in not_known(said) {
        line(&format!("{} {}", paint(YELLOW, "NOT KNOWN"), printable(unknown)));
    }
    let colour = match allowed(said) {
        _ if said.presence == Presence::NotApplied => YELLOW,
        number if number == said.answers.len() => GREEN,
        _ => "",
    };
    line(&paint(colour, &standing(said)));
}

/// Returns the grants that nobody could be asked about, by the reason.
fn unasked<'w>(workload: &'w Workload, said: &'w Account) -> BTreeMap<&'w str, Vec<&'w Grant>> {
    let mut reasons: BTreeMap<&str, Vec<&Grant>> = BTreeMap::new();
    for (number, grant, _) in words::worst_first(workload) {
        if let Some(Answer::Unknown(reason)) = said.answers.get(number) {
            reasons.entry(reason).or_default().push(grant);
        }
    }
    reasons
}
