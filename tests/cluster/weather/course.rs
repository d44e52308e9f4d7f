//! What the program does in bad weather: the labs, and the ways that they go.

use std::collections::BTreeMap;

use chaosc::cluster::Request;
use serde_json::{Value, json};

use super::state::{Names, State, normal, read, send};
use crate::lab::{Lab, experiment};

/// The app before and after it was edited: something to be created, updated, replaced and deleted either way.
const APP: &str = r#"
{apiVersion: v1, kind: Service, metadata: {name: shop}, spec: {selector: {app: shop}, ports: [{port: 80, name: PORT}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {color: COLOR}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: only-COLOR}, data: {a: b}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: fixed}, immutable: true, data: {color: COLOR}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: "registry.example/shop:COLOR"}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NAMESPACE-viewer}
rules: [{apiGroups: [""], resources: [pods], verbs: [VERB]}]
"#;

/// What the app has only after it was edited.
const MORE: &str = r"---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: shop}, spec: {podSelector: {}}}
";

/// A way that the program goes from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Course {
    /// From nothing; the namespace is made, too, and the experiment runs at once.
    Come,
    /// Everything goes, but for what somebody else has in the namespace.
    Go,
    /// Again from nothing, in a namespace where somebody else has something.
    Return,
    /// Creates, updates, a replacement and a deletion.
    Forth,
    /// The same the other way round.
    Back,
}

impl Course {
    /// The courses that one lab goes, one after the other.
    pub(super) const ROUNDS: [&[Course]; 2] =
        [&[Course::Come, Course::Go, Course::Return], &[Course::Forth, Course::Back]];

    /// Returns the command of the program.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Course::Go => &["delete", "--yes"],
            _ => &["apply", "--yes", "--no-wait"],
        }
    }

    /// Makes a lab that is ready for the first course of a round.
    pub(super) fn lab(round: &[Course]) -> Lab {
        let lab = Lab::new("weather");
        let once = "\n[[schedules]]\nname = \"at-once\"\nexperiments = [\"kill\"]\nonce = true\n";
        lab.toml(if round[0] == Course::Come { once } else { "" });
        lab.write("kill.yaml", &experiment(&lab.namespace, ""));
        write(&lab, "blue", "http", "get");
        if round[0] == Course::Forth {
            let (code, out, err) = lab.chaosc(Course::Come.arguments());
            assert_eq!(code, 0, "{out}{err}");
            settle_down(&lab);
        }
        lab
    }

    /// Edits the files, so that the course is to be gone.
    pub(super) fn prepare(self, lab: &Lab) {
        match self {
            Course::Forth => write(lab, "red", "web", "list"),
            Course::Back => write(lab, "blue", "http", "get"),
            _ => {}
        }
    }
}

fn write(lab: &Lab, color: &str, port: &str, verb: &str) {
    // A kind that the inventory gets to know, so that it is written before anything else.
    let more = if color == "red" { MORE } else { "" };
    let app = (APP.to_owned() + more).replace("COLOR", color).replace("PORT", port).replace("VERB", verb);
    lab.write("app.yaml", &app.replace("NAMESPACE", &lab.namespace));
}

/// Waits until nothing is on its way out any more, as the program asks for.
pub(super) fn wait_for_leaving(lab: &Lab) -> State {
    lab.wait("what goes is gone", |lab| {
        !read(lab).values().any(|object| object["metadata"]["deletionTimestamp"].is_string())
    });
    read(lab)
}

/// Lets somebody else put something into the namespace.
pub(super) fn settle_down(lab: &Lab) {
    let apply = |path: &str, object: Value| Request {
        method: http::Method::PATCH,
        path: format!("{path}?fieldManager=theirs"),
        body: Some(("application/apply-patch+yaml", object.to_string().into_bytes())),
    };
    let core = format!("/api/v1/namespaces/{}", lab.namespace);
    let mut requests = vec![
        apply(
            &format!("{core}/configmaps/theirs"),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}, "data": {"a": "1"}}),
        ),
        apply(
            &format!("{core}/services/theirs"),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "theirs"},
                "spec": {"selector": {"app": "theirs"}, "ports": [{"port": 1}]}}),
        ),
    ];
    if read(lab).contains_key("Deployment/shop") {
        requests.push(apply(
            &format!("/apis/apps/v1/namespaces/{}/deployments/shop", lab.namespace),
            json!({"apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "shop", "annotations": {"example.com/theirs": "1"}}}),
        ));
    }
    for answer in send(requests) {
        assert!(answer.is_success(), "{:?}", answer.failure());
    }
}

/// Returns what of a state is somebody else's, with the version in which it is.
pub(super) fn theirs(state: &State) -> BTreeMap<String, Value> {
    let theirs = state.iter().filter(|(name, _)| name.ends_with("/theirs"));
    theirs
        .map(|(name, object)| {
            let metadata = &object["metadata"];
            (name.clone(), json!([metadata["uid"], metadata["resourceVersion"]]))
        })
        .collect()
}

/// Reads a lab in the form that is compared.
pub(super) fn seen(lab: &Lab) -> (State, BTreeMap<String, String>) {
    let state = read(lab);
    let normal = normal(&state, &Names::of(lab));
    (state, normal)
}
