//! The objects of the bundle, in the order in which they are applied.

use std::collections::BTreeMap;

use minijinja::Environment;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Texts;
use super::context::{
    Account, ConfigMap, Cron, Job, Metadata, Plain, Pod, Repeats, Role, Rule, Run, Secret, SecretItem, Workload,
};
use super::environment::text;
use crate::bundle::document::{self, Document};
use crate::bundle::{Manifest, order};
use crate::config::Istio;
use crate::error::Error;
use crate::kubernetes::ObjectId;
use crate::plan::apart::Common;
use crate::plan::{self, Plan, PlannedExperiment, PlannedObject, Start, hash, inputs, naming};
use crate::source::address::{Address, FileId};
use crate::source::yaml;

/// The runner, which is the same in every bundle.
const RUNNER: &[(&str, &str)] = &[
    ("chaosc_control.py", include_str!("../../templates/runner/chaosc_control.py")),
    ("chaosc_journal.py", include_str!("../../templates/runner/chaosc_journal.py")),
    ("chaosc_setup.py", include_str!("../../templates/runner/chaosc_setup.py")),
    ("runner.py", include_str!("../../templates/runner/runner.py")),
];

/// How late a run may start, in seconds: a cluster that was away longer skips it. Kubernetes gives up for good after
/// a hundred missed starts where there is no deadline (documentation of `CronJob`, "Job deadline").
const STARTING_DEADLINE_SECONDS: u32 = 120;

/// Argo CD applies lower waves first, and waits for each; app manifests stay in wave 0, which is where it puts what has
/// no annotation.
const WAVE: &str = "argocd.argoproj.io/sync-wave";

/// The wave of namespaces, before every account and ConfigMap in wave -1.
const NAMESPACE_WAVE: &str = "-2";

/// Renders every object; those of what is in common with an earlier plan as far as they are wanted.
pub(super) fn manifests(
    plan: &Plan,
    environment: &Environment<'_>,
    common: &Common,
    texts: Texts,
) -> Result<Vec<Manifest>, Error> {
    let objects = Objects { plan, environment, common, texts };
    let runner: BTreeMap<&str, &str> = RUNNER.iter().copied().collect();
    let parts: Vec<&str> = RUNNER.iter().map(|(_, text)| *text).collect();
    let runner_name = naming::hashed(&plan.name, "runner", &hash::short(&parts));
    let mut manifests = Vec::new();
    if plan.namespace.create {
        manifests.push(objects.namespace()?);
    }
    // An app may bring the namespace that everything else goes to.
    let (namespaces, apps): (Vec<&PlannedObject>, Vec<&PlannedObject>) =
        plan.apps.iter().partition(|app| order::is_namespace(&app.id));
    for app in namespaces {
        let mut manifest = app_manifest(app, &in_wave(&app.object, NAMESPACE_WAVE))?;
        if manifest.is_own_namespace(&plan.namespace.name) {
            manifest.text = left_to_helm(&manifest)?;
        }
        manifests.push(manifest);
    }
    let accounts: Vec<Vec<Manifest>> =
        plan.workloads.par_iter().map(|workload| objects.account(workload)).collect::<Result<_, _>>()?;
    manifests.extend(accounts.into_iter().flatten());
    let own = Address { file: FileId(0), document: 0, pointer: String::new() };
    if !plan.workloads.is_empty() {
        let origin = Origin { inputs: &inputs::nothing(), at: &own };
        manifests.push(objects.config_map(&runner_name, BTreeMap::new(), runner, origin)?);
    }
    let experiments = plan.experiments.par_iter().map(|experiment| objects.experiment(experiment));
    manifests.extend(experiments.collect::<Result<Vec<_>, _>>()?);
    let mut apps = apps;
    apps.sort_by_key(|app| order::rank(&app.id));
    for app in apps {
        manifests.push(app_manifest(app, &app.object)?);
    }
    let workloads = plan.workloads.par_iter().map(|workload| objects.workload(workload, &runner_name));
    manifests.extend(workloads.collect::<Result<Vec<_>, _>>()?);
    Ok(manifests)
}

