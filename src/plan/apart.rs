//! What two plans of a bundle have in common: it comes out as the same objects, and has to be rendered once.

use std::collections::{BTreeMap, HashSet};

use super::{Plan, PlannedExperiment, Workload};
use crate::source::address::Address;

/// Where in a plan that stands which an earlier one has as well.
#[derive(Debug, Default)]
pub struct Common(HashSet<Address>);

impl Common {
    /// Returns whether what comes from here is the same in both.
    pub fn has(&self, at: &Address) -> bool {
        self.0.contains(at)
    }

    /// Adds what is known to be the same in both.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Address>) {
        self.0.extend(more);
    }
}

/// Takes out of an earlier plan what comes out as the same objects in this one, and returns where in this one that stands.
///
/// One schedule stays in any case: what all of them share is rendered where there is one.
pub fn apart(before: &mut Plan, now: &Plan) -> Common {
    let mut common = HashSet::new();
    // These are in each object.
    let is_same_bundle = before.name == now.name && before.namespace == now.namespace;
    if !is_same_bundle || before.image != now.image || before.pod != now.pod {
        return Common(common);
    }
    let experiments: BTreeMap<&str, &PlannedExperiment> =
        now.experiments.iter().map(|experiment| (experiment.config_map.as_str(), experiment)).collect();
    before.experiments.retain(|was| {
        let same = experiments.get(was.config_map.as_str()).filter(|is| is_same_experiment(was, is));
        common.extend(same.map(|same| same.at.clone()));
        same.is_none()
    });
    let workloads: BTreeMap<&str, &Workload> =
        now.workloads.iter().map(|workload| (workload.name.as_str(), workload)).collect();
    let mut is_first = true;
    before.workloads.retain(|was| {
        let same = workloads.get(was.name.as_str()).filter(|is| is_same_workload(was, is) && !is_first);
        is_first = false;
        common.extend(same.map(|same| same.at.clone()));
        same.is_none()
    });
    Common(common)
}

/// Compares what an experiment's object is made of.
fn is_same_experiment(one: &PlannedExperiment, other: &PlannedExperiment) -> bool {
    one.name == other.name && one.experiment == other.experiment && one.run == other.run
}

/// Compares what the objects of a schedule are made of; not where it stands, nor why each grant is given.
fn is_same_workload(one: &Workload, other: &Workload) -> bool {
    let times = |one: &Workload| (one.active_deadline_seconds, one.grace_seconds);
    one.name == other.name
        && one.schedule == other.schedule
        && one.start == other.start
        && one.experiments == other.experiments
        && one.roles == other.roles
        && times(one) == times(other)
}
