//! The mask as a whole: where secrets are, where none are, and that equal ones stay recognisable.

mod languages;

use serde_json::{Value, json};

use super::Mask;
use crate::source::tree::Node;
use crate::source::yaml::{Dialect, read};

fn masked(object: Value) -> Value {
    Mask::new().object(object)
}

fn deployment(container: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": {
        "template": {"metadata": {}, "spec": {"containers": [container]}}}})
}

fn config_map(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": data})
}

fn custom(spec: &Value) -> Value {
    json!({"apiVersion": "shop.example/v1", "kind": "Shelf", "metadata": {"name": "shop"}, "spec": spec})
}

/// Each object, and the values that must stand in it afterwards, by their pointers.
fn table(cases: &[(Value, &[(&str, Value)])]) {
    for (object, expected) in cases {
        let found = masked(object.clone());
        for (pointer, value) in *expected {
            assert_eq!(found.pointer(pointer), Some(value), "{pointer} of {object}");
        }
        // Nothing else changes.
        let mut put_back = found;
        for (pointer, _) in *expected {
            *put_back.pointer_mut(pointer).unwrap() = object.pointer(pointer).unwrap().clone();
        }
        assert_eq!(&put_back, object);
    }
}

#[test]
fn secrets() {
    table(&[
        (
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop"}, "type": "Opaque",
                "data": {"a": "aHVudGVyMg==", "b": "aHVudGVy\nMg==", "c": "YWJj", "d": "no base64", "e": "", "f": null},
                "stringData": {"a": "hunter2", "b": 1, "c": true, "d": {"x": ["y"]}}}),
            &[
                ("/data/a", json!("(secret 1)")),
                ("/data/b", json!("(secret 1)")),
                ("/data/c", json!("(secret 2)")),
                ("/data/d", json!("(secret 3)")),
                ("/stringData/a", json!("(secret 1)")),
                ("/stringData/b", json!("(secret 4)")),
                ("/stringData/c", json!("(secret 5)")),
                ("/stringData/d/x/0", json!("(secret 6)")),
            ],
        ),
        (json!({"kind": "Secret", "data": "odd"}), &[("/data", json!("(secret 1)"))]),
    ]);
}

#[test]
fn config_maps() {
    table(&[
        (
            config_map(&json!({"password": "hunter2", "tls.key": "x", "TOKEN_URL": "http://a", "level": "hunter2",
                "application.properties": "user=a\ndb.password=hunter2\n", "pin.txt": "1",
                "app.json": "{\n \"list\": [{\"name\": \"token\", \"value\": 12345}], \"api\": {\"apiKey\": \"hunter2\"}}",
                "plain.json": "{ \"author\": \"a\",\n  \"key\": 1.0 }",
                "broken.json": "{\"password\": \"hunter2\",}",
                "config.yaml": "db:\n  password: hunter2\n  host: a\n"})),
            &[
                // In the order of the keys, those that are secret as a whole first.
                ("/data/password", json!("(secret 1)")),
                ("/data/tls.key", json!("(secret 2)")),
                ("/data/application.properties", json!("user=a\ndb.password=(secret 1)\n")),
                (
                    "/data/app.json",
                    json!(
                        "{\"api\":{\"apiKey\":\"(secret 1)\"},\"list\":[{\"name\":\"token\",\"value\":\"(secret 3)\"}]}"
                    ),
                ),
                ("/data/broken.json", json!("{\"password\": \"(secret 1)\",}")),
                ("/data/config.yaml", json!("db:\n  password: (secret 1)\n  host: a\n")),
            ],
        ),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "binaryData": {
                "store.p12": "AP8B", "a.conf": "cGFzc3dvcmQ9aHVudGVyMgo=", "b.conf": "dXNlcj1hCg==", "c.bin": "AP8B"}}),
            &[("/binaryData/store.p12", json!("(secret 2)")), ("/binaryData/a.conf", json!("(secret 1)"))],
        ),
    ]);
}