/// Returns the object with a wave, if its author gave it none.
fn in_wave(object: &Value, wave: &str) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
        if annotations.is_null() {
            *annotations = Value::Object(Map::new());
        }
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.entry(WAVE).or_insert_with(|| wave.into());
        }
    }
    object
}

/// Returns the text of the bundle's own namespace, which the chart makes and keeps where it is told to.
fn left_to_helm(manifest: &Manifest) -> Result<Document, Error> {
    let mut kept = manifest.object.clone();
    if let Some(annotations) = kept.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.insert("helm.sh/resource-policy".to_owned(), "keep".into());
    }
    let mut template = String::from("{{- if .Values.namespace.create }}\n");
    document::literal(&app_text(&kept)?, &mut template);
    template.push_str("{{- end }}\n");
    let (bundle, chart, end) = (document::BUNDLE, document::CHART, document::END);
    Ok(Document::marked(format!("{bundle}{}{end}{chart}{template}{end}", manifest.text.in_bundle())))
}

/// Writes an app's object, given as it is applied; its values have to come through as they are.
fn app_manifest(app: &PlannedObject, object: &Value) -> Result<Manifest, Error> {
    let text = app_text(object)?;
    let back = read_back(APP_MANIFEST, &text)?;
    if &back == object {
        return Ok(Manifest {
            id: app.id.clone(),
            text: Document::marked(text),
            object: back,
            inputs: app.inputs.clone(),
            is_scaled: app.is_scaled,
            at: app.at.clone(),
        });
    }
    Err(Error::Template {
        template: APP_MANIFEST.to_owned(),
        source: format!("{} does not come back as it was written", app.id).into(),
    })
}

/// What stands in an error in place of a template's name.
const APP_MANIFEST: &str = "an app's manifest";

fn app_text(object: &Value) -> Result<String, Error> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(object, options)
        .map_err(|source| Error::Template { template: APP_MANIFEST.to_owned(), source: Box::new(source) })
}

/// Reads a rendered document as the cluster will.
fn read_back(template: &str, text: &str) -> Result<Value, Error> {
    let (mut documents, errors) = yaml::read(text, yaml::Dialect::Kubernetes);
    let wrong = |message: String| Error::Template { template: template.to_owned(), source: message.into() };
    if let Some(error) = errors.into_iter().next() {
        return Err(wrong(error.message));
    }
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) => Ok(document.into_json()),
        _ => Err(wrong("it gives more or less than one document".to_owned())),
    }
}

/// What an object comes from: what its author wrote, and where.
#[derive(Clone, Copy)]
struct Origin<'p> {
    inputs: &'p str,
    at: &'p Address,
}

impl<'p> Origin<'p> {
    fn schedule(workload: &'p plan::Workload) -> Origin<'p> {
        Origin { inputs: &workload.inputs, at: &workload.at }
    }
}

/// Returns the labels of the namespace that its author has asked for.
pub(super) fn namespace_labels(plan: &Plan) -> BTreeMap<String, String> {
    let namespace = &plan.namespace;
    let mut labels = namespace.labels.clone();
    let mut label = |key: &str, value: &str| labels.insert(key.to_owned(), value.to_owned());
    match (namespace.istio, &namespace.istio_revision) {
        (Some(Istio::Enabled), _) => label("istio-injection", "enabled"),
        (Some(Istio::Disabled), _) => label("istio-injection", "disabled"),
        (Some(Istio::Revision), Some(revision)) => label("istio.io/rev", revision),
        _ => None,
    };
    if let Some(level) = namespace.pod_security {
        label("pod-security.kubernetes.io/enforce", level.label());
    }
    labels
}

struct Objects<'p> {
    plan: &'p Plan,
    environment: &'p Environment<'p>,
    common: &'p Common,
    texts: Texts,
}

impl<'p> Objects<'p> {
    fn manifest(&self, template: &str, context: &impl Serialize, origin: Origin<'_>) -> Result<Manifest, Error> {
        let text = Document::marked(text(self.environment, template, context)?);
        let object = read_back(template, text.in_bundle())?;
        let id = ObjectId::of(&object)
            .map_err(|problem| Error::Template { template: template.to_owned(), source: problem.to_string().into() })?;
        Ok(Manifest { id, text, object, inputs: origin.inputs.to_owned(), is_scaled: false, at: origin.at.clone() })
    }

