//! `[[apps]]`: what the experiments aim at.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::duration::Duration;
use crate::kubernetes::ObjectId;
use crate::source::address::Address;

/// One app.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct App {
    /// Its name.
    pub name: String,
    /// Whether its manifests are part of the bundle, or only read to check experiments against them.
    #[serde(default = "yes")]
    pub deploy: bool,
    /// The namespace of its objects, if it is not the bundle's own.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The workloads that apply waits for; `None`: every one it finds.
    #[serde(default)]
    pub rollout: Option<Vec<String>>,
    /// How long apply waits for them.
    #[serde(default = "default_rollout_timeout")]
    pub rollout_timeout: Duration,
    /// What apply asks after the rollout.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The objects of its manifests, namespaces set.
    #[serde(skip)]
    pub objects: Vec<AppObject>,
    /// Which entry of `[[apps]]` it is.
    #[serde(skip)]
    pub index: usize,
}

fn yes() -> bool {
    true
}

fn default_rollout_timeout() -> Duration {
    Duration::from_seconds(300).expect("five minutes are a duration")
}

/// One object of an app's manifests.
#[derive(Debug, Clone, PartialEq)]
pub struct AppObject {
    /// Its identity, with the namespace that it will have.
    pub id: ObjectId,
    /// The object as the manifest gives it, with the namespace set.
    pub object: Value,
    /// Where it stands.
    pub at: Address,
}

/// `[[apps.checks]]`: is the app reachable?
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// What to call it.
    pub name: String,
    /// The address to ask; `${NAME}` is the caller's environment, at apply.
    #[serde(default)]
    pub url: Option<String>,
    /// `NAME:PORT` of a Service to ask through the API server instead.
    #[serde(default)]
    pub service: Option<String>,
    /// The path for `service`.
    #[serde(default)]
    pub path: Option<String>,
    /// Request headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The HTTP status that means yes.
    #[serde(default = "default_status")]
    pub status: u16,
    /// How long to go on asking.
    #[serde(default = "default_check_timeout")]
    pub timeout: Duration,
}

fn default_status() -> u16 {
    200
}

fn default_check_timeout() -> Duration {
    Duration::from_seconds(10).expect("ten seconds are a duration")
}
