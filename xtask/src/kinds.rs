//! The kinds whose schemas are taken from the compiled types: every kind that has objects of its own.
//!
//! Left out: lists, subresources, and requests that the server answers without keeping anything (the reviews of
//! `authentication.k8s.io` and `authorization.k8s.io`, `Binding`, `ComponentStatus`).

use std::any::TypeId;

use k8s_openapi::api::admissionregistration::v1 as admissionregistration_v1;
use k8s_openapi::api::admissionregistration::v1alpha1 as admissionregistration_v1alpha1;
use k8s_openapi::api::admissionregistration::v1beta1 as admissionregistration_v1beta1;
use k8s_openapi::api::apiserverinternal::v1alpha1 as apiserverinternal_v1alpha1;
use k8s_openapi::api::apps::v1 as apps_v1;
use k8s_openapi::api::autoscaling::v1 as autoscaling_v1;
use k8s_openapi::api::autoscaling::v2 as autoscaling_v2;
use k8s_openapi::api::batch::v1 as batch_v1;
use k8s_openapi::api::certificates::v1 as certificates_v1;
use k8s_openapi::api::certificates::v1beta1 as certificates_v1beta1;
use k8s_openapi::api::coordination::v1 as coordination_v1;
use k8s_openapi::api::coordination::v1alpha2 as coordination_v1alpha2;
use k8s_openapi::api::coordination::v1beta1 as coordination_v1beta1;
use k8s_openapi::api::core::v1 as core_v1;
use k8s_openapi::api::discovery::v1 as discovery_v1;
use k8s_openapi::api::events::v1 as events_v1;
use k8s_openapi::api::flowcontrol::v1 as flowcontrol_v1;
use k8s_openapi::api::lifecycle::v1alpha1 as lifecycle_v1alpha1;
use k8s_openapi::api::networking::v1 as networking_v1;
use k8s_openapi::api::node::v1 as node_v1;
use k8s_openapi::api::policy::v1 as policy_v1;
use k8s_openapi::api::rbac::v1 as rbac_v1;
use k8s_openapi::api::resource::v1 as resource_v1;
use k8s_openapi::api::resource::v1alpha3 as resource_v1alpha3;
use k8s_openapi::api::resource::v1beta1 as resource_v1beta1;
use k8s_openapi::api::resource::v1beta2 as resource_v1beta2;
use k8s_openapi::api::scheduling::v1 as scheduling_v1;
use k8s_openapi::api::scheduling::v1alpha3 as scheduling_v1alpha3;
use k8s_openapi::api::scheduling::v1beta1 as scheduling_v1beta1;
use k8s_openapi::api::storage::v1 as storage_v1;
use k8s_openapi::api::storagemigration::v1 as storagemigration_v1;
use k8s_openapi::api::storagemigration::v1beta1 as storagemigration_v1beta1;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions_v1;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as apiregistration_v1;
use k8s_openapi::{ClusterResourceScope, Resource};
use schemars::{JsonSchema, SchemaGenerator};

/// A kind of the newest server, from its Rust type.
pub(crate) struct Root {
    /// `apps/v1/Deployment`.
    pub(crate) key: String,
    /// Whether its objects stand outside of namespaces.
    pub(crate) cluster: bool,
    /// The name of the kind's schema.
    pub(crate) definition: String,
}

fn root<T>(generator: &mut SchemaGenerator) -> Root
where
    T: JsonSchema + Resource,
    T::Scope: 'static,
{
    // Called for what it leaves in the generator: the schema and all that it refers to.
    generator.subschema_for::<T>();
    Root {
        key: format!("{}/{}", T::API_VERSION, T::KIND),
        cluster: TypeId::of::<T::Scope>() == TypeId::of::<ClusterResourceScope>(),
        definition: T::schema_name().into_owned(),
    }
}

macro_rules! roots {
    ($generator:ident, $($module:ident { $($kind:ident)* })*) => {
        vec![$($(root::<$module::$kind>($generator)),*),*]
    };
}

/// Returns all kinds, and leaves their schemas in `generator`.
pub(crate) fn roots(generator: &mut SchemaGenerator) -> Vec<Root> {
    roots! {
        generator,
        admissionregistration_v1 {
            MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
            MutatingWebhookConfiguration ValidatingAdmissionPolicy
            ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
        }
        admissionregistration_v1alpha1 { MutatingAdmissionPolicy MutatingAdmissionPolicyBinding }
        admissionregistration_v1beta1 { MutatingAdmissionPolicy MutatingAdmissionPolicyBinding }
        apiserverinternal_v1alpha1 { StorageVersion }
        apps_v1 { ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet }
        autoscaling_v1 { HorizontalPodAutoscaler }
        autoscaling_v2 { HorizontalPodAutoscaler }
        batch_v1 { CronJob Job }
        certificates_v1 { CertificateSigningRequest ClusterTrustBundle PodCertificateRequest }
        certificates_v1beta1 { ClusterTrustBundle PodCertificateRequest }
        coordination_v1 { Lease }
        coordination_v1alpha2 { LeaseCandidate }
        coordination_v1beta1 { LeaseCandidate }
        core_v1 {
            ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume
            PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota
            Secret Service ServiceAccount
        }
        discovery_v1 { EndpointSlice }
        events_v1 { Event }
        flowcontrol_v1 { FlowSchema PriorityLevelConfiguration }
        lifecycle_v1alpha1 { Eviction EvictionRequest }
        networking_v1 { Ingress IngressClass IPAddress NetworkPolicy ServiceCIDR }
        node_v1 { RuntimeClass }
        policy_v1 { PodDisruptionBudget }
        rbac_v1 { ClusterRole ClusterRoleBinding Role RoleBinding }
        resource_v1 {
            DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate
            ResourceSlice
        }
        resource_v1alpha3 { DeviceTaintRule ResourcePoolStatusRequest }
        resource_v1beta1 { DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice }
        resource_v1beta2 {
            DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate
            ResourceSlice
        }
        scheduling_v1 { PriorityClass }
        scheduling_v1alpha3 { CompositePodGroup PodGroup Workload }
        scheduling_v1beta1 { PodGroup Workload }
        storage_v1 {
            CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment
            VolumeAttributesClass
        }
        storagemigration_v1 { StorageVersionMigration }
        storagemigration_v1beta1 { StorageVersionMigration }
        apiextensions_v1 { CustomResourceDefinition }
        apiregistration_v1 { APIService }
    }
}
