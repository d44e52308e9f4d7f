//! How dangerous a grant is: what somebody could do with it who has taken over the chaos pod.
//!
//! The cases are those of the Kubernetes documentation, "Role Based Access Control Good Practices", "Privilege escalation
//! risks".

use super::{Grant, Reach};

/// What somebody could do with a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Gain rights that the account does not have.
    Escalates,
    /// Run programs in the containers of others.
    Executes,
    /// Read what Secrets hold.
    ReadsSecrets,
    /// Act outside of any one namespace.
    ClusterWide,
}

impl Danger {
    /// Returns the name in outputs for programs, in kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Danger::Escalates => "can-escalate",
            Danger::Executes => "executes",
            Danger::ReadsSecrets => "reads-secrets",
            Danger::ClusterWide => "cluster-wide",
        }
    }

    /// Returns the words for people.
    pub fn words(self) -> &'static str {
        match self {
            Danger::Escalates => "can gain further rights",
            Danger::Executes => "runs programs in containers",
            Danger::ReadsSecrets => "reads secrets",
            Danger::ClusterWide => "in the whole cluster",
        }
    }
}

/// What makes pods: who may write one of these runs pods as any account of the namespace.
const WORKLOADS: [(&str, &str); 8] = [
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
];

/// What decides by itself who may do what.
const AUTHORITIES: [(&str, &str); 10] = [
    ("", "serviceaccounts/token"),
    ("", "nodes/proxy"),
    ("", "pods/ephemeralcontainers"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("certificates.k8s.io", "certificatesigningrequests/approval"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
];

/// Returns what somebody could do with a grant, worst first.
pub fn dangers(grant: &Grant) -> Vec<Danger> {
    let mut found = Vec::new();
    let covers = |(group, resource): &(&str, &str)| {
        let is_group = grant.group == "*" || grant.group == *group;
        let parent = resource.split_once('/').map(|(_, sub)| sub);
        let is_resource = grant.resource == "*"
            || grant.resource == *resource
            || parent.is_some_and(|sub| grant.resource.strip_prefix("*/") == Some(sub));
        is_group && is_resource
    };
    let writes = matches!(&*grant.verb, "*" | "create" | "update" | "patch");
    let reads = matches!(&*grant.verb, "*" | "get" | "list" | "watch");
    let is_power = matches!(&*grant.verb, "*" | "escalate" | "bind" | "impersonate");
    // A Secret that somebody creates for an account is filled with its token.
    let makes_tokens = writes && covers(&("", "secrets"));
    if is_power || makes_tokens || writes && WORKLOADS.iter().chain(&AUTHORITIES).any(covers) {
        found.push(Danger::Escalates);
    }
    if (reads || writes) && [("", "pods/exec"), ("", "pods/attach"), ("", "pods/portforward")].iter().any(covers) {
        found.push(Danger::Executes);
    }
    if reads && covers(&("", "secrets")) {
        found.push(Danger::ReadsSecrets);
    }
    if grant.reach == Reach::Cluster {
        found.push(Danger::ClusterWide);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_known_for_what_it_is() {
        let grant = |group: &str, resource: &str, verb: &str| Grant {
            reach: Reach::Namespace("n".to_owned()),
            group: group.to_owned(),
            resource: resource.to_owned(),
            name: None,
            verb: verb.to_owned(),
            reasons: Vec::new(),
        };
        let cases: &[(&str, &str, &str, &[Danger])] = &[
            ("", "pods", "list", &[]),
            ("", "pods", "delete", &[]),
            ("", "pods", "create", &[Danger::Escalates]),
            ("apps", "deployments", "patch", &[Danger::Escalates]),
            ("apps", "deployments", "watch", &[]),
            ("extensions", "deployments", "patch", &[]),
            ("", "pods/exec", "get", &[Danger::Executes]),
            ("", "pods/log", "get", &[]),
            ("", "*/exec", "create", &[Danger::Executes]),
            ("", "secrets", "list", &[Danger::ReadsSecrets]),
            ("", "secrets", "create", &[Danger::Escalates]),
            ("", "secrets", "delete", &[]),
            ("", "serviceaccounts", "impersonate", &[Danger::Escalates]),
            ("", "configmaps", "*", &[Danger::Escalates]),
            ("*", "*", "get", &[Danger::Executes, Danger::ReadsSecrets]),
            ("rbac.authorization.k8s.io", "roles", "escalate", &[Danger::Escalates]),
        ];
        for (group, resource, verb, expected) in cases {
            assert_eq!(dangers(&grant(group, resource, verb)), *expected, "{verb} {resource}.{group}");
        }
        let everywhere = Grant { reach: Reach::Cluster, ..grant("", "secrets", "get") };
        assert_eq!(dangers(&everywhere), [Danger::ReadsSecrets, Danger::ClusterWide]);
    }
}
