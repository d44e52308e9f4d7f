//! What ended before the oldest supported server.

use crate::kubernetes::version::Version;

/// Kinds of one API version that ended together.
pub(super) struct Row {
    minor: u32,
    pub(super) api_version: &'static str,
    pub(super) kinds: &'static [&'static str],
    /// The group that has the kinds today; none if they have ended.
    pub(super) group: Option<&'static str>,
    pub(super) note: Option<&'static str>,
}

impl Row {
    /// Returns the first server without them.
    pub(super) fn version(&self) -> Version {
        Version::v1(self.minor)
    }
}

/// Returns the row of a kind.
pub(super) fn find(api_version: &str, kind: &str) -> Option<&'static Row> {
    let same = |row: &&Row| row.api_version == api_version && row.kinds.contains(&kind);
    TABLE.iter().find(same)
}

const WORKLOAD: &str = "`spec.selector` is required and cannot be changed later";
const DEPLOYMENT: &str = "`spec.selector` is required and cannot be changed later; `spec.rollbackTo` is gone; \
    the rollout's defaults are other ones: `maxSurge` and `maxUnavailable` 25 %, ten old revisions, a deadline of 600 s";
const DAEMON_SET: &str = "`spec.selector` is required and cannot be changed later; `spec.templateGeneration` is gone; \
    `updateStrategy` is `RollingUpdate` where it is left out";
const STATEFUL_SET: &str = "`spec.selector` is required and cannot be changed later; `updateStrategy` is `RollingUpdate` \
    where it is left out";
const INGRESS: &str = "`spec.backend` is now `spec.defaultBackend`; a backend's `serviceName` and `servicePort` are now \
    `service.name` and `service.port.number` or `service.port.name`; each path needs a `pathType`";
const WEBHOOKS: &str = "`sideEffects` (`None` or `NoneOnDryRun`) and `admissionReviewVersions` are required; \
    `failurePolicy` is `Fail`, `matchPolicy` `Equivalent` and `timeoutSeconds` 10 where they are left out";
const DEFINITION: &str = "`spec.scope` is required; `spec.version`, `validation`, `subresources` and \
    `additionalPrinterColumns` stand under `spec.versions`, each with a structural schema; `spec.conversion` has a `webhook`";
const SIGNING: &str = "`spec.signerName` and `spec.usages` are required";
const BUDGET: &str = "an empty `spec.selector` now selects every pod of the namespace";
const AUTOSCALER: &str = "a metric's `targetAverageUtilization`, `targetAverageValue` and `targetValue` are now `target` \
    with `type` and `averageUtilization`, `averageValue` or `value`";
const SLICES: &str = "an endpoint's `topology` is gone: use `nodeName` and `zone`";
const EVENTS: &str = "`involvedObject` is now `regarding`, `message` is `note`, `source` and `count` are deprecated; \
    `eventTime`, `reportingController` and `reportingInstance` are required";
const FLOW: &str = "`limited.assuredConcurrencyShares` is now `limited.nominalConcurrencyShares`";
const POLICIES: &str = "the kind has ended: put the label `pod-security.kubernetes.io/enforce` on the namespace, or use an \
    admission webhook";
const PRESETS: &str = "the kind has ended: use a mutating admission webhook";
const SINKS: &str = "the kind has ended: configure the audit webhook of the API server";

const fn row(
    minor: u32,
    api_version: &'static str,
    kinds: &'static [&'static str],
    group: Option<&'static str>,
    note: Option<&'static str>,
) -> Row {
    Row { minor, api_version, kinds, group, note }
}

