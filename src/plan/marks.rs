//! The marks of experiments: the fields that their steps patch.
//!
//! A patch makes its sender the owner of each field that it changes, and the rollback, which is another patch, leaves it
//! the owner (Kubernetes documentation, "Server-Side Apply", "Field management"). Whoever applies the bundle afterwards
//! meets that owner, and has to know that it is the experiment.

use super::Workload;
use super::permissions::{Grant, Reach};
use crate::kubernetes::ObjectId;

/// The field manager of what Chaos Toolkit's extensions write.
///
/// They name none, so the API server takes the User-Agent up to its first slash (`managerOrUserAgent` and
/// `prefixFromUserAgent` in k8s.io/apiserver `pkg/endpoints/handlers/create.go`); the Python client sends
/// `OpenAPI-Generator/31.0.0/python` (kubernetes 31.0.0, `kubernetes/client/api_client.py`).
pub const FIELD_MANAGER: &str = "OpenAPI-Generator";

/// A field that an experiment of a workload patches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The API group; the core group is empty.
    pub group: String,
    /// The resource in the plural.
    pub resource: String,
    /// The namespace; `None`: the resource has none, or the step reaches all of them.
    pub namespace: Option<String>,
    /// The object; `None`: any of the resource there, because only the run knows the name.
    pub name: Option<String>,
    /// The field as a JSON pointer; what stands below it is patched with it.
    pub pointer: String,
    /// The experiment.
    pub experiment: String,
    /// The schedule that runs it.
    pub schedule: String,
}

impl Mark {
    /// Returns whether the field is one of an object; `plural` is what addresses call its kind.
    pub fn is_of(&self, id: &ObjectId, plural: &str) -> bool {
        self.resource == plural
            && self.group == id.group()
            && (self.namespace.is_none() || self.namespace == id.namespace)
            && self.name.as_deref().is_none_or(|name| name == id.name)
    }
}

/// Returns the fields that the experiments of these workloads patch, sorted and each once.
pub fn marks(workloads: &[Workload]) -> Vec<Mark> {
    let mut marks: Vec<Mark> =
        workloads.iter().flat_map(|workload| of_schedule(&workload.schedule, &workload.grants)).collect();
    marks.sort();
    marks.dedup();
    marks
}

fn of_schedule(schedule: &str, grants: &[Grant]) -> impl Iterator<Item = Mark> {
    let reasons = grants.iter().flat_map(|grant| grant.reasons.iter().map(move |reason| (grant, reason)));
    reasons.flat_map(move |(grant, reason)| {
        reason.writes.iter().map(move |pointer| Mark {
            group: grant.group.clone(),
            // A subresource is another door to the same object.
            resource: grant.resource.split('/').next().unwrap_or_default().to_owned(),
            namespace: match &grant.reach {
                Reach::Namespace(namespace) => Some(namespace.clone()),
                Reach::Cluster => None,
            },
            name: grant.name.clone(),
            pointer: pointer.clone(),
            experiment: reason.experiment.clone(),
            schedule: schedule.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::permissions::Reason;
    use crate::source::address::{Address, FileId};

    #[test]
    fn every_field_is_a_mark_of_the_object_itself() {
        let reason = |experiment: &str, writes: &[&str]| Reason {
            experiment: experiment.to_owned(),
            step: String::new(),
            why: String::new(),
            breadth: None,
            place: String::new(),
            at: Address::root(FileId(0)),
            writes: writes.iter().map(|pointer| (*pointer).to_owned()).collect(),
        };
        let grant = Grant {
            reach: Reach::Namespace("shop".to_owned()),
            group: "apps".to_owned(),
            resource: "deployments/scale".to_owned(),
            name: None,
            verb: "patch".to_owned(),
            reasons: vec![reason("x", &["/spec/a", "/spec/b"]), reason("y", &["/spec/a"]), reason("z", &[])],
        };
        let found: Vec<Mark> = of_schedule("nightly", &[grant]).collect();
        let fields: Vec<(&str, &str)> = found.iter().map(|mark| (&*mark.pointer, &*mark.experiment)).collect();
        assert_eq!(fields, [("/spec/a", "x"), ("/spec/b", "x"), ("/spec/a", "y")]);
        assert!(found.iter().all(|mark| mark.resource == "deployments" && mark.namespace.as_deref() == Some("shop")));
    }
}
