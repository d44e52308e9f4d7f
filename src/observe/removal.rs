//! Looking for what is to be deleted: everything of a bundle, also where its inventory is lost, and what nobody labelled.

use std::collections::BTreeMap;

use serde_json::Value;

use super::live::Seen;
use super::{Namespace, denied};
use crate::cluster::{Cluster, ClusterError};
use crate::inventory::{self, Recorded};
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::Resource;

/// The kinds that every bundle has, and those that outlive an inventory because they are only deleted when asked for.
const USUAL: [(&str, &str); 8] = [
    ("ConfigMap", ""),
    ("CronJob", "batch"),
    ("Job", "batch"),
    ("Namespace", ""),
    ("PersistentVolumeClaim", ""),
    ("Role", "rbac.authorization.k8s.io"),
    ("RoleBinding", "rbac.authorization.k8s.io"),
    ("ServiceAccount", ""),
];

/// Returns the kinds to look for beside the recorded ones. Volumes stand in no namespace, so that not everybody may list them.
pub(super) fn kinds(recorded: &Recorded, include_volumes: bool) -> Vec<(String, String)> {
    let volume = include_volumes.then_some(("PersistentVolume", ""));
    let usual = USUAL.into_iter().chain(volume).map(|(kind, group)| (kind.to_owned(), group.to_owned()));
    usual.filter(|one| !recorded.kinds.contains(one)).collect()
}

/// Adds the bundle's namespace, which not everybody may list, and the claims that its StatefulSets have made.
pub(super) async fn complete(
    cluster: &Cluster,
    own: &str,
    set: &str,
    namespaces: &BTreeMap<String, Namespace>,
    seen: &mut Seen,
    notes: &mut Vec<String>,
) -> Result<(), ClusterError> {
    let is_own = |object: &Value| object["kind"] == "Namespace" && object["metadata"]["name"] == own;
    if let Some(Namespace::Present(object)) = namespaces.get(own)
        && object["metadata"]["labels"][inventory::PART_OF] == set
        && !seen.stale.iter().any(is_own)
    {
        seen.stale.push(object.clone());
    }
    let claims = Resource::built_in("v1", "PersistentVolumeClaim");
    let Some(resource) = claims.filter(|_| seen.stale.iter().any(has_claims)) else { return Ok(()) };
    let mut found: Vec<Value> = Vec::new();
    let homes: BTreeMap<&str, Vec<&Value>> =
        seen.stale.iter().filter(|object| has_claims(object)).fold(BTreeMap::new(), |mut homes, object| {
            homes.entry(object["metadata"]["namespace"].as_str().unwrap_or_default()).or_default().push(object);
            homes
        });
    for (namespace, sets) in homes {
        let answer = cluster.read(resource.collection(Some(namespace))).await?;
        if !answer.is_success() {
            let denied = denied("list", "persistentvolumeclaims", Some(namespace), "");
            notes.push(format!("the claims that StatefulSets have made were not looked for: {denied}"));
            continue;
        }
        let list = answer.json();
        for claim in list["items"].as_array().into_iter().flatten() {
            let mut claim = claim.clone();
            claim["apiVersion"] = "v1".into();
            claim["kind"] = "PersistentVolumeClaim".into();
            if sets.iter().any(|set| is_made_by(&claim, set)) && !seen.stale.iter().any(|one| is_same(one, &claim)) {
                found.push(claim);
            }
        }
    }
    seen.stale.extend(found);
    Ok(())
}

fn has_claims(object: &Value) -> bool {
    object["kind"] == "StatefulSet"
        && object["spec"]["volumeClaimTemplates"].as_array().is_some_and(|all| !all.is_empty())
}

fn is_same(one: &Value, other: &Value) -> bool {
    ObjectId::of(one).ok() == ObjectId::of(other).ok()
}

/// Returns whether a claim is one that a `StatefulSet` has made: `TEMPLATE-SET-NUMBER`, with the labels of its pods
/// (Kubernetes documentation, "StatefulSets", "Stable Storage").
fn is_made_by(claim: &Value, set: &Value) -> bool {
    let text = |value: &Value| value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let (name, set_name) = (text(claim), text(set));
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let mut templates = set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
    let is_named =
        templates.any(|template| name.strip_prefix(&format!("{}-{set_name}-", text(template))).is_some_and(is_number));
    let labels = set["spec"]["selector"]["matchLabels"].as_object();
    is_named && labels.into_iter().flatten().all(|(key, value)| &claim["metadata"]["labels"][key] == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_claim_is_known_by_its_name_and_its_labels() {
        let set = json!({"kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {
            "selector": {"matchLabels": {"app": "db"}}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
        }});
        for (name, app, expected) in [
            ("data-db-0", "db", true),
            ("data-db-12", "db", true),
            ("data-db-", "db", false),
            ("data-db-x", "db", false),
            ("data-db-0", "other", false),
            ("logs-db-0", "db", false),
        ] {
            let claim = json!({"metadata": {"name": name, "labels": {"app": app}}});
            assert_eq!(is_made_by(&claim, &set), expected, "{name} {app}");
        }
    }
}
