//! The bundle as it was, in the place of a cluster: what a change of chaos.toml comes to, without asking any server.

use std::collections::HashMap;

use rayon::prelude::*;
use serde_json::Value;

use super::Subject;
use super::desired::{Desired, label};
use crate::bundle::Bundle;
use crate::diff::change_set::Compared;
use crate::inventory;
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::Resource;
use crate::snapshot::{ApplyAnswer, Observed, Snapshot};

/// Returns the snapshot of a cluster that has exactly the objects of an earlier bundle; `None`: nothing at all.
///
/// The inventory is left out: it is made by apply, and no file has it.
pub fn against(subject: Subject, before: Option<Bundle>, compared: Compared, notes: Vec<String>) -> Snapshot {
    let set = inventory::id(&subject.bundle, &subject.namespace);
    let manifests = before.map(|bundle| bundle.manifests).unwrap_or_default();
    let earlier = manifests.into_par_iter().enumerate().map(|(index, manifest)| {
        let mut object = manifest.object;
        // Whose it was is no question: it is the same bundle, whatever it was called.
        label(&mut object, &set);
        (unversioned(&manifest.id), (index, object))
    });
    let mut earlier: HashMap<ObjectId, (usize, Value)> = earlier.collect::<Vec<_>>().into_iter().collect();
    let desired = subject.desired.into_iter().filter(|one| one.origin.is_some());
    let pairs = desired.map(|one| {
        let live = earlier.remove(&unversioned(&one.id)).map(|(_, object)| object);
        (one, live)
    });
    let pairs: Vec<(Desired, Option<Value>)> = pairs.collect();
    let objects: Vec<Observed> = pairs.into_par_iter().map(|(one, live)| observed(one, live)).collect();
    let mut stale: Vec<(usize, Value)> = earlier.into_values().collect();
    stale.sort_by_key(|(index, _)| *index);
    Snapshot {
        bundle: subject.bundle,
        namespace: subject.namespace,
        compared,
        wishes: subject.wishes,
        set,
        objects,
        stale: stale.into_iter().map(|(_, object)| object).collect(),
        notes,
        ..Snapshot::default()
    }
}

/// Returns what makes an object this one: the version of its API may change.
fn unversioned(id: &ObjectId) -> ObjectId {
    ObjectId { api_version: id.group().to_owned(), ..id.clone() }
}

fn observed(desired: Desired, live: Option<Value>) -> Observed {
    let is_same = live.as_ref() == Some(&desired.object);
    let answer = if is_same { ApplyAnswer::Same } else { ApplyAnswer::Exact };
    let plural = Resource::built_in(&desired.id.api_version, &desired.id.kind).map(|resource| resource.plural);
    desired.observed(plural, live.filter(|_| !is_same), answer)
}
