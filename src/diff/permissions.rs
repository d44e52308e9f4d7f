//! What the accounts may do more or less than before: the Roles and bindings of the bundle, taken apart.
//!
//! A rule allows every combination of its lists (Kubernetes documentation, "Using RBAC Authorization"), and of two
//! combinations one may hold all of the other ([`rbac::Right::covers`]). What something else allows as well, before or
//! after, is no change: neither two spellings of the same rights, nor a Role that moves, nor what `*` allowed anyway.

mod aggregation;
pub(super) mod sides;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change_set::PermissionChange;
use crate::kubernetes::rbac::{self, Target};
use crate::kubernetes::resource::qualified;

const RBAC: &str = "rbac.authorization.k8s.io";

/// A role: its kind, its namespace if it has one, and its name.
type RoleId<'o> = (&'o str, Option<&'o str>, &'o str);

/// One thing that an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Right<'o> {
    /// Where; `None`: everywhere.
    namespace: Option<&'o str>,
    what: What<'o>,
}

/// What it is that an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What<'o> {
    /// What a rule of a role says.
    Rule(rbac::Right<'o>),
    /// Everything that a role allows, whose rules are not known here: kind and name.
    Role(&'o str, &'o str),
}

/// The rights of each account, each with a role that gives it.
type Rights<'o> = BTreeMap<String, BTreeMap<Right<'o>, RoleId<'o>>>;

/// Compares the rights that come from the objects before with those after; accounts of the namespace `own` go by their names.
fn changes(before: &[&Value], after: &[&Value], own: &str) -> Vec<PermissionChange> {
    // Of a role that is there on one side it is known that it allows nothing on the other.
    let known: BTreeSet<RoleId<'_>> = roles(before).chain(roles(after)).map(|(id, _)| id).collect();
    let (before, after) = (rights(before, &known, own), rights(after, &known, own));
    let mut changes = beyond(&after, &before, true);
    changes.extend(beyond(&before, &after, false));
    let mut changes = aggregation::joined(changes);
    // The loudest first: everywhere before somewhere, more before less.
    changes.sort_by_key(|change| (!change.is_cluster_wide, !change.is_granted));
    changes
}

/// Returns whether a role allows something that it would not allow afterwards.
pub(super) fn is_narrower(before: &Value, after: &Value) -> bool {
    let after: Vec<rbac::Right<'_>> = rbac::rights(after).collect();
    rbac::rights(before).any(|right| !after.iter().any(|other| other.covers(&right)))
}

/// Returns whether an object is a Role, a binding, or one of their kind.
fn is_rbac(object: &Value) -> bool {
    object["apiVersion"].as_str().is_some_and(|version| version.starts_with(RBAC))
}

/// Returns what some rights allow that others do not, but for what is said by another of them.
fn beyond(these: &Rights<'_>, others: &Rights<'_>, is_granted: bool) -> Vec<PermissionChange> {
    let mut grouped: BTreeMap<PermissionChange, Vec<String>> = BTreeMap::new();
    let nothing = BTreeMap::new();
    for (account, rights) in these {
        let others = others.get(account).unwrap_or(&nothing);
        let is_elsewhere = |right: &Right<'_>| others.contains_key(right) || others.keys().any(|one| one.covers(right));
        let beyond: Vec<(&Right<'_>, &RoleId<'_>)> = rights.iter().filter(|(right, _)| !is_elsewhere(right)).collect();
        // Of two that cover each other, the first says it.
        let is_said = |at: usize, right: &Right<'_>| {
            let is_by = |(place, (one, _)): (usize, &(&Right<'_>, _))| {
                place != at && one.covers(right) && (place < at || !right.covers(one))
            };
            beyond.iter().enumerate().any(is_by)
        };
        for (at, (right, (kind, _, role))) in beyond.iter().enumerate() {
            if is_said(at, right) {
                continue;
            }
            let (verb, target) = right.what.shown();
            let change = PermissionChange {
                is_cluster_wide: right.namespace.is_none(),
                is_granted,
                account: account.clone(),
                namespace: right.namespace.map(str::to_owned),
                verbs: Vec::new(),
                target,
                role: format!("{kind}/{role}"),
            };
            grouped.entry(change).or_default().push(verb.to_owned());
        }
    }
    grouped
        .into_iter()
        .map(|(change, mut verbs)| {
            verbs.sort();
            PermissionChange { verbs, ..change }
        })
        .collect()
}

