//! The bundle as it was, in the place of a cluster: what a change of chaos.toml comes to, without asking any server.

use std::collections::HashMap;

use rayon::prelude::*;
use serde_json::Value;

use super::desired::{Desired, complete};
use super::origins::Origins;
use crate::bundle::Bundle;
use crate::diff::change_set::Compared;
use crate::inventory;
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::Resource;
use crate::plan::apart::Common;
use crate::snapshot::{ApplyAnswer, Observed, Snapshot, Wishes};

/// Returns the objects of the bundle with the label of their set; `common` is where those come from that the earlier bundle
/// has as well, of which nobody asks more.
///
/// The hashes that the inventory records are left out, because no file has an inventory.
pub fn desired(bundle: &mut Bundle, origins: &Origins, common: &Common) -> Vec<Wanted> {
    let set = inventory::id(&bundle.name, &bundle.namespace);
    let manifests = std::mem::take(&mut bundle.manifests);
    let wanted = manifests.into_par_iter().map(|manifest| {
        let is_common = common.has(&manifest.at);
        let mut object = manifest.object;
        complete(&mut object, &set);
        let desired = Desired {
            id: manifest.id,
            origin: Some(origins.get(&manifest.at)),
            object,
            inputs: String::new(),
            content: String::new(),
            is_scaled: manifest.is_scaled,
        };
        Wanted { desired, is_common }
    });
    wanted.collect()
}

/// An object of the bundle, and whether the earlier bundle has the same.
pub struct Wanted {
    desired: Desired,
    is_common: bool,
}

/// Returns the snapshot of a cluster that has exactly the objects of an earlier bundle; `None`: nothing at all. What the two
/// have in common need not be in it.
pub fn against(
    bundle: &Bundle,
    wanted: Vec<Wanted>,
    before: Option<Bundle>,
    compared: Compared,
    wishes: Wishes,
    notes: Vec<String>,
) -> Snapshot {
    let set = inventory::id(&bundle.name, &bundle.namespace);
    // What goes is found by the set: an apply of this one does not know of the other's.
    let is_same_set = before.as_ref().is_none_or(|before| inventory::id(&before.name, &before.namespace) == set);
    let manifests = before.map(|bundle| bundle.manifests).unwrap_or_default();
    let earlier = manifests.into_par_iter().enumerate().map(|(index, manifest)| {
        let mut object = manifest.object;
        complete(&mut object, &set);
        (unversioned(&manifest.id), (index, object))
    });
    let mut earlier: HashMap<ObjectId, (usize, Value)> = earlier.collect::<Vec<_>>().into_iter().collect();
    let objects: Vec<Observed> = wanted
        .into_iter()
        .map(|Wanted { desired, is_common }| {
            if is_common {
                return seen(desired, None, ApplyAnswer::Same);
            }
            let live = earlier.remove(&unversioned(&desired.id)).map(|(_, object)| object);
            let is_same = live.as_ref() == Some(&desired.object);
            let answer = if is_same { ApplyAnswer::Same } else { ApplyAnswer::Exact };
            seen(desired, live.filter(|_| !is_same), answer)
        })
        .collect();
    let mut stale: Vec<(usize, Value)> = earlier.into_values().filter(|_| is_same_set).collect();
    stale.sort_by_key(|(index, _)| *index);
    Snapshot {
        bundle: bundle.name.clone(),
        namespace: bundle.namespace.clone(),
        source: None,
        compared,
        wishes,
        set,
        objects,
        stale: stale.into_iter().map(|(_, object)| object).collect(),
        notes,
        warnings: Vec::new(),
        ..Snapshot::default()
    }
}

/// Returns what makes an object this one: the version of its API may change.
fn unversioned(id: &ObjectId) -> ObjectId {
    ObjectId { api_version: id.group().to_owned(), ..id.clone() }
}

fn seen(desired: Desired, live: Option<Value>, answer: ApplyAnswer) -> Observed {
    let plural = Resource::built_in(&desired.id.api_version, &desired.id.kind).map(|resource| resource.plural);
    desired.observed(plural, live, answer)
}