/// By the server that came without them.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    row(16, "extensions/v1beta1", &["DaemonSet"], Some("apps"), Some(DAEMON_SET)),
    row(16, "extensions/v1beta1", &["Deployment"], Some("apps"), Some(DEPLOYMENT)),
    row(16, "extensions/v1beta1", &["ReplicaSet"], Some("apps"), Some(WORKLOAD)),
    row(16, "extensions/v1beta1", &["NetworkPolicy"], Some("networking.k8s.io"), None),
    row(16, "extensions/v1beta1", &["PodSecurityPolicy"], None, Some(POLICIES)),
    row(16, "apps/v1beta1", &["Deployment"], Some("apps"), Some(DEPLOYMENT)),
    row(16, "apps/v1beta1", &["StatefulSet"], Some("apps"), Some(STATEFUL_SET)),
    row(16, "apps/v1beta1", &["ControllerRevision"], Some("apps"), None),
    row(16, "apps/v1beta2", &["DaemonSet"], Some("apps"), Some(DAEMON_SET)),
    row(16, "apps/v1beta2", &["Deployment"], Some("apps"), Some(DEPLOYMENT)),
    row(16, "apps/v1beta2", &["ReplicaSet"], Some("apps"), Some(WORKLOAD)),
    row(16, "apps/v1beta2", &["StatefulSet"], Some("apps"), Some(STATEFUL_SET)),
    row(16, "apps/v1beta2", &["ControllerRevision"], Some("apps"), None),
    row(19, "auditregistration.k8s.io/v1alpha1", &["AuditSink"], None, Some(SINKS)),
    row(20, "settings.k8s.io/v1alpha1", &["PodPreset"], None, Some(PRESETS)),
    row(22, "admissionregistration.k8s.io/v1beta1", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"], Some("admissionregistration.k8s.io"), Some(WEBHOOKS)),
    row(22, "apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], Some("apiextensions.k8s.io"), Some(DEFINITION)),
    row(22, "apiregistration.k8s.io/v1beta1", &["APIService"], Some("apiregistration.k8s.io"), None),
    row(22, "certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], Some("certificates.k8s.io"), Some(SIGNING)),
    row(22, "coordination.k8s.io/v1beta1", &["Lease"], Some("coordination.k8s.io"), None),
    row(22, "extensions/v1beta1", &["Ingress"], Some("networking.k8s.io"), Some(INGRESS)),
    row(22, "networking.k8s.io/v1beta1", &["Ingress"], Some("networking.k8s.io"), Some(INGRESS)),
    row(22, "networking.k8s.io/v1beta1", &["IngressClass"], Some("networking.k8s.io"), None),
    row(22, "rbac.authorization.k8s.io/v1beta1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"], Some("rbac.authorization.k8s.io"), None),
    row(22, "scheduling.k8s.io/v1beta1", &["PriorityClass"], Some("scheduling.k8s.io"), None),
    row(22, "storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], Some("storage.k8s.io"), None),
    row(24, "storage.k8s.io/v1alpha1", &["CSIStorageCapacity", "VolumeAttachment"], Some("storage.k8s.io"), None),
    row(25, "autoscaling/v2beta1", &["HorizontalPodAutoscaler"], Some("autoscaling"), Some(AUTOSCALER)),
    row(25, "batch/v1beta1", &["CronJob"], Some("batch"), None),
    row(25, "discovery.k8s.io/v1beta1", &["EndpointSlice"], Some("discovery.k8s.io"), Some(SLICES)),
    row(25, "events.k8s.io/v1beta1", &["Event"], Some("events.k8s.io"), Some(EVENTS)),
    row(25, "node.k8s.io/v1beta1", &["RuntimeClass"], Some("node.k8s.io"), None),
    row(25, "policy/v1beta1", &["PodDisruptionBudget"], Some("policy"), Some(BUDGET)),
    row(25, "policy/v1beta1", &["PodSecurityPolicy"], None, Some(POLICIES)),
    row(26, "autoscaling/v2beta2", &["HorizontalPodAutoscaler"], Some("autoscaling"), None),
    row(26, "flowcontrol.apiserver.k8s.io/v1beta1", &["FlowSchema"], Some("flowcontrol.apiserver.k8s.io"), None),
    row(26, "flowcontrol.apiserver.k8s.io/v1beta1", &["PriorityLevelConfiguration"], Some("flowcontrol.apiserver.k8s.io"), Some(FLOW)),
    row(27, "storage.k8s.io/v1beta1", &["CSIStorageCapacity"], Some("storage.k8s.io"), None),
    row(29, "flowcontrol.apiserver.k8s.io/v1beta2", &["FlowSchema"], Some("flowcontrol.apiserver.k8s.io"), None),
    row(29, "flowcontrol.apiserver.k8s.io/v1beta2", &["PriorityLevelConfiguration"], Some("flowcontrol.apiserver.k8s.io"), Some(FLOW)),
    row(32, "admissionregistration.k8s.io/v1alpha1", &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"], Some("admissionregistration.k8s.io"), None),
    row(32, "flowcontrol.apiserver.k8s.io/v1beta3", &["FlowSchema", "PriorityLevelConfiguration"], Some("flowcontrol.apiserver.k8s.io"), None),
];

#[cfg(test)]
mod tests {
    use super::TABLE;
    use crate::kubernetes::{Version, kinds};

    #[test]
    fn each_row_leads_on() {
        for row in TABLE {
            assert!(row.version() < Version::OLDEST, "{}", row.api_version);
            for kind in row.kinds {
                let at = format!("{} {kind}", row.api_version);
                assert!(kinds::find(row.api_version, kind).is_none(), "{at} has not ended");
                match row.group {
                    Some(group) => {
                        let stable = kinds::served(group, kind, Version::OLDEST);
                        assert!(stable.is_some(), "{at} is not in `{group}`");
                    }
                    None => assert!(row.note.is_some(), "{at} says nothing"),
                }
                let rows = TABLE
                    .iter()
                    .filter(|other| other.api_version == row.api_version)
                    .filter(|other| other.kinds.contains(kind));
                assert_eq!(rows.count(), 1, "{at} stands twice");
            }
        }
    }
}
