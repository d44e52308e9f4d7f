//! What is in the cluster of a bundle, in a form in which two labs can be compared.

use std::collections::{BTreeMap, BTreeSet};

use chaosc::cluster::{Answer, Cluster, Request};
use serde_json::{Value, json};

use crate::lab::{Lab, connect, kubeconfig, run};

/// The kinds that the bundles of these tests have, and those that could be left behind by them.
const KINDS: [(&str, &str, &str); 12] = [
    ("/api/v1", "ConfigMap", "configmaps"),
    ("/api/v1", "Secret", "secrets"),
    ("/api/v1", "Service", "services"),
    ("/api/v1", "ServiceAccount", "serviceaccounts"),
    ("/api/v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    ("/apis/apps/v1", "Deployment", "deployments"),
    ("/apis/apps/v1", "StatefulSet", "statefulsets"),
    ("/apis/batch/v1", "CronJob", "cronjobs"),
    ("/apis/batch/v1", "Job", "jobs"),
    ("/apis/networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    ("/apis/rbac.authorization.k8s.io/v1", "Role", "roles"),
    ("/apis/rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
];

/// Who writes by itself in every namespace; what it writes comes at any time.
const CONTROLLERS: &str = "kube-controller-manager";

/// The objects of a bundle and of its namespace by `Kind/name`, as the cluster has them.
pub(super) type State = BTreeMap<String, Value>;

/// Sends requests as the administrator, one after the other.
pub(super) fn send(requests: Vec<Request>) -> Vec<Answer> {
    run(async {
        let cluster = connect(&kubeconfig()).await;
        let mut answers = Vec::new();
        for request in requests {
            answers.push(cluster.send(request).await.unwrap());
        }
        answers
    })
}

/// Reads everything in the namespace of a lab, and what is outside of it by its name.
pub(super) fn read(lab: &Lab) -> State {
    run(async {
        let cluster = connect(&kubeconfig()).await;
        let mut state = State::new();
        for (root, kind, plural) in KINDS {
            let list = get(&cluster, format!("{root}/namespaces/{}/{plural}", lab.namespace)).await;
            for mut object in list["items"].as_array().unwrap_or_else(|| panic!("{kind}: {list}")).clone() {
                object["kind"] = json!(kind);
                state.insert(format!("{kind}/{}", object["metadata"]["name"].as_str().unwrap()), object);
            }
        }
        for (kind, path) in [
            ("Namespace", format!("/api/v1/namespaces/{}", lab.namespace)),
            ("ClusterRole", format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{}-viewer", lab.namespace)),
        ] {
            let object = get(&cluster, path).await;
            if object["metadata"]["uid"].is_string() {
                state.insert(format!("{kind}/{}", object["metadata"]["name"].as_str().unwrap()), object);
            }
        }
        // What Kubernetes itself puts into every namespace, sooner or later.
        state.retain(|name, _| !["ConfigMap/kube-root-ca.crt", "ServiceAccount/default"].contains(&name.as_str()));
        state
    })
}

async fn get(cluster: &Cluster, path: String) -> Value {
    cluster.send(Request::get(path)).await.unwrap().json()
}

/// The texts of a lab that another one has otherwise: its namespace and what is hashed from it.
pub(super) struct Names(Vec<(String, &'static str)>);

impl Names {
    /// Returns those of what the files of the lab describe now.
    pub(super) fn of(lab: &Lab) -> Names {
        let desired: String = lab.desired().0.iter().map(|one| one.object.to_string().replace("\\n", " ")).collect();
        let words = desired.split(|letter: char| !letter.is_ascii_alphanumeric());
        let is_hash = |word: &&str| word.len() >= 8 && word.chars().all(|letter| letter.is_ascii_hexdigit());
        let hashes: BTreeSet<&str> = words.filter(is_hash).collect();
        let mut names = vec![(lab.set(), "SET"), (lab.namespace.clone(), "NAMESPACE")];
        names.extend(hashes.into_iter().map(|hash| (hash.to_owned(), "HASH")));
        Names(names)
    }
}

/// Returns each object as a text without what is never the same twice.
pub(super) fn normal(state: &State, names: &Names) -> BTreeMap<String, String> {
    let rename = |text: String| names.0.iter().fold(text, |text, (from, to)| text.replace(from, to));
    let objects = state.iter().map(|(name, object)| {
        let uid = object["metadata"]["uid"].as_str().unwrap();
        (rename(name.clone()), rename(format!("{:#}", same(object.clone())).replace(uid, "UID")))
    });
    objects.collect()
}

/// Returns an object without what is never the same twice.
pub(super) fn same(mut object: Value) -> Value {
    let whole = object.as_object_mut().unwrap();
    whole.remove("status");
    whole.remove("apiVersion");
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
        metadata.remove(field);
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("deployment.kubernetes.io/revision");
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    if let Some(entries) = metadata.get_mut("managedFields").and_then(Value::as_array_mut) {
        entries.retain(|entry| entry["manager"] != CONTROLLERS);
        for entry in entries.iter_mut() {
            entry.as_object_mut().unwrap().remove("time");
        }
        entries.sort_by_key(ToString::to_string);
    }
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    object
}

/// Says how two states differ; nothing if they do not.
pub(super) fn difference(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) -> Option<String> {
    let names: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let differing = names.into_iter().filter(|name| found.get(*name) != expected.get(*name));
    let told: Vec<String> = differing
        .map(|name| match (found.get(name), expected.get(name)) {
            (Some(_), None) => format!("{name} should not be there"),
            (None, _) => format!("{name} is missing"),
            (Some(found), Some(expected)) => {
                let line = |(found, expected): (&str, &str)| {
                    (found != expected).then(|| format!("    {found} instead of {expected}"))
                };
                let first = found.lines().zip(expected.lines()).find_map(line);
                format!("{name} differs:\n{}", first.unwrap_or_else(|| "    in its length".to_owned()))
            }
        })
        .collect();
    (!told.is_empty()).then(|| told.join("\n"))
}
