//! `chaosc diff`: what apply would do.

use std::path::Path;

use super::{Outcome, against, changes_file, checked, planned, with_cluster};
use crate::apply::changes_file::ChangesFile;
use crate::apply::changes_file::error::ChangesError;
use crate::apply::changes_file::key::Key;
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
    if let Some(against) = &args.against {
        return against::against(terminal, args, against);
    }
    args.save.as_deref().map_or(Ok(()), changes_file::make_sure_of)?;
    let Some((subject, bundle)) = subject(terminal, &args.file.file, &args.wishes)? else { return Ok(Outcome::Failed) };
    let (changes, recorded) = with_cluster(terminal, &args.cluster, &bundle.contexts, async |cluster, _| {
        let (snapshot, changes) = look(cluster, subject, &bundle).await?;
        let recorded = match &args.save {
            Some(path) => Some((path, record(cluster, &snapshot, &changes, args.wishes.thorough).await?)),
            None => None,
        };
        Ok((changes, recorded))
    })?;
    // Where all is new, each row holds an object of its own, and the texts are as large again: the snapshot is gone by now.
    terminal.results(diff::view::view(&changes, args.format))?;
    if let Some((path, file)) = recorded {
        changes_file::write(path, &file)?;
        let path = path.display();
        terminal.status(&format!("saved as `{path}`; `chaosc apply {path}` does exactly this, or nothing"));
    }
    Ok(outcome(&changes, args.exit_code))
}

/// Records what was shown.
async fn record(
    cluster: &Cluster,
    snapshot: &Snapshot,
    changes: &ChangeSet,
    is_thorough: bool,
) -> Result<ChangesFile, Error> {
    let key = Key::random().map_err(ChangesError::NoRandomness)?;
    let identity = cluster.identity(&snapshot.namespace).await?;
    Ok(ChangesFile::record(key, identity, snapshot, changes, is_thorough))
}

/// Goes the line as far as what is to be observed; nothing if the user's files have a fault. The bundle has no manifests
/// any more.
pub(super) fn subject(
    terminal: Terminal,
    file: &Path,
    given: &cli::Wishes,
) -> Result<Option<(Subject, Bundle)>, Error> {
    let Some((config, source)) = checked(terminal, file)? else { return Ok(None) };
    let origins = Origins::of(&config, &source);
    rayon::spawn(move || drop(source));
    let plan = planned(terminal, config);
    let mut bundle = render::render(&plan)?;
    rayon::spawn(move || drop(plan));
    let source = origin::origin(file);
    let desired = observe::desired::desired(&mut bundle, &origins, source.as_deref());
    let subject = Subject {
        bundle: bundle.name.clone(),
        namespace: bundle.namespace.clone(),
        source,
        desired,
        marks: std::mem::take(&mut bundle.marks),
        wishes: wishes(given),
        is_thorough: given.thorough,
    };
    Ok(Some((subject, bundle)))
}

/// Returns what the user wants done where the answer is not obvious.
pub(super) fn wishes(wishes: &cli::Wishes) -> Wishes {
    Wishes {
        force_conflicts: wishes.force_conflicts,
        adopt: wishes.adopt,
        replace: wishes.replace.clone(),
        end_runs: wishes.end_runs,
        ..Wishes::default()
    }
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

pub(super) fn outcome(changes: &ChangeSet, tells: bool) -> Outcome {
    match changes.verdict() {
        Verdict::Errors => Outcome::Failed,
        Verdict::Changes if tells => Outcome::Changes,
        Verdict::Changes | Verdict::Nothing => Outcome::Done,
    }
}
