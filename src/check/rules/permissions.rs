//! What the experiments may do: whether it is known, and whether it is allowed.

use rayon::prelude::*;
use serde_json::Value;

use super::Context;
use crate::check::items;
use crate::config::experiment::{Experiment, Provider};
use crate::config::permissions::WHOLE_CLUSTER;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{catalogue, permissions};
use crate::source::address::Place;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let problems = context.config.experiments.par_iter().flat_map_iter(|experiment| {
        let problems = permissions::infer(context.config, experiment).problems;
        problems.into_iter().filter(|problem| is_own_fault(context, experiment, problem))
    });
    found.extend(problems.collect::<Vec<_>>());
    rules(context, found);
    none(context, found);
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
        Code::UnknownActivity => !is_declared(context, &experiment.name),
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
fn bounds_are_whole(context: &Context<'_>) -> bool {
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
fn namespaces_are_known(context: &Context<'_>) -> bool {
    bounds_are_whole(context) && context.is_known("/namespace/name")
}

/// Returns whether chaos.toml says something about an experiment's unknown steps, be it with a fault.
fn is_declared(context: &Context<'_>, experiment: &str) -> bool {
    let permissions = context.raw.get("permissions").unwrap_or(&Value::Null);
    let mut entries = items(permissions, "rules").chain(items(permissions, "none"));
    entries.any(|(_, entry)| entry.get("experiment").and_then(Value::as_str) == Some(experiment))
}

/// Declared rules stay within what `[permissions]` allows.
fn rules(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let allowed = &context.config.permissions;
    for rule in &allowed.rules {
        let Some(at) = &rule.at else { continue };
        let namespace = rule.namespace.as_ref().unwrap_or(&context.config.namespace.name);
        if namespace == WHOLE_CLUSTER {
            if !allowed.cluster && bounds_are_whole(context) {
                let message = "this rule needs rights in the whole cluster, because its `namespace` is `*`";
                found.push(
                    Diagnostic::new(Code::ClusterNotAllowed, Place::Value(at.join("namespace")), message)
                        .help("name a namespace, or allow a ClusterRole with `cluster = true` under `[permissions]`"),
                );
            }
        } else if !allowed.namespaces.contains(namespace) && namespaces_are_known(context) {
            found.push(
                Diagnostic::new(
                    Code::NamespaceNotAllowed,
                    Place::Value(at.join("namespace")),
                    format!("this rule is for namespace `{namespace}`, where no Role may be made"),
                )
                .help(format!("add `\"{namespace}\"` to `namespaces` under `[permissions]`")),
            );
        }
    }
}

/// `[[permissions.none]]` says something only about steps that the catalogue does not know.
fn none(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for none in &context.config.permissions.none {
        let named = |experiment: &&Experiment| experiment.name == none.experiment;
        let (Some(at), Some(experiment)) = (&none.at, context.config.experiments.iter().find(named)) else { continue };
        let has_unknown = experiment.steps.iter().any(|step| match &step.provider {
            Provider::Python { module, function, .. } => catalogue::find(module, function).is_none(),
            Provider::Process { .. } => true,
            Provider::Http { .. } => false,
        });
        if !has_unknown && !context.is_faulty(&experiment.body_at) {
            found.push(
                Diagnostic::new(
                    Code::PointlessRule,
                    Place::Value(at.join("experiment")),
                    format!("every step of experiment `{}` is known, so this says nothing", none.experiment),
                )
                .help("remove it"),
            );
        }
    }
}
