//! Reading the live objects: a list for each kind and namespace, and one request for each object outside of namespaces.

mod page;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::desired::Desired;
use super::pages::Pages;
use super::warnings::Warnings;
use super::{AT_A_TIME, Namespace, Resources, is_same, is_touched, key, renamed};
use crate::cluster::{Cluster, ClusterError, Status};
use crate::inventory;
use crate::kubernetes::ObjectId;
use crate::kubernetes::pods;
use crate::kubernetes::resource::{Resource, escaped};
use crate::plan::naming;
use crate::snapshot::RunningJob;
use page::Page;

/// How many lists are read at a time.
const LISTS_AT_A_TIME: usize = 4;

/// What is known of one desired object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Live {
    /// It is not there.
    Absent,
    /// An apply would change nothing; the object itself is kept where somebody else touched it.
    Same {
        /// The object.
        live: Option<Value>,
    },
    /// It is there, and the server has to be asked.
    Differs(Packed),
    /// It may not be read.
    Unreadable(Status),
}

/// An object as text, until its turn to be asked about has come: ten thousand objects as trees take five times the memory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Packed(String);

impl Packed {
    /// Returns the object.
    pub(super) fn object(&self) -> Value {
        serde_json::from_str(&self.0).expect("the text was written from a value")
    }
}

/// Everything that was read.
pub(super) struct Seen {
    /// For each desired object, in their order, what is known of it.
    pub(super) objects: Vec<Live>,
    /// Members of the set that are not desired.
    pub(super) stale: Vec<Value>,
    /// Jobs of the bundle that have not ended.
    pub(super) running: Vec<RunningJob>,
    /// What could not be read.
    pub(super) notes: Vec<String>,
    /// Where members may be that could not be looked for.
    pub(super) unread: Vec<Unread>,
    /// What the server has warned of meanwhile.
    pub(super) warnings: Warnings,
}

/// Objects of one kind in one namespace that could not be listed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) resource: Resource,
    pub(super) namespace: Option<String>,
    /// A sentence.
    pub(super) why: String,
}

impl Unread {
    /// Returns what stands for all that may be there.
    pub(super) fn anything(&self) -> ObjectId {
        ObjectId {
            api_version: self.resource.api_version.clone(),
            kind: self.resource.kind.clone(),
            namespace: self.namespace.clone(),
            name: String::new(),
        }
    }
}

/// Which lists are to be read, and what is to be found in them.
pub(super) struct Lists<'d> {
    desired: &'d [Desired],
    resources: &'d Resources,
    index: HashMap<(String, String, Option<String>, String), usize>,
    set: String,
    instance: String,
    source: Option<String>,
    is_thorough: bool,
    /// Kind and namespace, and whether only members are asked for.
    wanted: BTreeMap<(Resource, Option<String>), bool>,
}

/// What was found in one list, or for one object.
#[derive(Default)]
struct Found {
    objects: Vec<(usize, Live)>,
    stale: Vec<Value>,
    running: Vec<RunningJob>,
    notes: Vec<String>,
    unread: Option<Unread>,
    warnings: Warnings,
    /// Desired objects that have to be read one by one, because the list is not allowed.
    single: Vec<usize>,
}

