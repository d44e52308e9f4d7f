//! One run of a case, with some of its rights.

use std::fs;
use std::path::Path;

use http::Method;
use serde_json::{Value, json};

use crate::case::{Case, Kind, NAME, Rendered, Write};
use crate::driver::Driver;
use crate::fixtures::{self, Names};
use crate::rights::Grant;
use crate::world::{World, path};

/// Which rights the account has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Variation {
    /// The objects that chaosc renders, as they are.
    Rendered,
    /// The same rights, each in a role of its own.
    Single,
    /// All but one.
    Without(Grant),
    /// Everything.
    Everything,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) variation: Variation,
    pub(crate) ns: String,
    /// The user of the audit log.
    pub(crate) user: String,
    /// Each single grant that is rendered, and the role that was made for it.
    pub(crate) grants: Vec<(Grant, String)>,
    pub(crate) writes: Vec<Write>,
    /// For each experiment what Chaos Toolkit wrote; null: nothing.
    pub(crate) journals: Vec<Value>,
    /// What the runs printed.
    pub(crate) log: String,
}

/// Runs a case in a namespace of its own. What to leave out of the rights is chosen when they are known.
pub(crate) fn run(
    world: &World,
    driver: &Driver,
    folder: &Path,
    case: &Case,
    ns: &str,
    variation: impl FnOnce(&[Grant]) -> Variation,
) -> Outcome {
    let rendered = case.render(ns);
    let grants = rendered.account.grants();
    let variation = variation(&grants);
    let folder = folder.join(ns);
    fs::create_dir_all(&folder).unwrap();
    surround(world, case, &rendered, ns, &folder);
    allow(world, &rendered, &grants, &variation);
    let kubeconfig = world.kubeconfig(&world.token(ns, &rendered.account.name));
    fs::write(folder.join("kubeconfig"), kubeconfig.to_string()).unwrap();
    let mut log = String::new();
    let mut journals = Vec::new();
    for (name, experiment, settings) in &rendered.experiments {
        let file = |ending: &str| folder.join(format!("{name}.{ending}"));
        fs::write(file("json"), without_pauses(experiment.clone()).to_string()).unwrap();
        fs::write(file("variables.json"), json!({"configuration": settings["variables"]}).to_string()).unwrap();
        let mut environment = settings["env"].clone();
        environment[NAME] = ns.into();
        if let Kind::Example(schedule) = &case.kind {
            environment["http_proxy"] = schedule.proxy.clone().into();
        }
        driver.run(json!({
            "kubeconfig": folder.join("kubeconfig"), "experiment": file("json"), "journal": file("journal.json"),
            "folder": folder, "environment": environment,
            "options": ["--rollback-strategy=always", "--var-file", file("variables.json")],
        }));
        let journal = fs::read(file("journal.json")).unwrap_or_default();
        journals.push(serde_json::from_slice(&journal).unwrap_or_default());
        log += &fs::read_to_string(folder.join("run.log")).unwrap_or_default();
    }
    let grants = grants.into_iter().map(|grant| {
        let role = rendered.account.role(&grant);
        (grant, role)
    });
    Outcome {
        variation,
        ns: ns.to_owned(),
        user: rendered.account.user(),
        grants: grants.collect(),
        writes: rendered.writes,
        journals,
        log,
    }
}

/// Makes the namespaces, the fixtures and the apps.
fn surround(world: &World, case: &Case, rendered: &Rendered, ns: &str, folder: &Path) {
    let mut namespaces: Vec<&str> =
        rendered.account.objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str()).collect();
    namespaces.push(ns);
    for namespace in namespaces {
        world.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
    }
    // Pods need the first, which its controller would make a little later.
    for name in ["default", &rendered.account.name] {
        let metadata = json!({"name": name, "namespace": ns});
        world.create(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
    }
    let names = Names { ns, at: case.at(ns) };
    for app in &rendered.apps {
        world.create(app);
    }
    match &case.kind {
        Kind::Call(call) => {
            for path in &call.shape.clear {
                world.send(Method::DELETE, &names.fill(path), None);
            }
            for fixture in &call.shape.fixtures {
                fixtures::create(world, fixture, &names);
            }
            for file in &call.shape.files {
                fs::write(folder.join(format!("{file}.yaml")), fixtures::text(file, &names)).unwrap();
            }
        }
        Kind::Example(schedule) => {
            for fixture in schedule.fixtures() {
                fixtures::create(world, fixture, &names);
            }
        }
    }
}

/// Gives the account its rights, and waits until the server knows of each.
fn allow(world: &World, rendered: &Rendered, grants: &[Grant], variation: &Variation) {
    let account = &rendered.account;
    let mut given: Vec<&Grant> = grants.iter().collect();
    match variation {
        Variation::Rendered => {
            // A Role and what binds it are known at different times; in which order they come does not matter.
            account.objects.iter().for_each(|object| world.create(object));
        }
        Variation::Everything => {
            let binding = account.everything();
            world.create(&binding);
            assert!(world.get(&path(&binding)).is_success());
            let all = json!({"verb": "*", "group": "*", "resource": "*"});
            world.wait_until_allowed(&account.user(), &all);
        }
        Variation::Single | Variation::Without(_) => {
            given.retain(|grant| *variation != Variation::Without((*grant).clone()));
            for object in given.iter().flat_map(|grant| account.single(grant)) {
                world.create(&object);
            }
        }
    }
    for grant in given {
        world.wait_until_allowed(&account.user(), &grant.attributes());
    }
}

/// Nobody waits for pods here.
fn without_pauses(mut experiment: Value) -> Value {
    for step in experiment["method"].as_array_mut().unwrap() {
        step.as_object_mut().unwrap().remove("pauses");
    }
    experiment
}
