//! The built-in kinds: where their objects stand, what they are called in an address, which servers have them.

mod table;

use std::ops::RangeInclusive;

use super::version::Version;

/// Where the objects of a kind stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Each in a namespace.
    Namespaced,
    /// Outside of namespaces.
    Cluster,
}

/// A kind that the API server of some supported version has by itself, alpha and beta ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Group and version, such as `apps/v1`; `v1` for the core group.
    pub api_version: &'static str,
    /// The kind, such as `Deployment`.
    pub kind: &'static str,
    /// Its name in addresses and in RBAC rules, such as `deployments`.
    pub plural: &'static str,
    /// Where its objects stand.
    pub scope: Scope,
    /// The first and the last minor version that has it; the first known one stands for all before it.
    minors: (u32, u32),
}

impl Builtin {
    /// Returns the servers that have it, among those that are known.
    pub fn servers(&self) -> RangeInclusive<Version> {
        Version::v1(self.minors.0)..=Version::v1(self.minors.1)
    }

    /// Returns its group: `apps`, or an empty text for the core group.
    pub fn group(&self) -> &'static str {
        group(self.api_version)
    }
}

/// Returns all built-in kinds, sorted by `apiVersion/kind`.
pub fn all() -> &'static [Builtin] {
    table::BUILTIN
}

/// Returns what is known of a kind; nothing if no supported server has it by itself.
pub fn find(api_version: &str, kind: &str) -> Option<&'static Builtin> {
    let same = |row: &&Builtin| row.kind == kind && row.api_version == api_version;
    all().iter().find(same)
}

/// Returns where the objects of a built-in kind stand.
pub fn scope(api_version: &str, kind: &str) -> Option<Scope> {
    Some(find(api_version, kind)?.scope)
}

/// Returns the name of a built-in kind in addresses and in RBAC rules.
pub fn plural(api_version: &str, kind: &str) -> Option<&'static str> {
    Some(find(api_version, kind)?.plural)
}

/// Returns the group of an `apiVersion`: an empty text for the core group.
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Returns the most stable version of a kind's group that `server` has the kind in.
pub fn served(group: &str, kind: &str, server: Version) -> Option<&'static Builtin> {
    all()
        .iter()
        .filter(|row| row.kind == kind && row.group() == group)
        .filter(|row| row.servers().contains(&server))
        .max_by_key(|row| stability(row.api_version))
}

/// Orders versions as the API server does: stable, then beta, then alpha, higher numbers first.
fn stability(api_version: &str) -> (u8, u32, u32) {
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let version = version.strip_prefix('v').unwrap_or(version);
    let number = |text: &str| text.parse().unwrap_or(0);
    if let Some((major, minor)) = version.split_once("beta") {
        (1, number(major), number(minor))
    } else if let Some((major, minor)) = version.split_once("alpha") {
        (0, number(major), number(minor))
    } else {
        (2, number(version), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, all, group, plural, scope, served};
    use crate::kubernetes::Version;

    #[test]
    fn knows_where_objects_stand_and_how_they_are_addressed() {
        for (api_version, kind, expected, name) in [
            ("v1", "Pod", Scope::Namespaced, "pods"),
            ("v1", "Endpoints", Scope::Namespaced, "endpoints"),
            ("v1", "Namespace", Scope::Cluster, "namespaces"),
            ("v1", "Node", Scope::Cluster, "nodes"),
            ("v1", "PersistentVolume", Scope::Cluster, "persistentvolumes"),
            ("apps/v1", "Deployment", Scope::Namespaced, "deployments"),
            ("batch/v1", "CronJob", Scope::Namespaced, "cronjobs"),
            ("networking.k8s.io/v1", "Ingress", Scope::Namespaced, "ingresses"),
            ("networking.k8s.io/v1", "IngressClass", Scope::Cluster, "ingressclasses"),
            ("networking.k8s.io/v1", "NetworkPolicy", Scope::Namespaced, "networkpolicies"),
            ("rbac.authorization.k8s.io/v1", "Role", Scope::Namespaced, "roles"),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", Scope::Cluster, "clusterroles"),
            ("scheduling.k8s.io/v1", "PriorityClass", Scope::Cluster, "priorityclasses"),
            ("storage.k8s.io/v1", "StorageClass", Scope::Cluster, "storageclasses"),
            ("apiregistration.k8s.io/v1", "APIService", Scope::Cluster, "apiservices"),
        ] {
            assert_eq!(scope(api_version, kind), Some(expected), "{kind}");
            assert_eq!(plural(api_version, kind), Some(name), "{kind}");
        }
    }

    #[test]
    fn knows_nothing_of_others() {
        for (api_version, kind) in [
            ("apps/v1", "deployment"),
            ("apps/v2", "Deployment"),
            ("networking.istio.io/v1", "Gateway"),
            ("v1", "List"),
            ("", ""),
        ] {
            assert_eq!(scope(api_version, kind), None);
            assert_eq!(plural(api_version, kind), None);
        }
    }

    #[test]
    fn picks_the_most_stable_version() {
        for (minor, expected) in [(33, "resource.k8s.io/v1beta2"), (34, "resource.k8s.io/v1")] {
            let row = served("resource.k8s.io", "ResourceClaim", Version::v1(minor));
            assert_eq!(row.map(|row| row.api_version), Some(expected));
        }
        let row = served("autoscaling", "HorizontalPodAutoscaler", Version::OLDEST);
        assert_eq!(row.map(|row| row.api_version), Some("autoscaling/v2"));
        assert_eq!(served("apps", "Pod", Version::OLDEST), None);
    }

    #[test]
    fn each_kind_stands_once_in_order() {
        let keys: Vec<String> = all().iter().map(|row| format!("{}/{}", row.api_version, row.kind)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
        assert!(all().iter().all(|row| {
            let servers = row.servers();
            Version::OLDEST <= *servers.start() && servers.start() <= servers.end() && *servers.end() <= Version::NEWEST
        }));
    }

    #[test]
    fn the_core_group_has_no_name() {
        assert_eq!(group("v1"), "");
        assert_eq!(group("apps/v1"), "apps");
    }
}
