//! The table: objects, what is changed of each, and what that comes to.

use serde_json::{Value, json};

use crate::lab::Lab;

/// What a change of an object comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Expected {
    /// It is made anew because of this field.
    Replace(&'static str),
    /// The same, but only if somebody names it.
    Precious(&'static str),
    /// The server takes it.
    Update,
    /// The server refuses it, and nothing is won by making the object anew.
    Error,
}
use Expected::{Error, Precious, Replace, Update};

/// One object, what is changed of it, and what that comes to.
pub(super) struct Case {
    pub(super) object: Value,
    pub(super) edits: Value,
    pub(super) expected: Expected,
}

/// Creates a case; the object is called by `name` and, outside of namespaces, by the lab's own too.
pub(super) fn case(api_version: &str, kind: &str, name: &str, rest: Value, edits: Value, expected: Expected) -> Case {
    let mut object = rest;
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    object["metadata"]["name"] = name.into();
    Case { object, edits, expected }
}

/// Returns what a pod runs that nobody will start.
pub(super) fn template(labels: &Value, restart: &str) -> Value {
    json!({
        "metadata": {"labels": labels},
        "spec": {"restartPolicy": restart, "containers": [{"name": "a", "image": "registry.example/a:1"}]},
    })
}

const IMAGE: &str = "/spec/template/spec/containers/0/image";

/// Returns what runs pods.
pub(super) fn workloads() -> Vec<Case> {
    let job = |name: &str, spec: Value, edits: Value, expected: Expected| {
        let mut spec = spec;
        spec["template"] = template(&json!({"job": name}), "Never");
        case("batch/v1", "Job", name, json!({"spec": spec}), edits, expected)
    };
    let manual = json!({"manualSelector": true, "selector": {"matchLabels": {"job": "job-selector"}}});
    let labels = |value: &str| json!({"job": value});
    let mut cases = vec![
        job("job-template", json!({}), json!({IMAGE: "registry.example/a:2"}), Replace("spec.template")),
        job("job-completions", json!({"completions": 1}), json!({"/spec/completions": 2}), Replace("spec.completions")),
        job(
            "job-mode",
            json!({"completions": 1}),
            json!({"/spec/completionMode": "Indexed"}),
            Replace("spec.completionMode"),
        ),
        job(
            "job-selector",
            manual,
            json!({"/spec/selector/matchLabels": labels("b"), "/spec/template/metadata/labels": labels("b")}),
            Replace("spec.selector"),
        ),
        job(
            "job-mode-left-out",
            json!({"completions": 1, "completionMode": "Indexed"}),
            json!({"/spec/completionMode": null}),
            Replace("spec.completionMode"),
        ),
        job("job-parallelism", json!({"parallelism": 1}), json!({"/spec/parallelism": 0}), Update),
        job(
            "job-limits",
            json!({"backoffLimit": 0}),
            json!({"/spec/backoffLimit": 1, "/spec/activeDeadlineSeconds": 9999}),
            Update,
        ),
        job("job-suspend", json!({"suspend": false}), json!({"/spec/suspend": true}), Update),
        job(
            "job-policy",
            json!({"podReplacementPolicy": "Failed"}),
            json!({"/spec/podReplacementPolicy": "TerminatingOrFailed"}),
            Update,
        ),
    ];
    let app = |kind: &str, name: &str, spec: Value, edits: Value, expected: Expected| {
        let mut spec = spec;
        spec["selector"] = json!({"matchLabels": {"app": name}});
        spec["template"] = template(&json!({"app": name}), "Always");
        case("apps/v1", kind, name, json!({"spec": spec}), edits, expected)
    };
    let relabelled = || json!({"/spec/selector/matchLabels/app": "b", "/spec/template/metadata/labels/app": "b"});
    let claim = |size: &str| json!([{"metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}}]);
    cases.extend([
        app("Deployment", "deployment", json!({}), relabelled(), Replace("spec.selector")),
        app(
            "Deployment",
            "deployment-scale",
            json!({"replicas": 1}),
            json!({"/spec/replicas": 2, IMAGE: "registry.example/a:2"}),
            Update,
        ),
        app("DaemonSet", "daemon", json!({}), relabelled(), Replace("spec.selector")),
        app("ReplicaSet", "replicas", json!({}), relabelled(), Replace("spec.selector")),
        app(
            "StatefulSet",
            "set-service",
            json!({"serviceName": "a"}),
            json!({"/spec/serviceName": "b"}),
            Precious("spec.serviceName"),
        ),
        app("StatefulSet", "set-selector", json!({}), relabelled(), Precious("spec.selector")),
        app(
            "StatefulSet",
            "set-claims",
            json!({"volumeClaimTemplates": claim("1Gi")}),
            json!({"/spec/volumeClaimTemplates": claim("2Gi")}),
            Precious("spec.volumeClaimTemplates"),
        ),
        app(
            "StatefulSet",
            "set-policy",
            json!({}),
            json!({"/spec/podManagementPolicy": "Parallel"}),
            Precious("spec.podManagementPolicy"),
        ),
        app(
            "StatefulSet",
            "set-scale",
            json!({"replicas": 1, "volumeClaimTemplates": claim("1Gi")}),
            json!({"/spec/replicas": 0, IMAGE: "registry.example/a:2"}),
            Update,
        ),
    ]);
    let pod = |name: &str, edits: Value, expected: Expected| {
        let spec = template(&json!({}), "Always")["spec"].clone();
        case("v1", "Pod", name, json!({"spec": spec}), edits, expected)
    };
    cases.extend([
        pod("pod-restart", json!({"/spec/restartPolicy": "Never"}), Replace("spec.restartPolicy")),
        pod("pod-command", json!({"/spec/containers/0/command": ["true"]}), Replace("spec.containers")),
        pod("pod-image", json!({"/spec/containers/0/image": "registry.example/a:2"}), Update),
    ]);
    cases.push(case(
        "apps/v1",
        "ControllerRevision",
        "revision",
        json!({"revision": 1, "data": {"a": 1}}),
        json!({"/data": {"a": 2}}),
        Replace("data"),
    ));
    cases
}

/// Returns what keeps data and what leads to it.
pub(super) fn data_and_network() -> Vec<Case> {
    let data = |kind: &str, name: &str, rest: Value, edits: Value, expected: Expected| {
        case("v1", kind, name, rest, edits, expected)
    };
    let fixed = || json!({"immutable": true, "data": {"a": "MQ=="}});
    let claim = |class: &str| json!({"spec": {"storageClassName": class, "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let port = |port: u32| json!([{"port": port}]);
    vec![
        data("ConfigMap", "map", fixed(), json!({"/data/a": "Mg=="}), Replace("data")),
        data("ConfigMap", "map-unmarked", fixed(), json!({"/immutable": false}), Replace("immutable")),
        data(
            "ConfigMap",
            "map-marked",
            json!({"data": {"a": "1"}}),
            json!({"/immutable": true, "/data/a": "2"}),
            Update,
        ),
        data("Secret", "secret", fixed(), json!({"/data/a": "Mg=="}), Replace("data")),
        data("Secret", "secret-type", json!({"type": "a.example/b"}), json!({"/type": "a.example/c"}), Replace("type")),
        data(
            "PersistentVolumeClaim",
            "claim-class",
            claim("none"),
            json!({"/spec/storageClassName": "other"}),
            Precious("spec.storageClassName"),
        ),
        data(
            "PersistentVolumeClaim",
            "claim-modes",
            claim("none"),
            json!({"/spec/accessModes/0": "ReadWriteMany"}),
            Precious("spec.accessModes"),
        ),
        data(
            "PersistentVolumeClaim",
            "claim-unbound",
            claim("none"),
            json!({"/spec/resources/requests/storage": "2Gi"}),
            Precious("spec"),
        ),
        data(
            "PersistentVolumeClaim",
            "claim-mode",
            claim("none"),
            json!({"/spec/volumeMode": "Block"}),
            Precious("spec.volumeMode"),
        ),
        data(
            "ResourceQuota",
            "quota",
            json!({"spec": {"hard": {"pods": "99"}, "scopes": ["BestEffort"]}}),
            json!({"/spec/scopes": ["NotBestEffort"]}),
            Replace("spec.scopes"),
        ),
        data(
            "Service",
            "service-ip",
            json!({"spec": {"ports": port(80)}}),
            json!({"/spec/clusterIP": "None"}),
            Precious("spec.clusterIP"),
        ),
        data(
            "Service",
            "service-balancer",
            json!({"spec": {"type": "LoadBalancer", "loadBalancerClass": "a.example/a", "ports": port(80)}}),
            json!({"/spec/loadBalancerClass": "a.example/b"}),
            Precious("spec.loadBalancerClass"),
        ),
        data(
            "Service",
            "service-health",
            json!({"spec": {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 31877, "ports": port(80)}}),
            json!({"/spec/healthCheckNodePort": 31878}),
            Precious("spec.healthCheckNodePort"),
        ),
        data(
            "Service",
            "service-invalid",
            json!({"spec": {"ports": port(80)}}),
            json!({"/spec/ports": port(80000)}),
            Error,
        ),
        data(
            "Service",
            "service-port",
            json!({"spec": {"ports": port(80)}}),
            json!({"/spec/ports": port(81), "/spec/type": "NodePort"}),
            Update,
        ),
        case(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            "slice",
            json!({"addressType": "IPv4", "endpoints": []}),
            json!({"/addressType": "IPv6"}),
            Replace("addressType"),
        ),
    ]
}

/// Returns what stands outside of namespaces, and what refers to it.
pub(super) fn cluster_wide(lab: &Lab) -> Vec<Case> {
    let own = |name: &str| format!("{}-{name}", lab.namespace);
    let role = |kind: &str, name: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
    let bound = |kind: &str| json!({"roleRef": role(kind, "a"), "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": lab.namespace}]});
    let rbac = |kind: &str, name: &str, to: &str, edits: Value, expected: Expected| {
        case("rbac.authorization.k8s.io/v1", kind, name, bound(to), edits, expected)
    };
    let class = |name: &str, edits: Value, expected: Expected| {
        let rest = json!({"provisioner": "a.example/none", "parameters": {"a": "1"}, "allowVolumeExpansion": true});
        case("storage.k8s.io/v1", "StorageClass", &own(name), rest, edits, expected)
    };
    let volume = json!({"spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/tmp/a"},
        "storageClassName": own("class-bound"), "claimRef": {"namespace": lab.namespace, "name": "claim-bound"},
    }});
    let claim = json!({"spec": {
        "storageClassName": own("class-bound"), "accessModes": ["ReadWriteOnce"], "volumeName": own("volume"),
        "resources": {"requests": {"storage": "1Gi"}},
    }});
    let group = format!("{}.example", lab.namespace);
    let definition = |plural: &str, edits: Value, expected: Expected| {
        let kind = format!("Kind{plural}");
        let rest = json!({"spec": {
            "group": group, "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List")},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}],
        }});
        case("apiextensions.k8s.io/v1", "CustomResourceDefinition", &format!("{plural}.{group}"), rest, edits, expected)
    };
    vec![
        rbac("RoleBinding", "binding", "Role", json!({"/roleRef/name": "b"}), Replace("roleRef")),
        rbac("RoleBinding", "binding-subjects", "Role", json!({"/subjects/0/name": "b"}), Update),
        rbac("ClusterRoleBinding", &own("binding"), "ClusterRole", json!({"/roleRef/name": "b"}), Replace("roleRef")),
        case(
            "scheduling.k8s.io/v1",
            "PriorityClass",
            &own("priority"),
            json!({"value": 1}),
            json!({"/value": 2}),
            Replace("value"),
        ),
        case(
            "networking.k8s.io/v1",
            "IngressClass",
            &own("ingress"),
            json!({"spec": {"controller": "a.example/a"}}),
            json!({"/spec/controller": "a.example/b"}),
            Replace("spec.controller"),
        ),
        case(
            "node.k8s.io/v1",
            "RuntimeClass",
            &own("runtime"),
            json!({"handler": "a"}),
            json!({"/handler": "b"}),
            Replace("handler"),
        ),
        class("class", json!({"/provisioner": "a.example/other"}), Replace("provisioner")),
        class("class-parameters", json!({"/parameters/a": "2"}), Replace("parameters")),
        class("class-reclaim", json!({"/reclaimPolicy": "Retain"}), Replace("reclaimPolicy")),
        class("class-mode", json!({"/volumeBindingMode": "WaitForFirstConsumer"}), Replace("volumeBindingMode")),
        class("class-expansion", json!({"/allowVolumeExpansion": false}), Update),
        class("class-bound", json!({}), Update),
        case(
            "v1",
            "PersistentVolume",
            &own("volume"),
            volume,
            json!({"/spec/hostPath/path": "/tmp/b"}),
            Precious("spec.hostPath"),
        ),
        case(
            "v1",
            "PersistentVolumeClaim",
            "claim-bound",
            claim,
            json!({"/spec/resources/requests/storage": "2Gi"}),
            Update,
        ),
        case(
            "storage.k8s.io/v1",
            "CSIDriver",
            &own("driver"),
            json!({"spec": {"attachRequired": true}}),
            json!({"/spec/attachRequired": false}),
            Replace("spec.attachRequired"),
        ),
        case(
            "storage.k8s.io/v1",
            "CSIDriver",
            &own("driver-modes"),
            json!({"spec": {"volumeLifecycleModes": ["Persistent"]}}),
            json!({"/spec/volumeLifecycleModes": ["Ephemeral"]}),
            Precious("spec.volumeLifecycleModes"),
        ),
        definition("scopes", json!({"/spec/scope": "Cluster"}), Precious("spec.scope")),
        definition(
            "kinds",
            json!({"/spec/names/kind": "Other", "/spec/names/listKind": "OtherList"}),
            Precious("spec.names.kind"),
        ),
        definition("columns", json!({"/spec/names/shortNames": ["col"]}), Update),
    ]
}
