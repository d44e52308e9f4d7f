//! What is in the cluster before a run: the objects of `fixtures/*.yaml`, with the states that a kubelet or a controller
//! would have given them.

use http::Method;
use serde_json::{Value, json};

use crate::folders::project;
use crate::world::{World, collection, path, wait};

/// The names that a fixture and the arguments of a call leave open.
pub(crate) struct Names<'n> {
    /// The namespace of the run.
    pub(crate) ns: &'n str,
    /// The namespace in which the step acts.
    pub(crate) at: &'n str,
}

impl Names<'_> {
    /// Fills in the names.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("{ns}", self.ns).replace("{at}", self.at)
    }
}

/// Returns the text of a fixture.
pub(crate) fn text(name: &str, names: &Names<'_>) -> String {
    let path = project(&format!("tests/proof/fixtures/{name}.yaml"));
    names.fill(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Creates the objects of a fixture.
///
/// A `status` is written as a controller would. Beside the fields of Kubernetes an object may have `ready: true`, which
/// makes the pods of a workload ready.
pub(crate) fn create(world: &World, name: &str, names: &Names<'_>) {
    for document in text(name, names).split("\n---\n") {
        let mut object: Value = serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{name}: {error}"));
        let fields = object.as_object_mut().unwrap();
        let (status, is_ready) = (fields.remove("status"), fields.remove("ready").is_some());
        world.create(&object);
        if let Some(status) = status {
            world.merge(&format!("{}/status", path(&object)), &json!({"status": status}));
        }
        if is_ready {
            make_ready(world, &object);
        }
    }
}

/// Plays scheduler and kubelet for the pods of a workload, and waits until its controller knows.
fn make_ready(world: &World, workload: &Value) {
    let namespace = &workload["metadata"]["namespace"];
    let pods = collection(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace}}));
    let label = workload["spec"]["template"]["metadata"]["labels"]["app"].as_str().unwrap();
    let path = path(workload);
    wait(&format!("{path} is ready"), || {
        let list = world.get(&format!("{pods}?labelSelector=app%3D{label}")).json();
        for pod in list["items"].as_array().unwrap() {
            let name = pod["metadata"]["name"].as_str().unwrap();
            if pod["spec"]["nodeName"].is_null() {
                let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                                     "target": {"apiVersion": "v1", "kind": "Node", "name": "nowhere"}});
                world.send(Method::POST, &format!("{pods}/{name}/binding"), Some(&binding));
            }
            if pod["status"]["phase"] != "Running" {
                let since = "2026-01-02T03:04:05Z";
                let status = json!({"status": {"phase": "Running", "conditions": [
                    {"type": "Ready", "status": "True", "lastTransitionTime": since},
                ]}});
                world.send(Method::PATCH, &format!("{pods}/{name}/status"), Some(&status));
            }
        }
        let status = &world.get(&path).json()["status"];
        status["readyReplicas"] == 1 && status["availableReplicas"] == 1
    });
}