    /// The same for a kind whose objects nobody looks into where they are in common.
    fn manifest_of(
        &self,
        (template, api_version, kind): (&str, &str, &str),
        metadata: &Metadata,
        context: &impl Serialize,
        origin: Origin<'_>,
    ) -> Result<Manifest, Error> {
        if !self.common.has(origin.at) {
            return self.manifest(template, context, origin);
        }
        let id = ObjectId {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
        };
        let text = match self.texts {
            Texts::All => text(self.environment, template, context)?,
            Texts::Apart => String::new(),
        };
        Ok(Manifest {
            id,
            text: Document::marked(text),
            object: Value::Null,
            inputs: origin.inputs.to_owned(),
            is_scaled: false,
            at: origin.at.clone(),
        })
    }

    /// Labels that every object of ours carries (Kubernetes documentation, "Recommended Labels").
    fn labels(&self) -> BTreeMap<String, String> {
        let label = |key: &str, value: &str| (format!("app.kubernetes.io/{key}"), value.to_owned());
        BTreeMap::from([
            label("name", "chaosc"),
            label("instance", &naming::instance(&self.plan.name)),
            label("part-of", &self.plan.name),
            label("managed-by", "chaosc"),
        ])
    }

    fn metadata(&self, name: &str, wave: &str) -> Metadata {
        Metadata {
            name: name.to_owned(),
            namespace: Some(self.plan.namespace.name.clone()),
            labels: self.labels(),
            annotations: BTreeMap::from([(WAVE.to_owned(), wave.to_owned())]),
            takes_labels: true,
            own_annotations: BTreeMap::new(),
            repeats: None,
        }
    }

    fn namespace(&self) -> Result<Manifest, Error> {
        let namespace = &self.plan.namespace;
        let mut metadata = self.metadata(&namespace.name, NAMESPACE_WAVE);
        metadata.namespace = None;
        metadata.takes_labels = false;
        metadata.labels.extend(namespace_labels(self.plan));
        metadata.annotations.extend(namespace.annotations.clone());
        let at = Address { file: FileId(0), document: 0, pointer: "/namespace".to_owned() };
        let origin = Origin { inputs: &self.plan.namespace_inputs, at: &at };
        self.manifest("manifests/namespace.yaml", &Plain { metadata }, origin)
    }

    fn config_map(
        &self,
        name: &str,
        labels: BTreeMap<String, String>,
        data: BTreeMap<&str, &str>,
        origin: Origin<'_>,
    ) -> Result<Manifest, Error> {
        let mut metadata = self.metadata(name, "-1");
        metadata.labels.extend(labels);
        let context = ConfigMap { metadata, data };
        self.manifest_of(("manifests/configmap.yaml", "v1", "ConfigMap"), &context.metadata, &context, origin)
    }

    fn experiment(&self, experiment: &PlannedExperiment) -> Result<Manifest, Error> {
        let data = BTreeMap::from([
            ("experiment.json", experiment.experiment.as_str()),
            ("run.json", experiment.run.as_str()),
        ]);
        let label = BTreeMap::from([("chaosc.dev/experiment".to_owned(), experiment.name.clone())]);
        let origin = Origin { inputs: &experiment.identity, at: &experiment.at };
        self.config_map(&experiment.config_map, label, data, origin)
    }

