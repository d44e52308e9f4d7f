//! The offline check of manifests against the built-in kinds.

mod generate;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chaosc::kubernetes::schema::{FieldProblem, FieldProblemKind};
use chaosc::kubernetes::{Schemas, Version, kinds, removed};
use serde_json::{Value, json};

use generate::{Definitions, Random};

fn problems(object: &Value) -> Vec<FieldProblem> {
    let found = Schemas::new().problems(object);
    found.unwrap_or_else(|| panic!("the kind is not built in: {object}"))
}

/// One problem a line: pointer, message, help.
fn shown(object: &Value) -> String {
    let problems = problems(object);
    let lines = problems.iter();
    let lines = lines.map(|p| format!("{}: {}; {}\n", p.pointer, p.message, p.help));
    lines.collect::<Vec<_>>().concat()
}

fn deployment(container: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": {
        "selector": {"matchLabels": {"app": "shop"}},
        "template": {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [container]}}}})
}

#[test]
fn good_manifests_have_no_problems() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubernetes/manifests");
    let mut schemas = Schemas::new();
    let mut checked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let object: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(
            schemas.problems(&object),
            Some(vec![]),
            "{}",
            path.display()
        );
        checked += 1;
    }
    assert!(checked >= 40, "only {checked} manifests were found");
}

#[test]
fn one_misspelt_field_is_found_in_each_kind() {
    let definitions = Definitions::read();
    let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
    for key in definitions.kinds() {
        let object = definitions.minimal(&key);
        assert_eq!(problems(&object), [], "the minimal {key}: {object}");

        let misspelt = definitions.misspell(&key, 4);
        let found = problems(&misspelt.object);
        assert_eq!(found.len(), 1, "{key}: {found:?} in {}", misspelt.object);
        assert_eq!(found[0].pointer, misspelt.pointer, "{key}");
        assert_eq!(misspelt.pointer.matches('/').count(), 4, "{key}");
        let FieldProblemKind::UnknownField { name, suggestion } = &found[0].kind else {
            panic!("{key}: {:?}", found[0]);
        };
        assert!(misspelt.pointer.ends_with(&format!("/{name}")));
        assert_eq!(
            suggestion.as_deref(),
            Some(misspelt.meant.as_str()),
            "{key}"
        );
        let own = !misspelt.pointer.starts_with("/metadata/");
        *paths
            .entry(if own { "its own fields" } else { "metadata" })
            .or_default() += 1;
    }
    for (place, kinds) in &paths {
        println!("misspelt at depth four, in {place}: {kinds} kinds");
    }
    assert!(paths["its own fields"] > paths["metadata"], "{paths:?}");
}

#[test]
fn unknown_fields_come_with_the_next_step() {
    assert_eq!(
        shown(&deployment(&json!({"name": "a", "imagee": "b", "zzz": 1}))),
        "/spec/template/spec/containers/0/imagee: unknown field `imagee` in `spec.template.spec.containers[0]`; \
         did you mean `image`?\n\
         /spec/template/spec/containers/0/zzz: unknown field `zzz` in `spec.template.spec.containers[0]`; \
         see `kubectl explain deployment.spec.template.spec.containers --api-version=apps/v1`\n"
    );
    assert_eq!(
        shown(&deployment(
            &json!({"name": "a", "envFrom": [{"foo/~bar": 1}]})
        )),
        "/spec/template/spec/containers/0/envFrom/0/foo~1~0bar: unknown field `foo/~bar` in \
         `spec.template.spec.containers[0].envFrom[0]`; its fields are `configMapRef`, `prefix` and `secretRef`\n"
    );
}

