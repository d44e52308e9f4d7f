//! Which fields the experiments of a bundle patch: from chaos.toml to the marks in the bundle.

use std::collections::BTreeMap;

use chaosc::bundle::Bundle;
use chaosc::plan::marks::Mark;
use chaosc::source::Source;
use chaosc::{check, plan, render};
use serde_json::{Value, json};

use crate::folders::project;

/// Renders what was read, which has no fault.
fn rendered(source: &Source) -> Bundle {
    let checked = check::check(source);
    let config = checked.config.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    render::render(&plan::plan(&config)).unwrap()
}

#[test]
fn the_example_marks_its_virtual_service_and_the_nodes_that_it_drains() {
    let bundle = rendered(&Source::read(&project("chaos.toml.example")).unwrap());
    assert_eq!(
        shown(&bundle.marks),
        [
            "*: nodes spot-1 /spec/unschedulable by drain-node in by-hand",
            "go-app: virtualservices.networking.istio.io go-app /spec/http by network-abort in every-five-minutes",
            "go-app: virtualservices.networking.istio.io go-app /spec/http by network-delay in every-five-minutes",
        ]
    );
}

#[test]
fn a_step_marks_what_it_patches_wherever_it_stands() {
    let scale = |arguments: Value| step("chaosk8s.deployment.actions", "scale_deployment", &arguments);
    let cordon = |arguments: Value| step("chaosk8s.node.actions", "cordon_node", &arguments);
    let shop = scale(json!({"name": "shop", "replicas": 0, "ns": "shop"}));
    let fault = |more: Value| {
        let mut arguments = json!({"virtual_service_name": "shop", "routes": []});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step("chaosistio.fault.actions", "unset_fault", &arguments)
    };
    let probed = |probe: &Value| json!({"title": "t", "probes": [judged(probe)]});
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("the method", json!({"method": [shop]}), &["shop: deployments.apps shop /spec/replicas"]),
        ("the rollbacks", json!({"method": [], "rollbacks": [shop]}), &["shop: deployments.apps shop /spec/replicas"]),
        (
            "the hypothesis",
            json!({"method": [], "steady-state-hypothesis": probed(&shop)}),
            &["shop: deployments.apps shop /spec/replicas"],
        ),
        (
            "both ways, one mark",
            json!({"method": [shop], "rollbacks": [scale(json!({"name": "shop", "replicas": 3, "ns": "shop"}))]}),
            &["shop: deployments.apps shop /spec/replicas"],
        ),
        (
            "the namespace left to the activity",
            json!({"method": [scale(json!({"name": "shop", "replicas": 0}))]}),
            &["default: deployments.apps shop /spec/replicas"],
        ),
        (
            "names from the configuration",
            json!({
                "configuration": {"which": "cart", "where": "shop"},
                "method": [scale(json!({"name": "${which}", "replicas": 0, "ns": "${where}"}))],
            }),
            &["shop: deployments.apps cart /spec/replicas"],
        ),
        (
            "a name that only the run knows",
            json!({
                "configuration": {"which": {"type": "env", "key": "WHICH"}},
                "method": [scale(json!({"name": "${which}", "replicas": 0, "ns": "shop"}))],
            }),
            &["shop: deployments.apps /spec/replicas"],
        ),
        ("one node", json!({"method": [cordon(json!({"name": "n"}))]}), &["*: nodes n /spec/unschedulable"]),
        ("any node", json!({"method": [cordon(json!({}))]}), &["*: nodes /spec/unschedulable"]),
        (
            "a group from an argument",
            json!({"method": [fault(json!({"ns": "shop", "version": "example.com/v1"}))]}),
            &["shop: virtualservices.example.com shop /spec/http"],
        ),
        (
            "nothing but deletions",
            json!({"method": [step("chaosk8s.pod.actions", "terminate_pods", &json!({"ns": "shop"}))]}),
            &[],
        ),
    ];
    for (what, experiment, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|mark| format!("{mark} by x in x")).collect();
        assert_eq!(shown(&marks(&experiment, "")), expected, "{what}");
    }
}

#[test]
fn each_schedule_of_an_experiment_has_its_marks_and_an_experiment_without_one_has_none() {
    let scale =
        step("chaosk8s.statefulset.actions", "scale_statefulset", &json!({"name": "db", "replicas": 0, "ns": "shop"}));
    let experiment = json!({"method": [scale]});
    let again = "[[experiments]]\nname = \"unused\"\nfile = \"x.json\"\n\
                 [[schedules]]\nname = \"again\"\nexperiments = [\"x\"]\nmanual = true\n";
    assert_eq!(
        shown(&marks(&experiment, again)),
        [
            "shop: statefulsets.apps db /spec/replicas by x in again",
            "shop: statefulsets.apps db /spec/replicas by x in x",
        ]
    );
}

/// Which fields a declared rule is for, nobody says.
#[test]
fn a_declared_rule_marks_nothing() {
    let experiment = json!({"method": [{
        "type": "action", "name": "x", "provider": {"type": "process", "path": "kubectl"},
    }]});
    let rule = "[[permissions.rules]]\nexperiment = \"x\"\napi-groups = [\"apps\"]\nresources = [\"deployments\"]\n\
                verbs = [\"patch\"]\nreason = \"kubectl\"\n";
    assert_eq!(marks(&experiment, rule), []);
}

/// The marks of a bundle whose schedule `x` runs the experiment.
fn marks(experiment: &Value, more: &str) -> Vec<Mark> {
    let mut experiment = experiment.clone();
    experiment["title"] = json!("x");
    experiment["description"] = json!("x");
    let chaos_toml = format!(
        "name = \"shop\"\n[namespace]\nname = \"shop\"\n[image]\nrepository = \"registry.example/chaos\"\ntag = \"1\"\n\
         [permissions]\ncluster = true\nnamespaces = [\"shop\", \"default\"]\n\
         [[experiments]]\nfile = \"x.json\"\n[[schedules]]\nexperiments = [\"x\"]\nmanual = true\n{more}"
    );
    let files = BTreeMap::from([("x.json".to_owned(), experiment.to_string().into_bytes())]);
    rendered(&Source::from_memory(chaos_toml.as_bytes(), &files)).marks
}

fn step(module: &str, function: &str, arguments: &Value) -> Value {
    json!({
        "type": "action", "name": function,
        "provider": {"type": "python", "module": module, "func": function, "arguments": arguments},
    })
}

/// The same step as a probe of a hypothesis.
fn judged(step: &Value) -> Value {
    let mut probe = step.clone();
    probe["type"] = json!("probe");
    probe["tolerance"] = json!(true);
    probe
}

/// `namespace: resource.group name pointer by experiment in schedule`.
fn shown(marks: &[Mark]) -> Vec<String> {
    let one = |mark: &Mark| {
        let namespace = mark.namespace.as_deref().unwrap_or("*");
        let group = if mark.group.is_empty() { String::new() } else { format!(".{}", mark.group) };
        let name = mark.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        let Mark { resource, pointer, experiment, schedule, .. } = mark;
        format!("{namespace}: {resource}{group}{name} {pointer} by {experiment} in {schedule}")
    };
    marks.iter().map(one).collect()
}
