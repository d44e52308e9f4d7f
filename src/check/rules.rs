//! The rules: what no schema can say. One family a file, all listed here.

mod apps;
mod files;
mod image;
mod istio;
mod labels;
mod lengths;
pub(super) mod manifests;
mod permissions;
mod references;
mod resources;
mod schedules;
mod support;
mod uniqueness;

use serde_json::Value;

use crate::config::Config;
use crate::diagnostic::Diagnostic;

/// What a rule may look at.
pub(super) struct Context<'c> {
    /// chaos.toml as it stands there, faults included; for what the draft has lost.
    pub(super) raw: &'c Value,
    /// The draft: typed, without what was found wrong before.
    pub(super) config: &'c Config,
}

/// A family of rules.
pub(super) type Rule = fn(&Context<'_>, &mut Vec<Diagnostic>);

/// Every family, in the order of the keys of chaos.toml.
pub(super) const RULES: &[Rule] = &[
    support::check,
    uniqueness::check,
    lengths::check,
    labels::check,
    istio::check,
    files::check,
    apps::check,
    references::check,
    resources::check,
    schedules::check,
    manifests::check,
    permissions::check,
    image::check,
];