#[test]
fn experiments() {
    let experiment = json!({
        "title": "the token is renewed: a session survives",
        "secrets": {"api": {"any": "hunter2", "pin": 12345, "deep": {"list": ["hunter2"]}, "on": true,
            "a": {"type": "env", "key": "API_TOKEN"}, "b": {"type": "vault", "path": "secret/shop", "key": "token"}}},
        "configuration": {"vault_token": "hunter2", "vault_kv_version": "2", "dsn": {"type": "env", "key": "DSN", "default": "hunter2"}},
        "method": [{"provider": {"type": "http", "secrets": ["api"], "url": "http://a:hunter2@shop",
            "headers": {"Authorization": "Bearer hunter2", "Host": "shop"}, "arguments": ["--token", "hunter2", "-v"]}}],
    });
    let expected = json!({
        "title": "the token is renewed: a session survives",
        "secrets": {"api": {"any": "(secret 2)", "pin": "(secret 4)", "deep": {"list": ["(secret 2)"]}, "on": true,
            "a": {"type": "env", "key": "API_TOKEN"}, "b": {"type": "vault", "path": "secret/shop", "key": "token"}}},
        "configuration": {"vault_token": "(secret 2)", "vault_kv_version": "2", "dsn": {"type": "env", "key": "DSN", "default": "(secret 2)"}},
        "method": [{"provider": {"type": "http", "secrets": ["api"], "url": "http://a:(secret 2)@shop",
            "headers": {"Authorization": "(secret 3)", "Host": "shop"}, "arguments": ["--token", "(secret 2)", "-v"]}}],
    });
    let run =
        json!({"env": {"API_TOKEN": "abc", "LEVEL": "hunter2"}, "variables": {"password": "hunter2"}, "timeout": 60});
    let found = masked(config_map(
        &json!({"experiment.json": experiment.to_string(), "run.json": run.to_string(), "a.key": "x"}),
    ));
    let inner = |key: &str| serde_json::from_str::<Value>(found["data"][key].as_str().unwrap()).unwrap();
    assert_eq!(inner("experiment.json"), expected);
    assert_eq!(
        inner("run.json"),
        json!({"env": {"API_TOKEN": "(secret 5)", "LEVEL": "hunter2"}, "variables": {"password": "(secret 2)"}, "timeout": 60})
    );
}

#[test]
fn pods() {
    table(&[(
        deployment(&json!({"name": "shop", "image": "registry.example/auth:1.0",
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "LEVEL", "value": "debug"},
                {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "shop", "key": "token"}}},
                {"name": "DB_URL", "value": "postgres://shop:hunter2@db/shop"}, {"name": "PASSWORD", "value": "$(DB_PASSWORD)"},
                {"name": "SETTINGS", "value": "{\"token\":\"abc\",\"a\":1}"}, {"name": "TOKEN_FILE", "value": "/run/token"},
                {"name": "OPTS", "value": "-Dpassword=hunter2 -Da=b"}, {"name": "AUTH", "value": "true"}],
            "args": ["--password=correct horse", "--token", "hunter2", "--token-file", "/run/token", "-u", "a:b", "TOKEN=abc", "x"],
            "command": ["sh", "-c", "curl -H 'Authorization: Bearer abc' -u shop:hunter2 http://shop"],
            "livenessProbe": {"httpGet": {"path": "/?token=abc&x=y", "httpHeaders": [{"name": "X-Api-Key", "value": "abc"}]}}})),
        &[
            ("/spec/template/spec/containers/0/args/0", json!("--password=(secret 3)")),
            ("/spec/template/spec/containers/0/args/2", json!("(secret 1)")),
            ("/spec/template/spec/containers/0/args/6", json!("a:(secret 4)")),
            ("/spec/template/spec/containers/0/args/7", json!("TOKEN=(secret 2)")),
            (
                "/spec/template/spec/containers/0/command/2",
                json!("curl -H 'Authorization: Bearer (secret 2)' -u shop:(secret 1) http://shop"),
            ),
            ("/spec/template/spec/containers/0/env/0/value", json!("(secret 1)")),
            ("/spec/template/spec/containers/0/env/3/value", json!("postgres://shop:(secret 1)@db/shop")),
            ("/spec/template/spec/containers/0/env/5/value", json!("{\"a\":1,\"token\":\"(secret 2)\"}")),
            ("/spec/template/spec/containers/0/env/7/value", json!("-Dpassword=(secret 1) -Da=b")),
            ("/spec/template/spec/containers/0/livenessProbe/httpGet/path", json!("/?token=(secret 2)&x=y")),
            ("/spec/template/spec/containers/0/livenessProbe/httpGet/httpHeaders/0/value", json!("(secret 2)")),
        ],
    )]);
}

