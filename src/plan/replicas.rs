//! Leaves `replicas` out of workloads that a HorizontalPodAutoscaler of the bundle scales.
//!
//! Where both write the field, every apply throws the autoscaler's decision away (Kubernetes documentation,
//! "Migrating Deployments and StatefulSets to horizontal autoscaling").

use std::collections::BTreeSet;

use serde_json::Value;

use crate::config::app::AppObject;

/// A workload as an autoscaler names it: namespace, API group, kind, name.
type Target = (Option<String>, String, String, String);

/// Copies the objects, without `replicas` where an autoscaler among them owns it.
pub fn without_scaled<'o>(objects: impl Iterator<Item = &'o AppObject> + Clone) -> Vec<AppObject> {
    let targets: BTreeSet<Target> = objects.clone().filter_map(target).collect();
    objects
        .map(|object| {
            let mut object = object.clone();
            let id = &object.id;
            let own = (id.namespace.clone(), id.group().to_owned(), id.kind.clone(), id.name.clone());
            if targets.contains(&own)
                && let Some(spec) = object.object.get_mut("spec").and_then(Value::as_object_mut)
            {
                spec.remove("replicas");
            }
            object
        })
        .collect()
}

/// Returns what an autoscaler scales; `None` for every other object.
fn target(object: &AppObject) -> Option<Target> {
    if object.id.kind != "HorizontalPodAutoscaler" {
        return None;
    }
    let reference = object.object.pointer("/spec/scaleTargetRef")?;
    let text = |key: &str| reference.get(key).and_then(Value::as_str);
    let group = text("apiVersion").and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    Some((object.id.namespace.clone(), group.to_owned(), text("kind")?.to_owned(), text("name")?.to_owned()))
}
