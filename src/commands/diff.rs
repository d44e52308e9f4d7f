//! `chaosc diff`: what apply would do.

use std::path::Path;

use super::{Outcome, checked, planned, with_cluster};
use crate::bundle::Bundle;
use crate::cli::{self, Diff};
use crate::cluster::Cluster;
use crate::diff::{self, ChangeSet, Verdict};
use crate::error::Error;
use crate::observe::origins::Origins;
use crate::observe::{self, Subject};
use crate::render;
use crate::snapshot::{Snapshot, Wishes};
use crate::source::origin;
use crate::terminal::Terminal;

pub(super) fn diff(terminal: Terminal, args: &Diff) -> Result<Outcome, Error> {
    let Some((subject, bundle)) = subject(terminal, &args.file.file, &args.wishes)? else { return Ok(Outcome::Failed) };
    let changes = with_cluster(terminal, &args.cluster, &bundle.contexts, async |cluster, _| {
        let (_, changes) = look(cluster, subject, &bundle).await?;
        // Where all is new, each row holds an object of its own, and the texts are as large again: the snapshot goes first.
        Ok(changes)
    })?;
    terminal.results(diff::view::view(&changes, args.format))?;
    Ok(outcome(&changes, args.exit_code))
}

/// Goes the line as far as what is to be observed; nothing if the user's files have a fault. The bundle has no manifests
/// any more.
pub(super) fn subject(
    terminal: Terminal,
    file: &Path,
    wishes: &cli::Wishes,
) -> Result<Option<(Subject, Bundle)>, Error> {
    let Some((config, source)) = checked(terminal, file)? else { return Ok(None) };
    let origins = Origins::of(&config, &source);
    drop(source);
    let plan = planned(terminal, config);
    let mut bundle = render::render(&plan)?;
    drop(plan);
    let desired = observe::desired::desired(&mut bundle, &origins, origin::origin(file).as_deref());
    let subject = Subject {
        bundle: bundle.name.clone(),
        namespace: bundle.namespace.clone(),
        desired,
        marks: std::mem::take(&mut bundle.marks),
        wishes: Wishes {
            force_conflicts: wishes.force_conflicts,
            adopt: wishes.adopt,
            replace: wishes.replace.clone(),
            end_runs: wishes.end_runs,
            ..Wishes::default()
        },
        is_thorough: wishes.thorough,
    };
    Ok(Some((subject, bundle)))
}

/// Goes the rest of the line: looks at the cluster, if it is the right one, and works out the changes.
pub(super) async fn look(cluster: &Cluster, subject: Subject, bundle: &Bundle) -> Result<(Snapshot, ChangeSet), Error> {
    if let Some(uid) = &bundle.cluster_uid {
        cluster.require_uid(uid).await?;
    }
    let snapshot = observe::observe(cluster, subject).await?;
    let changes = diff::diff(&snapshot);
    Ok((snapshot, changes))
}

fn outcome(changes: &ChangeSet, tells: bool) -> Outcome {
    match changes.verdict() {
        Verdict::Errors => Outcome::Failed,
        Verdict::Changes if tells => Outcome::Changes,
        Verdict::Changes | Verdict::Nothing => Outcome::Done,
    }
}
