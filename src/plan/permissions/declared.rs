//! What chaos.toml declares beside what is inferred.

use std::collections::BTreeSet;

use super::{Grant, Reach, Reason};
use crate::config::Config;
use crate::config::experiment::Experiment;
use crate::config::permissions::{Rule, WHOLE_CLUSTER};

/// Returns the grants that chaos.toml declares for an experiment.
pub(super) fn of(config: &Config, experiment: &Experiment) -> Vec<Grant> {
    let rules = config.permissions.rules.iter().filter(|rule| rule.experiment == experiment.name);
    rules.flat_map(|rule| grants(config, experiment, rule)).collect()
}

/// Turns a declared rule into grants: one for each combination of its lists, as RBAC reads them.
pub fn grants(config: &Config, experiment: &Experiment, rule: &Rule) -> Vec<Grant> {
    let reach = match rule.namespace.as_deref() {
        Some(WHOLE_CLUSTER) => Reach::Cluster,
        Some(namespace) => Reach::Namespace(namespace.to_owned()),
        None => Reach::Namespace(config.namespace.name.clone()),
    };
    let names: BTreeSet<Option<&String>> = if rule.resource_names.is_empty() {
        BTreeSet::from([None])
    } else {
        rule.resource_names.iter().map(Some).collect()
    };
    let at = rule.at.clone().unwrap_or_else(|| experiment.at.clone());
    let reason = Reason {
        experiment: rule.experiment.clone(),
        step: "declared in chaos.toml".to_owned(),
        why: rule.reason.clone(),
        breadth: None,
        place: format!("chaos.toml#{}", at.pointer),
        at,
        writes: Vec::new(),
    };
    let mut grants = Vec::new();
    for group in &rule.api_groups {
        for resource in &rule.resources {
            for name in &names {
                for verb in &rule.verbs {
                    grants.push(Grant {
                        reach: reach.clone(),
                        group: group.clone(),
                        resource: resource.clone(),
                        name: name.cloned(),
                        verb: verb.clone(),
                        reasons: vec![reason.clone()],
                    });
                }
            }
        }
    }
    grants
}
