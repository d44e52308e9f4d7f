//! The order in which objects are applied.

use crate::kubernetes::ObjectId;
use crate::kubernetes::kinds;

/// Kinds that others need, first to last; the ones in the middle come in the order of the files.
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "LimitRange",
    "NetworkPolicy",
    "CustomResourceDefinition",
    "PriorityClass",
    "RuntimeClass",
    "IngressClass",
    "StorageClass",
    "PersistentVolume",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Secret",
    "ConfigMap",
    "PersistentVolumeClaim",
    "Service",
];

/// Kinds that act on others, after them.
const LAST: &[&str] = &[
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// Returns where an object's kind stands in the order of apply.
pub fn rank(id: &ObjectId) -> usize {
    // Others have kinds of the same names, such as `Service` in `serving.knative.dev`.
    if kinds::find(&id.api_version, &id.kind).is_none() {
        return FIRST.len();
    }
    let position = |kinds: &[&str]| kinds.iter().position(|kind| *kind == id.kind);
    match (position(FIRST), position(LAST)) {
        (Some(first), _) => first,
        (None, Some(last)) => FIRST.len() + 1 + last,
        (None, None) => FIRST.len(),
    }
}

/// Returns whether an object is a namespace, which everything in it needs.
pub fn is_namespace(id: &ObjectId) -> bool {
    id.api_version == "v1" && id.kind == "Namespace"
}

/// Returns whether an object defines a kind, which every object of that kind needs.
pub fn is_definition(id: &ObjectId) -> bool {
    id.group() == "apiextensions.k8s.io" && id.kind == "CustomResourceDefinition"
}

/// Returns whether an object holds data of others, or is the claim of one that does.
pub fn is_volume(id: &ObjectId) -> bool {
    id.api_version == "v1" && matches!(id.kind.as_str(), "PersistentVolume" | "PersistentVolumeClaim")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(api_version: &str, kind: &str) -> ObjectId {
        ObjectId { api_version: api_version.to_owned(), kind: kind.to_owned(), namespace: None, name: "x".to_owned() }
    }

    #[test]
    fn what_others_need_comes_first_and_what_acts_on_others_last() {
        let order = [
            ("v1", "Namespace"),
            ("networking.k8s.io/v1", "NetworkPolicy"),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
            ("v1", "ServiceAccount"),
            ("rbac.authorization.k8s.io/v1", "Role"),
            ("rbac.authorization.k8s.io/v1", "RoleBinding"),
            ("v1", "Secret"),
            ("v1", "ConfigMap"),
            ("v1", "Service"),
            ("apps/v1", "Deployment"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"),
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        ];
        let ranks: Vec<usize> = order.iter().map(|(version, kind)| rank(&id(version, kind))).collect();
        assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
    }

    #[test]
    fn every_kind_in_the_lists_is_built_in() {
        for kind in FIRST.iter().chain(LAST) {
            assert!(kinds::all().iter().any(|row| row.kind == *kind), "{kind}");
        }
    }

    #[test]
    fn other_kinds_of_the_same_name_stay_in_the_middle() {
        let middle = rank(&id("apps/v1", "Deployment"));
        assert_eq!(rank(&id("serving.knative.dev/v1", "Service")), middle);
        assert_eq!(rank(&id("example.com/v1", "Namespace")), middle);
        assert!(!is_namespace(&id("example.com/v1", "Namespace")));
    }
}
