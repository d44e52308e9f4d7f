//! What an experiment's account must be allowed to do, worked out from its steps, each grant with its reasons.

pub mod danger;
pub mod declared;

mod activity;
mod arguments;
mod call;
mod reach;

use std::collections::BTreeMap;

use crate::config::Config;
use crate::config::experiment::Experiment;
use crate::diagnostic::Diagnostic;
use crate::source::address::Address;

/// One permission: a verb on a resource, perhaps on one object only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where it holds.
    pub reach: Reach,
    /// The API group; the core group is empty.
    pub group: String,
    /// The resource in the plural; a subresource with a slash.
    pub resource: String,
    /// The object; `None`: any.
    pub name: Option<String>,
    /// The verb of the API.
    pub verb: String,
    /// Who needs it and what for.
    pub reasons: Vec<Reason>,
}

/// Where a grant holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// In one namespace.
    Namespace(String),
    /// In the whole cluster.
    Cluster,
}

/// Why a grant is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The experiment.
    pub experiment: String,
    /// The step, or the word for a declared rule.
    pub step: String,
    /// What it does with the permission.
    pub why: String,
    /// Why it needs more than one object of one namespace, if it does.
    pub breadth: Option<String>,
    /// Where the step or the rule stands, as `file#pointer`, relative to chaos.toml.
    pub place: String,
    /// The same as an address.
    pub at: Address,
    /// The fields of the object that the step writes, as JSON pointers; of a declared rule nobody knows them.
    pub writes: Vec<String>,
}

/// What was worked out for one experiment.
#[derive(Debug, Default)]
pub struct Inferred {
    /// The grants, without repetitions.
    pub grants: Vec<Grant>,
    /// What stands in the way of knowing them all, or of allowing them.
    pub problems: Vec<Diagnostic>,
}

/// Works out what an experiment's account must be allowed to do.
pub fn infer(config: &Config, experiment: &Experiment) -> Inferred {
    let activity::Steps { mut grants, problems, .. } = activity::infer(config, experiment);
    grants.extend(declared::of(config, experiment));
    Inferred { grants: union(&grants), problems }
}

/// Returns what the steps of an experiment are known to need, without what is declared, and whether that is all.
pub fn of_steps(config: &Config, experiment: &Experiment) -> (Vec<Grant>, bool) {
    let steps = activity::infer(config, experiment);
    (union(&steps.grants), !steps.is_partial)
}

/// Joins grants: each permission once, with all its reasons, sorted.
pub fn union<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> Vec<Grant> {
    let mut joined: BTreeMap<_, &Grant> = BTreeMap::new();
    let mut reasons: BTreeMap<_, Vec<&Reason>> = BTreeMap::new();
    for grant in grants {
        let key = (&grant.reach, &grant.group, &grant.resource, &grant.name, &grant.verb);
        joined.entry(key).or_insert(grant);
        reasons.entry(key).or_default().extend(&grant.reasons);
    }
    let joined = joined.into_iter().zip(reasons.into_values()).map(|((_, grant), mut reasons)| {
        reasons.sort();
        reasons.dedup();
        let Grant { reach, group, resource, name, verb, .. } = grant;
        Grant {
            reach: reach.clone(),
            group: group.clone(),
            resource: resource.clone(),
            name: name.clone(),
            verb: verb.clone(),
            reasons: reasons.into_iter().cloned().collect(),
        }
    });
    joined.collect()
}

/// Writes names for a sentence.
fn ticked(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value)] // The tables are easier to read without references.
mod tests;
