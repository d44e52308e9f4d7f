//! From a step to its grants.

use super::*;
use crate::config::experiment::Settings;
use crate::config::permissions::{NoAccess, Permissions, Rule};
use crate::config::pod::Pod;
use crate::config::{Config, Kubernetes, Namespace};
use crate::diagnostic::Code;
use crate::source::address::FileId;
use crate::source::address::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A configuration of namespace `shop`, where everything is allowed that its `permissions` say.
fn config(permissions: Permissions) -> Config {
    Config {
        name: "shop".to_owned(),
        kubernetes: Kubernetes::default(),
        namespace: serde_json::from_value::<Namespace>(json!({"name": "shop"})).unwrap(),
        apps: Vec::new(),
        image: None,
        pod: Pod::default(),
        permissions,
        experiments: Vec::new(),
        schedules: Vec::new(),
        written: Value::Null,
    }
}

fn everywhere() -> Permissions {
    Permissions { cluster: true, namespaces: vec!["shop".to_owned(), "default".to_owned()], ..Permissions::default() }
}

/// An experiment `x` with one step, some configuration and some variables of chaos.toml.
fn experiment(provider: Value) -> Experiment {
    let at = Address::root(FileId(1));
    let body = json!({
        "configuration": {
            "ns": "elsewhere", "node": "node-1", "empty": "",
            "picked": {"type": "probe", "name": "p", "provider": {"type": "noop"}},
            "host": {"type": "env", "key": "HOST"},
        },
        "method": [{"type": "action", "name": "step", "provider": provider}],
    });
    let settings = Settings { variables: BTreeMap::from([("ns".to_owned(), json!("shop"))]), ..Settings::default() };
    Experiment::new("x".to_owned(), settings, body, at.clone(), "x.json".to_owned(), at)
}

fn python(module: &str, function: &str, arguments: Value) -> Value {
    json!({"type": "python", "module": module, "func": function, "arguments": arguments})
}

/// `verb resource.group/name in namespace`, sorted.
fn shown(grants: &[Grant]) -> Vec<String> {
    let one = |grant: &Grant| {
        let group = if grant.group.is_empty() { String::new() } else { format!(".{}", grant.group) };
        let name = grant.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        let reach = match &grant.reach {
            Reach::Namespace(namespace) => namespace,
            Reach::Cluster => "*",
        };
        format!("{reach}: {} {}{group}{name}", grant.verb, grant.resource)
    };
    grants.iter().map(one).collect()
}

