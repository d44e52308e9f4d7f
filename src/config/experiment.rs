//! `[[experiments]]`: a Chaos Toolkit experiment and how it is to be run.

mod steps;
mod variables;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::duration::Duration;
use crate::source::address::Address;
pub use steps::{Provider, Role, Step};
pub use variables::{Known, Variables};

/// One experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Its name; the stem of its file where none is given.
    pub name: String,
    /// How it is run.
    pub settings: Settings,
    /// The experiment itself, as Chaos Toolkit sees it.
    pub body: Value,
    /// Where the experiment itself stands.
    pub body_at: Address,
    /// The file of the experiment itself, relative to chaos.toml.
    pub file: String,
    /// Where its entry stands in chaos.toml.
    pub at: Address,
    /// Everything that the experiment calls, in the order of the file.
    pub steps: Vec<Step>,
}

impl Experiment {
    /// Puts an experiment together and finds its steps.
    pub fn new(
        name: String,
        settings: Settings,
        body: Value,
        body_at: Address,
        file: String,
        at: Address,
    ) -> Experiment {
        let steps = steps::find(&body, &body_at);
        Experiment { name, settings, body, body_at, file, at, steps }
    }

    /// Returns a place inside the experiment as `file#pointer`.
    pub fn place(&self, at: &Address) -> String {
        format!("{}#{}", self.file, at.pointer)
    }

    /// Returns what is known before the run about the names in `${…}`.
    pub fn variables(&self) -> Variables<'_> {
        Variables::new(&self.body, &self.settings)
    }
}

/// The keys of `[[experiments]]` beside the name and the experiment.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Settings {
    /// Values for the experiment's configuration.
    pub variables: BTreeMap<String, Value>,
    /// Environment variables of this experiment's process.
    pub env: BTreeMap<String, String>,
    /// Environment variables of this experiment's process that come from Secrets.
    pub secrets: Vec<SecretVariable>,
    /// How long a run may take; worked out from the steps where it is not given.
    pub timeout: Option<Duration>,
}

/// One environment variable that comes from a Secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SecretVariable {
    /// The variable.
    pub env: String,
    /// The Secret's name.
    pub secret: String,
    /// The key in the Secret.
    pub key: String,
}
