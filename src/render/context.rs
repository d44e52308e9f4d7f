//! What the templates see.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::plan::roles::PolicyRule;

/// `metadata` of any object.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    /// Whether the chart's value `labels` goes to it.
    pub(super) takes_labels: bool,
    /// Of a ServiceAccount: those of its annotations that no value of the chart decides; otherwise empty.
    pub(super) own_annotations: BTreeMap<String, String>,
    /// Of a `once` Job: the parts of its name, which the chart makes anew where its values are not the compiled ones.
    pub(super) repeats: Option<Repeats>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Repeats {
    pub(super) stem: String,
    pub(super) hash: String,
}

/// For objects that are nothing but their metadata.
#[derive(Serialize)]
pub(super) struct Plain {
    pub(super) metadata: Metadata,
}

#[derive(Serialize)]
pub(super) struct ConfigMap<'p> {
    pub(super) metadata: Metadata,
    pub(super) data: BTreeMap<&'p str, &'p str>,
}

#[derive(Serialize)]
pub(super) struct Role {
    pub(super) metadata: Metadata,
    /// `Role` or `ClusterRole`.
    pub(super) kind: &'static str,
    pub(super) rules: Vec<Rule>,
    pub(super) account: Account,
}

#[derive(Serialize)]
pub(super) struct Rule {
    group: String,
    resources: Vec<String>,
    names: Vec<String>,
    verbs: Vec<String>,
}

impl From<&PolicyRule> for Rule {
    fn from(rule: &PolicyRule) -> Rule {
        Rule {
            group: rule.group.clone(),
            resources: rule.resources.clone(),
            names: rule.names.clone(),
            verbs: rule.verbs.clone(),
        }
    }
}

#[derive(Clone, Serialize)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Serialize)]
pub(super) struct Workload<'p> {
    pub(super) metadata: Metadata,
    pub(super) cron: Option<Cron<'p>>,
    pub(super) job: Job,
    pub(super) pod: Pod<'p>,
}

#[derive(Serialize)]
pub(super) struct Cron<'p> {
    pub(super) schedule: &'p str,
    /// Whether it only ever runs by hand; no value of the chart gives it a time then.
    pub(super) is_manual: bool,
    pub(super) expression: &'p str,
    pub(super) time_zone: &'p str,
    pub(super) suspend: Option<bool>,
    pub(super) starting_deadline_seconds: u32,
    pub(super) successful: u32,
    pub(super) failed: u32,
}

#[derive(Serialize)]
pub(super) struct Job {
    pub(super) active_deadline_seconds: u64,
}

#[derive(Serialize)]
pub(super) struct Pod<'p> {
    pub(super) labels: BTreeMap<String, String>,
    /// Those that the user has chosen, in addition.
    pub(super) more_labels: &'p BTreeMap<String, String>,
    pub(super) annotations: &'p BTreeMap<String, String>,
    pub(super) grace_seconds: u64,
    pub(super) service_account: &'p str,
    pub(super) mounts_token: bool,
    pub(super) priority_class: &'p str,
    pub(super) node_selector: &'p BTreeMap<String, String>,
    pub(super) tolerations: &'p [Value],
    pub(super) pull_secrets: &'p [String],
    pub(super) run_as_user: Option<u32>,
    pub(super) image: String,
    pub(super) pull_policy: &'p str,
    pub(super) requests: &'p BTreeMap<String, String>,
    pub(super) limits: &'p BTreeMap<String, String>,
    pub(super) runner_config_map: &'p str,
    pub(super) runs: Vec<Run<'p>>,
}

#[derive(Serialize)]
pub(super) struct Run<'p> {
    pub(super) number: usize,
    pub(super) experiment: &'p str,
    pub(super) config_map: &'p str,
    pub(super) secrets: Vec<Secret<'p>>,
}

#[derive(Serialize)]
pub(super) struct Secret<'p> {
    pub(super) name: &'p str,
    pub(super) items: Vec<SecretItem<'p>>,
}

#[derive(Serialize)]
pub(super) struct SecretItem<'p> {
    pub(super) key: &'p str,
    pub(super) env: &'p str,
}