#[test]
fn wrong_types_are_found() {
    let container = json!({"name": 1, "image": ["a"], "tty": "yes", "command": "sh -c",
        "env": [{"name": "A", "value": 8080}, {"name": "B", "value": true}],
        "resources": {"limits": {"cpu": true, "memory": "1Gi"}},
        "ports": [{"containerPort": "8080"}, {"containerPort": 1.5}, {"containerPort": 99_999_999_999_i64}],
        "livenessProbe": {"httpGet": {"port": 1.5}}});
    let at = "spec.template.spec.containers[0]";
    let explain = |path: &str| {
        format!(
            "see `kubectl explain deployment.spec.template.spec.containers.{path} --api-version=apps/v1`"
        )
    };
    let line = |pointer: &str, path: &str, said: &str, help: &str| {
        let (expected, found) = said.split_once(", ").unwrap();
        format!(
            "/spec/template/spec/containers/0/{pointer}: expected {expected} in `{at}.{path}`, found {found}; {help}\n"
        )
    };
    assert_eq!(
        shown(&deployment(&container)),
        [
            line(
                "command",
                "command",
                "a list, the string `sh -c`",
                &explain("command")
            ),
            line(
                "env/0/value",
                "env[0].value",
                "a string, the number `8080`",
                "put it in quotes: `\"8080\"`"
            ),
            line(
                "env/1/value",
                "env[1].value",
                "a string, the boolean `true`",
                "put it in quotes: `\"true\"`"
            ),
            line("image", "image", "a string, a list", &explain("image")),
            line(
                "livenessProbe/httpGet/port",
                "livenessProbe.httpGet.port",
                "an integer or a string, the number `1.5`",
                "put it in quotes: `\"1.5\"`"
            ),
            line(
                "name",
                "name",
                "a string, the number `1`",
                "put it in quotes: `\"1\"`"
            ),
            line(
                "ports/0/containerPort",
                "ports[0].containerPort",
                "an integer, the string `8080`",
                "remove the quotes: `8080`"
            ),
            line(
                "ports/1/containerPort",
                "ports[1].containerPort",
                "an integer, the number `1.5`",
                &explain("ports.containerPort")
            ),
            line(
                "ports/2/containerPort",
                "ports[2].containerPort",
                "an integer from -2147483648 to 2147483647, the number `99999999999`",
                &explain("ports.containerPort")
            ),
            line(
                "resources/limits/cpu",
                "resources.limits[cpu]",
                "a number or a string, the boolean `true`",
                "put it in quotes: `\"true\"`"
            ),
            line("tty", "tty", "a boolean, the string `yes`", &explain("tty")),
        ]
        .concat()
    );
    assert_eq!(
        shown(
            &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"port": 80}})
        ),
        "/data/port: expected a string in `data[port]`, found the number `80`; put it in quotes: `\"80\"`\n"
    );
}

#[test]
fn missing_fields_are_found() {
    assert_eq!(
        shown(
            &json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
            "spec": {"template": {"spec": {"containers": null}}}})
        ),
        "/spec: missing field `selector` in `spec`; see `kubectl explain deployment.spec --api-version=apps/v1`\n\
         /spec/template/spec: missing field `containers` in `spec.template.spec`; \
         see `kubectl explain deployment.spec.template.spec --api-version=apps/v1`\n"
    );
    assert_eq!(
        shown(
            &json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"}})
        ),
        ": missing field `provisioner` in `StorageClass`; \
         see `kubectl explain storageclass --api-version=storage.k8s.io/v1`\n"
    );
}

#[test]
fn fields_inside_a_custom_schema_are_checked() {
    let definition = |schema: Value| {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "shops.example.com"},
            "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Shop", "plural": "shops"},
                "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]}})
    };
    let pointers = |schema: Value| -> Vec<String> {
        let found = problems(&definition(schema));
        let schema = "/spec/versions/0/schema/openAPIV3Schema";
        found
            .iter()
            .map(|p| p.pointer.strip_prefix(schema).unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        pointers(json!({"properties": {"a": {"items": {"typ": "string"}}}})),
        ["/properties/a/items/typ"]
    );
    assert_eq!(
        pointers(json!({"items": [{"typ": "string"}]})),
        ["/items/0/typ"]
    );
    assert_eq!(
        pointers(json!({"additionalProperties": {"typ": "string"}})),
        ["/additionalProperties/typ"]
    );
    assert_eq!(
        pointers(json!({"additionalProperties": "no"})),
        ["/additionalProperties"]
    );
    assert_eq!(
        pointers(json!({"default": [1, {"typ": null}], "enum": ["a", 2]})),
        [""; 0]
    );
}

