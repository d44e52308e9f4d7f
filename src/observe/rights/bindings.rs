//! Reading the bindings that concern some accounts, and the roles that they give.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::super::pages::Pages;
use super::super::{AT_A_TIME, RBAC, denied};
use crate::cluster::{Cluster, ClusterError};
use crate::kubernetes::resource::{Resource, qualified};
use crate::permissions::excess::{Holder, RoleId, Roles, role_of};

/// The version of the group of Roles and bindings.
const VERSION: &str = "rbac.authorization.k8s.io/v1";

/// The bindings that concern some account, and their roles.
pub(super) struct Bound {
    pub(super) bindings: Vec<Value>,
    pub(super) roles: Roles,
    /// Which bindings could not be read; a sentence each.
    pub(super) unread: Vec<String>,
}

/// Reads every binding that there is, or those of some namespaces where the others may not be read.
pub(super) async fn read(
    cluster: &Cluster,
    holders: &[Holder],
    namespaces: &BTreeSet<&str>,
) -> Result<Bound, ClusterError> {
    let mut unread = Vec::new();
    let mut bindings = Vec::new();
    if let Some(found) = list(cluster, holders, "ClusterRoleBinding", None).await? {
        bindings.extend(found);
    } else {
        unread.push(format!("what ClusterRoleBindings give: {}", no_list("clusterrolebindings", None)));
    }
    if let Some(found) = list(cluster, holders, "RoleBinding", None).await? {
        bindings.extend(found);
    } else {
        let named: Vec<String> = namespaces.iter().map(|name| format!("`{name}`")).collect();
        let denied = no_list("rolebindings", None);
        unread.push(format!("what RoleBindings outside of {} give: {denied}", named.join(", ")));
        for namespace in namespaces {
            if let Some(found) = list(cluster, holders, "RoleBinding", Some(namespace)).await? {
                bindings.extend(found);
            } else {
                let denied = no_list("rolebindings", Some(namespace));
                unread.push(format!("what RoleBindings in `{namespace}` give: {denied}"));
            }
        }
    }
    let wanted: BTreeSet<RoleId> = bindings.iter().map(role_of).collect();
    let roles = stream::iter(wanted)
        .map(async |id| Ok::<_, ClusterError>((id.clone(), role(cluster, &id).await?)))
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    Ok(Bound { bindings, roles, unread })
}

fn no_list(plural: &str, namespace: Option<&str>) -> String {
    denied("list", &qualified(RBAC, plural), namespace, "")
}

/// Lists the bindings of a kind that concern some account; nothing if that is not allowed.
async fn list(
    cluster: &Cluster,
    holders: &[Holder],
    kind: &str,
    namespace: Option<&str>,
) -> Result<Option<Vec<Value>>, ClusterError> {
    let Some(resource) = Resource::built_in(VERSION, kind) else { return Ok(None) };
    let mut found = Vec::new();
    let mut pages = Pages::of(resource.collection(namespace), "");
    loop {
        let Some(answer) = pages.next(cluster).await? else {
            found.clear();
            continue;
        };
        if !answer.is_success() {
            return Ok(None);
        }
        let mut page = answer.json();
        // Null is Go's empty list.
        let items = match page.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            Some(Value::Null) => Vec::new(),
            _ => return Err(answer.unexpected("there are no `items`").into()),
        };
        found
            .extend(items.into_iter().filter(|binding| holders.iter().any(|holder| holder.through(binding).is_some())));
        let next = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if !pages.turn(&answer, next)? {
            return Ok(Some(found));
        }
    }
}

/// Reads a role; nothing if there is none, or why it cannot be read.
async fn role(
    cluster: &Cluster,
    (kind, namespace, name): &RoleId,
) -> Result<Result<Option<Value>, String>, ClusterError> {
    let Some(resource) = Resource::built_in(VERSION, kind) else {
        return Ok(Err(format!("`{kind}` is no kind of role")));
    };
    let answer = cluster.read(resource.object(namespace.as_deref(), name)).await?;
    Ok(match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => Ok(Some(answer.object(kind, name)?)),
        _ => Err(denied("get", &resource.qualified(), namespace.as_deref(), "")),
    })
}
