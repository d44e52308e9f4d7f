//! Before the first write: everything that is missing, in one list.
//!
//! What the dry-runs of the diff have shown is not asked again: they need the same rights as the apply
//! (Kubernetes documentation, "Dry-run", "Dry-run authorization").

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::AT_A_TIME;
use crate::bundle::order;
use crate::cluster::{Cluster, ClusterError, Request};
use crate::diff::{Action, Change, ChangeSet};
use crate::kubernetes::ObjectId;
use crate::kubernetes::pods::{self, Need};
use crate::kubernetes::resource::Resource;
use crate::observe::ask;
use crate::snapshot::{ApplyAnswer, Observed, Snapshot};

/// What was found before anything is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preflight {
    /// What is missing, so that an apply would stop in the middle: a sentence each, with the next step.
    pub missing: Vec<(String, String)>,
    /// What could not be checked, or will be needed soon; a sentence each.
    pub notes: Vec<String>,
}

/// One right: a verb on a kind in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Right<'s> {
    verb: &'static str,
    resource: &'s Resource,
    namespace: Option<&'s str>,
}

/// Finds out whether an apply may do all that it has to, and whether what its pods name is there.
///
/// # Errors
///
/// [`ClusterError`] if the cluster cannot be asked.
pub async fn preflight(cluster: &Cluster, snapshot: &Snapshot, changes: &ChangeSet) -> Result<Preflight, ClusterError> {
    let mut found = Preflight::default();
    let rights: Vec<Option<(String, String)>> = stream::iter(rights(snapshot, changes))
        .map(|(right, names)| denied(cluster, right, names))
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    found.missing.extend(rights.into_iter().flatten());
    found.missing.extend(escalations(snapshot));
    let needs: Vec<(Need, String)> = needs(snapshot, changes).into_iter().collect();
    let answers: Vec<(Need, String, u16)> = stream::iter(needs)
        .map(|(need, namespace)| async move {
            let status = status(cluster, &need, &namespace).await?;
            Ok::<_, ClusterError>((need, namespace, status))
        })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    for (need, namespace, status) in answers {
        let place = if need.kind == "PriorityClass" { String::new() } else { format!(" in namespace `{namespace}`") };
        let is_new = changes.changes.iter().any(|change| {
            change.action == Action::Create && order::is_namespace(&change.id) && change.id.name == namespace
        });
        let what = format!("{} `{}`{place}", need.kind, need.name);
        match status {
            404 if is_new && !place.is_empty() => {
                found
                    .notes
                    .push(format!("pods of the bundle need the {what}: make it as soon as the namespace is there"));
            }
            404 => found.missing.push((
                format!("pods of the bundle need the {what}, which does not exist"),
                "make it, or take its name out of chaos.toml or of the manifest".to_owned(),
            )),
            403 => found.notes.push(format!("the {what} was not checked: no right to read it")),
            _ => {}
        }
    }
    Ok(found)
}

/// Returns the rights that no dry-run has shown, each with the objects that need it.
fn rights<'s>(snapshot: &'s Snapshot, changes: &'s ChangeSet) -> BTreeMap<Right<'s>, BTreeSet<&'s str>> {
    let mut rights: BTreeMap<Right<'s>, BTreeSet<&'s str>> = BTreeMap::new();
    let objects: BTreeMap<&ObjectId, &Observed> = snapshot.objects.iter().map(|object| (&object.id, object)).collect();
    for change in &changes.changes {
        let Some(resource) = snapshot.resource(&change.id) else { continue };
        let namespace = change.id.namespace.as_deref().filter(|_| resource.is_namespaced);
        for verb in verbs(change, objects.get(&change.id).copied()) {
            rights.entry(Right { verb, resource, namespace }).or_default().insert(&change.id.name);
        }
    }
    rights
}