#[test]
fn other_kinds_are_not_checked() {
    let mut schemas = Schemas::new();
    for object in [
        json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "spec": {"x": 1}}),
        json!({"apiVersion": "apps/v1beta1", "kind": "Deployment"}),
        json!({"apiVersion": "v1", "kind": "List", "items": []}),
        json!({"apiVersion": 1, "kind": []}),
        json!({"kind": "Pod"}),
        json!([]),
        json!(null),
    ] {
        assert_eq!(schemas.problems(&object), None, "{object}");
    }
}

#[test]
fn each_schema_has_a_scope() {
    let known: Vec<String> = kinds::all()
        .iter()
        .filter(|kind| *kind.servers().end() == Version::NEWEST)
        .map(|kind| format!("{}/{}", kind.api_version, kind.kind))
        .collect();
    let mut schemas: Vec<&str> = Schemas::new().kinds().collect();
    schemas.sort_unstable();
    assert_eq!(schemas, known);
}

/// `1.35 networking.k8s.io/v1beta1 Ingress` and what is said about it.
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
        let replacement = ended
            .replacement
            .map_or("gone".into(), |r| format!("use {r}"));
        let note = match (ended.replacement, ended.note) {
            (Some(_), Some(_)) => " and change fields",
            (None, None) => panic!("`{asked}` has neither a replacement nor a note"),
            _ => "",
        };
        format!("ended in {}, {replacement}{note}", ended.version)
    } else if let Some(future) = future {
        let alternative = future
            .alternative
            .map_or("nothing else".into(), |a| format!("use {a}"));
        format!("first in {}, {alternative}", future.version)
    } else {
        "fine".into()
    };
    format!("{asked}: {said}")
}

/// The walk says exactly what a validator of the whole language says.
#[test]
fn agrees_with_json_schema() {
    let definitions = Definitions::read();
    let mut random = Random::new(0x5EED);
    let mut schemas = Schemas::new();
    let (mut good, mut bad) = (0, 0);
    for key in definitions.kinds() {
        let validator = jsonschema::validator_for(&definitions.schema(&key)).unwrap();
        for _ in 0..24 {
            let mut object = definitions.any(&key, &mut random);
            assert!(validator.is_valid(&object), "{key}: {object}");
            assert_eq!(schemas.problems(&object), Some(vec![]), "{key}: {object}");
            random.spoil(&mut object);
            let found = schemas.problems(&object).unwrap();
            assert_eq!(
                found.is_empty(),
                validator.is_valid(&object),
                "{key}: {object}\n{found:?}"
            );
            *(if found.is_empty() {
                &mut good
            } else {
                &mut bad
            }) += 1;
        }
    }
    println!("spoilt objects: {bad} refused, {good} still accepted");
    assert!(bad > good && good > 0, "{bad} {good}");
}

#[test]
fn any_json_is_checked_without_a_panic() {
    let mut random = Random::new(0x00C0_FFEE);
    let mut schemas = Schemas::new();
    let kinds = kinds::all();
    for _ in 0..20_000 {
        let kind = &kinds[random.below(kinds.len())];
        let mut object = random.json(5);
        if let Value::Object(map) = &mut object {
            map.insert("apiVersion".into(), json!(kind.api_version));
            map.insert("kind".into(), json!(kind.kind));
            map.insert("spec".into(), random.json(6));
        }
        let found = schemas.problems(&object).unwrap_or_default();
        for problem in found {
            let parent = problem
                .pointer
                .rsplit_once('/')
                .map_or("", |(parent, _)| parent);
            let known = object.pointer(&problem.pointer).is_some();
            assert!(
                known && object.pointer(parent).is_some(),
                "{problem:?} in {object}"
            );
            assert!(!problem.message.is_empty() && !problem.help.is_empty());
        }
        let _ = chaosc::kubernetes::ObjectId::of(&object);
    }
}
