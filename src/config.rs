//! The typed mirror of chaos.toml: everything parsed, defaults filled, every rule holds.
//!
//! The key names and their meaning are described in `schema/chaos.schema.json`; a test holds the defaults here and
//! there against each other.

pub mod app;
pub mod cron;
pub mod duration;
pub mod experiment;
pub mod image_reference;
pub mod name;
pub mod permissions;
pub mod pod;
pub mod quantity;
pub mod schedule;
pub mod time_zone;
pub mod value_error;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::kubernetes::Version;
use app::App;
use experiment::Experiment;
use permissions::Permissions;
use pod::{Image, Pod};
use schedule::Schedule;

/// A chaos.toml without a fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Names every object.
    pub name: String,
    /// Which servers the bundle is for.
    pub kubernetes: Kubernetes,
    /// Where everything lives.
    pub namespace: Namespace,
    /// What the experiments aim at.
    pub apps: Vec<App>,
    /// The image of the chaos pods; worked out from the experiments where it is not given.
    pub image: Option<Image>,
    /// The settings of every chaos pod.
    pub pod: Pod,
    /// What the experiments may do at most.
    pub permissions: Permissions,
    /// The experiments.
    pub experiments: Vec<Experiment>,
    /// When they run.
    pub schedules: Vec<Schedule>,
    /// chaos.toml as it stands, without the defaults that are filled in above.
    pub written: Value,
}

/// `[kubernetes]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Kubernetes {
    /// The oldest server that the bundle must work on.
    #[serde(deserialize_with = "version")]
    pub version: Version,
    /// The only kubeconfig contexts that may be touched; empty: any.
    pub contexts: Vec<String>,
    /// The uid of the kube-system namespace of the only cluster that may be touched.
    pub cluster_uid: Option<String>,
}

impl Default for Kubernetes {
    fn default() -> Kubernetes {
        Kubernetes { version: Version::OLDEST, contexts: Vec::new(), cluster_uid: None }
    }
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// `[namespace]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Whether it is ours to make and label.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whether Istio injects its sidecar here.
    #[serde(default)]
    pub istio: Option<Istio>,
    /// The Istio revision for `istio = "revision"`.
    #[serde(default)]
    pub istio_revision: Option<String>,
    /// Whether Istio runs with its CNI plugin, which lets Pod Security below `privileged` work with injection.
    #[serde(default)]
    pub istio_cni: bool,
    /// The Pod Security Standard to be enforced.
    #[serde(default)]
    pub pod_security: Option<PodSecurity>,
    /// Further labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

/// Istio's part in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Istio {
    /// `istio-injection=enabled`.
    Enabled,
    /// `istio-injection=disabled`.
    Disabled,
    /// `istio.io/rev=…`.
    Revision,
}

/// The levels of the Pod Security Standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PodSecurity {
    /// Everything is allowed.
    Privileged,
    /// Known privilege escalations are refused.
    Baseline,
    /// Today's hardening practice.
    Restricted,
}

impl PodSecurity {
    /// Returns the value of the label.
    pub fn label(self) -> &'static str {
        match self {
            PodSecurity::Privileged => "privileged",
            PodSecurity::Baseline => "baseline",
            PodSecurity::Restricted => "restricted",
        }
    }
}
