//! The files of the chart that are no object's: what it is, its values with their schema, its notes.
//!
//! What values decide is in the templates of the objects, beside what the bundle has there.

use std::collections::BTreeMap;

use minijinja::Environment;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::environment::text;
use crate::bundle::Manifest;
use crate::error::Error;
use crate::plan::{Plan, Start, Workload, hash, naming};

/// How many schedules the notes tell of; they are printed after each install and upgrade.
const MAX_NOTES: usize = 20;

/// The version of a chart is this with a hash of the chart: nobody counts, and no program's version is in any output.
const VERSION: &str = "0.1.0";

/// Renders the chart's own files, by their paths in it.
pub(super) fn chart(
    plan: &Plan,
    manifests: &[Manifest],
    environment: &Environment<'_>,
) -> Result<BTreeMap<String, String>, Error> {
    let context = context(plan, manifests);
    let mut files = BTreeMap::new();
    let parts = [
        ("values.yaml", "chart/values.yaml"),
        ("values.schema.json", "chart/values.schema.json"),
        ("templates/NOTES.txt", "chart/NOTES.txt"),
        ("templates/release-namespace.yaml", "chart/release-namespace.yaml"),
    ];
    // The functions of the templates are about chaos pods.
    let functions = [("templates/_helpers.tpl", "chart/_helpers.tpl")];
    let functions = functions.into_iter().filter(|_| !plan.workloads.is_empty());
    for (path, template) in parts.into_iter().chain(functions) {
        files.insert(path.to_owned(), text(environment, template, &context)?);
    }
    let about = json!({
        "name": plan.name,
        "kubernetes": plan.kubernetes.version.to_string(),
        "version": format!("{VERSION}+{}", content(manifests, &files)),
    });
    files.insert("Chart.yaml".to_owned(), text(environment, "chart/Chart.yaml", &about)?);
    Ok(files)
}

/// Returns what the templates see.
fn context(plan: &Plan, manifests: &[Manifest]) -> Value {
    let mut context = Map::new();
    let mut set = |key: &str, value: Value| context.insert(key.to_owned(), value);
    set("name", json!(plan.name));
    set("namespace", json!(plan.namespace.name));
    set("instance", json!(naming::instance(&plan.name)));
    let makes_namespace = manifests.iter().any(|manifest| manifest.is_own_namespace(&plan.namespace.name));
    set("makes_namespace", json!(makes_namespace));
    set("namespace_labels", json!(super::manifests::namespace_labels(plan)));
    let (image, pod) = if plan.workloads.is_empty() { (Value::Null, Value::Null) } else { (image(plan), pod(plan)) };
    // The compiled values that make up a pod, as the chart compares them with those of a release.
    let mut of_the_pod = pod.clone();
    if let Some(of_the_pod) = of_the_pod.as_object_mut() {
        of_the_pod.remove("serviceAccountAnnotations");
    }
    set("compiled", json!(json!({"image": image, "pod": of_the_pod}).to_string()));
    set("image", image);
    set("pod", pod);
    let schedules: Map<String, Value> = plan.workloads.iter().filter_map(schedule).collect();
    let mut required = Vec::new();
    if !plan.workloads.is_empty() {
        required.extend(["image", "labels", "pod"]);
    }
    if !schedules.is_empty() {
        required.push("schedules");
    }
    if makes_namespace {
        required.push("namespace");
    }
    set("required", json!(required));
    set("schedule_names", json!(schedules.keys().collect::<Vec<_>>()));
    set("schedules", Value::Object(schedules));
    set("notes", plan.workloads.iter().take(MAX_NOTES).map(note).collect());
    set("more_notes", json!(plan.workloads.len().saturating_sub(MAX_NOTES)));
    Value::Object(context)
}

/// The value `image`.
fn image(plan: &Plan) -> Value {
    let image = &plan.image;
    json!({
        "repository": image.repository,
        "tag": image.tag.as_deref().unwrap_or_default(),
        "digest": image.digest.as_deref().unwrap_or_default(),
        "pullPolicy": image.pull_policy,
        "pullSecrets": image.pull_secrets,
    })
}

/// The value `pod`.
fn pod(plan: &Plan) -> Value {
    let pod = &plan.pod;
    json!({
        "resources": {"requests": pod.resources.requests, "limits": pod.resources.limits},
        "nodeSelector": pod.node_selector,
        "tolerations": pod.tolerations,
        "priorityClass": pod.priority_class,
        "labels": pod.labels,
        "annotations": pod.annotations,
        "serviceAccountAnnotations": pod.service_account_annotations,
        "runAsUser": pod.run_as_user.uid().map_or_else(|| json!("platform"), |uid| json!(uid)),
    })
}

/// The value of a schedule that has a time; the others have nothing that a release could change.
fn schedule(workload: &Workload) -> Option<(String, Value)> {
    match &workload.start {
        Start::Cron { expression, time_zone, suspend, is_manual: false, .. } => {
            Some((workload.schedule.clone(), json!({"cron": expression, "timeZone": time_zone, "suspend": suspend})))
        }
        Start::Cron { .. } | Start::Once { .. } => None,
    }
}

/// What the notes say of a schedule.
fn note(workload: &Workload) -> Value {
    let kind = match &workload.start {
        Start::Once { .. } => "once",
        Start::Cron { is_manual: true, .. } => "manual",
        Start::Cron { .. } => "cron",
    };
    let object = workload.object_name();
    let (stem, hash) = naming::parted(object);
    json!({"kind": kind, "schedule": workload.schedule, "object": object, "stem": stem, "hash": hash})
}

/// Returns a hash of everything in the chart but the file that names it.
fn content(manifests: &[Manifest], files: &BTreeMap<String, String>) -> String {
    let of_objects = manifests.par_iter().map(|manifest| manifest.text.hash());
    let mut digests: Vec<String> = of_objects.collect();
    digests.extend(files.iter().map(|(path, text)| hash::short(&[path, text])));
    hash::short(&digests.iter().map(String::as_str).collect::<Vec<_>>())
}
