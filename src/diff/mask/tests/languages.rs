//! Texts in the languages that people write: no canary in them is shown, and the rest is.

use serde_json::json;

use super::{config_map, custom, deployment, masked};

#[test]
fn keys_and_webhooks_in_texts() {
    for text in [
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"canary\"}]}",
        "alerts: https://discord.com/api/webhooks/1/canary",
        "https://hooks.slack.com/services/T/B/canary",
        "a\nredis-cli -a canary\n",
        "password = '''\ncanary\n'''\n",
        "db.password=a\\\n  canary\n",
        "machine h login u password canary",
    ] {
        let found = masked(custom(&json!({"jwks": text})));
        assert!(!found.to_string().contains("canary"), "{found}");
        let found = masked(config_map(&json!({"a.conf": text})));
        assert!(!found.to_string().contains("canary"), "{found}");
    }
    for name in ["GITHUB_PAT", "OPENAI_KEY", "COSIGN_KEY"] {
        let found = masked(deployment(&json!({"env": [{"name": name, "value": "canary"}]})));
        assert!(!found.to_string().contains("canary"), "{found}");
    }
}

/// Each text holds canaries, in a file of a ConfigMap; what is behind it must still be readable.
#[test]
fn files_of_any_language() {
    for (text, readable) in [
        // Headings, elements and keys above a value.
        ("[credentials]\nuser = a\nany = canary\n[plain]\nany = b\n", &["user = a", "any = b"][..]),
        ("passwords = [\n  \"canary\",\n]\nplain = 'b'\n", &["plain = 'b'"]),
        ("<c><credentials><user>a</user><v>canary</v></credentials><b>c</b></c>", &["<user>a</user>", "<b>c</b>"]),
        ("<property name=\"db.password\" value=\"canary\"/>", &["db.password"]),
        ("{{- if .a }}\ncredentials:\n  user: a\n  any: canary\n{{- end }}\nb: c\n", &["user: a", "b: c"]),
        ("{{- if .a }}\n- name: DB_PASSWORD\n  value: canary\n- name: a\n  value: b\n", &["value: b"]),
        ("{{- if .a }}\nkind: Secret\nstringData:\n  a: canary\n{{- end }}\n", &["stringData", "a: "]),
        ("a: b\na: c\ncredentials:\n  any: canary\n", &["a: b\na: c"]),
        ("/* a */ {\"credentials\": {\"any\": \"canary\"}}", &["/* a */"]),
        // Files in files.
        ("a: |\n  credentials:\n    any: canary\nb: c\n", &["b: c"]),
        ("a: '{\"credentials\": {\"any\": \"canary\"}}'\nb: c\n", &["b: c", "credentials"]),
        // Values of several lines.
        ("password =\n  canary\nb=c\n", &["b=c"]),
        ("password = <<EOF\ncanary\nEOF\nb = c\n", &["b = c"]),
        ("encryption:\n  key: canary\nb: c\n", &["b: c"]),
        // Scripts and directives.
        ("mysqladmin ping -p'canary' && PASS=canary run\nREDISCLI_AUTH=canary run\n", &["ping -p"]),
        ("setenv DB_PASSWORD canary1\nPASSWORD += canary1\nUID=a;PWD=canary\n", &["UID=a"]),
        ("define('DB_PASSWORD', 'canary');\nproxy_set_header X-Api-Key canary1;\n", &["define", "proxy_set_header"]),
        ("{\"keys\": [{\"kty\": \"RSA\", \"n\": \"b\", \"oth\": [{\"r\": \"canary\"}]}]}", &["\"n\":\"b\""]),
    ] {
        let found = masked(config_map(&json!({ "a.conf": text })));
        let shown = found["data"]["a.conf"].as_str().unwrap();
        assert!(!shown.contains("canary"), "{shown}");
        assert!(readable.iter().all(|part| shown.contains(part)), "{shown}");
    }
}

#[test]
fn arguments_and_variables_of_any_form() {
    for args in [
        json!(["-H", "X-Auth-Token:canary"]),
        json!(["--config={\"credentials\":{\"a\":\"canary\"}}"]),
        json!(["--psk=canary", "/password:canary"]),
        json!(["--token", "-canary12"]),
        json!(["--proxy", "u:canary@proxy:3128"]),
    ] {
        let found = masked(deployment(&json!({"args": args})));
        assert!(!found.to_string().contains("canary"), "{found}");
    }
    for name in ["JWT", "HMAC", "MNEMONIC", "PRIVKEY"] {
        let found = masked(deployment(&json!({"env": [{"name": name, "value": "canary"}]})));
        assert!(!found.to_string().contains("canary"), "{found}");
    }
    for provider in [
        json!({"path": "mysql", "arguments": ["-u", "root", "-pcanary"]}),
        json!({"path": "redis-cli", "arguments": "-a canary ping"}),
        json!({"path": "curl", "arguments": {"-u": "a:canary"}}),
        json!({"type": "env", "key": "DB_PASSWORD", "default": "canary"}),
    ] {
        let experiment = json!({"method": [{"provider": provider}]}).to_string();
        let found = masked(config_map(&json!({"experiment.json": experiment})));
        assert!(!found.to_string().contains("canary"), "{found}");
    }
    // A number is a secret where no tokens are counted.
    let found = masked(custom(&json!({"password": 4711, "creds": {"n": 4711}, "tokens": 100})));
    assert_eq!(found["spec"], json!({"password": "(secret 1)", "creds": {"n": "(secret 1)"}, "tokens": 100}));
}

#[test]
fn what_people_read_stays() {
    for text in [
        "passwordPolicy: strict\nsecretName: a\ntokenizer: b\ntokens: 5\n",
        "tokens:\n  input: 5\nstop_tokens: [1, 2]\nsecrets:\n  enabled: true\n  backend: vault\n",
        "# the token is renewed each day\nlog_level = debug\n",
        "WHERE token = $1 AND a = b; kubectl get secret shop-1\nPASSWORD=\"$1\"\nTOKEN=$(cat /var/run/secrets/token)\n",
        "secrets:\n\tkubectl apply -f a\n",
    ] {
        let object = config_map(&json!({"a.conf": text, "TOKENS": "5"}));
        assert_eq!(masked(object.clone()), object);
    }
}
