//! The cluster as the administrator sees it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chaosc::cluster::{Access, Answer, Cluster, Request};
use chaosc::kubernetes::kinds::{self, Scope};
use http::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A connection of one thread.
pub(crate) struct World {
    runtime: Runtime,
    cluster: Cluster,
}

/// The kinds of custom objects that fixtures have: kind, plural, and whether it has a namespace.
const CUSTOM: [(&str, &str, bool); 7] = [
    ("VirtualService", "virtualservices", true),
    ("DestinationRule", "destinationrules", true),
    ("Gateway", "gateways", true),
    ("NetworkChaos", "networkchaos", true),
    ("StressChaos", "stresschaos", true),
    ("RemoteCluster", "remoteclusters", false),
    ("Node", "nodes", false),
];

impl World {
    pub(crate) fn connect() -> World {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let kubeconfig = of_plane("CHAOSC_TEST_KUBECONFIG");
        let access = Access {
            kubeconfig: Some(&kubeconfig),
            context: None,
            contexts: &[],
            request_timeout: Duration::from_mins(1),
        };
        let cluster = runtime.block_on(Cluster::connect(&access)).unwrap();
        World { runtime, cluster }
    }

    /// Sends a request, whatever comes of it.
    pub(crate) fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let body = body.map(|body| (kind, body.to_string().into_bytes()));
        self.runtime.block_on(self.cluster.write(Request { method, path: path.to_owned(), body })).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None)
    }

    /// Creates an object; one that is there is as good.
    pub(crate) fn create(&self, object: &Value) {
        let answer = self.send(Method::POST, &collection(object), Some(object));
        assert!(answer.is_success() || answer.status == 409, "{:?}\n{object}", answer.failure());
    }

    /// Writes fields of an object, or of its status.
    pub(crate) fn merge(&self, path: &str, fields: &Value) {
        let answer = self.send(Method::PATCH, path, Some(fields));
        assert!(answer.is_success(), "{path}: {:?}\n{fields}", answer.failure());
    }

    /// Returns a token of a service account.
    pub(crate) fn token(&self, namespace: &str, account: &str) -> String {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let answer = self.send(Method::POST, &path, Some(&json!({"spec": {}})));
        assert!(answer.is_success(), "{:?}", answer.failure());
        answer.json()["status"]["token"].as_str().unwrap().to_owned()
    }

    /// Returns a kubeconfig for whoever has a token.
    pub(crate) fn kubeconfig(&self, token: &str) -> Value {
        let authority = STANDARD.encode(std::fs::read(of_plane("CHAOSC_TEST_CA")).unwrap());
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "proof",
            "clusters": [{
                "name": "proof",
                "cluster": {"server": self.cluster.server(), "certificate-authority-data": authority},
            }],
            "users": [{"name": "proof", "user": {"token": token}}],
            "contexts": [{"name": "proof", "context": {"cluster": "proof", "user": "proof"}}],
        })
    }

    /// Waits until the server allows what it has been told to allow; it reads its own rules with a little delay.
    pub(crate) fn wait_until_allowed(&self, user: &str, attributes: &Value) {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": user, "resourceAttributes": attributes},
        });
        wait(&format!("{user} may {attributes}"), || {
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            self.send(Method::POST, path, Some(&review)).json()["status"]["allowed"] == true
        });
    }
}

/// Waits until something holds, for at most a minute.
pub(crate) fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_mins(1), "still not so after a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the path of the objects of a kind, in the namespace of an object.
pub(crate) fn collection(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    let custom = CUSTOM.iter().find(|(known, ..)| *known == kind);
    let (plural, is_namespaced) = match custom {
        Some((_, plural, is_namespaced)) => (*plural, *is_namespaced),
        None => (
            kinds::plural(version, kind).unwrap_or_else(|| panic!("{version} {kind} is not known")),
            kinds::scope(version, kind) == Some(Scope::Namespaced),
        ),
    };
    let root = if version.contains('/') { "apis" } else { "api" };
    if is_namespaced {
        format!("/{root}/{version}/namespaces/{}/{plural}", text("/metadata/namespace"))
    } else {
        format!("/{root}/{version}/{plural}")
    }
}

/// Returns the path of an object.
pub(crate) fn path(object: &Value) -> String {
    format!("{}/{}", collection(object), object["metadata"]["name"].as_str().unwrap())
}

/// Returns a path that the control plane of the tests tells.
pub(crate) fn of_plane(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: `./test --cluster cargo test --test proof` starts a plane"))
        .into()
}
