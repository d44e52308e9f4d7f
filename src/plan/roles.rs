//! Grants as RBAC rules: the fewest rules that allow exactly the grants and nothing beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::permissions::{Grant, Reach};

/// The rules of one workload's account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleSet {
    /// For each namespace, the rules of a Role.
    pub namespaced: BTreeMap<String, Vec<PolicyRule>>,
    /// The rules of a `ClusterRole`; empty: none is made.
    pub cluster: Vec<PolicyRule>,
}

impl RoleSet {
    /// Returns whether the account may do nothing.
    pub fn is_empty(&self) -> bool {
        self.namespaced.is_empty() && self.cluster.is_empty()
    }
}

/// One rule of a Role (Kubernetes API `rbac.authorization.k8s.io/v1 PolicyRule`); all lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyRule {
    /// The API group; the core group is empty.
    pub group: String,
    /// The resources.
    pub resources: Vec<String>,
    /// The names; empty: any.
    pub names: Vec<String>,
    /// The verbs.
    pub verbs: Vec<String>,
}

/// Merges grants into rules.
///
/// A rule allows every combination of its lists, so two grants share a rule only where all combinations were granted:
/// names with the same verbs on the same resource, and resources with the same names and verbs. What is granted in the whole
/// cluster is not said again for a namespace.
pub fn roles(grants: &[Grant]) -> RoleSet {
    let mut scopes: BTreeMap<&Reach, Vec<&Grant>> = BTreeMap::new();
    for grant in grants {
        scopes.entry(&grant.reach).or_default().push(grant);
    }
    let cluster = scopes.remove(&Reach::Cluster).unwrap_or_default();
    let everywhere: BTreeSet<_> = cluster.iter().map(|grant| permission(grant, grant.name.as_ref())).collect();
    let is_everywhere = |grant: &Grant| {
        everywhere.contains(&permission(grant, None)) || everywhere.contains(&permission(grant, grant.name.as_ref()))
    };
    let mut set = RoleSet { cluster: merge(&cluster), ..RoleSet::default() };
    for (reach, mut grants) in scopes {
        grants.retain(|grant| !is_everywhere(grant));
        if let (Reach::Namespace(namespace), false) = (reach, grants.is_empty()) {
            set.namespaced.insert(namespace.clone(), merge(&grants));
        }
    }
    set
}

/// A permission wherever it holds: group, resource, name and verb.
fn permission<'g>(grant: &'g Grant, name: Option<&'g String>) -> (&'g str, &'g str, Option<&'g String>, &'g str) {
    (&grant.group, &grant.resource, name, &grant.verb)
}

type Verbs = BTreeSet<String>;

