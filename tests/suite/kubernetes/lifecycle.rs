//! API versions that have ended, and those that are yet to come.

use chaosc::kubernetes::{Version, removed};

/// A server, an API version and a kind; and what is said about them.
#[test]
fn ended_and_future_api_versions() {
    let table = "\
1.33 extensions/v1beta1 Deployment: ended in 1.16, use apps/v1 and change fields
1.33 apps/v1beta1 StatefulSet: ended in 1.16, use apps/v1 and change fields
1.33 apps/v1beta2 ReplicaSet: ended in 1.16, use apps/v1 and change fields
1.33 extensions/v1beta1 NetworkPolicy: ended in 1.16, use networking.k8s.io/v1
1.33 extensions/v1beta1 Ingress: ended in 1.22, use networking.k8s.io/v1 and change fields
1.33 networking.k8s.io/v1beta1 Ingress: ended in 1.22, use networking.k8s.io/v1 and change fields
1.33 rbac.authorization.k8s.io/v1beta1 Role: ended in 1.22, use rbac.authorization.k8s.io/v1
1.33 apiextensions.k8s.io/v1beta1 CustomResourceDefinition: ended in 1.22, use apiextensions.k8s.io/v1 and change fields
1.33 scheduling.k8s.io/v1beta1 PriorityClass: ended in 1.22, use scheduling.k8s.io/v1
1.33 coordination.k8s.io/v1beta1 Lease: ended in 1.22, use coordination.k8s.io/v1
1.33 certificates.k8s.io/v1beta1 CertificateSigningRequest: ended in 1.22, use certificates.k8s.io/v1 and change fields
1.33 batch/v1beta1 CronJob: ended in 1.25, use batch/v1
1.33 policy/v1beta1 PodDisruptionBudget: ended in 1.25, use policy/v1 and change fields
1.33 policy/v1beta1 PodSecurityPolicy: ended in 1.25, gone
1.33 discovery.k8s.io/v1beta1 EndpointSlice: ended in 1.25, use discovery.k8s.io/v1 and change fields
1.33 events.k8s.io/v1beta1 Event: ended in 1.25, use events.k8s.io/v1 and change fields
1.33 node.k8s.io/v1beta1 RuntimeClass: ended in 1.25, use node.k8s.io/v1
1.33 autoscaling/v2beta1 HorizontalPodAutoscaler: ended in 1.25, use autoscaling/v2 and change fields
1.33 autoscaling/v2beta2 HorizontalPodAutoscaler: ended in 1.26, use autoscaling/v2
1.33 storage.k8s.io/v1beta1 CSIStorageCapacity: ended in 1.27, use storage.k8s.io/v1
1.33 flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema: ended in 1.29, use flowcontrol.apiserver.k8s.io/v1
1.33 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema: ended in 1.32, use flowcontrol.apiserver.k8s.io/v1
1.33 resource.k8s.io/v1alpha3 ResourceClaim: fine
1.34 resource.k8s.io/v1alpha3 ResourceClaim: ended in 1.34, use resource.k8s.io/v1
1.34 storage.k8s.io/v1alpha1 VolumeAttributesClass: fine
1.35 storage.k8s.io/v1alpha1 VolumeAttributesClass: ended in 1.35, use storage.k8s.io/v1
1.36 networking.k8s.io/v1beta1 IPAddress: fine
1.37 networking.k8s.io/v1beta1 IPAddress: ended in 1.37, use networking.k8s.io/v1
1.36 scheduling.k8s.io/v1alpha1 Workload: ended in 1.36, use scheduling.k8s.io/v1alpha2
1.37 scheduling.k8s.io/v1alpha1 Workload: ended in 1.36, use scheduling.k8s.io/v1beta1
1.33 resource.k8s.io/v1 ResourceClaim: first in 1.34, use resource.k8s.io/v1beta2
1.34 resource.k8s.io/v1 ResourceClaim: fine
1.35 admissionregistration.k8s.io/v1 MutatingAdmissionPolicy: first in 1.36, use admissionregistration.k8s.io/v1beta1
1.33 admissionregistration.k8s.io/v1 MutatingAdmissionPolicy: first in 1.36, use admissionregistration.k8s.io/v1alpha1
1.36 scheduling.k8s.io/v1beta1 PodGroup: first in 1.37, use scheduling.k8s.io/v1alpha2
1.36 lifecycle.k8s.io/v1alpha1 Eviction: first in 1.37, nothing else
1.33 apps/v1 Deployment: fine
1.37 apps/v1 Deployment: fine
1.33 networking.istio.io/v1beta1 Gateway: fine
1.33 v1 Pod: fine
";
    let said: Vec<String> = table.lines().map(lifecycle).collect();
    assert_eq!(said.join("\n"), table.trim_end());
}

fn lifecycle(line: &str) -> String {
    let (asked, _) = line.split_once(": ").unwrap();
    let [server, api_version, kind] = asked.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{asked}");
    };
    let server: Version = server.parse().unwrap();
    let ended = removed::removed(api_version, kind, server);
    let future = removed::introduced_after(api_version, kind, server);
    assert!(ended.is_none() || future.is_none(), "{asked}");
    let said = if let Some(ended) = ended {
        let replacement = ended.replacement.map_or("gone".into(), |r| format!("use {r}"));
        let note = match (ended.replacement, ended.note) {
            (Some(_), Some(_)) => " and change fields",
            (None, None) => panic!("`{asked}` has neither a replacement nor a note"),
            _ => "",
        };
        format!("ended in {}, {replacement}{note}", ended.version)
    } else if let Some(future) = future {
        let alternative = future.alternative.map_or("nothing else".into(), |a| format!("use {a}"));
        format!("first in {}, {alternative}", future.version)
    } else {
        "fine".into()
    };
    format!("{asked}: {said}")
}
