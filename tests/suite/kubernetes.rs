//! The offline check of manifests against the built-in kinds.

pub(crate) mod generate;
mod lifecycle;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chaosc::kubernetes::schema::{FieldProblem, FieldProblemKind};
use chaosc::kubernetes::{Schemas, Version, kinds};
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
        assert_eq!(schemas.problems(&object), Some(vec![]), "{}", path.display());
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
        assert_eq!(suggestion.as_deref(), Some(misspelt.meant.as_str()), "{key}");
        let own = !misspelt.pointer.starts_with("/metadata/");
        *paths.entry(if own { "its own fields" } else { "metadata" }).or_default() += 1;
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
        shown(&deployment(&json!({"name": "a", "envFrom": [{"foo/~bar": 1}]}))),
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
        format!("see `kubectl explain deployment.spec.template.spec.containers.{path} --api-version=apps/v1`")
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
            line("command", "command", "a list, the string `sh -c`", &explain("command")),
            line("env/0/value", "env[0].value", "a string, the number `8080`", "put it in quotes: `\"8080\"`"),
            line(
                "env/1/value",
                "env[1].value",
                "a string, the boolean `true`",
                "put it in quotes, as it is written there"
            ),
            line("image", "image", "a string, a list", &explain("image")),
            line(
                "livenessProbe/httpGet/port",
                "livenessProbe.httpGet.port",
                "an integer or a string, the number `1.5`",
                "put it in quotes: `\"1.5\"`"
            ),
            line("name", "name", "a string, the number `1`", "put it in quotes: `\"1\"`"),
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
                "put it in quotes, as it is written there"
            ),
            line("tty", "tty", "a boolean, the string `yes`", &explain("tty")),
        ]
        .concat()
    );
    assert_eq!(
        shown(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"port": 80}})),
        "/data/port: expected a string in `data[port]`, found the number `80`; put it in quotes: `\"80\"`\n"
    );
}

#[test]
fn missing_fields_are_found() {
    assert_eq!(
        shown(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
            "spec": {"template": {"spec": {"containers": null}}}})),
        "/spec: missing field `selector` in `spec`; see `kubectl explain deployment.spec --api-version=apps/v1`\n\
         /spec/template/spec: missing field `containers` in `spec.template.spec`; \
         see `kubectl explain deployment.spec.template.spec --api-version=apps/v1`\n"
    );
    assert_eq!(
        shown(&json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"}})),
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
        found.iter().map(|p| p.pointer.strip_prefix(schema).unwrap().to_owned()).collect()
    };
    assert_eq!(pointers(json!({"properties": {"a": {"items": {"typ": "string"}}}})), ["/properties/a/items/typ"]);
    assert_eq!(pointers(json!({"items": [{"typ": "string"}]})), ["/items/0/typ"]);
    assert_eq!(pointers(json!({"additionalProperties": {"typ": "string"}})), ["/additionalProperties/typ"]);
    assert_eq!(pointers(json!({"additionalProperties": "no"})), ["/additionalProperties"]);
    assert_eq!(pointers(json!({"default": [1, {"typ": null}], "enum": ["a", 2]})), [""; 0]);
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
            assert_eq!(found.is_empty(), validator.is_valid(&object), "{key}: {object}\n{found:?}");
            *(if found.is_empty() { &mut good } else { &mut bad }) += 1;
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
            let parent = problem.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            let known = object.pointer(&problem.pointer).is_some();
            assert!(known && object.pointer(parent).is_some(), "{problem:?} in {object}");
            assert!(!problem.message.is_empty() && !problem.help.is_empty());
        }
        let _ = chaosc::kubernetes::ObjectId::of(&object);
    }
}
