//! Kinds that no supported server has, although their group belongs to Kubernetes: a slip in `apiVersion` or `kind`.

use super::kinds::{self, Builtin};
use super::removed;
use super::version::Version;

/// How near a known kind must be to be meant, from 0 to 1.
const NEAR: f32 = 0.7;

/// A group that had all kinds before they moved; no server has it any more.
const OLD_GROUP: &str = "extensions";

/// What servers answer to without keeping it, by group; such an object is no slip.
const NOT_KEPT: [(&str, &str); 6] = [
    ("", "Binding"),
    ("", "ComponentStatus"),
    ("", "List"),
    ("", "Status"),
    ("autoscaling", "Scale"),
    ("policy", "Eviction"),
];

/// A kind that its group does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misnamed {
    /// The kind that was probably meant.
    pub suggestion: Option<&'static Builtin>,
}

/// Tells whether a group of Kubernetes itself lacks a kind in the version named.
///
/// Other groups hold custom resources, of which nothing is known; what [`removed::removed`] knows has its own message.
pub fn misnamed(api_version: &str, kind: &str) -> Option<Misnamed> {
    let group = kinds::group(api_version);
    let ours = group == OLD_GROUP || kinds::all().iter().any(|row| row.group() == group);
    let listed = kind.strip_suffix("List");
    let known = kinds::find(api_version, kind).is_some()
        || listed.is_some_and(|kind| kinds::find(api_version, kind).is_some())
        || removed::is_listed(api_version, kind)
        || NOT_KEPT.contains(&(group, kind));
    (ours && !known).then(|| Misnamed { suggestion: meant(group, kind) })
}

/// The same kind in its own group, or the kind of this group whose name is nearest; in its most stable version.
fn meant(group: &str, kind: &str) -> Option<&'static Builtin> {
    let served = |group, kind| kinds::served(group, kind, Version::NEWEST);
    if let Some(found) = served(group, kind) {
        return Some(found);
    }
    if let Some(row) = kinds::all().iter().find(|row| row.kind == kind) {
        return served(row.group(), kind);
    }
    let siblings: Vec<&str> = kinds::all().iter().filter(|row| row.group() == group).map(|row| row.kind).collect();
    let nearest = similar::get_close_matches(kind, &siblings, 1, NEAR);
    served(group, nearest.first()?)
}

#[cfg(test)]
mod tests {
    use super::misnamed;

    fn said(api_version: &str, kind: &str) -> String {
        match misnamed(api_version, kind) {
            None => "fine".into(),
            Some(found) => found.suggestion.map_or("unknown".into(), |row| format!("{}/{}", row.api_version, row.kind)),
        }
    }

    #[test]
    fn a_slip_is_found_and_repaired() {
        for (api_version, kind, expected) in [
            ("apps/v1", "Deploymnt", "apps/v1/Deployment"),
            ("apps/v1", "deployment", "apps/v1/Deployment"),
            ("v1", "Deployment", "apps/v1/Deployment"),
            ("apps/v2", "Deployment", "apps/v1/Deployment"),
            ("apps/v1", "Pod", "v1/Pod"),
            ("extensions/v1", "Ingress", "networking.k8s.io/v1/Ingress"),
            ("v1", "HorizontalPodAutoscaler", "autoscaling/v2/HorizontalPodAutoscaler"),
            ("batch/v2alpha1", "CronJob", "batch/v1/CronJob"),
            ("v1", "Zebra", "unknown"),
            ("", "", "unknown"),
        ] {
            assert_eq!(said(api_version, kind), expected, "{api_version} {kind}");
        }
    }

    #[test]
    fn the_rest_is_no_slip() {
        for (api_version, kind) in [
            ("apps/v1", "Deployment"),
            ("v1", "List"),
            ("v1", "ConfigMapList"),
            ("policy/v1", "Eviction"),
            ("extensions/v1beta1", "Ingress"),
            ("policy/v1beta1", "PodSecurityPolicy"),
            ("authorization.k8s.io/v1", "SubjectAccessReview"),
            ("networking.istio.io/v1", "Gateway"),
            ("gateway.networking.k8s.io/v1", "Gateway"),
            ("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
            ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler"),
        ] {
            assert_eq!(said(api_version, kind), "fine", "{api_version} {kind}");
        }
    }
}