#[test]
fn a_step_leads_to_the_grants_that_it_needs() {
    let pods = "chaosk8s.pod.actions";
    let nodes = "chaosk8s.node.actions";
    let faults = "chaosistio.fault.actions";
    let fault = |more: Value| {
        let mut arguments = json!({"virtual_service_name": "v", "routes": []});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        python(faults, "unset_fault", arguments)
    };
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({"type": "http", "url": "http://shop"}), &[]),
        (python(pods, "terminate_pods", json!({"ns": "shop"})), &["shop: delete pods", "shop: list pods"]),
        (python(pods, "terminate_pods", json!({"ns": "${ns}"})), &["shop: delete pods", "shop: list pods"]),
        (python(pods, "terminate_pods", json!({})), &["default: delete pods", "default: list pods"]),
        (python(nodes, "cordon_node", json!({"name": "n"})), &["*: list nodes n", "*: patch nodes n"]),
        (python(nodes, "cordon_node", json!({"name": "${node}"})), &["*: list nodes node-1", "*: patch nodes node-1"]),
        // A name that only the run knows, and an empty one, leave the grant as wide as the list.
        (python(nodes, "cordon_node", json!({"name": "${picked}"})), &["*: list nodes", "*: patch nodes"]),
        (python(nodes, "cordon_node", json!({"name": "${host}"})), &["*: list nodes", "*: patch nodes"]),
        (python(nodes, "cordon_node", json!({"name": "${empty}"})), &["*: list nodes", "*: patch nodes"]),
        (python(nodes, "cordon_node", json!({"name": null})), &["*: list nodes", "*: patch nodes"]),
        (
            python(
                "chaosk8s.deployment.actions",
                "scale_deployment",
                json!({"name": "d", "replicas": 0, "ns": "shop"}),
            ),
            &["shop: patch deployments.apps d"],
        ),
        (
            fault(json!({"ns": "shop"})),
            &["shop: get virtualservices.networking.istio.io v", "shop: patch virtualservices.networking.istio.io v"],
        ),
        (
            fault(json!({"ns": "shop", "version": "example.com/v1"})),
            &["shop: get virtualservices.example.com v", "shop: patch virtualservices.example.com v"],
        ),
        // Group and resource from arguments, a name that stands in the code, a condition.
        (
            python(
                "chaosk8s.crd.actions",
                "delete_cluster_custom_object",
                json!({"group": "example.com", "version": "v1", "plural": "widgets", "name": "${node}"}),
            ),
            &["*: delete widgets.example.com node-1"],
        ),
        (
            python("chaosk8s.networking.actions", "remove_allow_dns_access", json!({"ns": "shop"})),
            &["shop: delete networkpolicies.networking.k8s.io chaostoolkit-allow-dns"],
        ),
        (
            python(pods, "exec_in_pods", json!({"cmd": "ls", "ns": "shop", "container_name": "app"})),
            &["shop: list pods", "shop: create pods/exec", "shop: get pods/exec"],
        ),
        (
            python(nodes, "delete_nodes", json!({"count": 1, "pod_label_selector": "a=b", "pod_namespace": "shop"})),
            &["shop: list pods", "*: delete nodes", "*: list nodes"],
        ),
        (
            python(nodes, "delete_nodes", json!({"count": 1, "pod_label_selector": "", "pod_namespace": "shop"})),
            &["*: delete nodes", "*: list nodes"],
        ),
        // The pods of what only the run knows may be asked for.
        (
            python(nodes, "delete_nodes", json!({"pod_label_selector": "${host}", "pod_namespace": "shop"})),
            &["shop: list pods", "*: delete nodes", "*: list nodes"],
        ),
        (
            python(
                "chaosk8s.chaosmesh.network.actions",
                "set_loss",
                json!({"name": "l", "loss": "10", "ns": "shop", "namespaces_selectors": "shop,default", "target_namespaces_selectors": ["default"]}),
            ),
            &["default: create networkchaos.chaos-mesh.org", "shop: create networkchaos.chaos-mesh.org"],
        ),
    ];
    for (provider, expected) in cases {
        let inferred = infer(&config(everywhere()), &experiment(provider.clone()));
        assert_eq!(shown(&inferred.grants), expected, "{provider}");
        assert!(inferred.problems.is_empty(), "{provider}: {:?}", inferred.problems);
    }
}

