//! Looking into a namespace before it is deleted: what is in it that is not of the bundle would be lost.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::AT_A_TIME;
use crate::cluster::{Cluster, Request};
use crate::kubernetes::resource::{Resource, version_address};

/// What Kubernetes and Istio put into every namespace by themselves.
const EVERYWHERE: [(&str, &str); 3] =
    [("ConfigMap", "kube-root-ca.crt"), ("ConfigMap", "istio-ca-root-cert"), ("ServiceAccount", "default")];

/// Kinds that only tell about others.
const ABOUT_OTHERS: [&str; 5] = ["Event", "Lease", "EndpointSlice", "Endpoints", "PodMetrics"];

/// Returns what is in a namespace that nobody would miss only if it were of the bundle: `KIND/NAME`, sorted.
///
/// # Errors
///
/// A sentence, if not everything may be read.
pub(super) async fn foreign(cluster: &Cluster, namespace: &str) -> Result<Vec<String>, String> {
    let resources = resources(cluster).await?;
    let mut found: Vec<String> = stream::iter(&resources)
        .map(|resource| list(cluster, resource, namespace))
        .buffer_unordered(AT_A_TIME)
        .try_collect::<Vec<_>>()
        .await?
        .into_iter()
        .flatten()
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// Returns the names as a sentence has them: not more than a few.
pub(super) fn list_names(names: &[String]) -> String {
    const FEW: usize = 5;
    let shown = names.iter().take(FEW).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(FEW) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Returns the kinds that stand in namespaces and can be listed, each in the version that the server prefers.
async fn resources(cluster: &Cluster) -> Result<Vec<Resource>, String> {
    let groups = read(cluster, "/apis").await?;
    let preferred = groups["groups"].as_array().into_iter().flatten();
    let versions = preferred.filter_map(|group| group["preferredVersion"]["groupVersion"].as_str().map(str::to_owned));
    let versions: Vec<String> = ["v1".to_owned()].into_iter().chain(versions).collect();
    let lists: Vec<Vec<Resource>> = stream::iter(versions)
        .map(|version| async move {
            let list = read(cluster, &version_address(&version)).await?;
            let kinds = list["resources"].as_array().into_iter().flatten();
            let is_listed = |row: &&Value| row["verbs"].as_array().is_some_and(|verbs| verbs.contains(&"list".into()));
            let kinds =
                kinds.filter(is_listed).filter_map(|row| Resource::in_list(&list, &version, row["kind"].as_str()?));
            Ok::<_, String>(
                kinds.filter(|kind| kind.is_namespaced && !ABOUT_OTHERS.contains(&kind.kind.as_str())).collect(),
            )
        })
        .buffer_unordered(AT_A_TIME)
        .try_collect()
        .await?;
    Ok(lists.into_iter().flatten().collect())
}

async fn list(cluster: &Cluster, resource: &Resource, namespace: &str) -> Result<Vec<String>, String> {
    let list = read(cluster, &resource.collection(Some(namespace))).await?;
    let items = list["items"].as_array().into_iter().flatten();
    let names = items.filter(|item| item["metadata"]["deletionTimestamp"].is_null() && !is_owned(item));
    let names = names.filter_map(|item| item["metadata"]["name"].as_str());
    let is_of_somebody = |name: &&str| !EVERYWHERE.contains(&(resource.kind.as_str(), name));
    Ok(names.filter(is_of_somebody).map(|name| format!("{}/{name}", resource.kind)).collect())
}

/// Returns whether an object is there only as long as another one is.
fn is_owned(object: &Value) -> bool {
    object["metadata"]["ownerReferences"].as_array().is_some_and(|owners| !owners.is_empty())
}

async fn read(cluster: &Cluster, path: &str) -> Result<Value, String> {
    let answer = cluster.send(Request::get(path)).await.map_err(|error| error.to_string())?;
    if answer.is_success() { Ok(answer.json()) } else { Err(answer.failure().told()) }
}
