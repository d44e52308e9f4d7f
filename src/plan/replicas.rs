//! Leaves `replicas` out of workloads that a `HorizontalPodAutoscaler` of the bundle scales.
//!
//! Where both write the field, every apply throws the autoscaler's decision away (Kubernetes documentation,
//! "Migrating Deployments and `StatefulSets` to horizontal autoscaling").

use std::collections::BTreeSet;

use serde_json::Value;

use super::{PlannedObject, inputs};
use crate::config::app::AppObject;

/// A workload as an autoscaler names it: namespace, API group, kind, name.
type Target = (Option<String>, String, String, String);

/// Plans the objects, without `replicas` where an autoscaler among them owns it.
pub fn without_scaled<'o>(objects: impl Iterator<Item = &'o AppObject> + Clone) -> Vec<PlannedObject> {
    let targets: BTreeSet<Target> = objects.clone().filter_map(target).collect();
    objects
        .map(|AppObject { id, object, at }| {
            let own = (id.namespace.clone(), id.group().to_owned(), id.kind.clone(), id.name.clone());
            let is_scaled = targets.contains(&own);
            let inputs = inputs::app(object, is_scaled);
            let mut object = object.clone();
            if is_scaled && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
                spec.remove("replicas");
            }
            PlannedObject { id: id.clone(), object, inputs, is_scaled, at: at.clone() }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::ObjectId;
    use crate::source::address::{Address, FileId};
    use serde_json::json;

    fn object(api_version: &str, kind: &str, name: &str, namespace: &str, spec: &Value) -> AppObject {
        let object = json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": name, "namespace": namespace}, "spec": spec,
        });
        let id = ObjectId::of(&object).unwrap();
        AppObject { id, object, at: Address::root(FileId(0)) }
    }

    fn autoscaler(api_version: &str, kind: &str, name: &str, namespace: &str) -> AppObject {
        let target = json!({"scaleTargetRef": {"apiVersion": api_version, "kind": kind, "name": name}});
        object("autoscaling/v2", "HorizontalPodAutoscaler", "any", namespace, &target)
    }

    #[test]
    fn only_the_workload_that_an_autoscaler_means_loses_its_replicas() {
        let workload = object("apps/v1", "Deployment", "shop", "a", &json!({"replicas": 3, "paused": true}));
        let cases = [
            (autoscaler("apps/v1", "Deployment", "shop", "a"), json!({"paused": true})),
            // The version is another way to write the same group.
            (autoscaler("apps/v1beta1", "Deployment", "shop", "a"), json!({"paused": true})),
            (autoscaler("apps/v1", "Deployment", "shop", "b"), json!({"replicas": 3, "paused": true})),
            (autoscaler("apps/v1", "Deployment", "other", "a"), json!({"replicas": 3, "paused": true})),
            (autoscaler("apps/v1", "StatefulSet", "shop", "a"), json!({"replicas": 3, "paused": true})),
            (autoscaler("example.com/v1", "Deployment", "shop", "a"), json!({"replicas": 3, "paused": true})),
        ];
        for (autoscaler, expected) in cases {
            let found = without_scaled([workload.clone(), autoscaler.clone()].iter());
            assert_eq!(found[0].object["spec"], expected, "{}", autoscaler.object);
            assert_eq!(found[0].is_scaled, expected.get("replicas").is_none(), "{}", autoscaler.object);
            assert_eq!((&found[1].object, found[1].is_scaled), (&autoscaler.object, false));
        }
    }

    #[test]
    fn strange_objects_are_left_as_they_are() {
        let objects = [
            object("autoscaling/v2", "HorizontalPodAutoscaler", "x", "a", &json!({"scaleTargetRef": 1})),
            object("autoscaling/v2", "HorizontalPodAutoscaler", "y", "a", &json!(null)),
            object("apps/v1", "Deployment", "x", "a", &json!("text")),
        ];
        let found = without_scaled(objects.iter());
        assert!(found.iter().zip(&objects).all(|(planned, given)| planned.object == given.object), "{found:?}");
    }
}