fn verbs(change: &Change, object: Option<&Observed>) -> &'static [&'static str] {
    let is_shown = object.is_some_and(|object| object.answer.is_judged());
    match change.action {
        Action::Create | Action::Update if is_shown => &[],
        Action::Create => &["patch", "create"],
        Action::Update => &["patch"],
        Action::Replace => &["delete", "patch", "create"],
        Action::Delete => &["delete"],
        Action::Keep | Action::Conflict | Action::Refused | Action::Error => &[],
    }
}

/// Returns what is missing of a right, if the user does not have it for all of the objects.
async fn denied(
    cluster: &Cluster,
    right: Right<'_>,
    names: BTreeSet<&str>,
) -> Result<Option<(String, String)>, ClusterError> {
    let may = |name| ask::may(cluster, right.resource, right.namespace, right.verb, name);
    if may("").await? {
        return Ok(None);
    }
    let mut denied = Vec::new();
    for name in &names {
        if !may(name).await? {
            denied.push(format!("`{name}`"));
        }
    }
    if denied.is_empty() {
        return Ok(None);
    }
    let place =
        right.namespace.map_or_else(|| "in the whole cluster".to_owned(), |name| format!("in namespace `{name}`"));
    let which = if denied.len() == names.len() { String::new() } else { format!(" ({})", denied.join(", ")) };
    let hint = if right.resource.kind == "Namespace" && right.verb != "delete" {
        "`create = false` under `[namespace]` leaves the namespace to somebody else"
    } else {
        "the user needs the right, or `--context NAME` chooses another user"
    };
    Ok(Some((format!("no right to {} `{}` {place}{which}", right.verb, right.resource.qualified()), hint.to_owned())))
}

/// Returns the rights that the user would give without having them: the server has refused the dry-run.
fn escalations(snapshot: &Snapshot) -> Vec<(String, String)> {
    let refused = snapshot.objects.iter().filter_map(|object| match &object.answer {
        ApplyAnswer::Refused { status, .. }
            if object.id.group() == "rbac.authorization.k8s.io" && status.reason == "Forbidden" =>
        {
            Some((&object.id, status.told()))
        }
        _ => None,
    });
    refused
        .map(|(id, message)| {
            let verb = if id.kind.ends_with("Binding") { "bind" } else { "escalate" };
            let hint =
                format!("who grants rights needs each of them, or the verb `{verb}` on `roles` or `clusterroles`");
            (format!("no right to grant what {id} grants: {message}"), hint)
        })
        .collect()
}

/// Returns what the pods of new and changed objects name that is not of the bundle, each with its namespace.
fn needs(snapshot: &Snapshot, changes: &ChangeSet) -> BTreeSet<(Need, String)> {
    let written: BTreeSet<&ObjectId> =
        changes.changes.iter().filter(|change| change.action.writes()).map(|change| &change.id).collect();
    let brought: BTreeSet<(&str, &str, Option<&str>)> = snapshot
        .objects
        .iter()
        .map(|object| (object.id.kind.as_str(), object.id.name.as_str(), object.id.namespace.as_deref()))
        .collect();
    let objects = snapshot.objects.iter().filter(|object| written.contains(&object.id));
    objects
        .filter_map(|object| Some((object, pods::spec(&object.desired)?)))
        .flat_map(|(object, pod)| {
            let namespace = object.id.namespace.clone().unwrap_or_default();
            pods::needs(pod).into_iter().map(move |need| (need, namespace.clone()))
        })
        .filter(|(need, namespace)| {
            let home = Some(namespace.as_str()).filter(|_| need.kind != "PriorityClass");
            let is_everywhere =
                need.kind == "ServiceAccount" && need.name == "default" || need.name == "kube-root-ca.crt";
            !is_everywhere && !brought.contains(&(need.kind, need.name.as_str(), home))
        })
        .collect()
}

async fn status(cluster: &Cluster, need: &Need, namespace: &str) -> Result<u16, ClusterError> {
    let version = if need.kind == "PriorityClass" { "scheduling.k8s.io/v1" } else { "v1" };
    let Some(resource) = Resource::built_in(version, need.kind) else { return Ok(200) };
    Ok(cluster.send(Request::get(resource.object(Some(namespace), &need.name))).await?.status)
}
