//! What the accounts may do more or less than before: the Roles and bindings of the bundle, taken apart.
//!
//! A rule allows every combination of its lists (Kubernetes documentation, "Using RBAC Authorization"), so rules are
//! compared as sets of combinations: two spellings of the same rights are no change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change_set::PermissionChange;
use crate::kubernetes::resource::qualified;

const RBAC: &str = "rbac.authorization.k8s.io";

/// One thing that one account may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    /// Where; `None`: everywhere.
    namespace: Option<String>,
    account: String,
    target: String,
    verb: String,
    role: String,
}

/// Compares the rights that come from the objects before with those after; accounts of the namespace `own` go by their names.
pub(super) fn changes(before: &[&Value], after: &[&Value], own: &str) -> Vec<PermissionChange> {
    let (before, after) = (rights(before, own), rights(after, own));
    let mut grouped: BTreeMap<PermissionChange, BTreeSet<String>> = BTreeMap::new();
    for (is_granted, rights) in [(true, after.difference(&before)), (false, before.difference(&after))] {
        for right in rights {
            let change = PermissionChange {
                is_cluster_wide: right.namespace.is_none(),
                is_granted,
                account: right.account.clone(),
                namespace: right.namespace.clone(),
                verbs: Vec::new(),
                target: right.target.clone(),
                role: right.role.clone(),
            };
            grouped.entry(change).or_default().insert(right.verb.clone());
        }
    }
    let mut changes: Vec<PermissionChange> = grouped
        .into_iter()
        .map(|(change, verbs)| PermissionChange { verbs: verbs.into_iter().collect(), ..change })
        .collect();
    // The loudest first: everywhere before somewhere, more before less.
    changes.sort_by_key(|change| (!change.is_cluster_wide, !change.is_granted));
    changes
}

/// Returns whether a role allows something that it would not allow afterwards.
pub(super) fn is_narrower(before: &Value, after: &Value) -> bool {
    !combinations(before).is_subset(&combinations(after))
}

/// Returns whether an object is a Role, a binding, or one of their kind.
pub(super) fn is_rbac(object: &Value) -> bool {
    object["apiVersion"].as_str().is_some_and(|version| version.starts_with(RBAC))
}

fn rights(objects: &[&Value], own: &str) -> BTreeSet<Right> {
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let namespace = |object: &Value| object["metadata"]["namespace"].as_str().map(str::to_owned);
    let of_kind = |kind: &'static str| {
        objects.iter().filter(|object| is_rbac(object)).filter(move |object| object["kind"] == kind)
    };
    let roles: BTreeMap<(Option<String>, String), &Value> = of_kind("Role")
        .map(|role| ((namespace(role), name(role)), *role))
        .chain(of_kind("ClusterRole").map(|role| ((None, name(role)), *role)))
        .collect();
    let mut rights = BTreeSet::new();
    for binding in of_kind("RoleBinding").chain(of_kind("ClusterRoleBinding")) {
        let reach = namespace(binding);
        let reference = &binding["roleRef"];
        let role_name = reference["name"].as_str().unwrap_or_default().to_owned();
        let kind = reference["kind"].as_str().unwrap_or_default();
        let home = if kind == "Role" { reach.clone() } else { None };
        let combinations = match roles.get(&(home, role_name.clone())) {
            Some(role) => combinations(role),
            // A role that is not of the bundle: what it allows is not known here.
            None => BTreeSet::from([(format!("{kind}/{role_name}"), "everything of".to_owned())]),
        };
        for subject in binding["subjects"].as_array().into_iter().flatten() {
            let account = account(subject, own);
            for (target, verb) in &combinations {
                rights.insert(Right {
                    namespace: reach.clone(),
                    account: account.clone(),
                    target: target.clone(),
                    verb: verb.clone(),
                    role: format!("{kind}/{role_name}"),
                });
            }
        }
    }
    rights
}

fn account(subject: &Value, own: &str) -> String {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    match (text("kind"), subject["namespace"].as_str()) {
        ("ServiceAccount", Some(its)) if its != own => format!("ServiceAccount/{its}/{}", text("name")),
        (kind, _) => format!("{kind}/{}", text("name")),
    }
}

/// Returns every combination of target and verb that a role allows.
fn combinations(role: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        let list =
            |key: &str| -> Vec<&str> { rule[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
        let mut targets: Vec<String> = list("nonResourceURLs").into_iter().map(str::to_owned).collect();
        for resource in list("resources") {
            for group in list("apiGroups") {
                let qualified = qualified(group, resource);
                match list("resourceNames") {
                    names if names.is_empty() => targets.push(qualified),
                    names => targets.extend(names.iter().map(|name| format!("{qualified} {name}"))),
                }
            }
        }
        for target in targets {
            found.extend(list("verbs").into_iter().map(|verb| (target.clone(), verb.to_owned())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[allow(clippy::needless_pass_by_value)] // Each is made where it is given.
    fn role(kind: &str, rules: Value) -> Value {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "r", "namespace": if kind == "Role" { json!("shop") } else { json!(null) }}, "rules": rules})
    }

    fn binding(kind: &str, role_kind: &str) -> Value {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
            "metadata": {"name": "b", "namespace": if kind == "RoleBinding" { json!("shop") } else { json!(null) }},
            "roleRef": {"kind": role_kind, "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "shop"}],
        })
    }

    fn told(before: &[&Value], after: &[&Value]) -> Vec<String> {
        changes(before, after, "shop")
            .iter()
            .map(|one| {
                let sign = if one.is_granted { '+' } else { '-' };
                let place = one.namespace.as_deref().unwrap_or("EVERYWHERE");
                format!("{sign} {} {} {} in {place}", one.account, one.verbs.join(","), one.target)
            })
            .collect()
    }

    #[test]
    fn rights_are_compared_however_they_are_written() {
        let bound = binding("RoleBinding", "Role");
        let two = role(
            "Role",
            json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}, {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}]),
        );
        let one = role("Role", json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["delete", "list"]}]));
        let other = role(
            "Role",
            json!([{"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["x"], "verbs": ["patch"]}]),
        );
        assert_eq!(told(&[&two, &bound], &[&one, &bound]), [""; 0]);
        assert_eq!(
            told(&[&one, &bound], &[&other, &bound]),
            [
                "+ ServiceAccount/a patch deployments.apps/scale x in shop",
                "- ServiceAccount/a delete,list pods in shop"
            ]
        );
        assert_eq!(told(&[], &[&one]), [""; 0], "a role that nobody is bound to allows nothing");
    }

    #[test]
    fn what_holds_everywhere_comes_first() {
        let cluster = role("ClusterRole", json!([{"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]}]));
        let own = role("Role", json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]));
        let everywhere = binding("ClusterRoleBinding", "ClusterRole");
        let here = binding("RoleBinding", "Role");
        assert_eq!(
            told(&[], &[&own, &here, &cluster, &everywhere]),
            ["+ ServiceAccount/a patch nodes in EVERYWHERE", "+ ServiceAccount/a list pods in shop"]
        );
        let elsewhere: Vec<String> = changes(&[], &[&own, &here], "mall").into_iter().map(|one| one.account).collect();
        assert_eq!(elsewhere, ["ServiceAccount/shop/a"], "an account of another namespace is told apart");
    }

    #[test]
    fn a_role_of_somebody_else_is_named() {
        let here = binding("RoleBinding", "ClusterRole");
        assert_eq!(told(&[], &[&here]), ["+ ServiceAccount/a everything of ClusterRole/r in shop"]);
    }
}
