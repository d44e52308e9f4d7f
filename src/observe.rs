//! Observing: from what apply would send to what is known of each object in the cluster. Reads only.
//!
//! One list for each kind and namespace brings the live objects with their managed fields. An object that already owns
//! exactly what would be sent, with equal values, needs no further request ([`crate::kubernetes::managed_fields`]);
//! about each other one the server is asked by a dry-run, several at a time.

pub mod against;
pub(crate) mod ask;
pub mod desired;
mod discovery;

pub(crate) mod live;
pub mod origins;
pub(crate) mod pages;
mod prerequisites;
mod removal;
pub(crate) mod renamed;
pub mod rights;
mod warnings;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::bundle::order;
use crate::cluster::{Cluster, ClusterError, Status};
use crate::diff::change_set::Compared;
use crate::diff::retention::{Grounds, MADE, Retention};
use crate::diff::visible::{stripped, visible};
use crate::inventory;
use crate::kubernetes::ObjectId;
use crate::kubernetes::managed_fields;
use crate::kubernetes::resource::{self, Resource};
use crate::plan::marks::Mark;
use crate::snapshot::{ApplyAnswer, Observed, Snapshot, Wishes};
use desired::Desired;
use discovery::{Resources, resources};
use live::{Lists, Live, Unread};

/// How many requests are under way at a time: the API server's own default lets a client have far more
/// (`--max-requests-inflight` 400), and a laptop's connection no fewer.
const AT_A_TIME: usize = 16;

/// Kinds that may belong to a bundle although neither it nor its inventory names them: runs, and what holds their data.
const ALWAYS: [(&str, &str); 2] = [("batch/v1", "Job"), ("v1", "PersistentVolumeClaim")];

/// The group of Roles and bindings.
const RBAC: &str = "rbac.authorization.k8s.io";

/// What is to be observed.
pub struct Subject {
    /// The bundle's name.
    pub bundle: String,
    /// The bundle's namespace.
    pub namespace: String,
    /// Where the bundle comes from, as the inventory records it.
    pub source: Option<String>,
    /// What apply would send, in the order of apply.
    pub desired: Vec<Desired>,
    /// The fields that experiments of the bundle patch.
    pub marks: Vec<Mark>,
    /// What the user wants done where the answer is not obvious.
    pub wishes: Wishes,
    /// Whether to ask the server about every object, for clusters whose admission changes over time.
    pub is_thorough: bool,
}

impl Subject {
    /// Returns whether everything is to go. A bundle is looked for then even where its inventory is lost.
    fn is_delete(&self) -> bool {
        self.desired.is_empty()
    }
}

/// Looks at every object of a bundle in the cluster.
///
/// # Errors
///
/// [`ClusterError`] if the cluster cannot be asked at all. What goes wrong with single objects is in the snapshot.
pub async fn observe(cluster: &Cluster, subject: Subject) -> Result<Snapshot, ClusterError> {
    let is_delete = subject.is_delete();
    let Subject { bundle, namespace, source, mut desired, marks, wishes, is_thorough } = subject;
    let set = inventory::id(&bundle, &namespace);
    let compared = compared(cluster).await?;
    let mut notes = Vec::new();
    let namespaces = namespaces(cluster, &namespace, &desired).await?;
    let parent = match parent(cluster, &bundle, &namespace, &namespaces).await? {
        Ok(parent) => parent,
        Err(why) if is_delete => return Err(ClusterError::MembersUnread { why, namespace }),
        Err(why) => {
            notes.push(format!("what no longer belongs to the bundle was not looked for: {why}"));
            None
        }
    };
    let mut recorded = parent.as_ref().map(inventory::recorded).unwrap_or_default();
    let members = recorded.kinds.clone();
    if is_delete {
        recorded.kinds.extend(removal::kinds(&recorded, wishes.include_volumes));
    }
    let mut resources = resources(cluster, &desired, &recorded, &mut notes).await?;
    for (api_version, kind) in ALWAYS {
        let key = (api_version.to_owned(), kind.to_owned());
        resources.entry(key).or_insert_with(|| Resource::built_in(api_version, kind));
    }

    let mut lists = Lists::new(&desired, &resources, set.clone(), &bundle, is_thorough);
    lists.plan(&namespace, &recorded, &namespaces);
    let mut seen = lists.read(cluster, &namespaces).await?;
    if !desired.is_empty() && seen.objects.iter().all(|live| matches!(live, Live::Unreadable(_))) {
        return Err(cluster.nothing_readable(namespace));
    }
    notes.append(&mut seen.notes);
    // Without an inventory, members may be of any kind; runs are in none.
    seen.unread.retain(|unread| {
        let kind = (unread.resource.kind.clone(), unread.resource.group().to_owned());
        parent.is_none() || kind.0 == "Job" || members.contains(&kind)
    });
    if is_delete {
        if let Some(unread) = seen.unread.first() {
            return Err(ClusterError::MembersUnread { why: unread.why.clone(), namespace });
        }
        removal::complete(cluster, &namespace, &set, &namespaces, &mut seen, &mut notes).await?;
    }
    let known: Vec<Resource> = resources.values().flatten().cloned().collect();
    let grounds = Grounds {
        bundle: &bundle,
        own: &namespace,
        wishes: &wishes,
        is_delete,
        running: &seen.running,
        marks: &marks,
        resources: &known,
    };
    let mut kept = kept(grounds, &seen.stale, &desired);
    // What could not be looked for may be there.
    kept.extend(seen.unread.iter().map(Unread::anything));
    if let (Some(at), Some(live)) = (desired.iter().position(|one| one.origin.is_none()), &parent) {
        inventory::include(&mut desired[at].object, &namespace, &kept);
        inventory::keep_source(&mut desired[at].object, live);
        seen.objects[at] = live::judged(&desired[at], live.clone(), is_thorough);
    }

    notes.extend(prerequisites::missing(&namespace, &desired, &namespaces, &resources));
    let asker = ask::Asker::new(cluster, &resources, &namespaces, prerequisites::brought(&desired));
    let objects: Vec<Observed> = stream::iter(desired.into_iter().zip(seen.objects))
        .map(|(desired, live)| observed(&asker, desired, live))
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let mut warnings = asker.into_warnings();
    warnings.extend(seen.warnings);
    Ok(Snapshot {
        bundle,
        namespace,
        source,
        compared,
        wishes,
        set,
        resources: known,
        objects,
        stale: seen.stale,
        inventory: parent,
        running: seen.running,
        marks,
        notes,
        warnings: warnings.shown(),
    })
}

