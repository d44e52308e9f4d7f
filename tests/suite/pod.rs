//! What is rendered, run: the ConfigMaps are laid out as the pod mounts them, its command is run with its environment,
//! and the real Chaos Toolkit acts on a stand-in for the cluster (`tests/permissions/cluster.py`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::clients::documents;
use crate::folders::{contents, copy, project, put};
use crate::render::rendered;
use crate::tools::{parts, tool};

/// Every schedule of the example and of the starter: its experiments pass, what they ask is what the rendered roles
/// allow, and every rule of the roles is needed.
#[test]
fn every_schedule_passes_and_needs_all_its_rights() {
    let example = tempfile::tempdir().unwrap();
    copy(&project("example"), &example.path().join("example"));
    std::fs::copy(project("chaos.toml.example"), example.path().join("chaos.toml")).unwrap();
    let mut count = 0;
    for folder in [example.path(), &project("templates/starter")] {
        let bundle = documents(&rendered(folder)["bundle.yaml"]);
        for workload in bundle.iter().filter(|object| ["Job", "CronJob"].contains(&text(object, "/kind"))) {
            let run = Run::of(&bundle, workload);
            let name = text(workload, "/metadata/name");
            let experiments = items(&run.pod, "/containers/0/args");
            assert_eq!(run.journals.len(), experiments.len(), "{name}\n{}", run.log);
            for (experiment, journal) in &run.journals {
                assert_eq!(
                    (text(journal, "/status"), &journal["deviated"]),
                    ("completed", &json!(false)),
                    "{experiment}"
                );
                for step in items(journal, "/run").iter().chain(&items(journal, "/rollbacks")) {
                    assert_eq!(text(step, "/status"), "succeeded", "{experiment}: {step}");
                }
            }
            let rules = rules(&bundle, text(&run.pod, "/serviceAccountName"));
            let requests: Vec<&Value> = run.asked.iter().filter(|request| request.get("resource").is_some()).collect();
            assert!(!requests.is_empty(), "{name}");
            for request in &requests {
                assert!(rules.iter().any(|rule| rule.allows(request)), "{name}: no rule for {request}");
            }
            for rule in &rules {
                assert!(requests.iter().any(|request| rule.allows(request)), "{name}: nothing needs {rule:?}");
            }
            count += experiments.len();
        }
    }
    assert_eq!(count, 6, "five experiments of the example, one of the starter");
}

/// Variables, environments and Secrets reach the experiment that they are for, and no other.
#[test]
fn each_experiment_sees_its_own_settings() {
    let folder = tempfile::tempdir().unwrap();
    let python = tool("CHAOSC_TEST_PYTHON");
    let print = "import os, sys; print([os.environ.get(name) for name in ('MODE', 'TOKEN', 'PASSWORD')], sys.argv[1:])";
    for name in ["read", "write"] {
        put(
            &folder.path().join(format!("{name}.json")),
            json!({
                "title": name, "description": name, "configuration": {"count": 1},
                "method": [{
                    "type": "action", "name": "print",
                    "provider": {"type": "process", "path": python, "arguments": ["-c", print, "${count}"]},
                }],
            })
            .to_string(),
        );
    }
    put(
        &folder.path().join("chaos.toml"),
        r#"
        name = "shop"
        permissions.none = [{ experiment = "read", reason = "prints" }, { experiment = "write", reason = "prints" }]
        schedules = [{ experiments = ["read", "write"], manual = true }]
        [namespace]
        name = "shop"
        [[experiments]]
        file = "read.json"
        variables = { count = 3 }
        env = { MODE = "reading" }
        secrets = [
            { env = "TOKEN", secret = "api", key = "reader" },
            { env = "PASSWORD", secret = "database", key = "password" },
        ]
        [[experiments]]
        file = "write.json"
        env = { MODE = "writing" }
        secrets = [{ env = "TOKEN", secret = "api", key = "writer" }]
        "#,
    );
    let bundle = documents(&rendered(folder.path())["bundle.yaml"]);
    let workload = bundle.iter().find(|object| object["kind"] == "CronJob").unwrap();
    let run = Run::of(&bundle, workload);
    let printed = |name: &str| text(&run.journals[name], "/run/0/output/stdout").trim().to_owned();
    assert_eq!(printed("read"), "['reading', 'api/reader', 'database/password'] ['3']", "{}", run.log);
    assert_eq!(printed("write"), "['writing', 'api/writer', None] ['1']", "{}", run.log);
}

/// A pod that has run.
struct Run {
    /// The pod's specification.
    pod: Value,
    /// What Chaos Toolkit wrote of each experiment.
    journals: BTreeMap<String, Value>,
    /// What was asked of the cluster and of the app.
    asked: Vec<Value>,
    /// What the container printed.
    log: String,
}

impl Run {
    fn of(bundle: &[Value], workload: &Value) -> Run {
        let job = workload.pointer("/spec/jobTemplate/spec").unwrap_or(&workload["spec"]);
        let pod = job["template"]["spec"].clone();
        let root = tempfile::tempdir().unwrap();
        mount(bundle, &pod, root.path());
        let cluster = Cluster::start(root.path());
        let output = cluster.command(&pod, root.path()).output().unwrap();
        let asked = cluster.end();
        let (code, out, err) = parts(output);
        let log = format!("{out}\n{err}");
        assert_eq!(code, 0, "{log}");
        let journals = contents(&root.path().join("work/journals"))
            .into_iter()
            .map(|(path, bytes)| (path.trim_end_matches(".json").to_owned(), serde_json::from_slice(&bytes).unwrap()))
            .collect();
        Run { pod, journals, asked, log }
    }
}