#[test]
fn arguments_of_well_known_programs() {
    for (command, args, place) in [
        (json!(["redis-cli"]), json!(["-a", "canary", "ping"]), "/args/1"),
        (json!(["mysql", "-u", "root", "-pcanary"]), json!(null), "/command/3"),
        (json!(["curl"]), json!(["-ua:canary", "http://a"]), "/args/0"),
        (json!(["curl", "--user=a:canary"]), json!([]), "/command/1"),
        (json!(["sh", "-c", "docker login -u a -p canary"]), json!(null), "/command/2"),
        (json!(["aws"]), json!(["configure", "set", "aws_secret_access_key", "canary"]), "/args/3"),
        (json!(["openssl"]), json!(["rsa", "-passin", "pass:canary"]), "/args/2"),
    ] {
        let object = deployment(&json!({"name": "a", "command": command, "args": args}));
        let found = masked(object.clone());
        assert!(!found.to_string().contains("canary"), "{found}");
        let value = |object: &Value| object["spec"]["template"]["spec"]["containers"][0].pointer(place).cloned();
        let before = value(&object).unwrap().as_str().unwrap().replace("canary", "(secret 1)");
        assert_eq!(value(&found), Some(json!(before)));
    }
}

#[test]
fn annotations_and_labels() {
    let object = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop",
        "labels": {"shop.example/token": "abc", "auth": "enabled", "secret.example/reload": "shop"},
        "annotations": {
            "shop.example/api-token": "hunter2",
            "shop.example/settings": "{\"password\":\"hunter2\",\"a\":[1]}",
            "nginx.ingress.kubernetes.io/auth-secret": "shop/users",
            "kubectl.kubernetes.io/last-applied-configuration": "{\"metadata\":{\"annotations\":{\"token\":\"older1\"}}}",
            "kapp.k14s.io/original": "no json, password=older2",
            "other.example/copy": "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{\"a\":\"b2xkZXIz\"}}"}}});
    let mut mask = Mask::new();
    let found = mask.object(object.clone());
    let copy = json!("(copy of the object, not shown)");
    table(&[(
        object,
        &[
            ("/metadata/labels/shop.example~1token", json!("(secret 2)")),
            ("/metadata/annotations/shop.example~1api-token", json!("(secret 1)")),
            ("/metadata/annotations/shop.example~1settings", json!("{\"a\":[1],\"password\":\"(secret 1)\"}")),
            ("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration", copy.clone()),
            ("/metadata/annotations/kapp.k14s.io~1original", copy.clone()),
            ("/metadata/annotations/other.example~1copy", copy),
        ],
    )]);
    assert_eq!(mask.text("older1, older2, older3, b2xkZXIz"), "(secret 5), (secret 4), (secret 3), (secret 3)");
    assert_eq!(mask.object(found.clone()), found);
}