impl<'d> Lists<'d> {
    pub(super) fn new(
        desired: &'d [Desired],
        resources: &'d Resources,
        set: String,
        bundle: &str,
        is_thorough: bool,
    ) -> Lists<'d> {
        let index = desired.iter().enumerate().map(|(number, one)| (key(&one.id), number)).collect();
        let instance = naming::instance(bundle);
        let source = renamed::source(desired);
        Lists { desired, resources, index, set, instance, source, is_thorough, wanted: BTreeMap::new() }
    }

    /// Decides which lists are read.
    pub(super) fn plan(&mut self, own: &str, recorded: &inventory::Recorded, namespaces: &BTreeMap<String, Namespace>) {
        let is_missing = |namespace: &str| namespaces.get(namespace) == Some(&Namespace::Missing);
        let mut wanted: BTreeMap<(Resource, Option<String>), bool> = BTreeMap::new();
        for one in self.desired {
            if let Some(resource) = self.resource(&one.id).filter(|resource| resource.is_namespaced)
                && let Some(namespace) = one.id.namespace.as_deref().filter(|namespace| !is_missing(namespace))
            {
                wanted.insert((resource.clone(), Some(namespace.to_owned())), false);
            }
        }
        // Members of the last apply, wherever they were.
        let set_namespaces = || recorded.namespaces.iter().map(String::as_str).chain([own]);
        for (kind, group) in &recorded.kinds {
            let same = |resource: &&Resource| resource.kind == *kind && resource.group() == group;
            let Some(resource) = self.resources.values().flatten().find(same) else { continue };
            if resource.is_namespaced {
                for namespace in set_namespaces().filter(|namespace| !is_missing(namespace)) {
                    wanted.entry((resource.clone(), Some(namespace.to_owned()))).or_insert(true);
                }
            } else {
                wanted.entry((resource.clone(), None)).or_insert(true);
            }
        }
        // Runs of the schedules.
        if let Some(jobs) = Resource::built_in("batch/v1", "Job").filter(|_| !is_missing(own)) {
            wanted.insert((jobs, Some(own.to_owned())), false);
        }
        self.wanted = wanted;
    }

    /// Reads them all.
    pub(super) async fn read(
        &self,
        cluster: &Cluster,
        namespaces: &BTreeMap<String, Namespace>,
    ) -> Result<Seen, ClusterError> {
        let lists: Vec<Found> = stream::iter(&self.wanted)
            .map(|((resource, namespace), members)| self.list(cluster, resource, namespace.as_deref(), *members))
            .buffer_unordered(LISTS_AT_A_TIME)
            .try_collect()
            .await?;
        let mut single: BTreeSet<usize> = lists.iter().flat_map(|found| found.single.iter().copied()).collect();
        let outside = |one: &Desired| self.resource(&one.id).is_some_and(|resource| !resource.is_namespaced);
        single.extend(self.desired.iter().enumerate().filter(|(_, one)| outside(one)).map(|(number, _)| number));
        let objects: Vec<Found> = stream::iter(single)
            .map(|number| self.single(cluster, number, namespaces))
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await?;
        let mut seen = Seen {
            objects: vec![Live::Absent; self.desired.len()],
            stale: Vec::new(),
            running: Vec::new(),
            notes: Vec::new(),
            unread: Vec::new(),
            warnings: Warnings::default(),
        };
        for found in lists.into_iter().chain(objects) {
            for (number, live) in found.objects {
                seen.objects[number] = live;
            }
            seen.stale.extend(found.stale);
            seen.running.extend(found.running);
            seen.notes.extend(found.notes);
            seen.unread.extend(found.unread);
            seen.warnings.extend(found.warnings);
        }
        seen.running.sort_by(|a, b| a.job.cmp(&b.job));
        seen.notes.sort();
        seen.stale.sort_by_cached_key(|object| ObjectId::of(object).ok());
        Ok(seen)
    }

    fn resource(&self, id: &ObjectId) -> Option<&Resource> {
        self.resources.get(&(id.api_version.clone(), id.kind.clone()))?.as_ref()
    }

    async fn list(
        &self,
        cluster: &Cluster,
        resource: &Resource,
        namespace: Option<&str>,
        members: bool,
    ) -> Result<Found, ClusterError> {
        let mut found = Found::default();
        let selector = format!("{}={}", inventory::PART_OF, self.set);
        let selector = if members { format!("&labelSelector={}", escaped(&selector)) } else { String::new() };
        let mut pages = Pages::of(resource.collection(namespace), &selector);
        loop {
            let Some(answer) = pages.next(cluster).await? else {
                found = Found::default();
                continue;
            };
            match answer.status {
                404 => return Ok(found),
                _ if !answer.is_success() => {
                    let wanted = |(_, one): &(usize, &Desired)| {
                        self.resource(&one.id) == Some(resource) && one.id.namespace.as_deref() == namespace
                    };
                    found.single = self.desired.iter().enumerate().filter(wanted).map(|(number, _)| number).collect();
                    let unknown = match resource.kind.as_str() {
                        "Job" => {
                            "whether an experiment is running, and which Jobs no longer belong to the bundle, is not known"
                        }
                        _ => "what no longer belongs to the bundle was not looked for",
                    };
                    let denied = super::denied("list", &resource.qualified(), namespace, "");
                    // A namespace that is no longer desired would be kept anyway.
                    if resource.kind != "Namespace" {
                        found.notes.push(format!("{unknown}: {denied}"));
                        let namespace = namespace.map(str::to_owned);
                        found.unread = Some(Unread { resource: resource.clone(), namespace, why: denied });
                    }
                    return Ok(found);
                }
                _ => {}
            }
            let page = Page::read(&answer, resource)?;
            found.warnings.add(&answer, None);
            let is_last = !pages.turn(&answer, page.next)?;
            drop(answer);
            for object in page.items {
                self.sort(resource, object, &mut found);
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    /// Reads one object outside of namespaces, or one whose list is not allowed.
    async fn single(
        &self,
        cluster: &Cluster,
        number: usize,
        namespaces: &BTreeMap<String, Namespace>,
    ) -> Result<Found, ClusterError> {
        let mut found = Found::default();
        let one = &self.desired[number];
        let Some(resource) = self.resource(&one.id) else { return Ok(found) };
        // Namespaces were read already.
        if crate::bundle::order::is_namespace(&one.id) {
            match namespaces.get(&one.id.name) {
                Some(Namespace::Present(object)) => self.sort(resource, object.clone(), &mut found),
                Some(Namespace::Unreadable(status)) => found.objects.push((number, Live::Unreadable(status.clone()))),
                Some(Namespace::Missing) | None => {}
            }
            return Ok(found);
        }
        let answer = cluster.read(resource.object(one.id.namespace.as_deref(), &one.id.name)).await?;
        found.warnings.add(&answer, None);
        match answer.status {
            404 => {}
            _ if answer.is_success() => self.sort(resource, answer.object(&resource.kind, &one.id.name)?, &mut found),
            _ => found.objects.push((number, Live::Unreadable(answer.failure()))),
        }
        Ok(found)
    }

    /// Puts an object where it belongs: desired, no longer desired, running, or none of our business.
    fn sort(&self, resource: &Resource, mut object: Value, found: &mut Found) {
        // The items of a list leave out what the list says (Kubernetes API conventions, "Lists and simple kinds").
        object["apiVersion"] = resource.api_version.as_str().into();
        object["kind"] = resource.kind.as_str().into();
        let Ok(id) = ObjectId::of(&object) else { return };
        found.running.extend(self.running(resource, &object));
        let Some(number) = self.index.get(&key(&id)).copied() else {
            let is_member = object["metadata"]["labels"][inventory::PART_OF] == self.set.as_str();
            found.notes.extend(renamed::another(&object, self.source.as_deref()));
            if (is_member || self.is_left_over(resource, &object)) && !is_made_by_controller(&object) {
                found.stale.push(object);
            }
            return;
        };
        found.objects.push((number, judged(&self.desired[number], object, self.is_thorough)));
    }

    /// Returns whether an object is a run of the bundle that has ended, and whose schedule was deleted meanwhile.
    ///
    /// A run that is still on when its schedule goes is let go on, without an owner.
    fn is_left_over(&self, resource: &Resource, job: &Value) -> bool {
        let is_owned = job["metadata"]["ownerReferences"].as_array().is_some_and(|owners| !owners.is_empty());
        let goes_by_itself = !job["spec"]["ttlSecondsAfterFinished"].is_null();
        self.is_run(resource, job) && has_ended(job) && !is_owned && !goes_by_itself
    }

    /// Returns whether an object is a run of a schedule of the bundle.
    fn is_run(&self, resource: &Resource, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"][key].as_str();
        resource.kind == "Job"
            && resource.group() == "batch"
            && label("app.kubernetes.io/instance") == Some(&self.instance)
            && label(naming::SCHEDULE).is_some()
    }

    /// Returns the run that an object is, if it is one that is on.
    fn running(&self, resource: &Resource, object: &Value) -> Option<RunningJob> {
        let is_on = self.is_run(resource, object) && !has_ended(object) && object["spec"]["suspend"] != true;
        is_on.then(|| run(object)).flatten()
    }
}

/// Reads the run that a Job is.
pub(crate) fn run(job: &Value) -> Option<RunningJob> {
    let pod = pods::spec(job);
    let reads = pod.map(pods::needs).unwrap_or_default().into_iter();
    Some(RunningJob {
        schedule: job["metadata"]["labels"][naming::SCHEDULE].as_str()?.to_owned(),
        job: job["metadata"]["name"].as_str()?.to_owned(),
        account: pod.and_then(|pod| pod["serviceAccountName"].as_str()).unwrap_or("default").to_owned(),
        reads: reads
            .filter(|need| matches!(need.kind, "ConfigMap" | "Secret"))
            .map(|need| (need.kind.to_owned(), need.name))
            .collect(),
    })
}

/// Returns whether a Job has run to its end.
pub(crate) fn has_ended(job: &Value) -> bool {
    let ended = |condition: &Value| {
        matches!(condition["type"].as_str(), Some("Complete" | "Failed")) && condition["status"] == "True"
    };
    job["status"]["conditions"].as_array().is_some_and(|all| all.iter().any(ended))
}

/// Finds out whether the server has to be asked about an object that is there.
pub(super) fn judged(desired: &Desired, object: Value, is_thorough: bool) -> Live {
    if is_thorough || !is_same(desired, &object) {
        return Live::Differs(Packed(object.to_string()));
    }
    Live::Same { live: Some(object).filter(|object| is_touched(desired, object)) }
}

/// Returns whether a controller made an object from another one, whose labels it may have copied.
///
/// Most say so by an owner; the Endpoints of a Service have none (`pkg/controller/endpoint`).
fn is_made_by_controller(object: &Value) -> bool {
    let metadata = &object["metadata"];
    let owners = metadata["ownerReferences"].as_array();
    let is_owned = owners.is_some_and(|owners| owners.iter().any(|owner| owner["controller"] == true));
    let is_of_service = object["kind"] == "Endpoints"
        && (!metadata["labels"]["endpoints.kubernetes.io/managed-by"].is_null()
            || !metadata["annotations"]["endpoints.kubernetes.io/last-change-trigger-time"].is_null());
    is_owned || is_of_service
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is compared with the server's answer has to be what the server listed, to the last digit.
    #[test]
    fn nothing_is_lost_while_an_object_waits() {
        for number in 1..20_000_u64 {
            let text = format!("{{\"a\":{}.{}e-{}}}", number, number.wrapping_mul(0x9E37_79B9_7F4A_7C15), number % 30);
            let object: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(Packed(object.to_string()).object(), object, "{text}");
        }
    }
}