    /// Renders a workload's account with its roles and bindings.
    fn account(&self, workload: &plan::Workload) -> Result<Vec<Manifest>, Error> {
        let mut manifests = Vec::new();
        let origin = Origin::schedule(workload);
        let mut metadata = self.workload_metadata(workload, &workload.name, "-1");
        metadata.own_annotations.clone_from(&metadata.annotations);
        metadata.annotations.extend(self.plan.pod.service_account_annotations.clone());
        let context = Plain { metadata };
        let kind = ("manifests/serviceaccount.yaml", "v1", "ServiceAccount");
        manifests.push(self.manifest_of(kind, &context.metadata, &context, origin)?);
        let account = Account { name: workload.name.clone(), namespace: self.plan.namespace.name.clone() };
        let namespaced = workload.roles.namespaced.iter().map(|(namespace, rules)| (Some(namespace.clone()), rules));
        let cluster = (!workload.roles.cluster.is_empty()).then_some((None, &workload.roles.cluster));
        for (namespace, rules) in namespaced.chain(cluster) {
            let own = &self.plan.namespace.name;
            let name = match &namespace {
                Some(namespace) if namespace == own => workload.name.clone(),
                _ => naming::abroad(&workload.name, own),
            };
            let mut metadata = self.workload_metadata(workload, &name, "-1");
            let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
            metadata.namespace = namespace;
            let role = Role { metadata, kind, rules: rules.iter().map(Rule::from).collect(), account: account.clone() };
            manifests.push(self.manifest("manifests/role.yaml", &role, origin)?);
            manifests.push(self.manifest("manifests/rolebinding.yaml", &role, origin)?);
        }
        Ok(manifests)
    }

    fn workload_metadata(&self, workload: &plan::Workload, name: &str, wave: &str) -> Metadata {
        let mut metadata = self.metadata(name, wave);
        metadata.labels.insert(naming::SCHEDULE.to_owned(), workload.schedule.clone());
        metadata
    }

    fn workload(&self, workload: &'p plan::Workload, runner: &'p str) -> Result<Manifest, Error> {
        let mut metadata = self.workload_metadata(workload, workload.object_name(), "1");
        let pod = &self.plan.pod;
        let mut labels = metadata.labels.clone();
        // A selector for everything that is part of the app must find no chaos pod: neither a Service nor an experiment.
        labels.remove("app.kubernetes.io/part-of");
        // Chaos pods talk to the API server and to Services; a sidecar would outlive them (Istio, "Sidecar injection").
        labels.insert("sidecar.istio.io/inject".to_owned(), "false".to_owned());
        let (kind, cron) = match &workload.start {
            Start::Once { job } => {
                let (stem, hash) = naming::parted(job);
                metadata.repeats = Some(Repeats { stem: stem.to_owned(), hash: hash.to_owned() });
                (("manifests/job.yaml", "batch/v1", "Job"), None)
            }
            Start::Cron { expression, time_zone, suspend, history, is_manual } => (
                ("manifests/cronjob.yaml", "batch/v1", "CronJob"),
                Some(Cron {
                    schedule: &workload.schedule,
                    is_manual: *is_manual,
                    expression,
                    time_zone,
                    suspend: *suspend,
                    starting_deadline_seconds: STARTING_DEADLINE_SECONDS,
                    successful: history.successful,
                    failed: history.failed,
                }),
            ),
        };
        let context = Workload {
            metadata,
            cron,
            job: Job { active_deadline_seconds: workload.active_deadline_seconds },
            pod: Pod {
                labels,
                more_labels: &pod.labels,
                annotations: &pod.annotations,
                grace_seconds: workload.grace_seconds,
                service_account: &workload.name,
                mounts_token: !workload.roles.is_empty(),
                priority_class: &pod.priority_class,
                node_selector: &pod.node_selector,
                tolerations: &pod.tolerations,
                pull_secrets: &self.plan.image.pull_secrets,
                run_as_user: pod.run_as_user.uid(),
                image: self.plan.image.reference(),
                pull_policy: &self.plan.image.pull_policy,
                requests: &pod.resources.requests,
                limits: &pod.resources.limits,
                runner_config_map: runner,
                runs: workload.experiments.iter().enumerate().map(run).collect(),
            },
        };
        self.manifest_of(kind, &context.metadata, &context, Origin::schedule(workload))
    }
}

fn run((number, run): (usize, &plan::Run)) -> Run<'_> {
    let secrets = run
        .secrets
        .iter()
        .map(|(name, items)| Secret { name, items: items.iter().map(|(key, env)| SecretItem { key, env }).collect() });
    Run { number, experiment: &run.experiment, config_map: &run.config_map, secrets: secrets.collect() }
}
