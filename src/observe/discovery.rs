//! Where the kinds of a bundle are: built-in ones are known, the server's discovery tells of the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::desired::Desired;
use crate::cluster::{Cluster, ClusterError};
use crate::inventory;
use crate::kubernetes::resource::{self, Resource};
use crate::kubernetes::{Version, kinds};

/// The kinds of a bundle as the server has them; `None` for one that it does not have.
pub(super) type Resources = HashMap<(String, String), Option<Resource>>;

/// Finds out where the kinds of the bundle and of its inventory are. Built-in ones need no request.
pub(super) async fn resources(
    cluster: &Cluster,
    desired: &[Desired],
    recorded: &inventory::Recorded,
    notes: &mut Vec<String>,
) -> Result<Resources, ClusterError> {
    let mut resources = Resources::new();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sort = |api_version: &str, kind: &str| {
        let key = (api_version.to_owned(), kind.to_owned());
        match Resource::built_in(api_version, kind) {
            Some(resource) => drop(resources.insert(key, Some(resource))),
            None => versions.entry(key.0).or_default().push(key.1),
        }
    };
    let known: BTreeSet<(&str, &str)> =
        desired.iter().map(|one| (one.id.api_version.as_str(), one.id.kind.as_str())).collect();
    for (api_version, kind) in &known {
        sort(api_version, kind);
    }
    for (kind, group) in &recorded.kinds {
        if known.iter().any(|(version, its_kind)| its_kind == kind && kinds::group(version) == group) {
            continue;
        }
        match kinds::served(group, kind, Version::NEWEST) {
            Some(row) => sort(row.api_version, kind),
            None => match preferred(cluster, group).await? {
                Some(api_version) => sort(&api_version, kind),
                None => notes.push(format!(
                    "objects of kind `{kind}` that no longer belong to the bundle were not looked for: the server has no group `{group}`"
                )),
            },
        }
    }
    for (api_version, kinds) in versions {
        let answer = cluster.read(resource::version_address(&api_version)).await?;
        let list = answer.json();
        for kind in kinds {
            let found = Resource::in_list(&list, &api_version, &kind).filter(|_| answer.is_success());
            resources.insert((api_version.clone(), kind), found);
        }
    }
    Ok(resources)
}

/// Returns the version that the server prefers of a group that is not built in.
async fn preferred(cluster: &Cluster, group: &str) -> Result<Option<String>, ClusterError> {
    let answer = cluster.read(format!("/apis/{}", resource::escaped(group))).await?;
    Ok(answer.json()["preferredVersion"]["groupVersion"].as_str().map(str::to_owned).filter(|_| answer.is_success()))
}
