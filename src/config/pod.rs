//! `[image]` and `[pod]`: what the chaos pods are made of.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// `[image]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Image {
    /// The repository, with its registry.
    pub repository: String,
    /// The tag.
    #[serde(default)]
    pub tag: Option<String>,
    /// The digest, `sha256:…`.
    #[serde(default)]
    pub digest: Option<String>,
    /// When the kubelet pulls it.
    #[serde(default = "default_pull_policy")]
    pub pull_policy: String,
    /// The Secrets that open the registry.
    #[serde(default)]
    pub pull_secrets: Vec<String>,
}

fn default_pull_policy() -> String {
    "IfNotPresent".to_owned()
}

impl Image {
    /// Returns the official image with every extension but Istio's, for when chaos.toml names none.
    pub fn official() -> Image {
        Image {
            repository: "chaostoolkit/chaostoolkit".to_owned(),
            tag: Some("full".to_owned()),
            digest: None,
            pull_policy: default_pull_policy(),
            pull_secrets: Vec::new(),
        }
    }

    /// Returns the reference as the kubelet takes it.
    pub fn reference(&self) -> String {
        match (&self.tag, &self.digest) {
            (_, Some(digest)) => format!("{}@{digest}", self.repository),
            (Some(tag), None) => format!("{}:{tag}", self.repository),
            (None, None) => self.repository.clone(),
        }
    }
}

/// `[pod]`: the settings of every chaos pod.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Pod {
    /// Requests and limits. A run peaks near 90 MiB and needs about one CPU second to start.
    pub resources: Resources,
    /// Labels of the nodes that may run it.
    pub node_selector: BTreeMap<String, String>,
    /// Taints that it bears, as Kubernetes' own objects.
    pub tolerations: Vec<Value>,
    /// A priority class; empty: none.
    pub priority_class: String,
    /// Further labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Annotations of the service accounts, for workload identity.
    pub service_account_annotations: BTreeMap<String, String>,
    /// The user that runs it.
    pub run_as_user: RunAsUser,
}

/// Requests and limits of the container.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Resources {
    /// What the scheduler sets aside.
    pub requests: BTreeMap<String, String>,
    /// What the container may use at most.
    pub limits: BTreeMap<String, String>,
}

impl Default for Resources {
    fn default() -> Resources {
        let one = |name: &str, quantity: &str| (name.to_owned(), quantity.to_owned());
        Resources {
            requests: BTreeMap::from([one("cpu", "100m"), one("memory", "128Mi")]),
            limits: BTreeMap::from([one("memory", "256Mi")]),
        }
    }
}

/// The user of the chaos pods.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum RunAsUser {
    /// A fixed uid; the official images have 1001.
    Uid(u32),
    /// `"platform"`: left out, where the platform chooses one (OpenShift).
    Platform(String),
}

impl Default for RunAsUser {
    fn default() -> RunAsUser {
        RunAsUser::Uid(1001)
    }
}

impl RunAsUser {
    /// Returns the uid to write, if one is fixed.
    pub fn uid(&self) -> Option<u32> {
        match self {
            RunAsUser::Uid(uid) => Some(*uid),
            RunAsUser::Platform(_) => None,
        }
    }
}