#[test]
fn a_call_that_fails_by_itself_is_said_and_asks_for_no_more_than_it_asks_of_the_server() {
    let replace = json!({"group": "g", "version": "v", "plural": "p", "name": "n", "ns": "shop", "resource": {}});
    let cases: [(Value, &[&str]); 4] = [
        (python("chaosk8s.deployment.actions", "rollout_deployment", json!({"ns": "shop"})), &[]),
        (python("chaosk8s.crd.actions", "replace_custom_object", replace), &[]),
        (python("chaosk8s.node.actions", "delete_nodes", json!({"all": true})), &[]),
        (python("chaosk8s.pod.actions", "exec_in_pods", json!({"cmd": "ls", "ns": "shop"})), &["shop: list pods"]),
    ];
    for (provider, expected) in cases {
        let inferred = infer(&config(everywhere()), &experiment(provider.clone()));
        assert_eq!(shown(&inferred.grants), expected, "{provider}");
        let codes: Vec<Code> = inferred.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [Code::ActivityFails], "{provider}");
    }
    // A tolerance is handed the value that it judges.
    let judge = python("chaosk8s.pod.probes", "should_be_found_in_logs", json!({"pattern": "x"}));
    let probe = json!({"type": "probe", "name": "p", "provider": {"type": "http", "url": "http://shop"},
        "tolerance": {"type": "probe", "name": "judge", "provider": judge}});
    let at = Address::root(FileId(1));
    let body = json!({"steady-state-hypothesis": {"title": "t", "probes": [probe]}});
    let judged = Experiment::new("x".to_owned(), Settings::default(), body, at.clone(), "x.json".to_owned(), at);
    assert!(infer(&config(everywhere()), &judged).problems.is_empty());
    assert_eq!(infer(&config(everywhere()), &experiment(judge)).problems.len(), 1);
    // What only the run knows may be right.
    let unsure = python("chaosk8s.node.actions", "delete_nodes", json!({"all": "${host}"}));
    assert!(infer(&config(everywhere()), &experiment(unsure)).problems.is_empty());
}

#[test]
fn a_grant_says_why_it_is_not_narrower() {
    let breadths = |provider: Value| -> Vec<Option<String>> {
        let grants = infer(&config(everywhere()), &experiment(provider)).grants;
        grants.into_iter().map(|grant| grant.reasons[0].breadth.clone()).collect()
    };
    let cordon = |name: Value| python("chaosk8s.node.actions", "cordon_node", json!({"name": name}));
    assert_eq!(breadths(cordon(json!("n"))), [None, None]);
    let unknown = "argument `name` depends on `host`, which only the run knows, so no name limits it".to_owned();
    assert_eq!(breadths(cordon(json!("${host}"))), [Some(unknown.clone()), Some(unknown)]);
    let left: Vec<String> = breadths(cordon(Value::Null)).into_iter().flatten().collect();
    assert!(left[0].contains("only where the step asks by name") && left[1].contains("only the run knows"), "{left:?}");
}

#[test]
fn a_patch_in_an_argument_says_which_fields_it_writes() {
    let writes =
        |provider: Value| infer(&config(everywhere()), &experiment(provider)).grants[0].reasons[0].writes.clone();
    let merge = json!({"spec": {"template": {"metadata": {"labels": {"a/b": "c", "~": 1}}}, "args": [{"x": 1}]}});
    assert_eq!(
        writes(python(
            "chaosk8s.daemonset.actions",
            "update_daemon_set",
            json!({"name": "d", "ns": "shop", "spec": merge})
        )),
        ["/spec/args", "/spec/template/metadata/labels/a~1b", "/spec/template/metadata/labels/~0"]
    );
    let patch = |resource: Value| {
        let arguments =
            json!({"group": "g", "version": "v", "plural": "p", "name": "n", "ns": "shop", "resource": resource});
        writes(python("chaosk8s.crd.actions", "patch_custom_object", arguments))
    };
    assert_eq!(patch(json!([{"op": "replace", "path": "/spec/size", "value": 1}])), ["/spec/size"]);
    assert_eq!(patch(json!("${picked}")), [""]);
}

