//! What the experiments' steps need: whether it is known, and whether it is allowed.

use rayon::prelude::*;
use serde_json::Value;

use super::Context;
use crate::check::items;
use crate::config::experiment::Experiment;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::permissions;
use crate::source::address::Place;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let problems = context.config.experiments.par_iter().flat_map_iter(|experiment| {
        let problems = permissions::infer(context.config, experiment).problems;
        problems.into_iter().filter(|problem| is_own_fault(context, experiment, problem))
    });
    found.extend(problems.collect::<Vec<_>>());
}

/// Returns whether a problem would be there without those that were found before: a fault in what chaos.toml allows,
/// declares or sets makes steps look wrong that are right.
fn is_own_fault(context: &Context<'_>, experiment: &Experiment, problem: &Diagnostic) -> bool {
    if let Place::Value(at) | Place::Key(at) = &problem.place {
        let mut providers = experiment.steps.iter().map(|step| &step.provider_at);
        if providers.any(|provider| at.is_within(provider) && context.is_faulty(provider)) {
            return false;
        }
    }
    match problem.code {
        Code::NamespaceNotAllowed => namespaces_are_known(context),
        Code::ClusterNotAllowed => bounds_are_whole(context),
        // What is declared with a fault is declared; of what is declared without one, the inference knows.
        Code::UnknownActivity => {
            let name = &experiment.name;
            let mut rules = context.config.permissions.rules.iter().map(|rule| &rule.experiment);
            let mut none = context.config.permissions.none.iter().map(|none| &none.experiment);
            !is_declared(context, name) || rules.any(|one| one == name) || none.any(|one| one == name)
        }
        Code::UnknownTarget => {
            let is_whole = |key: &str| context.is_whole(&experiment.at.join(key).pointer);
            let variables = experiment.variables();
            let mut given = experiment.settings.variables.keys();
            is_whole("variables") && is_whole("env") && given.all(|name| variables.declares(name))
        }
        _ => true,
    }
}

/// Returns whether the keys of `[permissions]` itself are right.
pub(super) fn bounds_are_whole(context: &Context<'_>) -> bool {
    let keys = |chaos: &Value| {
        let mut permissions = chaos.get("permissions").cloned().unwrap_or_default();
        if let Some(keys) = permissions.as_object_mut() {
            keys.retain(|key, _| key != "rules" && key != "none");
        }
        permissions
    };
    keys(context.raw) == keys(context.clean)
}

/// Returns whether it is known in which namespaces Roles may be made.
pub(super) fn namespaces_are_known(context: &Context<'_>) -> bool {
    bounds_are_whole(context) && context.is_known("/namespace/name")
}

/// Returns whether chaos.toml says something about an experiment's unknown steps, be it with a fault.
fn is_declared(context: &Context<'_>, experiment: &str) -> bool {
    let permissions = context.raw.get("permissions").unwrap_or(&Value::Null);
    let mut entries = items(permissions, "rules").chain(items(permissions, "none"));
    entries.any(|(_, entry)| entry.get("experiment").and_then(Value::as_str) == Some(experiment))
}