#[test]
fn custom_kinds() {
    table(&[(
        custom(&json!({
            "password": "hunter2", "max_tokens": 100, "tokens": 100, "tokensPerFill": "10", "enabled": true,
            "credentials": {"any": "abc", "username": "shop", "deep": [{"x": "y"}]},
            "auth": {"type": "basic", "realm": "shop"}, "session": {"cookieName": "a"}, "basicAuth": "a b",
            "tls": {"secretName": "shop", "credentialName": "shop"}, "imagePullSecrets": [{"name": "regcred"}],
            "tokenSecretRef": {"name": "shop", "key": "token"}, "privateKey": {"algorithm": "RSA", "size": 2048},
            "passwordFrom": {"secret": {"name": "shop", "key": "password"}},
            "data": [{"secretKey": "password", "remoteRef": {"key": "shop/db", "property": "password"}}],
            "headers": [{"key": "x-api-key", "value": "abc"}, {"key": "x", "value": "abc"}],
            "route": {"key": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"},
            "values": "db:\n  password: hunter2\n", "template": "{{ .password }}",
            "embedded": {"apiVersion": "v1", "kind": "Secret", "data": {"a": "aHVudGVyMg=="}}})),
        &[
            ("/spec/basicAuth", json!("(secret 1)")),
            ("/spec/credentials/any", json!("(secret 2)")),
            ("/spec/credentials/deep/0/x", json!("(secret 3)")),
            ("/spec/embedded/data/a", json!("(secret 4)")),
            ("/spec/headers/0/value", json!("(secret 2)")),
            ("/spec/password", json!("(secret 4)")),
            ("/spec/route/key", json!("-----BEGIN PRIVATE KEY-----\n(secret 5)\n-----END PRIVATE KEY-----\n")),
            ("/spec/values", json!("db:\n  password: (secret 4)\n")),
        ],
    )]);
}

#[test]
fn what_is_not_secret_is_not_touched() {
    for object in [
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [{"apiGroups": [""],
            "resources": ["secrets", "serviceaccounts/token"], "resourceNames": ["token"], "verbs": ["get"]}]}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
            "secrets": [{"name": "shop-token-x"}], "imagePullSecrets": [{"name": "regcred"}]}),
        json!({"apiVersion": "v1", "kind": "Pod", "spec": {"automountServiceAccountToken": true, "imagePullSecrets": [{"name": "a"}],
            "volumes": [{"name": "a", "secret": {"secretName": "token", "items": [{"key": "password", "path": "password"}]}},
                {"name": "b", "projected": {"sources": [{"serviceAccountToken": {"path": "token", "expirationSeconds": 600}},
                    {"secret": {"name": "password"}}]}}],
            "tolerations": [{"key": "secret", "value": "yes-it-is"}],
            "containers": [{"name": "token", "image": "auth:1", "envFrom": [{"secretRef": {"name": "shop"}}],
                "env": [{"name": "A", "value": "$(TOKEN)"}, {"name": "SECRET_NAME", "value": "shop"}],
                "volumeMounts": [{"name": "a", "mountPath": "/run/secrets/token"}]}]}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"tls": [{"hosts": ["a"], "secretName": "shop"}]}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "spec": {"csi": {"volumeHandle": "a",
            "nodeStageSecretRef": {"name": "a", "namespace": "b"}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "spec": {"sessionAffinity": "ClientIP", "selector": {"app": "auth"}}}),
        custom(&json!({"secretStoreRef": {"name": "vault", "kind": "SecretStore"}, "refreshInterval": "1h"})),
        json!(null),
        json!("password"),
        json!([1, {"metadata": 3}]),
        json!({"metadata": "x", "kind": 3, "data": []}),
        json!({"kind": "ConfigMap", "data": "x", "metadata": {"managedFields": 3, "annotations": []}}),
    ] {
        assert_eq!(masked(object.clone()), object);
    }
}