/// Names the cluster that is looked at.
async fn compared(cluster: &Cluster) -> Result<Compared, ClusterError> {
    let answer = cluster.read("/version".to_owned()).await?;
    let version = answer.json()["gitVersion"].as_str().unwrap_or_default().to_owned();
    // Who may not ask for it learns no version; a server that has none is none.
    if answer.status != 403 && version.is_empty() {
        return Err(answer.unexpected("there is no `gitVersion`").into());
    }
    Ok(Compared {
        context: cluster.context().map(str::to_owned),
        server: cluster.server().to_owned(),
        user: cluster.user().into_owned(),
        version,
        against: None,
    })
}

/// Returns what stays of the set although it is no longer desired; the inventory has to know its kinds.
fn kept(grounds: Grounds<'_>, stale: &[Value], desired: &[Desired]) -> Vec<ObjectId> {
    let retention = Retention::of(grounds, stale.iter().chain(desired.iter().map(|one| &one.object)));
    let stale = stale.iter().filter_map(|object| Some((ObjectId::of(object).ok()?, object)));
    stale.filter(|(id, object)| retention.why_kept(id, object).is_some()).map(|(id, _)| id).collect()
}

/// Asks about one object, unless its live state answers already.
async fn observed(asker: &ask::Asker<'_>, mut desired: Desired, live: Live) -> Observed {
    let (live, answer) = match live {
        Live::Same { live } => (live, ApplyAnswer::Same),
        Live::Unreadable(status) => (None, ApplyAnswer::Unreadable(status)),
        Live::Absent => {
            if order::is_namespace(&desired.id) {
                desired.object["metadata"]["annotations"][MADE] = "true".into();
            }
            let answer = match asker.ask(&desired, &desired.object, false).await {
                answer if is_taken(&answer, &desired.object) => ApplyAnswer::Taken,
                answer => answer,
            };
            (None, answer)
        }
        Live::Differs(live) => {
            let live = live.object();
            if let Cow::Owned(sent) = sent(&desired, &live) {
                desired.object = sent;
            }
            match asker.ask(&desired, &desired.object, true).await {
                answer if has_kept(&answer, &live) => {
                    (Some(live).filter(|live| is_touched(&desired, live)), ApplyAnswer::Same)
                }
                answer => (Some(live), answer),
            }
        }
    };
    // Roles and bindings are needed all the same, to tell what an account may do.
    if answer == ApplyAnswer::Same && live.is_none() && desired.id.group() != RBAC {
        desired.object = Value::Null;
    }
    let plural = asker.resource(&desired.id).map(|resource| resource.plural.clone());
    desired.observed(plural, live, answer)
}

/// Returns whether the server says that an apply leaves an object as it is.
fn has_kept(answer: &ApplyAnswer, live: &Value) -> bool {
    let ApplyAnswer::Merged { object: merged, conflicts } = answer else { return false };
    conflicts.is_empty() && !is_going(live) && managed_fields::is_kept(live, merged, inventory::MANAGER)
}

