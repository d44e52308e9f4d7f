//! What the rules of Roles allow, by the rules of RBAC (`kubernetes/pkg/apis/rbac/v1`, `evaluation_helpers.go`).

use serde_json::Value;

/// One combination of a rule's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right<'r> {
    /// The verb; `*` is any.
    pub verb: &'r str,
    /// What it is for.
    pub target: Target<'r>,
}

/// What a right is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target<'r> {
    /// Objects.
    Objects {
        /// The API group; `*` is any.
        group: &'r str,
        /// The resource, or one and its subresource; `*` is any of both, `*/SUB` this one of any.
        resource: &'r str,
        /// The only object; `None`: any.
        name: Option<&'r str>,
    },
    /// A path of the API server that is no object; one that ends with `*` is all that begin so.
    Path(&'r str),
}

/// Returns every right that a role gives.
pub fn rights(role: &Value) -> impl Iterator<Item = Right<'_>> {
    role["rules"].as_array().into_iter().flatten().flat_map(|rule| {
        let list =
            |key: &str| -> Vec<&str> { rule[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
        let names: Vec<Option<&str>> = match list("resourceNames") {
            names if names.is_empty() => vec![None],
            names => names.into_iter().map(Some).collect(),
        };
        let mut targets: Vec<Target<'_>> = list("nonResourceURLs").into_iter().map(Target::Path).collect();
        for resource in list("resources") {
            for group in list("apiGroups") {
                targets.extend(names.iter().map(|name| Target::Objects { group, resource, name: *name }));
            }
        }
        let verbs = list("verbs");
        targets.into_iter().flat_map(move |target| verbs.clone().into_iter().map(move |verb| Right { verb, target }))
    })
}

impl Right<'_> {
    /// Returns whether a right allows all that another one allows.
    ///
    /// There is always a verb, group, resource or name that no rule spells out, so that rights without `*` never come to one
    /// with it: what one right alone does not cover, several do not either.
    pub fn covers(&self, other: &Right<'_>) -> bool {
        let is_target = match (self.target, other.target) {
            (
                Target::Objects { group, resource, name },
                Target::Objects { group: its_group, resource: its_resource, name: its_name },
            ) => {
                let sub = its_resource.split_once('/').map(|(_, sub)| sub);
                matches(group, its_group)
                    && (matches(resource, its_resource)
                        || sub.is_some_and(|sub| resource.strip_prefix("*/") == Some(sub)))
                    && (name.is_none() || name == its_name)
            }
            (Target::Path(wide), Target::Path(narrow)) => {
                wide == narrow || wide.ends_with('*') && narrow.starts_with(wide.trim_end_matches('*'))
            }
            _ => false,
        };
        is_target && matches(self.verb, other.verb)
    }
}

fn matches(wide: &str, narrow: &str) -> bool {
    wide == "*" || wide == narrow
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cover_what_begins_like_them() {
        for (wide, narrow, expected) in [
            ("/healthz", "/healthz", true),
            ("/healthz", "/healthz/etcd", false),
            ("/healthz/*", "/healthz/etcd", true),
            ("/healthz/*", "/healthz/e*", true),
            ("/healthz/e*", "/healthz/*", false),
            ("*", "/healthz/*", true),
            ("/healthz/*", "*", false),
        ] {
            let right = |path| Right { verb: "get", target: Target::Path(path) };
            assert_eq!(right(wide).covers(&right(narrow)), expected, "{wide} {narrow}");
        }
    }
}
