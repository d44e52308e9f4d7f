//! The order in which objects are applied.

use crate::kubernetes::ObjectId;

/// Kinds that others need, first to last; the ones in the middle come in the order of the files.
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "LimitRange",
    "CustomResourceDefinition",
    "PriorityClass",
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
];

/// Returns where an object's kind stands in the order of apply.
pub fn rank(id: &ObjectId) -> usize {
    let position = |kinds: &[&str]| kinds.iter().position(|kind| *kind == id.kind);
    match (position(FIRST), position(LAST)) {
        (Some(first), _) => first,
        (None, Some(last)) => FIRST.len() + 1 + last,
        (None, None) => FIRST.len(),
    }
}
