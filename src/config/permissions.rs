//! `[permissions]`: what the experiments may do at most, and what the inference cannot know.

use serde::Deserialize;

use crate::source::address::Address;

/// The namespace of a declared rule that holds in the whole cluster.
pub const WHOLE_CLUSTER: &str = "*";

/// `[permissions]`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Permissions {
    /// Whether a ClusterRole may be made.
    pub cluster: bool,
    /// The namespaces in which Roles may be made; filled with the own one where it is left out.
    pub namespaces: Vec<String>,
    /// Rules beside those that are inferred.
    pub rules: Vec<Rule>,
    /// Experiments whose unknown steps do not touch the cluster.
    pub none: Vec<NoAccess>,
}

/// `[[permissions.rules]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// The experiment whose account gets it.
    pub experiment: String,
    /// The namespace; `None`: the bundle's own, [`WHOLE_CLUSTER`]: all of them and what has none.
    #[serde(default)]
    pub namespace: Option<String>,
    /// API groups; the core group is the empty string.
    pub api_groups: Vec<String>,
    /// Resources in the plural, subresources with a slash.
    pub resources: Vec<String>,
    /// Names of objects; empty: any.
    #[serde(default)]
    pub resource_names: Vec<String>,
    /// Verbs of the API.
    pub verbs: Vec<String>,
    /// Why; goes into permissions.md.
    pub reason: String,
    /// Where it stands in chaos.toml.
    #[serde(skip)]
    pub at: Option<Address>,
}

/// `[[permissions.none]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct NoAccess {
    /// The experiment.
    pub experiment: String,
    /// Why; goes into permissions.md.
    pub reason: String,
    /// Where it stands in chaos.toml.
    #[serde(skip)]
    pub at: Option<Address>,
}
