//! Rights that a ClusterRole gives to everybody who is bound to another one.
//!
//! A controller adds the rules of a ClusterRole to each one whose `aggregationRule` selects its labels (Kubernetes
//! documentation, "Using RBAC Authorization"). Who is bound to those, nobody can tell from the bundle.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::name;
use crate::diff::change_set::PermissionChange;

/// The roles of every cluster that aggregate: their names, and those that get what they get, because `view` is aggregated to
/// `edit`, and `edit` to `admin` (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`).
const BUILT_IN: [(&str, &[&str]); 3] =
    [("view", &["view", "edit", "admin"]), ("edit", &["edit", "admin"]), ("admin", &["admin"])];

/// Returns the accounts that get the rights of a ClusterRole by its labels; `roles` are those that are known.
pub(super) fn receivers<'o>(role: &'o Value, roles: impl Iterator<Item = &'o Value>) -> BTreeSet<String> {
    let labels = &role["metadata"]["labels"];
    let is_to = |name: &str| labels[format!("rbac.authorization.k8s.io/aggregate-to-{name}")] == "true";
    let built_in = BUILT_IN.iter().filter(|(name, _)| is_to(name)).flat_map(|(_, receivers)| *receivers).copied();
    let selects = |other: &&Value| name(other) != name(role) && has_selected(other, labels);
    let known = roles.filter(selects).map(name);
    built_in.chain(known).map(|name| format!("{}ClusterRole/{name}", PermissionChange::EVERYBODY)).collect()
}

/// Brings together what everybody gets who is bound to one of several roles.
pub(super) fn joined(changes: Vec<PermissionChange>) -> Vec<PermissionChange> {
    let (everybody, mut joined): (Vec<_>, Vec<_>) = changes.into_iter().partition(PermissionChange::is_of_everybody);
    let mut grouped: BTreeMap<PermissionChange, Vec<String>> = BTreeMap::new();
    for mut change in everybody {
        let account = std::mem::take(&mut change.account);
        let role = account.trim_start_matches(PermissionChange::EVERYBODY).to_owned();
        grouped.entry(change).or_default().push(role);
    }
    joined.extend(grouped.into_iter().map(|(change, roles)| {
        let roles = match roles.split_last() {
            Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
            _ => roles.concat(),
        };
        PermissionChange { account: format!("{}{roles}", PermissionChange::EVERYBODY), ..change }
    }));
    joined
}

/// Returns whether the `aggregationRule` of a role selects labels.
fn has_selected(role: &Value, labels: &Value) -> bool {
    let selectors = role["aggregationRule"]["clusterRoleSelectors"].as_array();
    selectors.into_iter().flatten().any(|selector| is_match(selector, labels))
}

/// Returns whether a label selector selects labels (Kubernetes API, `meta/v1 LabelSelector`).
fn is_match(selector: &Value, labels: &Value) -> bool {
    let mut equal = selector["matchLabels"].as_object().into_iter().flatten();
    let mut expressions = selector["matchExpressions"].as_array().into_iter().flatten();
    equal.all(|(key, value)| &labels[key] == value)
        && expressions.all(|expression| {
            let value = &labels[expression["key"].as_str().unwrap_or_default()];
            let is_in = expression["values"].as_array().is_some_and(|values| values.contains(value));
            match expression["operator"].as_str() {
                Some("In") => is_in,
                Some("NotIn") => !is_in,
                Some("Exists") => !value.is_null(),
                Some("DoesNotExist") => value.is_null(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_selector_is_read_as_the_controller_reads_it() {
        let labels = json!({"a": "1"});
        let expression = |key: &str, operator: &str| json!({"matchExpressions": [{"key": key, "operator": operator, "values": ["1"]}]});
        for (selector, expected) in [
            (json!({}), true),
            (json!({"matchLabels": {"a": "1"}}), true),
            (json!({"matchLabels": {"a": "1", "b": "1"}}), false),
            (expression("a", "In"), true),
            (expression("b", "In"), false),
            (expression("a", "NotIn"), false),
            (expression("b", "NotIn"), true),
            (expression("a", "Exists"), true),
            (expression("b", "DoesNotExist"), true),
            (expression("a", "Unheard"), false),
        ] {
            assert_eq!(is_match(&selector, &labels), expected, "{selector}");
        }
    }
}
