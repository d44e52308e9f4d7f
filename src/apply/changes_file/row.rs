//! One row of a changes file: what was seen of an object, and what it is to become.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::Key;
use crate::apply::seen::{self, Watched};
use crate::diff::{Action, Change};
use crate::inventory;
use crate::kubernetes::ObjectId;
use crate::observe::desired::REPLICAS;
use crate::plan::canonical;
use crate::snapshot::{ApplyAnswer, Observed, Snapshot};

/// What was shown of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// The object.
    #[serde(rename = "object", with = "IdForm")]
    pub id: ObjectId,
    /// What is to be done with it.
    #[serde(with = "ActionForm")]
    pub action: Action,
    /// How it was seen; nothing if it did not exist or was not seen.
    pub seen: Option<Seen>,
    /// What it is to become; nothing for what is no longer desired.
    pub planned: Option<Planned>,
    /// Whether that would end a running experiment.
    pub ends_run: bool,
}

/// How an object was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Seen {
    /// Which object of this name it was.
    pub uid: String,
    /// The keyed hash of what matters of its state ([`seen::Digest`]).
    pub digest: String,
    /// Whether the server has judged what would be sent; without its answer other fields matter.
    pub judged: bool,
}

/// What an object is to become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Planned {
    /// The keyed hash of [`Observed::content`]; an object that is as it should be has this one, and no more is known of it.
    pub content: String,
    /// The keyed hash of what is sent for it, without what follows an autoscaler.
    pub sent: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ObjectId", deny_unknown_fields, rename_all = "kebab-case")]
struct IdForm {
    api_version: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Action", rename_all = "lowercase")]
enum ActionForm {
    Create,
    Update,
    Replace,
    Delete,
    Keep,
    Conflict,
    Refused,
    Error,
}

/// The objects of a snapshot, by what identifies them.
pub struct Subjects<'s> {
    desired: BTreeMap<&'s ObjectId, &'s Observed>,
    leaving: BTreeMap<ObjectId, &'s Value>,
    inventory: (&'s str, String),
}

impl<'s> Subjects<'s> {
    /// Finds the objects.
    pub fn of(snapshot: &'s Snapshot) -> Subjects<'s> {
        let leaving = snapshot.stale.iter().chain(&snapshot.inventory);
        Subjects {
            desired: snapshot.objects.iter().map(|object| (&object.id, object)).collect(),
            leaving: leaving.filter_map(|object| Some((ObjectId::of(object).ok()?, object))).collect(),
            inventory: (&snapshot.namespace, inventory::name(&snapshot.bundle)),
        }
    }

    /// Returns an object that is desired.
    pub fn desired(&self, id: &ObjectId) -> Option<&'s Observed> {
        self.desired.get(id).copied()
    }

    /// Returns whether an object that is no longer desired is being deleted.
    pub fn is_going(&self, id: &ObjectId) -> bool {
        self.leaving.get(id).is_some_and(|live| live["metadata"]["deletionTimestamp"].is_string())
    }

    /// Returns whether an object is the inventory, which an apply widens before it does anything else.
    pub fn is_inventory(&self, id: &ObjectId) -> bool {
        let (namespace, name) = &self.inventory;
        id.group().is_empty()
            && id.kind == "ConfigMap"
            && id.namespace.as_deref() == Some(namespace)
            && id.name == *name
    }

    /// Returns the row of a change; `as_judged` has the fields watched that mattered when it was recorded.
    pub fn row(&self, key: &Key, change: &Change, as_judged: Option<bool>) -> Row {
        let desired = self.desired(&change.id);
        let leaving = || self.leaving.get(&change.id).map(|live| (Watched::of_leaving(live).look(live), false));
        let watched = desired.map_or_else(leaving, |object| {
            let judged = matches!(object.answer, ApplyAnswer::Merged { .. });
            let is_wanted = as_judged.unwrap_or(judged) && judged;
            let watched = if is_wanted { Watched::of(object) } else { Watched::of_unjudged(object) };
            object.live.as_ref().map(|live| (watched.look(live), judged))
        });
        Row {
            id: change.id.clone(),
            action: change.action,
            seen: watched.map(|(watched, judged)| seen(key, &change.id, watched, judged)),
            planned: desired.map(|object| planned(key, object)),
            ends_run: change.ends_run.is_some(),
        }
    }
}

fn seen(key: &Key, id: &ObjectId, seen: seen::Seen, judged: bool) -> Seen {
    Seen { digest: key.hash(&["digest", &name(id)], &seen.digest), uid: seen.uid, judged }
}

fn planned(key: &Key, object: &Observed) -> Planned {
    let mut sent = object.desired.clone();
    if object.is_scaled
        && let Some((parent, field)) = REPLICAS.rsplit_once('/')
        && let Some(parent) = sent.pointer_mut(parent).and_then(Value::as_object_mut)
    {
        parent.remove(field);
    }
    let bytes = canonical::json(&sent);
    Planned {
        content: content(key, object),
        sent: key.hash(&["sent", &name(&object.id), &object.content], bytes.as_bytes()),
    }
}

/// Returns the keyed hash of the state that an object is to be in.
pub fn content(key: &Key, object: &Observed) -> String {
    key.hash(&["content", &name(&object.id)], object.content.as_bytes())
}

/// Returns a text for an identity, whose parts hold no slash but for the one of the version.
fn name(id: &ObjectId) -> String {
    format!("{}/{}/{}/{}", id.api_version, id.kind, id.namespace.as_deref().unwrap_or_default(), id.name)
}