#[test]
fn what_cannot_be_known_or_is_not_allowed_is_a_problem() {
    let pods = "chaosk8s.pod.actions";
    let own = Permissions { namespaces: vec!["shop".to_owned()], ..Permissions::default() };
    let cases = [
        (python(pods, "terminate_pods", json!({"ns": "${picked}"})), Code::UnknownTarget, "/arguments/ns"),
        (python(pods, "terminate_pods", json!({"ns": "${nobody}"})), Code::UnknownTarget, "/arguments/ns"),
        (python(pods, "terminate_pods", json!({"ns": 5})), Code::UnknownTarget, "/arguments/ns"),
        (python(pods, "terminate_pods", json!({"ns": "other"})), Code::NamespaceNotAllowed, "/arguments/ns"),
        (python(pods, "terminate_pods", json!({})), Code::NamespaceNotAllowed, "/func"),
        (python("chaosk8s.node.actions", "cordon_node", json!({})), Code::ClusterNotAllowed, "/func"),
        (python(pods, "terminate_pod", json!({})), Code::UnknownActivity, "/func"),
        (python("mine", "f", json!({})), Code::UnknownActivity, "/module"),
        (json!({"type": "process", "path": "kubectl"}), Code::UnknownActivity, "/path"),
        (
            python(pods, "terminate_pods", json!({"ns": "shop", "labels": ""})),
            Code::UnknownArgument,
            "/arguments/labels",
        ),
        (python("chaosk8s.pod.probes", "count_pods", json!({"ns": "shop"})), Code::MissingArgument, "/arguments"),
    ];
    for (provider, code, below) in cases {
        let problems = infer(&config(own.clone()), &experiment(provider.clone())).problems;
        let problem = problems.first().unwrap_or_else(|| panic!("{provider}: no problem"));
        assert_eq!(problem.code, code, "{provider}");
        let (Place::Value(at) | Place::Key(at)) = &problem.place else { panic!("{provider}: {:?}", problem.place) };
        assert_eq!(at.pointer, format!("/method/0/provider{below}"), "{provider}");
    }
}

#[test]
fn what_chaos_toml_declares_is_granted_and_answers_for_unknown_steps() {
    let provider = json!({"type": "process", "path": "kubectl"});
    let rule = |namespace: Option<&str>, names: &[&str]| Rule {
        experiment: "x".to_owned(),
        namespace: namespace.map(str::to_owned),
        api_groups: vec!["apps".to_owned()],
        resources: vec!["deployments".to_owned()],
        resource_names: names.iter().map(|name| (*name).to_owned()).collect(),
        verbs: vec!["get".to_owned(), "patch".to_owned()],
        reason: "kubectl".to_owned(),
        at: None,
    };
    let other = Rule { experiment: "y".to_owned(), ..rule(None, &[]) };
    let rules = vec![rule(None, &["a"]), rule(Some("*"), &[]), other.clone()];
    let inferred = infer(&config(Permissions { rules, ..everywhere() }), &experiment(provider.clone()));
    assert_eq!(
        shown(&inferred.grants),
        [
            "shop: get deployments.apps a",
            "shop: patch deployments.apps a",
            "*: get deployments.apps",
            "*: patch deployments.apps"
        ]
    );
    assert!(inferred.problems.is_empty());

    let none = NoAccess { experiment: "x".to_owned(), reason: "curl".to_owned(), at: None };
    let inferred = infer(&config(Permissions { none: vec![none], ..everywhere() }), &experiment(provider.clone()));
    assert!(inferred.grants.is_empty() && inferred.problems.is_empty());

    // What another experiment declares answers for nothing here.
    let inferred = infer(&config(Permissions { rules: vec![other], ..everywhere() }), &experiment(provider));
    assert_eq!(inferred.problems.len(), 1);
}

#[test]
fn a_grant_stands_once_with_all_its_reasons() {
    let provider = python("chaosk8s.pod.actions", "terminate_pods", json!({"ns": "shop"}));
    let grants = infer(&config(everywhere()), &experiment(provider)).grants;
    let mut other = grants.clone();
    other[0].reasons[0].experiment = "y".to_owned();
    let joined = union(grants.iter().chain(&other).chain(&grants));
    assert_eq!(shown(&joined), shown(&grants));
    let experiments = |grant: &Grant| grant.reasons.iter().map(|one| one.experiment.clone()).collect::<Vec<_>>();
    assert_eq!(
        (experiments(&joined[0]), experiments(&joined[1])),
        (vec!["x".to_owned(), "y".to_owned()], vec!["x".to_owned()])
    );
}
