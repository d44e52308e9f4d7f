//! The snapshot: what was seen in the cluster, object by object, before anything is judged.

use serde_json::Value;

use crate::cluster::Status;
use crate::diff::change_set::{Compared, Origin};
use crate::diff::retention::Grounds;
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::Resource;
use crate::plan::marks::Mark;

/// What was seen of a bundle in a cluster.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// The bundle's name.
    pub bundle: String,
    /// The bundle's namespace.
    pub namespace: String,
    /// Where the bundle comes from, as the inventory records it.
    pub source: Option<String>,
    /// Which cluster was looked at, and as whom.
    pub compared: Compared,
    /// What the user wants done where the answer is not obvious.
    pub wishes: Wishes,
    /// The value of the label that the objects of the bundle carry.
    pub set: String,
    /// Where the server keeps the kinds of all these objects.
    pub resources: Vec<Resource>,
    /// The objects of the bundle in the order of apply; the inventory is one of them.
    pub objects: Vec<Observed>,
    /// Objects that carry the label of the bundle and are no longer desired, as the cluster has them.
    pub stale: Vec<Value>,
    /// The inventory as the last apply left it.
    pub inventory: Option<Value>,
    /// The Jobs of the bundle's schedules that have not ended.
    pub running: Vec<RunningJob>,
    /// The fields that experiments of the bundle patch.
    pub marks: Vec<Mark>,
    /// What could not be looked at, and why; one sentence each.
    pub notes: Vec<String>,
    /// What the server warned of.
    pub warnings: Vec<Warning>,
}

/// A warning of the server, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The objects that it is about; empty where it is about a whole kind.
    pub about: String,
    /// What the server says.
    pub text: String,
}

impl Warning {
    /// Returns the sentence that says it; `masked` takes the secrets out of the server's words.
    pub fn told(&self, masked: impl FnOnce(&str) -> String) -> String {
        let about = if self.about.is_empty() { String::new() } else { format!(" about {}", self.about) };
        format!("the server warns{about}: {}", masked(&self.text))
    }
}

/// What the user wants done where the answer is not obvious.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // Each is a wish of its own.
pub struct Wishes {
    /// Take fields from other field managers.
    pub force_conflicts: bool,
    /// Take over objects that belong to somebody else.
    pub adopt: bool,
    /// Objects that may be replaced although that loses something, as `KIND/NAME`.
    pub replace: Vec<String>,
    /// End running experiments whose objects change or go, with their rollbacks.
    pub end_runs: bool,
    /// Delete the namespace, too, if apply has made it.
    pub include_namespace: bool,
    /// Delete volumes and claims of volumes, too, with what is in them.
    pub include_volumes: bool,
}

/// One object of the bundle, and what is known of it in the cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Its identity.
    pub id: ObjectId,
    /// Where it comes from; `None` for the inventory.
    pub origin: Option<Origin>,
    /// The kind's name in addresses, such as `deployments`; `None` if the server does not know the kind.
    pub plural: Option<String>,
    /// The object that apply would send; null where it is the same in the cluster and nobody else touched it.
    pub desired: Value,
    /// A hash of its identity and of what its author wrote.
    pub inputs: String,
    /// A hash of its identity and of the object itself.
    pub content: String,
    /// Whether an autoscaler of the bundle decides about its `replicas`.
    pub is_scaled: bool,
    /// The object in the cluster, if it is there and still of interest.
    pub live: Option<Value>,
    /// What is known about applying it.
    pub answer: ApplyAnswer,
}

/// What is known about applying one object.
#[derive(Debug, Clone, PartialEq)]
pub enum ApplyAnswer {
    /// It would change nothing: the object owns exactly what is sent, with equal values.
    Same,
    /// The server makes the new object as it is sent; what it fills in by itself is shown to nobody, and not kept.
    Taken,
    /// The server said what would come out.
    Merged {
        /// The object after the apply.
        object: Value,
        /// Fields that other managers own with other values; `object` has ours all the same.
        conflicts: Vec<(String, String)>,
    },
    /// The server refused.
    Refused {
        /// What it said.
        status: Status,
        /// Fields that other managers own with other values; where the object is made anew, they are lost.
        conflicts: Vec<(String, String)>,
    },
    /// The object may not be read, so that nothing was asked about it.
    Unreadable(Status),
    /// No server was meant to be asked: what would be sent is what would be there.
    Exact,
    /// The server could not be asked, so that only the files were checked; what came of it, and why.
    Unverified {
        /// Why the server could not be asked.
        reason: String,
        /// What is wrong with the object's fields, as far as the embedded schemas know: pointer and message.
        problems: Vec<(String, String)>,
    },
}

impl ApplyAnswer {
    /// Returns whether the server has taken the object in a dry-run.
    pub fn is_judged(&self) -> bool {
        matches!(self, ApplyAnswer::Taken | ApplyAnswer::Merged { .. })
    }
}

impl Snapshot {
    /// Returns where the server keeps a kind; nothing if it does not know it.
    pub fn resource(&self, id: &ObjectId) -> Option<&Resource> {
        self.resources.iter().find(|one| one.api_version == id.api_version && one.kind == id.kind)
    }

    /// Returns what decides about what stays while experiments run.
    pub(crate) fn grounds(&self) -> Grounds<'_> {
        let Snapshot { bundle, namespace, wishes, running, marks, resources, .. } = self;
        Grounds { bundle, own: namespace, wishes, is_delete: self.objects.is_empty(), running, marks, resources }
    }

    /// Returns the objects of the bundle's set as the cluster has them, as far as they were kept.
    pub fn present(&self) -> impl Iterator<Item = &Value> {
        let is_as_desired = |object: &Observed| object.answer == ApplyAnswer::Same && !object.desired.is_null();
        let known = self.objects.iter().filter_map(move |object| {
            object.live.as_ref().or_else(|| is_as_desired(object).then_some(&object.desired))
        });
        known.chain(&self.stale)
    }
}

/// A Job of one of the bundle's schedules that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunningJob {
    /// The schedule.
    pub schedule: String,
    /// The Job's name.
    pub job: String,
    /// The ServiceAccount of its pods.
    pub account: String,
    /// The ConfigMaps and Secrets that its pods mount or read: kind and name.
    pub reads: Vec<(String, String)>,
}
