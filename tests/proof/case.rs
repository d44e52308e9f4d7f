//! What is proven at a time: a chaos.toml with an account, the surroundings of its steps, and how they have to end.

use std::collections::BTreeMap;

use chaosc::source::Source;
use serde_json::{Value, json};

use crate::fixtures::Names;
use crate::rights::Account;
use crate::shapes::Call;

/// The variable of the environment that holds what `${name}` stands for.
pub(crate) const NAME: &str = "PROOF_NAME";

/// One account of one chaos.toml.
pub(crate) struct Case {
    /// The function and its arguments, or the schedule of the example.
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// One step, which calls one function.
    Call(Box<Call>),
    /// One schedule of the go-app example.
    Example(crate::example::Schedule),
}

/// A chaos.toml, rendered for one run.
pub(crate) struct Rendered {
    pub(crate) account: Account,
    /// The other objects of the bundle.
    pub(crate) apps: Vec<Value>,
    /// The experiments in their order: the name, the experiment, and its settings.
    pub(crate) experiments: Vec<(String, Value, Value)>,
    pub(crate) writes: Vec<Write>,
}

/// A field that a step is said to patch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Write {
    pub(crate) group: String,
    pub(crate) resource: String,
    /// A JSON pointer.
    pub(crate) field: String,
}

impl Case {
    pub(crate) fn of_call(call: Call) -> Case {
        Case { name: call.to_string(), kind: Kind::Call(Box::new(call)) }
    }

    /// Returns the namespace in which the steps act, in a run in some namespace.
    pub(crate) fn at<'n>(&self, ns: &'n str) -> &'n str {
        match &self.kind {
            Kind::Call(call) if call.arguments.get("ns").is_none() => "default",
            _ => ns,
        }
    }

    /// Renders the case for a run in a namespace.
    pub(crate) fn render(&self, ns: &str) -> Rendered {
        let (toml, files) = match &self.kind {
            Kind::Call(call) => self.project(call, ns),
            Kind::Example(_) => crate::example::files(ns),
        };
        let source = Source::from_memory(toml.as_bytes(), &files);
        let checked = chaosc::check::check(&source);
        let config = checked.config.unwrap_or_else(|| panic!("{}: {:#?}", self.name, checked.diagnostics));
        let plan = chaosc::plan::plan(&config);
        let bundle = chaosc::render::render(&plan).unwrap();
        let workload = match &self.kind {
            Kind::Call(_) => &plan.workloads[0],
            Kind::Example(schedule) => {
                plan.workloads.iter().find(|workload| workload.schedule == schedule.name).unwrap()
            }
        };
        let objects = || bundle.manifests.iter().map(|manifest| &manifest.object);
        let is_account =
            |object: &&Value| object["kind"] == "ServiceAccount" && object["metadata"]["name"] == workload.name;
        let experiments = workload.experiments.iter().map(|run| {
            let planned = plan.experiments.iter().find(|planned| planned.name == run.experiment).unwrap();
            let read = |text: &str| serde_json::from_str(text).unwrap();
            (planned.name.clone(), read(&planned.experiment), read(&planned.run))
        });
        let mut writes: Vec<Write> = Vec::new();
        for grant in &workload.grants {
            writes.extend(grant.reasons.iter().flat_map(|reason| &reason.writes).map(|field| Write {
                group: grant.group.clone(),
                resource: grant.resource.clone(),
                field: field.clone(),
            }));
        }
        let account = Account::of(objects().find(is_account).unwrap(), &objects());
        let apps = plan.apps.iter().map(|planned| planned.object.clone()).collect();
        Rendered { account, apps, experiments: experiments.collect(), writes }
    }

    fn project(&self, call: &Call, ns: &str) -> (String, BTreeMap<String, Vec<u8>>) {
        let (module, function) = call.module_and_name();
        let arguments = Names { ns, at: self.at(ns) }.fill(&Value::from(call.arguments.clone()).to_string());
        // Its value is in the environment of the run alone.
        let configuration =
            if arguments.contains("${name}") { json!({"name": {"type": "env", "key": NAME}}) } else { json!({}) };
        let experiment = json!({
            "configuration": configuration, "title": "one step", "description": "and nothing else",
            "method": [{
                "type": if module.ends_with("probes") { "probe" } else { "action" }, "name": "step",
                "provider": {
                    "type": "python", "module": module, "func": function,
                    "arguments": serde_json::from_str::<Value>(&arguments).unwrap(),
                },
            }],
        });
        let toml = format!(
            "name = \"proof\"\nexperiments = [{{ file = \"step.json\" }}]\n\
             schedules = [{{ experiments = [\"step\"], manual = true }}]\n\
             [namespace]\nname = \"{ns}\"\n\
             [permissions]\ncluster = true\nnamespaces = [\"{ns}\", \"{ns}-other\", \"default\"]\n\
             [image]\nrepository = \"registry.example/chaos\"\ntag = \"1\"\n"
        );
        (toml, BTreeMap::from([("step.json".to_owned(), experiment.to_string().into_bytes())]))
    }
}
