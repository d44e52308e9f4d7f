//! Giving up: everything stays as it is, for whoever owns it next.
//!
//! An apply of nothing would take the fields away that nobody else owns. So it is the entry of `managedFields` that is
//! removed (Kubernetes documentation, "Server-Side Apply", "Clearing managedFields"), with the label of the set.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::AT_A_TIME;
use super::delete::Dependents;
use super::report::{Failure, Outcome, Report, Row};
use super::seen::Watched;
use super::write::Target;
use crate::cluster::Cluster;
use crate::cluster::{Request, pause};
use crate::diff::Action;
use crate::diff::retention::MADE;
use crate::inventory::{MANAGER, PART_OF};
use crate::kubernetes::{ObjectId, managed_fields};
use crate::snapshot::Snapshot;

/// How many times one object is tried at most: others may write to it at the same time.
const ATTEMPTS: usize = 5;

/// Returns what [`release`] would give up: everything that carries the label of the set.
pub fn members(snapshot: &Snapshot) -> Vec<ObjectId> {
    snapshot.stale.iter().filter_map(|object| ObjectId::of(object).ok()).collect()
}

/// Gives up the objects of a bundle, of which nothing is desired any more, and deletes its inventory.
pub async fn release(cluster: &Cluster, snapshot: &Snapshot) -> Report {
    let mut rows: Vec<Row> = stream::iter(members(snapshot))
        .map(|id| async {
            let outcome = match target(cluster, snapshot, &id) {
                Some(target) => target.give_up().await.unwrap_or_else(Outcome::Failed),
                None => super::unknown_kind(&id),
            };
            Row { id, action: Action::Keep, outcome }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let is_all = rows.iter().all(|row| row.outcome.is_done());
    if let Some(parent) = &snapshot.inventory
        && let Ok(id) = ObjectId::of(parent)
    {
        let outcome = match target(cluster, snapshot, &id).filter(|_| is_all) {
            Some(target) => target.delete(parent, &Watched::of_leaving(parent), Dependents::Background, None).await,
            None => Outcome::NotTried("something of the bundle still belongs to it".to_owned()),
        };
        rows.push(Row { id, action: Action::Delete, outcome });
    }
    Report { rows, ..Report::default() }
}

fn target<'t>(cluster: &'t Cluster, snapshot: &'t Snapshot, id: &'t ObjectId) -> Option<Target<'t>> {
    let resource = snapshot.resource(id)?;
    Some(Target { cluster, resource, namespace: id.namespace.as_deref(), name: &id.name })
}

impl Target<'_> {
    /// Gives up one object as it is now.
    async fn give_up(&self) -> Result<Outcome, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let Some(now) = self.read().await? else { return Ok(Outcome::Already) };
            let Some(patch) = patch(&now) else { return Ok(Outcome::Already) };
            let request = Request {
                method: http::Method::PATCH,
                path: format!("{}?fieldManager={MANAGER}", self.path()),
                body: Some(("application/json-patch+json", patch.to_string().into_bytes())),
            };
            let reason = match self.cluster.write(request).await {
                Ok(answer) if answer.is_success() => return Ok(Outcome::Done),
                Ok(answer) if matches!(answer.status, 400 | 401 | 403 | 405) => {
                    let reason = format!("the server refuses it: {}", answer.failure().told());
                    return Err(Failure { reason, hints: Vec::new() });
                }
                // 422 is the version's test that failed: somebody has written to it.
                Ok(answer) => answer.failure().told(),
                Err(error) => error.to_string(),
            };
            if attempt >= ATTEMPTS {
                return Err(Failure::new(format!("it was tried {attempt} times: {reason}"), "run it again"));
            }
            sleep(pause(attempt)).await;
        }
    }
}

/// Returns the operations that give an object up (RFC 6902); nothing if there is nothing of ours in it.
fn patch(now: &Value) -> Option<Value> {
    let metadata = &now["metadata"];
    let mut operations =
        vec![json!({"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]})];
    // From the last to the first: each removal moves those behind it.
    let entries: Vec<managed_fields::Entry<'_>> = managed_fields::entries(now).collect();
    for (at, _) in entries.iter().enumerate().rev().filter(|(_, entry)| entry.manager == MANAGER) {
        operations.push(json!({"op": "remove", "path": format!("/metadata/managedFields/{at}")}));
    }
    for (fields, name) in [("labels", PART_OF), ("annotations", MADE)] {
        if metadata[fields].get(name).is_some() {
            operations.push(json!({"op": "remove", "path": format!("/metadata/{fields}/{}", name.replace('/', "~1"))}));
        }
    }
    (operations.len() > 1).then_some(Value::Array(operations))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_removed() {
        let entry = |manager: &str| json!({"manager": manager, "operation": "Apply", "fieldsV1": {}});
        let object = json!({"metadata": {
            "resourceVersion": "7", "labels": {(PART_OF): "x", "app": "shop"}, "annotations": {"a": "b"},
            "managedFields": [entry("chaosc"), entry("argocd-controller"), entry("chaosc")],
        }});
        let expected = json!([
            {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "remove", "path": "/metadata/managedFields/2"},
            {"op": "remove", "path": "/metadata/managedFields/0"},
            {"op": "remove", "path": "/metadata/labels/applyset.kubernetes.io~1part-of"},
        ]);
        assert_eq!(patch(&object), Some(expected));
        assert_eq!(patch(&json!({"metadata": {"resourceVersion": "7"}})), None);
    }
}