/// Lays out the volumes of a pod below a folder. The pauses are taken out: nobody waits for pods here. The value of a
/// Secret's key is `SECRET/KEY`.
fn mount(bundle: &[Value], pod: &Value, root: &Path) {
    let volumes = items(pod, "/volumes");
    for mount in items(pod, "/containers/0/volumeMounts") {
        let folder = root.join(text(&mount, "/mountPath").trim_start_matches('/'));
        std::fs::create_dir_all(&folder).unwrap();
        let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]).unwrap();
        if let Some(name) = volume.pointer("/configMap/name") {
            let is_it = |object: &&Value| object["kind"] == "ConfigMap" && object["metadata"]["name"] == *name;
            let config_map = bundle.iter().find(is_it).unwrap_or_else(|| panic!("no ConfigMap {name}"));
            for (key, content) in config_map["data"].as_object().unwrap() {
                let mut content = content.as_str().unwrap().to_owned();
                if key == "experiment.json" {
                    let mut experiment: Value = serde_json::from_str(&content).unwrap();
                    for step in experiment["method"].as_array_mut().unwrap() {
                        step.as_object_mut().unwrap().remove("pauses");
                    }
                    content = experiment.to_string();
                }
                put(&folder.join(key), content);
            }
        }
        for source in items(volume, "/projected/sources") {
            for item in items(&source, "/secret/items") {
                let value = format!("{}/{}", text(&source, "/secret/name"), text(&item, "/key"));
                put(&folder.join(text(&item, "/path")), value);
            }
        }
    }
}

/// The stand-in for the cluster, and the way to it.
struct Cluster {
    process: Child,
    address: String,
}

impl Cluster {
    fn start(root: &Path) -> Cluster {
        let mut process = Command::new(tool("CHAOSC_TEST_PYTHON"))
            .arg(project("tests/permissions/cluster.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut kubeconfig = String::new();
        // One byte at a time: what follows the line belongs to `end`.
        BufReader::with_capacity(1, process.stdout.as_mut().unwrap()).read_line(&mut kubeconfig).unwrap();
        put(&root.join("kubeconfig"), &kubeconfig);
        let kubeconfig: Value = serde_json::from_str(&kubeconfig).unwrap();
        let address = text(&kubeconfig, "/clusters/0/cluster/server").to_owned();
        Cluster { process, address }
    }

    /// The container's command, with its arguments and its environment, in its folder.
    fn command(&self, pod: &Value, root: &Path) -> Command {
        let container = &pod["containers"][0];
        let inside = |path: &str| -> PathBuf { root.join(path.trim_start_matches('/')) };
        let command: Vec<Value> = items(container, "/command");
        assert_eq!((command.len(), &command[0]), (2, &json!("python3")));
        let python = tool("CHAOSC_TEST_PYTHON");
        let mut process = Command::new(&python);
        process.arg(inside(command[1].as_str().unwrap()));
        process.args(items(container, "/args").iter().map(|name| name.as_str().unwrap()));
        process.current_dir(inside(text(container, "/workingDir"))).env_clear();
        for variable in items(container, "/env") {
            let value = text(&variable, "/value");
            let value = if value.starts_with('/') { inside(value) } else { value.into() };
            process.env(text(&variable, "/name"), value);
        }
        process
            .env("PATH", python.parent().unwrap())
            .env("CHAOSC_HOME", inside("/etc/chaosc"))
            .env("CHAOSC_WORK", inside("/work"))
            .env("KUBECONFIG", root.join("kubeconfig"))
            .env("http_proxy", &self.address)
            .env("no_proxy", "127.0.0.1");
        process
    }

    /// Ends it and returns what it was asked.
    fn end(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        let (code, out, _) = parts(self.process.wait_with_output().unwrap());
        assert_eq!(code, 0);
        serde_json::from_str(&out).unwrap()
    }
}

/// One rule of RBAC, taken apart: it allows one verb on one resource.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    namespace: Option<String>,
    group: String,
    resource: String,
    name: Option<String>,
    verb: String,
}

impl Rule {
    /// Kubernetes documentation, "Using RBAC Authorization".
    fn allows(&self, request: &Value) -> bool {
        self.namespace.as_ref().is_none_or(|namespace| request["namespace"] == *namespace)
            && request["group"] == self.group
            && request["resource"] == self.resource
            && self.name.as_ref().is_none_or(|name| request["name"] == *name)
            && request["verb"] == self.verb
    }
}

/// What the roles that are bound to an account allow.
fn rules(bundle: &[Value], account: &str) -> BTreeSet<Rule> {
    let mut rules = BTreeSet::new();
    for binding in bundle.iter().filter(|object| text(object, "/subjects/0/name") == account) {
        let is_it = |object: &&Value| {
            object["kind"] == binding["roleRef"]["kind"]
                && object["metadata"]["name"] == binding["roleRef"]["name"]
                && object["metadata"].get("namespace") == binding["metadata"].get("namespace")
        };
        let role = bundle.iter().find(is_it).unwrap();
        let namespace = role["metadata"]["namespace"].as_str().map(str::to_owned);
        for rule in items(role, "/rules") {
            let list = |key: &str| -> Vec<String> {
                items(&rule, key).iter().map(|one| one.as_str().unwrap().to_owned()).collect()
            };
            let names: Vec<Option<String>> = match list("/resourceNames") {
                names if names.is_empty() => vec![None],
                names => names.into_iter().map(Some).collect(),
            };
            for group in list("/apiGroups") {
                for resource in list("/resources") {
                    for verb in list("/verbs") {
                        for name in &names {
                            rules.insert(Rule {
                                namespace: namespace.clone(),
                                group: group.clone(),
                                resource: resource.clone(),
                                name: name.clone(),
                                verb: verb.clone(),
                            });
                        }
                    }
                }
            }
        }
    }
    rules
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}