#[test]
fn every_object_of_the_example_comes_through() {
    let (documents, errors) = read(include_str!("../../../out/bundle.yaml"), Dialect::Kubernetes);
    assert!(errors.is_empty() && documents.len() > 20);
    let mut mask = Mask::new();
    for object in documents.iter().map(Node::to_json) {
        assert_eq!(mask.object(object.clone()), object);
    }
    assert_eq!(format!("{mask:?}"), "Mask { secrets: 0, .. }");
}

#[test]
fn marks_are_equal_where_secrets_are() {
    let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": value}});
    let mut mask = Mask::new();
    let marks: Vec<Value> = ["one", "two", "one", "", "onetwo"]
        .iter()
        .map(|value| mask.object(secret(value))["stringData"]["a"].clone())
        .collect();
    assert_eq!(json!(marks), json!(["(secret 1)", "(secret 2)", "(secret 1)", "", "(secret 3)"]));
    // The length does not show, and each mask counts anew.
    assert_eq!(masked(secret(&"x".repeat(10_000)))["stringData"]["a"], "(secret 1)");
}

#[test]
fn managed_fields_repeat_no_value() {
    let object = json!({"apiVersion": "shop.example/v1", "kind": "Shelf", "spec": {"tokens": ["hunter2"]},
        "metadata": {"managedFields": [{"manager": "a", "fieldsV1": {"f:spec": {"f:tokens": {".": {}, "v:\"hunter2\"": {}}}}}]}});
    let found = masked(object);
    assert_eq!(
        found["metadata"]["managedFields"][0]["fieldsV1"],
        json!({"f:spec": {"f:tokens": {".": {}, "v:\"(secret 1)\"": {}}}})
    );
}

#[test]
fn messages_hold_no_secret() {
    let mut mask = Mask::new();
    mask.object(json!({"apiVersion": "v1", "kind": "Secret", "stringData": {
        "a": "hunter2", "b": "abc", "c": "say \"it\" & <go>", "d": "{\"auths\":{\"r\":{\"password\":\"inner1\"}}}"}}));
    for (message, expected) in [
        ("Invalid value: \"hunter2\": must be x", "Invalid value: \"(secret 1)\": must be x"),
        ("illegal base64 data: aHVudGVyMg==", "illegal base64 data: (secret 1)"),
        ("abc is \"abc\"", "abc is \"(secret 2)\""),
        (r#"{"c":"say \"it\" \u0026 \u003cgo\u003e"}"#, r#"{"c":"(secret 3)"}"#),
        (r#""{\"c\":\"say \\\"it\\\" & <go>\"}""#, r#""{\"c\":\"(secret 3)\"}""#),
        ("inner1", "(secret 4)"),
        ("Get \"https://u:other@host/\": EOF", "Get \"https://u:(secret)@host/\": EOF"),
        ("Bearer other.1 is (secret 1)", "Bearer (secret) is (secret 1)"),
        ("secrets \"shop\" is forbidden: invalid token", "secrets \"shop\" is forbidden: invalid token"),
        (
            "Post \"https://hook/x?token=canary&b=c\": failed, password=canary",
            "Post \"https://hook/x?token=(secret)&b=c\": failed, password=(secret)",
        ),
        (r#"cannot read {"token":"canary","a":1}"#, r#"cannot read {"token":"(secret)","a":1}"#),
        (r#"body: "{\"password\": \"canary\"}""#, r#"body: "{\"password\": \"(secret)\"}""#),
        ("invalid bearer token: expired", "invalid bearer token: expired"),
        ("`stringData.password`: Invalid value", "`stringData.password`: Invalid value"),
        (
            "Secret \"token\" is invalid: data[password]: Too long",
            "Secret \"token\" is invalid: data[password]: Too long",
        ),
        ("", ""),
    ] {
        let found = mask.text(message);
        assert_eq!(found, expected);
        assert_eq!(mask.text(&found), expected);
    }
    assert_eq!(format!("{mask:?}"), "Mask { secrets: 4, .. }");
}
