//! `chaosc diff`: what apply would do.

use super::{Outcome, checked, planned, with_cluster};
use crate::cli::Diff;
use crate::diff::{self, ChangeSet, Verdict};
use crate::error::Error;
use crate::observe::origins::Origins;
use crate::observe::{self, Subject};
use crate::render;
use crate::snapshot::Wishes;
use crate::source::origin;
use crate::terminal::Terminal;

pub(super) fn diff(terminal: Terminal, args: &Diff) -> Result<Outcome, Error> {
    let Some((config, source)) = checked(terminal, &args.file.file)? else { return Ok(Outcome::Failed) };
    let origins = Origins::of(&config, &source);
    drop(source);
    let plan = planned(terminal, config);
    let mut bundle = render::render(&plan)?;
    drop(plan);
    let desired = observe::desired::desired(&mut bundle, &origins, origin::origin(&args.file.file).as_deref());
    drop(origins);
    let subject = Subject {
        bundle: bundle.name,
        namespace: bundle.namespace,
        desired,
        marks: bundle.marks,
        wishes: Wishes { force_conflicts: args.force_conflicts, adopt: args.adopt, replace: args.replace.clone() },
        is_thorough: args.thorough,
    };
    let snapshot = with_cluster(terminal, &args.cluster, &bundle.contexts, async |cluster| {
        if let Some(uid) = &bundle.cluster_uid {
            cluster.require_uid(uid).await?;
        }
        Ok(observe::observe(cluster, subject).await?)
    })?;
    let changes = diff::diff(&snapshot);
    // Where all is new, each row holds an object of its own, and the texts are as large again.
    drop(snapshot);
    terminal.results(diff::view::view(&changes, args.format))?;
    Ok(outcome(&changes, args.exit_code))
}

fn outcome(changes: &ChangeSet, tells: bool) -> Outcome {
    match changes.verdict() {
        Verdict::Errors => Outcome::Failed,
        Verdict::Changes if tells => Outcome::Changes,
        Verdict::Changes | Verdict::Nothing => Outcome::Done,
    }
}
