//! The catalogue against the packages themselves: each activity is called, with the arguments of a case, against a
//! stand-in for the cluster (`tests/permissions/cluster.py`). What it asks and what chaosc grants for the same step has
//! to be the same: no request without a grant, no grant without a request.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use chaosc::plan::marks::FIELD_MANAGER;
use chaosc::plan::permissions::{Grant, Reach};
use chaosc::source::Source;
use serde_json::{Value, json};

use crate::folders::{project, put};
use crate::tools::{parts, tool};

/// Module, function, and the arguments of the call.
type Case = (&'static str, &'static str, Value);

fn call((module, function, arguments): &Case) -> Value {
    json!({"module": module, "function": function, "arguments": arguments})
}

fn cases() -> Vec<Case> {
    let pods = "chaosk8s.pod.actions";
    let nodes = "chaosk8s.node.actions";
    let probes = "chaosk8s.pod.probes";
    let faults = "chaosistio.fault.actions";
    let routes = json!([{"destination": {"host": "shop", "subset": "v1"}}]);
    let v1 = "networking.istio.io/v1";
    vec![
        (pods, "terminate_pods", json!({})),
        (pods, "terminate_pods", json!({"label_selector": "app=shop", "ns": "shop"})),
        (pods, "terminate_pods", json!({"name_pattern": "shop-.*", "all": true, "ns": "shop", "grace_period": 0})),
        (
            pods,
            "terminate_pods",
            json!({"rand": true, "mode": "percentage", "qty": 50, "ns": "shop", "order": "oldest"}),
        ),
        (probes, "count_min_pods", json!({"label_selector": "app=shop"})),
        (probes, "count_min_pods", json!({"label_selector": "app=shop", "min_count": 1, "ns": "shop"})),
        (probes, "count_pods", json!({"label_selector": "app=shop"})),
        (probes, "count_pods", json!({"label_selector": "app=shop", "phase": "Running", "ns": "shop"})),
        (nodes, "drain_nodes", json!({})),
        (nodes, "drain_nodes", json!({"name": "node-1", "timeout": 5})),
        (nodes, "drain_nodes", json!({"name": ""})),
        (nodes, "drain_nodes", json!({"label_selector": "pool=spot", "count": 1})),
        (nodes, "drain_nodes", json!({"name": "node-1", "label_selector": "pool=spot"})),
        (nodes, "drain_nodes", json!({"pod_label_selector": "app=shop", "pod_namespace": "shop"})),
        (nodes, "drain_nodes", json!({"name": "node-1", "pod_label_selector": "app=shop"})),
        (nodes, "drain_nodes", json!({"delete_pods_with_local_storage": true})),
        (nodes, "cordon_node", json!({})),
        (nodes, "cordon_node", json!({"name": "node-2"})),
        (nodes, "cordon_node", json!({"label_selector": "pool=spot"})),
        (nodes, "uncordon_node", json!({"name": "node-2"})),
        (nodes, "uncordon_node", json!({"name": "node-2", "label_selector": "pool=spot"})),
        ("chaosk8s.deployment.actions", "scale_deployment", json!({"name": "shop", "replicas": 0})),
        ("chaosk8s.deployment.actions", "scale_deployment", json!({"name": "shop", "replicas": 3, "ns": "shop"})),
        ("chaosk8s.actions", "scale_microservice", json!({"name": "shop", "replicas": 0, "ns": "shop"})),
        ("chaosk8s.statefulset.actions", "scale_statefulset", json!({"name": "shop", "replicas": 0})),
        ("chaosk8s.statefulset.actions", "scale_statefulset", json!({"name": "shop", "replicas": 3, "ns": "shop"})),
        (faults, "add_delay_fault", json!({"virtual_service_name": "shop", "fixed_delay": "5s", "routes": routes})),
        (
            faults,
            "add_delay_fault",
            json!({"virtual_service_name": "shop", "fixed_delay": "5s", "routes": routes, "percentage": 20, "ns": "shop", "version": v1}),
        ),
        (faults, "add_abort_fault", json!({"virtual_service_name": "shop", "http_status": 500, "routes": routes})),
        (
            faults,
            "add_abort_fault",
            json!({"virtual_service_name": "shop", "http_status": 500, "routes": routes, "percentage": 20, "ns": "shop", "version": "example.io/v9"}),
        ),
        (
            faults,
            "remove_delay_fault",
            json!({"virtual_service_name": "shop", "routes": routes, "ns": "shop", "version": v1}),
        ),
        (faults, "remove_abort_fault", json!({"virtual_service_name": "shop", "routes": routes, "ns": "shop"})),
        (faults, "unset_fault", json!({"virtual_service_name": "shop", "routes": routes})),
    ]
}