fn merge(grants: &[&Grant]) -> Vec<PolicyRule> {
    // Group and resource -> name (None: any) -> verbs.
    let mut verbs: BTreeMap<(&str, &str), BTreeMap<Option<&str>, Verbs>> = BTreeMap::new();
    for grant in grants {
        verbs
            .entry((&grant.group, &grant.resource))
            .or_default()
            .entry(grant.name.as_deref())
            .or_default()
            .insert(grant.verb.clone());
    }
    // Group, names and verbs -> resources.
    let mut rules: BTreeMap<(&str, BTreeSet<&str>, Verbs), BTreeSet<&str>> = BTreeMap::new();
    for ((group, resource), by_name) in &verbs {
        let any = by_name.get(&None).cloned().unwrap_or_default();
        let mut names: BTreeMap<Verbs, BTreeSet<&str>> = BTreeMap::new();
        for (name, verbs) in by_name {
            if let Some(name) = name {
                // What is allowed for any name needs not be said again for one.
                let rest: Verbs = verbs.difference(&any).cloned().collect();
                if !rest.is_empty() {
                    names.entry(rest).or_default().insert(name);
                }
            }
        }
        if !any.is_empty() {
            rules.entry((group, BTreeSet::new(), any)).or_default().insert(resource);
        }
        for (verbs, names) in names {
            rules.entry((group, names, verbs)).or_default().insert(resource);
        }
    }
    let mut rules: Vec<PolicyRule> = rules
        .into_iter()
        .map(|((group, names, verbs), resources)| PolicyRule {
            group: group.to_owned(),
            resources: resources.into_iter().map(str::to_owned).collect(),
            names: names.into_iter().map(str::to_owned).collect(),
            verbs: verbs.into_iter().collect(),
        })
        .collect();
    rules.sort();
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    type Permission = (String, String, Option<String>, String);

    fn grant(resource: &str, name: Option<&str>, verb: &str) -> Grant {
        Grant {
            group: String::new(),
            resource: resource.to_owned(),
            verb: verb.to_owned(),
            name: name.map(str::to_owned),
            reach: Reach::Namespace("n".to_owned()),
            reasons: Vec::new(),
        }
    }

    /// Every single permission that rules allow.
    fn allowed(rules: &[PolicyRule]) -> BTreeSet<Permission> {
        let mut all = BTreeSet::new();
        for rule in rules {
            for resource in &rule.resources {
                for verb in &rule.verbs {
                    let names: Vec<Option<String>> =
                        if rule.names.is_empty() { vec![None] } else { rule.names.iter().cloned().map(Some).collect() };
                    for name in names {
                        all.insert((rule.group.clone(), resource.clone(), name, verb.clone()));
                    }
                }
            }
        }
        all
    }

    #[test]
    fn names_and_resources_are_gathered() {
        let grants = [
            grant("pods", None, "list"),
            grant("pods", None, "delete"),
            grant("services", Some("a"), "get"),
            grant("services", Some("b"), "get"),
            grant("configmaps", Some("a"), "get"),
            grant("configmaps", Some("b"), "get"),
        ];
        let rules = &roles(&grants).namespaced["n"];
        let shown: Vec<String> =
            rules.iter().map(|rule| format!("{:?} {:?} {:?}", rule.resources, rule.names, rule.verbs)).collect();
        assert_eq!(shown, [r#"["configmaps", "services"] ["a", "b"] ["get"]"#, r#"["pods"] [] ["delete", "list"]"#,]);
    }

    /// Ten thousand random sets of grants, in two namespaces and the whole cluster: in each namespace the rules allow exactly
    /// what was granted there or everywhere, and they say nothing twice.
    #[test]
    fn merging_never_widens_nor_narrows() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |bound: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % bound).expect("a small number")
        };
        for _ in 0..10_000 {
            let count = 1 + next(9);
            let grants: Vec<Grant> = (0..count)
                .map(|_| {
                    let resource = ["pods", "services", "deployments"][next(3)];
                    let name = [None, Some("a"), Some("b"), Some("c")][next(4)];
                    let reach = match next(4) {
                        0 => Reach::Cluster,
                        1 => Reach::Namespace("m".to_owned()),
                        _ => Reach::Namespace("n".to_owned()),
                    };
                    Grant { reach, ..grant(resource, name, ["get", "list", "patch"][next(3)]) }
                })
                .collect();
            let roles = roles(&grants);
            let everywhere = allowed(&roles.cluster);
            assert_eq!(everywhere, wanted(&grants, &[Reach::Cluster]), "{grants:?}");
            for namespace in ["m", "n"] {
                let here = allowed(roles.namespaced.get(namespace).map_or(&[], Vec::as_slice));
                let reaches = [Reach::Cluster, Reach::Namespace(namespace.to_owned())];
                let all: BTreeSet<Permission> = here.union(&everywhere).cloned().collect();
                assert_eq!(minimal(&all), wanted(&grants, &reaches), "{grants:?}");
                let is_said_twice = |one: &Permission| everywhere.contains(one) || is_covered(one, &everywhere);
                assert!(!here.iter().any(is_said_twice), "{grants:?}");
            }
        }
    }

    /// The permissions that grants give in some reaches, without what others of them cover.
    fn wanted(grants: &[Grant], reaches: &[Reach]) -> BTreeSet<Permission> {
        let here = grants.iter().filter(|grant| reaches.contains(&grant.reach));
        let all = here.map(|one| (one.group.clone(), one.resource.clone(), one.name.clone(), one.verb.clone()));
        minimal(&all.collect())
    }

    fn minimal(all: &BTreeSet<Permission>) -> BTreeSet<Permission> {
        all.iter().filter(|one| !is_covered(one, all)).cloned().collect()
    }

    /// Whether a permission for one name is given for any.
    fn is_covered((group, resource, name, verb): &Permission, all: &BTreeSet<Permission>) -> bool {
        name.is_some() && all.contains(&(group.clone(), resource.clone(), None, verb.clone()))
    }
}
