//! The rules: what no schema can say. One family a file, all listed here.

mod apps;
mod declared;
mod files;
mod image;
mod istio;
mod labels;
mod lengths;
pub(super) mod manifests;
mod permissions;
mod pod;
mod references;
mod resources;
mod schedules;
mod support;
mod uniqueness;

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::Value;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::source::address::Address;

/// What a rule may look at.
pub(super) struct Context<'c> {
    /// The files.
    pub(super) source: &'c Source,
    /// chaos.toml as it stands there, faults included; for what the draft has lost.
    pub(super) raw: &'c Value,
    /// chaos.toml without what was found wrong before.
    pub(super) clean: &'c Value,
    /// The draft: the same, typed.
    pub(super) config: &'c Config,
    /// Where the experiments have faults of form.
    pub(super) faults: &'c [Address],
    /// The entries of `[[apps]]` that lack objects, because a manifest could not be read.
    pub(super) partial: &'c BTreeSet<usize>,
}

impl Context<'_> {
    /// Returns whether a part of chaos.toml is as it stands there: nothing in it was found wrong before. What follows
    /// from a part that is not whole is no fault of its own.
    pub(super) fn is_whole(&self, pointer: &str) -> bool {
        self.raw.pointer(pointer) == self.clean.pointer(pointer)
    }

    /// Returns whether a part of an experiment has a fault of form, so that nothing can be said about what it does.
    pub(super) fn is_faulty(&self, part: &Address) -> bool {
        self.faults.iter().any(|fault| fault.is_within(part))
    }

    /// Returns whether a text of chaos.toml is given and right.
    pub(super) fn is_known(&self, pointer: &str) -> bool {
        self.clean.pointer(pointer).is_some_and(Value::is_string)
    }
}

/// A family of rules.
pub(super) type Rule = fn(&Context<'_>, &mut Vec<Diagnostic>);

/// Asks every family, on all cores, and returns what they say in their order.
pub(super) fn all(context: &Context<'_>) -> Vec<Diagnostic> {
    let ask = |rule: &Rule| {
        let mut found = Vec::new();
        rule(context, &mut found);
        found
    };
    RULES.par_iter().map(ask).collect::<Vec<_>>().into_iter().flatten().collect()
}

/// Every family, in the order of the keys of chaos.toml.
const RULES: &[Rule] = &[
    support::check,
    uniqueness::check,
    lengths::check,
    labels::check,
    istio::check,
    files::check,
    apps::check,
    references::check,
    pod::check,
    resources::check,
    schedules::check,
    manifests::check,
    permissions::check,
    declared::check,
    image::check,
];