impl Right<'_> {
    fn covers(&self, other: &Right<'_>) -> bool {
        let is_what = match (self.what, other.what) {
            (What::Rule(wide), What::Rule(narrow)) => wide.covers(&narrow),
            // In a namespace there is no more than its objects.
            (What::Rule(wide), What::Role(..)) => other.namespace.is_some() && wide == EVERYTHING,
            (wide, narrow) => wide == narrow,
        };
        is_what && (self.namespace.is_none() || self.namespace == other.namespace)
    }
}

/// Every verb on all objects.
const EVERYTHING: rbac::Right<'_> =
    rbac::Right { verb: "*", target: Target::Objects { group: "*", resource: "*", name: None } };

impl What<'_> {
    fn is_path(&self) -> bool {
        matches!(self, What::Rule(rbac::Right { target: Target::Path(_), .. }))
    }

    /// Returns the words for the verb and for what it is for.
    fn shown(&self) -> (&str, String) {
        match self {
            What::Role(kind, name) => ("everything of", format!("{kind}/{name}")),
            What::Rule(rbac::Right { verb, target }) => match target {
                Target::Path(path) => (verb, (*path).to_owned()),
                Target::Objects { group, resource, name: None } => (verb, qualified(group, resource)),
                Target::Objects { group, resource, name: Some(name) } => {
                    (verb, format!("{} {name}", qualified(group, resource)))
                }
            },
        }
    }
}

fn of_kind<'o>(objects: &[&'o Value], kind: &'static str) -> impl Iterator<Item = &'o Value> {
    objects.iter().copied().filter(move |object| is_rbac(object) && object["kind"] == kind)
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn namespace(object: &Value) -> Option<&str> {
    object["metadata"]["namespace"].as_str()
}

fn roles<'o>(objects: &[&'o Value]) -> impl Iterator<Item = (RoleId<'o>, &'o Value)> {
    let own = of_kind(objects, "Role").map(|role| (("Role", namespace(role), name(role)), role));
    own.chain(of_kind(objects, "ClusterRole").map(|role| (("ClusterRole", None, name(role)), role)))
}

/// Returns what the bindings give to each account, and roles to whoever is bound to others; `known` are the roles whose rules are known.
fn rights<'o>(objects: &[&'o Value], known: &BTreeSet<RoleId<'o>>, own: &str) -> Rights<'o> {
    let roles: BTreeMap<RoleId<'o>, &Value> = roles(objects).collect();
    let mut rights = Rights::new();
    for binding in of_kind(objects, "RoleBinding").chain(of_kind(objects, "ClusterRoleBinding")) {
        let reach = namespace(binding);
        let [kind, name] = ["kind", "name"].map(|key| binding["roleRef"][key].as_str().unwrap_or_default());
        let id = (kind, reach.filter(|_| kind == "Role"), name);
        let whats: Vec<What<'o>> = match roles.get(&id) {
            // Paths stand in no namespace: there, a rule about them allows nothing.
            Some(role) => whats(id, role).filter(|what| reach.is_none() || !what.is_path()).collect(),
            None if known.contains(&id) => Vec::new(),
            None => vec![What::Role(kind, name)],
        };
        for subject in binding["subjects"].as_array().into_iter().flatten() {
            let rights = rights.entry(account(subject, own)).or_default();
            for what in &whats {
                let giver = rights.entry(Right { namespace: reach, what: *what }).or_insert(id);
                *giver = id.min(*giver);
            }
        }
    }
    let cluster_roles = || of_kind(objects, "ClusterRole");
    for role in cluster_roles() {
        let id = ("ClusterRole", None, name(role));
        for receiver in aggregation::receivers(role, cluster_roles()) {
            let rights = rights.entry(receiver).or_default();
            for what in whats(id, role) {
                let giver = rights.entry(Right { namespace: None, what }).or_insert(id);
                *giver = id.min(*giver);
            }
        }
    }
    rights
}

/// Returns what a role allows.
fn whats<'o>((kind, _, name): RoleId<'o>, role: &'o Value) -> impl Iterator<Item = What<'o>> {
    // A controller writes its rules (Kubernetes documentation, "Aggregated ClusterRoles").
    let is_aggregated = !role["aggregationRule"].is_null();
    let rules = rbac::rights(role).map(What::Rule).filter(move |_| !is_aggregated);
    is_aggregated.then_some(What::Role(kind, name)).into_iter().chain(rules)
}

fn account(subject: &Value, own: &str) -> String {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    match (text("kind"), subject["namespace"].as_str()) {
        ("ServiceAccount", Some(its)) if its != own => format!("ServiceAccount/{its}/{}", text("name")),
        (kind, _) => format!("{kind}/{}", text("name")),
    }
}

#[cfg(test)]
mod tests;
