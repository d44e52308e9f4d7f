//! What bindings allow an account beyond its grants: every combination of a rule's lists that no grant covers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::words;
use crate::kubernetes::rbac;
use crate::kubernetes::resource::qualified;
use crate::plan::permissions::danger::{Danger, dangers};
use crate::plan::permissions::{Grant, Reach};

/// What one binding allows beyond the grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// The binding, such as `RoleBinding/NAMESPACE/NAME`.
    pub binding: String,
    /// The role that it gives, such as `ClusterRole/NAME`.
    pub role: String,
    /// Whom it gives it to, such as `Group/system:serviceaccounts`.
    pub through: String,
    /// Where it holds.
    pub reach: Reach,
    /// What it allows, the worst first.
    pub rights: Vec<Right>,
}

/// Verbs on some resources, all with the same dangers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The verbs.
    pub verbs: Vec<String>,
    /// The resources, each with the object if it is only one, or the paths.
    pub targets: Vec<String>,
    /// What somebody could do with it.
    pub dangers: Vec<Danger>,
}

/// An account as the API server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    name: String,
    namespace: String,
    /// Its user name.
    pub user: String,
    /// The groups that it is in.
    pub groups: [String; 3],
}

/// A role in a cluster: its kind, its namespace if it has one, and its name.
pub type RoleId = (String, Option<String>, String);

/// Roles that bindings name: the role, nothing where it does not exist, or why it could not be read.
pub type Roles = BTreeMap<RoleId, Result<Option<Value>, String>>;

