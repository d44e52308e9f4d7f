//! What all outputs say alike, without colours.

use crate::kubernetes::kinds::{self, Scope};
use crate::kubernetes::resource::qualified;
use crate::plan::Workload;
use crate::plan::permissions::danger::{Danger, dangers};
use crate::plan::permissions::{Grant, Reach, Reason};
use crate::source::CHAOS_TOML;

/// Said where one account runs several experiments.
pub(super) const UNION: &str = "One account runs them all, so each of them may do what any of them needs.";

/// Said where an account has no grants.
pub(super) const NOTHING: &str = "It may do nothing in the cluster, and no token is mounted.";

/// Said where no schedule is.
pub(super) const NO_SCHEDULES: &str = "There are no schedules, so no account is made.";

/// Returns the grants of a workload with their places in it, worst first, and otherwise in the order of the plan.
pub(super) fn worst_first(workload: &Workload) -> Vec<(usize, &Grant, Vec<Danger>)> {
    let grants = workload.grants.iter().enumerate();
    let mut grants: Vec<_> = grants.map(|(number, grant)| (number, grant, dangers(grant))).collect();
    grants.sort_by_key(|(_, _, dangers)| loudness(dangers));
    grants
}

/// Returns what dangers are sorted by: who can gain rights has all others, and who acts everywhere harms the most.
pub(super) fn loudness(dangers: &[Danger]) -> [bool; 4] {
    [Danger::Escalates, Danger::ClusterWide, Danger::Executes, Danger::ReadsSecrets]
        .map(|danger| !dangers.contains(&danger))
}

/// Returns dangers as loud words for a terminal.
pub(super) fn loud(dangers: &[Danger]) -> String {
    dangers.iter().map(|danger| danger.name().to_uppercase()).collect::<Vec<_>>().join(" ")
}

/// Returns what a grant is about: `deployments.apps/scale shop`.
pub(super) fn target(grant: &Grant) -> String {
    let resource = qualified(&grant.group, &grant.resource);
    match &grant.name {
        Some(name) => format!("{resource} {name}"),
        None => resource,
    }
}

/// Returns where a grant holds.
pub(super) fn place(reach: &Reach) -> String {
    match reach {
        Reach::Namespace(namespace) => format!("in namespace {namespace}"),
        Reach::Cluster => "in the whole cluster".to_owned(),
    }
}

/// Says why a grant cannot be narrower: not limited to a namespace, not limited to one object. A grant for one object
/// of one namespace is as narrow as can be.
pub(super) fn breadth(grant: &Grant) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut add = |said: String| {
        if !all.contains(&said) {
            all.push(said);
        }
    };
    if grant.reach == Reach::Cluster {
        add(everywhere(grant));
    }
    if grant.name.is_none() {
        for reason in &grant.reasons {
            match &reason.breadth {
                Some(breadth) => add(breadth.clone()),
                None if is_declared(reason) => add("chaos.toml declares it without names".to_owned()),
                None => {}
            }
        }
    }
    all
}

/// Says why a grant holds in the whole cluster.
fn everywhere(grant: &Grant) -> String {
    let parent = grant.resource.split('/').next().unwrap_or_default();
    if stands_in_no_namespace(grant) {
        return format!("{parent} stand in no namespace");
    }
    if grant.reasons.iter().all(is_declared) {
        return "chaos.toml declares it for all namespaces".to_owned();
    }
    "the step asks in all namespaces at once".to_owned()
}

/// Returns whether the objects of a grant are known to stand in no namespace.
pub(super) fn stands_in_no_namespace(grant: &Grant) -> bool {
    let parent = grant.resource.split('/').next().unwrap_or_default();
    let mut rows = kinds::all().iter().filter(|row| row.plural == parent && row.group() == grant.group);
    rows.any(|row| row.scope == Scope::Cluster)
}

/// Returns whether a reason is a rule of chaos.toml and not a step.
fn is_declared(reason: &Reason) -> bool {
    reason.at.file == CHAOS_TOML && reason.at.pointer.starts_with("/permissions/")
}

/// Returns a number with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
