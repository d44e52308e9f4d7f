//! For a pull request: what is too much, what is missing, what is not known.

use std::fmt::Write as _;

use super::words::{by, not_known, refused, standing, summary};
use super::{Account, Answer, Live};
use crate::diff::view::words::compared_with;
use crate::permissions::markdown::{cell, code, object, reach, reason, sentence};
use crate::permissions::words;
use crate::plan::{Plan, Workload};

/// Writes what a cluster says.
pub(in crate::permissions) fn markdown(plan: &Plan, live: &Live) -> String {
    let mut page = format!("# Permissions of `{}` in the cluster\n\n", plan.name);
    // Writing to a String cannot fail.
    let _ = writeln!(page, "{}\n", sentence(&compared_with(&plan.name, &plan.namespace.name, &live.compared)));
    let _ = writeln!(page, "**{}**", cell(&summary(live)));
    for (workload, said) in plan.workloads.iter().zip(&live.accounts) {
        let _ = write!(page, "\n## {}\n\n", cell(&workload.schedule));
        let _ = writeln!(page, "ServiceAccount {} in namespace {}.", code(&workload.name), code(&plan.namespace.name));
        table(workload, said, &mut page);
    }
    page
}

fn table(workload: &Workload, said: &Account, page: &mut String) {
    let _ = writeln!(page, "{}", sentence(&standing(said)));
    for unknown in not_known(said) {
        let _ = writeln!(page, "\nNot known: {}", sentence(unknown));
    }
    let mut rows = Vec::new();
    for excess in &said.excess {
        for right in &excess.rights {
            let words: String = right.dangers.iter().map(|danger| format!("<br>**{}**", danger.words())).collect();
            let targets: Vec<String> = right.targets.iter().map(|target| code(target)).collect();
            let (verbs, targets) = (code(&right.verbs.join(", ")), targets.join(" "));
            let (place, by) = (reach(&excess.reach), cell(&by(excess)));
            rows.push(format!("| **excess**{words} | {verbs} | {targets} | {place} | {by} |"));
        }
    }
    for (number, grant, _) in words::worst_first(workload) {
        let (word, said) = match said.answers.get(number) {
            Some(Answer::Missing(why)) => ("**missing**", refused(why)),
            Some(Answer::Unknown(why)) => ("not known", why.clone()),
            Some(Answer::Allowed) | None => continue,
        };
        let (verb, target, place) = (code(&grant.verb), object(grant), reach(&grant.reach));
        let because: Vec<String> = [sentence(&said)].into_iter().chain(grant.reasons.iter().map(reason)).collect();
        rows.push(format!("| {word} | {verb} | {target} | {place} | {} |", because.join("<br>")));
    }
    if !rows.is_empty() {
        page.push_str("\n| | may | on | where | because |\n| --- | --- | --- | --- | --- |\n");
        page.push_str(&(rows.join("\n") + "\n"));
    }
}
