//! Keeping the inventory: before anything is written it knows the kinds of before and after, in the end those that are there.
//!
//! So an apply that is killed in the middle leaves nothing behind that a later one could not find (Kubernetes enhancement
//! 3659, "`ApplySet`").

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Apply;
use super::report::{Failure, Outcome};
use crate::diff::Action;
use crate::inventory::{self, INPUTS, OBJECTS, Recorded};
use crate::kubernetes::ObjectId;
use crate::snapshot::Observed;

impl<'a> Apply<'a> {
    /// Writes the kinds of before and after, with the hashes of before; nothing if they stand there already.
    pub(super) async fn widen_inventory(&mut self) {
        let Some((row, object)) = self.parent() else { return };
        let before = self.snapshot.inventory.as_ref();
        let recorded = before.map(inventory::recorded).unwrap_or_default();
        let mut wide = object.desired.clone();
        widen(&mut wide, &recorded);
        if let Some(before) = before {
            wide["data"] = before["data"].clone();
            if has_all(&recorded, &inventory::recorded(&wide)) {
                return;
            }
        } else {
            wide["data"] = json!({ (INPUTS): "", (OBJECTS): "" });
        }
        // What was adopted is there, although it was no inventory.
        let live = before.or(object.live.as_ref());
        if let Outcome::Failed(failure) = self.write_parent(object, live, wide).await {
            self.blocked = Some(format!("the inventory was not written: {}", failure.reason));
            self.outcomes[row] = Some(Outcome::Failed(failure));
        }
    }

    /// Writes what is there in the end.
    pub(super) async fn settle_inventory(&mut self) {
        let Some((row, object)) = self.parent() else { return };
        if self.outcomes[row].is_some() {
            return;
        }
        let outcome = match self.read_parent(object).await {
            Ok(now) => {
                let settled = self.settled_parent(object, now.as_ref());
                self.write_parent(object, now.as_ref(), settled).await
            }
            Err(failure) => Outcome::Failed(failure),
        };
        self.outcomes[row] = Some(outcome);
    }

    /// Returns the inventory with the hashes of what was applied, and the kinds of what stays although it should not.
    fn settled_parent(&self, object: &Observed, now: Option<&Value>) -> Value {
        let left = self.left();
        let mut settled = object.desired.clone();
        let stays: Vec<ObjectId> = self.staying();
        let waits = (0..self.changes.changes.len()).any(|row| self.waits(row));
        if left.is_empty() && stays.is_empty() && !waits && !self.interrupt.is_wanted() {
            return settled;
        }
        let is_there = |object: &&Observed| {
            let row = self.rows.get(&object.id);
            let is_applied =
                row.is_none_or(|row| self.outcomes[*row].as_ref().is_none_or(Outcome::is_done) && !self.waits(*row));
            object.origin.is_some() && is_applied
        };
        let there: Vec<&Observed> = self.snapshot.objects.iter().filter(is_there).collect();
        let lines = |hashes: BTreeSet<&str>| hashes.into_iter().collect::<Vec<_>>().join("\n");
        settled["data"] = json!({
            (INPUTS): lines(there.iter().map(|one| one.inputs.as_str()).collect()),
            (OBJECTS): lines(there.iter().map(|one| one.content.as_str()).collect()),
        });
        widen(&mut settled, &now.map(inventory::recorded).unwrap_or_default());
        inventory::include(&mut settled, &self.snapshot.namespace, &stays);
        settled
    }

    /// Returns whether a change of an object waits for the end of a run; a Job that stays has run what it says.
    fn waits(&self, row: usize) -> bool {
        let change = &self.changes.changes[row];
        change.action == Action::Keep && change.origin.is_some() && change.id.kind != "Job"
    }

    /// Returns the row and the object of the inventory, if it is to be written.
    fn parent(&self) -> Option<(usize, &'a Observed)> {
        let object = self.snapshot.objects.iter().find(|object| object.origin.is_none())?;
        let row = *self.rows.get(&object.id)?;
        self.changes.changes[row].action.writes().then_some((row, object))
    }

    async fn write_parent(&self, object: &Observed, live: Option<&Value>, desired: Value) -> Outcome {
        let Some(target) = self.target(&object.id) else { return super::unknown_kind(&object.id) };
        let sent = Observed { desired, ..object.clone() };
        match live {
            None => target.create(&sent).await,
            Some(live) => target.update(&sent, live, self.snapshot.wishes.force_conflicts).await,
        }
    }

    async fn read_parent(&self, object: &Observed) -> Result<Option<Value>, Failure> {
        match self.target(&object.id) {
            Some(target) => target.read().await,
            None => Ok(None),
        }
    }
}

/// Adds the kinds and namespaces of another inventory.
fn widen(parent: &mut Value, other: &Recorded) {
    let ids: Vec<ObjectId> = other
        .kinds
        .iter()
        .map(|(kind, group)| ObjectId {
            api_version: if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") },
            kind: kind.clone(),
            namespace: None,
            name: String::new(),
        })
        .chain(other.namespaces.iter().map(|namespace| ObjectId {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            namespace: Some(namespace.clone()),
            name: String::new(),
        }))
        .collect();
    let own = parent["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    inventory::include(parent, &own, &ids);
}

/// Returns whether an inventory knows all kinds and namespaces of another one.
fn has_all(this: &Recorded, other: &Recorded) -> bool {
    other.kinds.iter().all(|kind| this.kinds.contains(kind))
        && other.namespaces.iter().all(|namespace| this.namespaces.contains(namespace))
}
