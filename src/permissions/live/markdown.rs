//! For a pull request: what is too much, what is missing, what is not known.

use std::fmt::Write as _;

use super::words::{by, not_known, refused, standing, summary};
use super::{Account, Answer, Live};
use crate::diff::view::words::compared_with;
use crate::permissions::markdown::{alarm, code, plain, reach, reason as needed_by, right, sentence};
use crate::permissions::words;
use crate::plan::{Plan, Workload};

/// Writes what a cluster says.
pub(in crate::permissions) fn markdown(plan: &Plan, live: &Live) -> String {
    let mut page = format!("# Permissions of `{}` in the cluster\n\n", plan.name);
    // Writing to a String cannot fail.
    let _ = writeln!(page, "{}\n", sentence(&compared_with(&plan.name, &plan.namespace.name, &live.compared)));
    let _ = writeln!(page, "**{}**", plain(&summary(live)));
    for (workload, said) in plan.workloads.iter().zip(&live.accounts) {
        let _ = write!(page, "\n## {}\n\n", plain(&workload.schedule));
        let _ = writeln!(page, "ServiceAccount {} in namespace {}.", code(&workload.name), code(&plan.namespace.name));
        findings(workload, said, &mut page);
    }
    page
}

fn findings(workload: &Workload, said: &Account, page: &mut String) {
    let _ = writeln!(page, "{}", sentence(&standing(said)));
    for unknown in not_known(said) {
        let _ = writeln!(page, "\nNot known: {}", sentence(unknown));
    }
    let mut rows = String::new();
    for excess in &said.excess {
        for right in &excess.rights {
            let targets: Vec<String> = right.targets.iter().map(|target| code(target)).collect();
            let (verbs, targets, place) = (code(&right.verbs.join(", ")), targets.join(" "), reach(&excess.reach));
            let _ = writeln!(rows, "- **excess:** {}{verbs} {targets} {place}", alarm(&right.dangers));
            let _ = writeln!(rows, "  - {}", plain(&by(excess)));
        }
    }
    for (number, grant, _) in words::worst_first(workload) {
        let (word, said) = match said.answers.get(number) {
            Some(Answer::Missing(why)) => ("**missing:**", refused(why)),
            Some(Answer::Unknown(why)) => ("not known:", why.clone()),
            Some(Answer::Allowed) | None => continue,
        };
        let _ = writeln!(rows, "- {word} {}\n  - {}", right(grant), sentence(&said));
        for reason in &grant.reasons {
            let _ = writeln!(rows, "  - {}", needed_by(reason));
        }
    }
    if !rows.is_empty() {
        let _ = write!(page, "\n{rows}");
    }
}
