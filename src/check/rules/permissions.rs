//! What the experiments may do: whether it is known, and whether it is allowed.

use super::Context;
use crate::config::experiment::Provider;
use crate::config::permissions::WHOLE_CLUSTER;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{catalogue, permissions};
use crate::source::address::Place;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for experiment in &context.config.experiments {
        found.extend(permissions::infer(context.config, experiment).problems);
    }
    rules(context, found);
    none(context, found);
}

/// Declared rules stay within what `[permissions]` allows.
fn rules(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let allowed = &context.config.permissions;
    for rule in &allowed.rules {
        let Some(at) = &rule.at else { continue };
        let namespace = rule.namespace.as_ref().unwrap_or(&context.config.namespace.name);
        if namespace == WHOLE_CLUSTER {
            if !allowed.cluster {
                let message = "this rule needs rights in the whole cluster, because its `namespace` is `*`";
                found.push(
                    Diagnostic::new(Code::ClusterNotAllowed, Place::Value(at.join("namespace")), message)
                        .help("name a namespace, or allow a ClusterRole with `cluster = true` under `[permissions]`"),
                );
            }
        } else if !allowed.namespaces.contains(namespace) {
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
        let named = |experiment: &&crate::config::experiment::Experiment| experiment.name == none.experiment;
        let (Some(at), Some(experiment)) = (&none.at, context.config.experiments.iter().find(named)) else { continue };
        let has_unknown = experiment.steps.iter().any(|step| match &step.provider {
            Provider::Python { module, function, .. } => catalogue::find(module, function).is_none(),
            Provider::Process { .. } => true,
            Provider::Http { .. } => false,
        });
        if !has_unknown {
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
