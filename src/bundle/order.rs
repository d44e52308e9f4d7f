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
