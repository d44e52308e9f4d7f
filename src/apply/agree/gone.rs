//! Whether what was to be deleted is gone: that nothing is to be done about it now may have another reason.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::apply::AT_A_TIME;
use crate::apply::changes_file::ChangesFile;
use crate::apply::changes_file::row::{Row, Subjects};
use crate::cluster::{Cluster, ClusterError, Request};
use crate::diff::{Action, ChangeSet};
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::{Resource, version_address};
use crate::snapshot::Snapshot;

/// What became of an object that was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftover {
    /// It is gone; there may be another one of its name, which is none of ours.
    Gone,
    /// It is there, and the diff has not found it: it carries the label of the set no more.
    There,
    /// It may not be read.
    Unknown(String),
}

/// Returns the rows of objects that were to be deleted, and of which the diff has not found anything.
pub fn unaccounted<'f>(file: &'f ChangesFile, snapshot: &Snapshot, changes: &ChangeSet) -> Vec<&'f Row> {
    let subjects = Subjects::of(snapshot);
    let found: BTreeSet<&ObjectId> = changes.changes.iter().map(|change| &change.id).collect();
    let is_known = |id: &ObjectId| subjects.is_inventory(id) || subjects.desired(id).is_some() || found.contains(id);
    file.rows.iter().filter(|row| row.action == Action::Delete && !is_known(&row.id)).collect()
}

/// Finds out what became of them.
///
/// # Errors
///
/// [`ClusterError`] if the cluster cannot be asked.
pub async fn look<'f>(
    cluster: &Cluster,
    snapshot: &Snapshot,
    rows: Vec<&'f Row>,
) -> Result<BTreeMap<&'f ObjectId, Leftover>, ClusterError> {
    stream::iter(rows)
        .map(|row| async { Ok((&row.id, look_at(cluster, snapshot, row).await?)) })
        .buffer_unordered(AT_A_TIME)
        .try_collect()
        .await
}

async fn look_at(cluster: &Cluster, snapshot: &Snapshot, row: &Row) -> Result<Leftover, ClusterError> {
    let id = &row.id;
    let mut known = snapshot.resource(id).cloned().or_else(|| Resource::built_in(&id.api_version, &id.kind));
    if known.is_none() {
        // The inventory does not know the kind any more, because the last object of it went.
        let answer = cluster.send(Request::get(version_address(&id.api_version))).await?;
        if !answer.is_success() && answer.status != 404 {
            return Ok(Leftover::Unknown(answer.failure().told()));
        }
        known = Resource::in_list(&answer.json(), &id.api_version, &id.kind);
    }
    let Some(resource) = known else { return Ok(Leftover::Gone) };
    let answer = cluster.send(Request::get(resource.object(id.namespace.as_deref(), &id.name))).await?;
    Ok(match answer.status {
        404 => Leftover::Gone,
        _ if !answer.is_success() => Leftover::Unknown(answer.failure().told()),
        _ => {
            let uid = answer.json()["metadata"]["uid"].as_str().map(str::to_owned);
            if uid == row.seen.as_ref().map(|seen| seen.uid.clone()) { Leftover::There } else { Leftover::Gone }
        }
    })
}
