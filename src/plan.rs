//! Planning: what runs, when, as whom, with which permissions, and why.

pub mod apart;
pub mod canonical;
pub mod catalogue;
pub mod hash;
pub mod image;
pub mod inputs;
pub mod marks;
pub mod naming;
pub mod permissions;
pub mod replicas;
pub mod roles;
pub mod rollout;
pub mod timing;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::config::duration::Duration;
use crate::config::experiment::Experiment;
use crate::config::pod::{Image, Pod};
use crate::config::schedule::{History, Schedule, Trigger};
use crate::config::{Config, Kubernetes, Namespace};
use crate::kubernetes::ObjectId;
use crate::source::address::Address;
use marks::Mark;
use permissions::Grant;
use roles::RoleSet;
use rollout::Rollout;

/// Everything that is to be rendered; no decision is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The bundle's name.
    pub name: String,
    /// Which clusters it is for.
    pub kubernetes: Kubernetes,
    /// The namespace, and whether it is ours to make.
    pub namespace: Namespace,
    /// The hash of what its author wrote of the namespace.
    pub namespace_inputs: String,
    /// The objects of the apps that are deployed.
    pub apps: Vec<PlannedObject>,
    /// The experiments that some schedule runs, once each.
    pub experiments: Vec<PlannedExperiment>,
    /// The schedules.
    pub workloads: Vec<Workload>,
    /// The fields that the experiments of the schedules patch.
    pub marks: Vec<Mark>,
    /// What apply waits for, in the order of chaos.toml.
    pub rollouts: Vec<Rollout>,
    /// The image of the chaos pods.
    pub image: Image,
    /// Whether the image is our assumption, because chaos.toml names none.
    pub image_is_assumed: bool,
    /// The settings of the chaos pods.
    pub pod: Pod,
}

/// One object of an app as it is deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedObject {
    /// Its identity.
    pub id: ObjectId,
    /// The object.
    pub object: Value,
    /// A hash of what its author wrote.
    pub inputs: String,
    /// Whether an autoscaler of the bundle scales it; `replicas` is then left out.
    pub is_scaled: bool,
    /// Where it stands.
    pub at: Address,
}

/// One experiment as it goes into its ConfigMap.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedExperiment {
    /// Its name in chaos.toml.
    pub name: String,
    /// The name of its ConfigMap, which ends in a hash of the content.
    pub config_map: String,
    /// A hash of what its author wrote: the experiment and its settings, and nothing that is worked out from them.
    pub identity: String,
    /// The experiment, canonical JSON.
    pub experiment: String,
    /// What the runner needs to run it, canonical JSON.
    pub run: String,
    /// Where its entry stands in chaos.toml.
    pub at: Address,
}

/// One schedule as a Job or a `CronJob`.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// The name of its objects; of a `once` Job, without the hash.
    pub name: String,
    /// The schedule's name in chaos.toml.
    pub schedule: String,
    /// What starts it.
    pub start: Start,
    /// What it runs, in order.
    pub experiments: Vec<Run>,
    /// What its account may do, and why.
    pub grants: Vec<Grant>,
    /// The experiments whose unknown steps are said not to touch the cluster, each with the reason.
    pub none: Vec<(String, String)>,
    /// The same as RBAC objects.
    pub roles: RoleSet,
    /// A hash of what its author wrote: the schedule, its experiments, and what chaos.toml says of every pod.
    pub inputs: String,
    /// The outer net around all of its experiments, in seconds.
    pub active_deadline_seconds: u64,
    /// How long the pod has after SIGTERM, in seconds.
    pub grace_seconds: u64,
    /// Where its entry stands in chaos.toml.
    pub at: Address,
}

impl Workload {
    /// Returns the name of the Job or `CronJob`.
    pub fn object_name(&self) -> &str {
        match &self.start {
            Start::Once { job } => job,
            Start::Cron { .. } => &self.name,
        }
    }
}

/// What starts a workload.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// A Job that runs when it is applied.
    Once {
        /// Its name, which ends in a hash of what it runs: a new program that runs the same experiments otherwise does
        /// not repeat them.
        job: String,
    },
    /// A `CronJob`; a manual schedule is a suspended one, the template for runs by hand.
    Cron {
        /// The expression.
        expression: String,
        /// The zone of the expression.
        time_zone: String,
        /// Whether it is suspended; `None`: no output says anything.
        suspend: Option<bool>,
        /// How many finished Jobs are kept.
        history: History,
        /// Whether it only ever runs by hand.
        is_manual: bool,
    },
}

/// One experiment in a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its name in chaos.toml.
    pub experiment: String,
    /// The ConfigMap that holds it.
    pub config_map: String,
    /// For each Secret it reads, the keys and the environment variables they become.
    pub secrets: BTreeMap<String, Vec<(String, String)>>,
}

/// A date that no year has: the expression of a schedule that only ever runs by hand.
const NEVER: &str = "0 0 31 2 *";