/// Paths that Kubernetes lets everybody read (`kube-apiserver`, `system:discovery`, `system:public-info-viewer` and
/// `system:service-account-issuer-discovery`).
const PUBLIC_PATHS: [&str; 12] = [
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/",
    "/api/*",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi/*",
    "/openid/v1/jwks",
    "/openid/v1/jwks/",
    "/readyz",
    "/version",
    "/version/",
];

/// What Kubernetes lets everybody ask about themselves (`system:basic-user`).
const ABOUT_ONESELF: [(&str, &str); 3] = [
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
];

impl Holder {
    /// Returns the account of a name in a namespace.
    pub fn new(name: &str, namespace: &str) -> Holder {
        Holder {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            user: format!("system:serviceaccount:{namespace}:{name}"),
            groups: [
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ],
        }
    }

    /// Returns the subject of a binding that the account is, or is one of.
    pub fn through(&self, binding: &Value) -> Option<String> {
        let home = binding["metadata"]["namespace"].as_str();
        binding["subjects"].as_array()?.iter().find_map(|subject| {
            let (kind, name) = (subject["kind"].as_str()?, subject["name"].as_str()?);
            let is_it = match kind {
                // Without a namespace it is that of the binding.
                "ServiceAccount" => {
                    let namespace = subject["namespace"].as_str().filter(|name| !name.is_empty()).or(home);
                    name == self.name && namespace == Some(&self.namespace)
                }
                "User" => name == self.user,
                "Group" => self.groups.iter().any(|group| group == name),
                _ => false,
            };
            is_it.then(|| format!("{kind}/{name}"))
        })
    }
}

/// Returns the role that a binding gives.
pub fn role_of(binding: &Value) -> RoleId {
    let text = |key: &str| binding["roleRef"][key].as_str().unwrap_or_default().to_owned();
    let home = binding["metadata"]["namespace"].as_str().filter(|_| binding["roleRef"]["kind"] == "Role");
    (text("kind"), home.map(str::to_owned), text("name"))
}

/// Returns what bindings allow an account beyond its grants, the worst first, and what of that is not known.
pub fn excess(holder: &Holder, grants: &[Grant], bindings: &[Value], roles: &Roles) -> (Vec<Excess>, Vec<String>) {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for binding in bindings {
        let Some(through) = holder.through(binding) else { continue };
        let id = role_of(binding);
        let (binding, reach) = named(binding);
        match roles.get(&id) {
            Some(Ok(Some(role))) => {
                let rights = beyond(role, &reach, grants);
                if !rights.is_empty() {
                    found.push(Excess { binding, role: shown(&id), through, reach, rights });
                }
            }
            // Whom it is given to gains nothing by a role that does not exist.
            Some(Ok(None)) => {}
            Some(Err(reason)) => unknown.push(format!("what {} allows by {binding}: {reason}", shown(&id))),
            None => unknown.push(format!("what {} allows by {binding}", shown(&id))),
        }
    }
    found.sort_by_cached_key(|one| (one.rights.first().map(loudness), one.binding.clone()));
    (found, unknown)
}

/// Names a binding, and says where it holds.
fn named(binding: &Value) -> (String, Reach) {
    let name = binding["metadata"]["name"].as_str().unwrap_or_default();
    match binding["metadata"]["namespace"].as_str() {
        Some(namespace) => (format!("RoleBinding/{namespace}/{name}"), Reach::Namespace(namespace.to_owned())),
        None => (format!("ClusterRoleBinding/{name}"), Reach::Cluster),
    }
}

fn shown((kind, namespace, name): &RoleId) -> String {
    match namespace {
        Some(namespace) => format!("{kind}/{namespace}/{name}"),
        None => format!("{kind}/{name}"),
    }
}

fn loudness(right: &Right) -> [bool; 4] {
    words::loudness(&right.dangers)
}

/// Returns what of a role no grant covers, the worst first.
fn beyond(role: &Value, reach: &Reach, grants: &[Grant]) -> Vec<Right> {
    // Target -> dangers and verbs: rules that overlap are told once.
    let mut by_target: BTreeMap<String, BTreeMap<Vec<Danger>, BTreeSet<String>>> = BTreeMap::new();
    let mut add = |target: String, dangers, verb: &str| {
        by_target.entry(target).or_default().entry(dangers).or_default().insert(verb.to_owned());
    };
    for rbac::Right { verb, target } in rbac::rights(role) {
        match target {
            // What stands in no namespace is in none: there, a rule about it allows nothing.
            rbac::Target::Path(_) if *reach != Reach::Cluster => {}
            rbac::Target::Path(path) if verb == "get" && is_public(path) => {}
            rbac::Target::Path(path) => add(format!("path {path}"), vec![Danger::ClusterWide], verb),
            rbac::Target::Objects { group, resource, name } => {
                let right = Grant {
                    reach: reach.clone(),
                    group: group.to_owned(),
                    resource: resource.to_owned(),
                    name: name.map(str::to_owned),
                    verb: verb.to_owned(),
                    reasons: Vec::new(),
                };
                if !is_void(&right) && !is_about_oneself(&right) && !grants.iter().any(|grant| covers(grant, &right)) {
                    let name = name.map_or_else(String::new, |name| format!(" {name}"));
                    add(format!("{}{name}", qualified(group, resource)), dangers(&right), verb);
                }
            }
        }
    }
    let mut targets: BTreeMap<(Vec<Danger>, BTreeSet<String>), Vec<String>> = BTreeMap::new();
    for (target, rows) in by_target {
        for (dangers, verbs) in rows {
            targets.entry((dangers, verbs)).or_default().push(target.clone());
        }
    }
    let right =
        |((dangers, verbs), targets)| Right { verbs: Vec::from_iter::<BTreeSet<String>>(verbs), targets, dangers };
    let mut rights: Vec<Right> = targets.into_iter().map(right).collect();
    rights.sort_by_key(loudness);
    rights
}

/// Returns whether a grant allows all of a right.
fn covers(grant: &Grant, right: &Grant) -> bool {
    let is_reach = grant.reach == Reach::Cluster || grant.reach == right.reach;
    is_reach && as_rule(grant).covers(&as_rule(right))
}

fn as_rule(Grant { group, resource, name, verb, .. }: &Grant) -> rbac::Right<'_> {
    rbac::Right { verb, target: rbac::Target::Objects { group, resource, name: name.as_deref() } }
}

fn is_public(path: &str) -> bool {
    PUBLIC_PATHS.iter().any(|public| match public.strip_suffix('*') {
        Some(start) => path.starts_with(start) || Some(path) == start.strip_suffix('/'),
        None => path == *public,
    })
}

/// Returns whether a right allows nothing, because it is bound in a namespace and what it is about stands in none. Of the
/// namespace itself it allows something.
fn is_void(right: &Grant) -> bool {
    let is_namespace = right.group.is_empty() && right.resource.starts_with("namespaces");
    right.reach != Reach::Cluster && !is_namespace && words::stands_in_no_namespace(right)
}

fn is_about_oneself(right: &Grant) -> bool {
    right.verb == "create" && ABOUT_ONESELF.contains(&(right.group.as_str(), right.resource.as_str()))
}

#[cfg(test)]
mod tests;
