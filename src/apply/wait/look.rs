//! Looking at workloads and at what is around them: one list for each kind and namespace.

use std::collections::BTreeMap;

use futures_util::future::join3;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::apply::reason::Surroundings;
use crate::cluster::{Cluster, ClusterError, Request, Status};
use crate::config::value_error::quoted;
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::{Resource, escaped};

/// How many objects the API server gives at a time.
const PAGE: usize = 500;

/// How many lists are under way at a time.
const AT_A_TIME: usize = 16;

/// What a look at a workload came to.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    /// It is there.
    Live(Value),
    /// It is not there.
    Absent,
    /// The cluster did not say.
    Unknown(Trouble),
}

/// Why the cluster did not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// A few words.
    pub(super) text: String,
    /// The next step.
    pub(super) hint: Option<String>,
    /// Whether it stays so, however long one waits.
    pub(super) is_lasting: bool,
}

/// Looks at workloads; the answers are in the order of the ids.
pub(super) async fn workloads(cluster: &Cluster, ids: &[&ObjectId]) -> Vec<Seen> {
    let mut groups: BTreeMap<(&str, Option<&str>), Vec<&ObjectId>> = BTreeMap::new();
    for &id in ids {
        groups.entry((&id.kind, id.namespace.as_deref())).or_default().push(id);
    }
    let seen: BTreeMap<&ObjectId, Seen> = stream::iter(groups.into_values())
        .map(|group| group_of(cluster, group))
        .buffer_unordered(AT_A_TIME)
        .flat_map(stream::iter)
        .collect()
        .await;
    ids.iter().map(|id| seen.get(id).cloned().unwrap_or(Seen::Absent)).collect()
}

/// Looks at workloads of one kind in one namespace.
async fn group_of<'i>(cluster: &Cluster, ids: Vec<&'i ObjectId>) -> Vec<(&'i ObjectId, Seen)> {
    let Some((first, resource)) = ids.first().and_then(|id| Some((*id, resource(id)?))) else { return Vec::new() };
    let collection = resource.collection(first.namespace.as_deref());
    // Of a single one no others are fetched, and an account that may see only this one may ask so.
    let only = match ids.as_slice() {
        [one] => format!("&fieldSelector=metadata.name%3D{}", escaped(&one.name)),
        _ => String::new(),
    };
    match list(cluster, &collection, &format!("limit={PAGE}{only}")).await {
        Ok(Listed::Items(items)) => {
            let by_name: BTreeMap<String, Value> = items
                .into_iter()
                .map(|item| (item["metadata"]["name"].as_str().unwrap_or_default().to_owned(), item))
                .collect();
            let seen =
                |id: &ObjectId| by_name.get(&id.name).map_or(Seen::Absent, |live| Seen::Live(with_kind(live, id)));
            ids.into_iter().map(|id| (id, seen(id))).collect()
        }
        // Who may not list may still be allowed to see the single ones.
        Ok(Listed::Forbidden) => {
            let one = async |id: &'i ObjectId| {
                let path = resource.object(id.namespace.as_deref(), &id.name);
                let seen = match cluster.send(Request::get(path)).await {
                    Ok(answer) if answer.is_success() => match answer.object(&id.kind, &id.name) {
                        Ok(live) => Seen::Live(live),
                        Err(error) => Seen::Unknown(trouble(&error)),
                    },
                    Ok(answer) if answer.status == 404 => Seen::Absent,
                    Ok(answer) => Seen::Unknown(refusal(answer.status, &answer.failure(), id)),
                    Err(error) => Seen::Unknown(trouble(&error)),
                };
                (id, seen)
            };
            stream::iter(ids).map(one).buffered(AT_A_TIME).collect().await
        }
        Err(trouble) => ids.into_iter().map(|id| (id, Seen::Unknown(trouble.clone()))).collect(),
    }
}

/// What of the surroundings of a namespace is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    /// Replica sets, which stand between Deployments and pods.
    pub(super) sets: bool,
    /// Events, which alone say that a `StatefulSet` or a `DaemonSet` cannot make pods.
    pub(super) events: bool,
}

/// Reads what is around the workloads of a namespace; what may not be read is left out.
///
/// A look from the server's cache will do (`resourceVersion=0`): no decision comes of it.
pub(super) async fn surroundings(cluster: &Cluster, namespace: &str, needs: Needs) -> Result<Surroundings, Trouble> {
    const CACHED: &str = "resourceVersion=0";
    let namespace = escaped(namespace);
    let pods = async { list(cluster, &format!("/api/v1/namespaces/{namespace}/pods"), CACHED).await };
    let sets = async {
        let path = format!("/apis/apps/v1/namespaces/{namespace}/replicasets");
        if needs.sets { list(cluster, &path, CACHED).await } else { Ok(Listed::Forbidden) }
    };
    let events = async {
        let query = format!("{CACHED}&fieldSelector=reason%3DFailedCreate");
        let path = format!("/api/v1/namespaces/{namespace}/events");
        if needs.events { list(cluster, &path, &query).await } else { Ok(Listed::Forbidden) }
    };
    let (pods, sets, events) = join3(pods, sets, events).await;
    let some = |listed: Listed| match listed {
        Listed::Items(items) => Some(items),
        Listed::Forbidden => None,
    };
    Ok(Surroundings {
        pods: some(pods?),
        sets: some(sets?).unwrap_or_default(),
        // They only explain: where they cannot be had, the rest is still of use.
        events: events.ok().and_then(some).unwrap_or_default(),
    })
}

/// The objects of a list, unless it may not be read.
enum Listed {
    Items(Vec<Value>),
    Forbidden,
}

/// Reads a list, page by page.
async fn list(cluster: &Cluster, collection: &str, query: &str) -> Result<Listed, Trouble> {
    let mut items = Vec::new();
    let mut next = String::new();
    loop {
        let more = if next.is_empty() { String::new() } else { format!("&continue={}", escaped(&next)) };
        let request = Request::get(format!("{collection}?{query}{more}"));
        let answer = cluster.send(request).await.map_err(|error| trouble(&error))?;
        match answer.status {
            403 => return Ok(Listed::Forbidden),
            _ if answer.is_success() => {}
            status => {
                return Err(Trouble {
                    text: format!("the API server answers {status}: {}", answer.failure().told()),
                    hint: None,
                    is_lasting: false,
                });
            }
        }
        let mut page = answer.json();
        if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
            items.extend(found);
        }
        page["metadata"]["continue"].as_str().unwrap_or_default().clone_into(&mut next);
        if next.is_empty() {
            return Ok(Listed::Items(items));
        }
    }
}

/// The items of a list do not say what they are.
fn with_kind(live: &Value, id: &ObjectId) -> Value {
    let mut live = live.clone();
    live["kind"] = id.kind.clone().into();
    live
}

fn resource(id: &ObjectId) -> Option<Resource> {
    Resource::built_in(&id.api_version, &id.kind)
}

/// Says why an object may not be read.
fn refusal(status: u16, said: &Status, id: &ObjectId) -> Trouble {
    let namespace = id.namespace.as_deref().unwrap_or_default();
    Trouble {
        text: format!("it may not be read: {}", said.told()),
        hint: Some(format!("let the account `get` {} in namespace {}", quoted(&id.to_string()), quoted(namespace))),
        is_lasting: status == 403,
    }
}

/// A cluster that is away may come back; credentials that it does not take stay what they are.
fn trouble(error: &ClusterError) -> Trouble {
    Trouble { text: error.to_string(), hint: Some(error.hint()), is_lasting: error.is_lasting() }
}