/// Plans a bundle. It cannot fail: whatever could be wrong was said by `check`.
pub fn plan(config: &Config) -> Plan {
    let ready: BTreeMap<&str, Ready<'_>> = config
        .experiments
        .par_iter()
        .map(|experiment| {
            let planned = planned(config, experiment);
            let grants = permissions::infer(config, experiment).grants;
            (experiment.name.as_str(), Ready { experiment, planned, grants })
        })
        .collect();
    let workloads: Vec<Workload> =
        config.schedules.par_iter().map(|schedule| workload(config, schedule, &ready)).collect();
    let used: BTreeSet<&str> =
        workloads.iter().flat_map(|workload| &workload.experiments).map(|run| run.experiment.as_str()).collect();
    Plan {
        name: config.name.clone(),
        kubernetes: config.kubernetes.clone(),
        namespace: config.namespace.clone(),
        namespace_inputs: inputs::namespace(config),
        apps: replicas::without_scaled(config.apps.iter().filter(|app| app.deploy).flat_map(|app| &app.objects)),
        experiments: used.iter().filter_map(|name| ready.get(name)).map(|ready| ready.planned.clone()).collect(),
        image_is_assumed: config.image.is_none(),
        image: config.image.clone().unwrap_or_else(Image::official),
        pod: config.pod.clone(),
        marks: marks::marks(&workloads),
        rollouts: rollout::rollouts(config),
        workloads,
    }
}

/// An experiment with everything that its schedules need of it.
struct Ready<'c> {
    experiment: &'c Experiment,
    planned: PlannedExperiment,
    grants: Vec<Grant>,
}

/// Plans one experiment's ConfigMap.
fn planned(config: &Config, experiment: &Experiment) -> PlannedExperiment {
    let body = canonical::json(&experiment.body);
    let run = canonical::json(&json!({
        "env": experiment.settings.env,
        "variables": experiment.settings.variables,
        "timeout": timing::timeout_seconds(experiment),
        "grace": timing::grace_seconds(experiment),
    }));
    // The Secrets count too: their names are part of what runs.
    let secrets = experiment.settings.secrets.iter().map(|one| (one.env.clone(), json!([one.secret, one.key])));
    let secrets: Value = secrets.collect();
    let settings = json!({
        "env": experiment.settings.env,
        "variables": experiment.settings.variables,
        "secrets": secrets,
        "timeout": experiment.settings.timeout.map(Duration::seconds),
    });
    let hash = hash::short(&[&body, &run, &secrets.to_string()]);
    PlannedExperiment {
        name: experiment.name.clone(),
        config_map: naming::hashed(&config.name, &experiment.name, &hash),
        identity: hash::short(&[&experiment.name, &body, &canonical::json(&settings)]),
        experiment: body,
        run,
        at: experiment.at.clone(),
    }
}

/// Plans one schedule; `check` has seen that each name of an experiment leads somewhere.
fn workload(config: &Config, schedule: &Schedule, ready: &BTreeMap<&str, Ready<'_>>) -> Workload {
    let name = naming::workload(&config.name, &schedule.name);
    let ready: Vec<&Ready<'_>> = schedule.experiments.iter().filter_map(|name| ready.get(name.as_str())).collect();
    let experiments: Vec<&Experiment> = ready.iter().map(|ready| ready.experiment).collect();
    let runs: Vec<Run> = ready.iter().map(|ready| run(ready.experiment, &ready.planned)).collect();
    let identities: Vec<&str> = ready.iter().map(|ready| ready.planned.identity.as_str()).collect();
    let grants = permissions::union(ready.iter().flat_map(|ready| &ready.grants));
    let cron = |expression: &str, suspend: Option<bool>| Start::Cron {
        expression: expression.to_owned(),
        time_zone: schedule.time_zone.as_str().to_owned(),
        suspend,
        history: schedule.history,
        is_manual: matches!(schedule.trigger, Trigger::Manual),
    };
    let start = match &schedule.trigger {
        Trigger::Cron(expression) => cron(expression.as_str(), schedule.suspend),
        Trigger::Manual => cron(NEVER, Some(true)),
        Trigger::Once => Start::Once { job: naming::hashed(&config.name, &schedule.name, &hash::short(&identities)) },
    };
    let none = config.permissions.none.iter().filter(|none| schedule.experiments.contains(&none.experiment));
    Workload {
        none: none.map(|none| (none.experiment.clone(), none.reason.clone())).collect(),
        roles: roles::roles(&grants),
        inputs: inputs::schedule(config, schedule, &identities),
        active_deadline_seconds: timing::active_deadline_seconds(&experiments),
        grace_seconds: timing::pod_grace_seconds(&experiments),
        at: schedule.at.clone(),
        schedule: schedule.name.clone(),
        experiments: runs,
        name,
        start,
        grants,
    }
}

fn run(experiment: &Experiment, planned: &PlannedExperiment) -> Run {
    let mut secrets: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for one in &experiment.settings.secrets {
        secrets.entry(one.secret.clone()).or_default().push((one.key.clone(), one.env.clone()));
    }
    Run { experiment: experiment.name.clone(), config_map: planned.config_map.clone(), secrets }
}
