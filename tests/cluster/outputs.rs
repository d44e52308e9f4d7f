//! The program itself against a cluster: exit codes, every output, and that none of them holds a secret.

use crate::lab::{Lab, kubectl_with};

/// What nobody may read, in each place where people put such things.
const CANARIES: [&str; 13] = [
    "canary-data-1",
    "canary-string-2",
    "canary-config-3",
    "canary-env-4",
    "canary-annotation-5",
    "canary-argument-6",
    "canary-experiment-7",
    "canary-gone-8",
    "canary-live-9",
    "canary-netrc-10",
    "canary-toml-11",
    "canary-pat-12",
    "canary-program-13",
];

const PLANTED: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: shop}
data: {password: Y2FuYXJ5LWRhdGEtMQ==}
stringData: {token: canary-string-2}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop, annotations: {example.com/api-token: canary-annotation-5}}
data: {db-password: canary-config-3, "application.properties": "user=a\ndb.password=canary-config-3\\\n  canary-config-3\n",
  netrc: "machine a login b password canary-netrc-10", "a.toml": "password = '''\ncanary-toml-11\n'''\n",
  hook: "https://discord.com/api/webhooks/1/canary-config-3"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: registry.example/shop:1.0.0
          args: ["--password=canary-argument-6"]
          env: [{name: DB_PASSWORD, value: canary-env-4}, {name: GITHUB_PAT, value: canary-pat-12}]
          command: ["redis-cli", "-a", "canary-program-13"]
"#;

/// A lab with canaries in every place.
fn planted(name: &str) -> Lab {
    let lab = Lab::new(name);
    lab.write("app.yaml", PLANTED);
    lab.edit("kill.yaml", "title: a pod goes", "title: a pod goes\nconfiguration: {api_token: canary-experiment-7}");
    lab
}

/// Runs the diff in every format, as talkative as it can be, and returns everything that it wrote.
fn everything(lab: &Lab) -> String {
    let formats = ["human", "summary", "json", "markdown"];
    let mut all = String::new();
    for format in formats {
        for colour in ["never", "always"] {
            let (_, out, err) = lab.chaosc(&["diff", "--format", format, "-vv", "--color", colour]);
            // A break within a word would hide it.
            all.push_str(&out.replace("<wbr>", ""));
            all.push_str(&err);
        }
    }
    all
}

fn assert_no_canary(lab: &Lab, when: &str) {
    let all = everything(lab);
    assert!(all.contains("shop"), "{all}");
    for canary in CANARIES {
        assert!(!all.contains(canary), "{when}: {canary} in\n{all}");
    }
    // In base64, too.
    for encoded in ["Y2FuYXJ5", "NhbmFyeS", "jYW5hcnkt"] {
        assert!(!all.contains(encoded), "{when}: {encoded} in\n{all}");
    }
}

#[test]
fn nothing_that_is_written_holds_a_secret() {
    let lab = planted("canaries");
    assert_no_canary(&lab, "all new");
    lab.apply();
    // What is there and what is wanted differ in every place, an object is no longer desired, somebody has used the
    // client-side apply, and the server refuses an object.
    let gone = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: gone\n  namespace: {}\n  labels: {{applyset.kubernetes.io/part-of: {}}}\nstringData: {{a: canary-gone-8}}\n",
        lab.namespace,
        chaosc::inventory::id("shop", &lab.namespace)
    );
    lab.apply_text(&gone, "chaosc");
    let copy = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {db-password: canary-live-9}\n";
    kubectl_with(&["apply", "--namespace", &lab.namespace, "-f", "-"], copy);
    lab.kubectl(&["set", "env", "deployment/shop", "DB_PASSWORD=canary-live-9"]);
    lab.edit("app.yaml", "--password=canary-argument-6", "--password=canary-argument-6x");
    lab.edit("app.yaml", "stringData: {token: canary-string-2}", "stringData: {token: canary-string-2x}");
    lab.edit(
        "app.yaml",
        "metadata: {name: shop, annotations",
        "binaryData: {bad-token: canary-config-3}\nmetadata: {name: shop, annotations",
    );
    lab.edit("kill.yaml", "canary-experiment-7", "canary-experiment-7x");
    assert_no_canary(&lab, "edited");
}

#[test]
fn exit_codes_tell_what_apply_would_do() {
    let lab = Lab::new("codes");
    let code = |arguments: &[&str]| lab.chaosc(&[&["diff", "--quiet"], arguments].concat()).0;
    assert_eq!((code(&[]), code(&["--exit-code"])), (0, 2), "all is new");
    lab.apply();
    assert_eq!(code(&["--exit-code"]), 0, "all is as it should be");
    lab.kubectl(&["patch", "cronjob", "shop-chaos-kill", "-p", r#"{"spec":{"suspend":true}}"#]);
    assert_eq!(code(&["--exit-code"]), 0, "drift that apply leaves alone");
    lab.edit("app.yaml", "color: blue", "color: red");
    assert_eq!((code(&[]), code(&["--exit-code"])), (0, 2), "a change");
    lab.edit("app.yaml", "port: 80,", "port: 99999,");
    assert_eq!((code(&[]), code(&["--exit-code"])), (1, 1), "an error row");
    let (code, out, err) = lab.chaosc(&["diff", "--kubeconfig", "nowhere"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
}

#[test]
fn only_the_cluster_that_chaos_toml_names_is_touched() {
    let lab = Lab::new("named");
    let uid = kubectl_with(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
    let current = kubectl_with(&["config", "current-context"], "");
    for (setting, code, said) in [
        (format!("cluster-uid = \"{uid}\""), 0, ""),
        (
            "cluster-uid = \"1f0c6c2e-7b8a-4c52-9a3e-0d6d9a6f7b11\"".to_owned(),
            1,
            "this cluster is not the one of chaos.toml",
        ),
        (format!("contexts = [\"{}\"]", current.trim()), 0, ""),
        ("contexts = [\"staging\"]".to_owned(), 1, "does not allow the context"),
    ] {
        lab.toml(&format!("[kubernetes]\n{setting}\n"));
        let (found, out, err) = lab.chaosc(&["diff", "--format", "summary"]);
        assert_eq!(found, code, "{setting}: {err}");
        assert!(err.contains(said), "{setting}: {err}");
        assert_eq!(out.is_empty(), code == 1, "{setting}: {out}");
    }
}