/// Returns whether the server says that a new object comes out as it is sent.
fn is_taken(answer: &ApplyAnswer, sent: &Value) -> bool {
    let ApplyAnswer::Merged { object: merged, conflicts } = answer else { return false };
    let sent = stripped(sent);
    conflicts.is_empty() && visible(None, &stripped(merged), Some(&sent)) == sent
}

/// Returns whether an object is being deleted.
fn is_going(live: &Value) -> bool {
    live.pointer("/metadata/deletionTimestamp").is_some()
}

/// Returns whether somebody else has written to an object since the last apply, or has switched its autoscaler off, or stopped
/// the schedule that it is.
fn is_touched(wanted: &Desired, live: &Value) -> bool {
    let is_off = wanted.is_scaled && live.pointer(desired::REPLICAS) == Some(&Value::from(0));
    let is_stopped = live.pointer("/spec/suspend") == Some(&Value::Bool(true));
    is_off || is_stopped || managed_fields::written_since(live, inventory::MANAGER).next().is_some()
}

/// Returns what apply would send for an object that exists.
fn sent<'d>(desired: &'d Desired, live: &Value) -> Cow<'d, Value> {
    // Whoever made a namespace may delete it; what is not sent again would be lost.
    let is_made = order::is_namespace(&desired.id) && live["metadata"]["annotations"][MADE] == "true";
    if !desired.is_scaled && !is_made {
        return Cow::Borrowed(&desired.object);
    }
    let mut object = desired.object.clone();
    if desired.is_scaled {
        desired::keep_scale(&mut object, live);
    }
    if is_made {
        object["metadata"]["annotations"][MADE] = "true".into();
    }
    Cow::Owned(object)
}

/// Returns whether apply would change nothing about a live object, as far as that can be told without the server.
pub fn is_same(desired: &Desired, live: &Value) -> bool {
    let Some(entry) = managed_fields::applied_by(live, inventory::MANAGER) else { return false };
    let is_version = entry.api_version == desired.id.api_version;
    is_version && !is_going(live) && managed_fields::compare(&sent(desired, live), live, entry.fields).is_proof()
}

/// What is known of a namespace.
#[derive(Debug, Clone, PartialEq)]
enum Namespace {
    /// It is there.
    Present(Value),
    /// It is not there.
    Missing,
    /// It may not be read.
    Unreadable(Status),
}

/// Reads the namespaces that the bundle has objects in, and those that it makes.
async fn namespaces(
    cluster: &Cluster,
    own: &str,
    desired: &[Desired],
) -> Result<BTreeMap<String, Namespace>, ClusterError> {
    let of = |one: &Desired| match (one.id.kind.as_str(), &one.id.namespace) {
        ("Namespace", None) => Some(one.id.name.clone()),
        (_, namespace) => namespace.clone(),
    };
    let names: BTreeSet<String> = desired.iter().filter_map(of).chain([own.to_owned()]).collect();
    stream::iter(names)
        .map(|name| async move {
            let answer = cluster.read(format!("/api/v1/namespaces/{}", resource::escaped(&name))).await?;
            let found = match answer.status {
                404 => Namespace::Missing,
                _ if answer.is_success() => Namespace::Present(answer.object("Namespace", &name)?),
                _ => Namespace::Unreadable(answer.failure()),
            };
            Ok((name, found))
        })
        .buffer_unordered(AT_A_TIME)
        .try_collect()
        .await
}

/// Reads the inventory, or says why it cannot be read; a ConfigMap of its name that somebody else has made is none.
async fn parent(
    cluster: &Cluster,
    bundle: &str,
    namespace: &str,
    namespaces: &BTreeMap<String, Namespace>,
) -> Result<Result<Option<Value>, String>, ClusterError> {
    if namespaces.get(namespace) == Some(&Namespace::Missing) {
        return Ok(Ok(None));
    }
    let name = inventory::name(bundle);
    let path = format!("/api/v1/namespaces/{}/configmaps/{}", resource::escaped(namespace), resource::escaped(&name));
    let answer = cluster.read(path).await?;
    match answer.status {
        404 => Ok(Ok(None)),
        _ if answer.is_success() => Ok(Ok(Some(answer.object("ConfigMap", &name)?).filter(inventory::is_one))),
        _ => Ok(Err(denied("get", "configmaps", Some(namespace), &answer.failure().told()))),
    }
}

/// Says which right is missing.
fn denied(verb: &str, resource: &str, namespace: Option<&str>, message: &str) -> String {
    let place = namespace.map_or_else(|| "in the whole cluster".to_owned(), |name| format!("in namespace `{name}`"));
    if message.is_empty() {
        format!("no right to {verb} `{resource}` {place}")
    } else {
        format!("no right to {verb} `{resource}` {place} ({message})")
    }
}

/// Returns what a desired or live object is called, regardless of the version.
fn key(id: &ObjectId) -> (String, String, Option<String>, String) {
    (id.group().to_owned(), id.kind.clone(), id.namespace.clone(), id.name.clone())
}