#[test]
fn what_an_activity_asks_is_what_its_step_is_granted() {
    let cases = cases();
    let observed = observe(&cases.iter().map(call).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for ((module, function, arguments), observed) in cases.iter().zip(&observed) {
        let called = format!("{module}.{function} {arguments}");
        assert_eq!(observed["error"], Value::Null, "{called}");
        let requests = observed["requests"].as_array().unwrap();
        assert!(!requests.is_empty(), "{called} asks nothing");
        let grants = granted(module, function, arguments);
        for request in requests.iter().filter(|request| !grants.iter().any(|grant| allows(grant, request))) {
            wrong.push(format!("{called}: no grant for {request}"));
        }
        for grant in grants.iter().filter(|grant| !requests.iter().any(|request| allows(grant, request))) {
            wrong.push(format!("{called}: nothing needs {} on {} {:?}", grant.verb, grant.resource, grant.reach));
        }
        // A grant for any name is needed only where the run chooses the name itself.
        for grant in grants.iter().filter(|grant| grant.name.is_none() && grant.resource == "nodes") {
            let named = arguments["name"].as_str().is_some_and(|name| !name.is_empty());
            assert!(!named, "{called}: {} on nodes is granted for any name", grant.verb);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The fields under which the API server notes another owner, and the name of that owner.
#[test]
fn what_a_patch_writes_is_what_its_step_is_said_to_write() {
    let mut cases = cases();
    cases.retain(|(module, function, arguments)| !written(&granted(module, function, arguments)).is_empty());
    assert!(!cases.is_empty());
    let observed = observe(&cases.iter().map(call).collect::<Vec<_>>());
    for ((module, function, arguments), observed) in cases.iter().zip(&observed) {
        let called = format!("{module}.{function} {arguments}");
        let requests = observed["requests"].as_array().unwrap().iter().filter(|request| request.get("body").is_some());
        let mut seen = BTreeSet::new();
        for request in requests {
            let manager = request["agent"].as_str().unwrap().split('/').next();
            assert_eq!(manager, Some(FIELD_MANAGER), "{called}");
            seen.extend(fields(&request["body"]));
        }
        assert_eq!(seen, written(&granted(module, function, arguments)), "{called}");
    }
}

/// Returns the fields that the steps behind these grants are said to write.
fn written(grants: &[Grant]) -> BTreeSet<String> {
    grants.iter().flat_map(|grant| &grant.reasons).flat_map(|reason| reason.writes.clone()).collect()
}

/// Returns the fields of the `spec` in a patch, which may say which object it is for, and nothing more.
fn fields(body: &Value) -> BTreeSet<String> {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let naming = BTreeSet::from(["apiVersion", "kind", "metadata"].map(str::to_owned));
    assert_eq!(keys(body).difference(&naming).collect::<Vec<_>>(), ["spec"], "{body}");
    assert!(
        body.get("metadata").is_none_or(|metadata| keys(metadata) == BTreeSet::from(["name".to_owned()])),
        "{body}"
    );
    keys(&body["spec"]).iter().map(|key| format!("/spec/{key}")).collect()
}

#[test]
fn every_activity_of_the_catalogue_is_called_and_has_the_arguments_that_the_package_gives_it() {
    let called: BTreeSet<(String, String)> =
        cases().iter().map(|(module, function, _)| ((*module).to_owned(), (*function).to_owned())).collect();
    let catalogue = catalogue();
    assert_eq!(called, catalogue.keys().cloned().collect());
    let calls =
        catalogue.keys().map(|(module, function)| json!({"module": module, "function": function, "arguments": null}));
    let observed = observe(&calls.collect::<Vec<_>>());
    for (((module, function), [required, optional]), observed) in catalogue.iter().zip(&observed) {
        assert_eq!(names(&observed["required"]), *required, "{module}.{function}: required arguments");
        assert_eq!(names(&observed["optional"]), *optional, "{module}.{function}: optional arguments");
    }
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// For each function of a module, its required and its optional arguments.
fn catalogue() -> BTreeMap<(String, String), [BTreeSet<String>; 2]> {
    let mut found = BTreeMap::new();
    for page in ["catalogue/kubernetes.toml", "catalogue/istio.toml"] {
        let page: toml::Table = std::fs::read_to_string(project(page)).unwrap().parse().unwrap();
        for activity in page["activities"].as_array().unwrap() {
            let texts = |key: &str| -> BTreeSet<String> {
                let list = activity.get(key).and_then(toml::Value::as_array).into_iter().flatten();
                list.map(|text| text.as_str().unwrap().to_owned()).collect()
            };
            for function in texts("functions") {
                let module = activity["module"].as_str().unwrap().to_owned();
                found.insert((module, function), [texts("required"), texts("optional")]);
            }
        }
    }
    found
}

/// Has the packages make the calls, and returns what was seen of each.
fn observe(calls: &[Value]) -> Vec<Value> {
    let mut python = Command::new(tool("CHAOSC_TEST_PYTHON"))
        .arg(project("tests/permissions/observe.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(json!(calls).to_string().as_bytes()).unwrap();
    let (code, out, err) = parts(python.wait_with_output().unwrap());
    assert_eq!(code, 0, "{err}");
    let observed: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(observed.len(), calls.len());
    observed
}

/// Returns what chaosc grants for one step that makes the call.
fn granted(module: &str, function: &str, arguments: &Value) -> Vec<Grant> {
    let experiment = json!({
        "title": "x", "description": "x",
        "method": [{
            "type": "action", "name": "x",
            "provider": {"type": "python", "module": module, "func": function, "arguments": arguments},
        }],
    });
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("x.json"), experiment.to_string());
    put(
        &folder.path().join("chaos.toml"),
        "name = \"x\"\nexperiments = [{ file = \"x.json\" }]\nschedules = [{ experiments = [\"x\"], manual = true }]\n\
         [namespace]\nname = \"shop\"\n[permissions]\ncluster = true\nnamespaces = [\"shop\", \"default\"]\n\
         [image]\nrepository = \"registry.example/chaos\"\ntag = \"1\"\n",
    );
    let checked = chaosc::check::check(&Source::read(&folder.path().join("chaos.toml")).unwrap());
    let config = checked.config.unwrap_or_else(|| panic!("{module}.{function}: {:?}", checked.diagnostics));
    chaosc::plan::plan(&config).workloads.remove(0).grants
}

/// Returns whether a grant allows a request, as RBAC decides (Kubernetes documentation, "Using RBAC Authorization").
fn allows(grant: &Grant, request: &Value) -> bool {
    let is_there = match &grant.reach {
        Reach::Namespace(namespace) => request["namespace"] == *namespace,
        Reach::Cluster => true,
    };
    is_there
        && request["verb"] == grant.verb
        && request["group"] == grant.group
        && request["resource"] == grant.resource
        && grant.name.as_ref().is_none_or(|name| request["name"] == *name)
}
