//! What apply would send: the bundle's objects with the label of their set, and the inventory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use serde_json::{Map, Value};

use super::origins::Origins;
use crate::bundle::{Bundle, Manifest};
use crate::diff::change_set::Origin;
use crate::inventory::{self, Member};
use crate::kubernetes::ObjectId;
use crate::kubernetes::managed_fields;
use crate::plan::{canonical, hash, naming};
use crate::snapshot::{ApplyAnswer, Observed};

/// One object that apply would send.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// Its identity.
    pub id: ObjectId,
    /// Where it comes from; `None` for the inventory.
    pub origin: Option<Origin>,
    /// The object.
    pub object: Value,
    /// A hash of its identity and of what its author wrote.
    pub inputs: String,
    /// A hash of its identity and of the object itself.
    pub content: String,
    /// Whether an autoscaler of the bundle decides about its `replicas`.
    pub is_scaled: bool,
}

impl Desired {
    /// Returns the object with what is known of it.
    pub(super) fn observed(self, plural: Option<String>, live: Option<Value>, answer: ApplyAnswer) -> Observed {
        let Desired { id, origin, object, inputs, content, is_scaled } = self;
        Observed { id, origin, plural, desired: object, inputs, content, is_scaled, live, answer }
    }
}

/// Returns what apply would send, in the order of apply; the inventory comes after the namespaces.
///
/// The manifests are taken out of the bundle: there may be thousands, and nobody needs them twice.
pub fn desired(bundle: &mut Bundle, origins: &Origins, recorded_source: Option<&str>) -> Vec<Desired> {
    let set = inventory::id(&bundle.name, &bundle.namespace);
    let manifests = std::mem::take(&mut bundle.manifests);
    let mut all: Vec<Desired> = manifests.into_par_iter().map(|manifest| member(manifest, &set, origins)).collect();
    if !all.is_empty() {
        let members: Vec<Member<'_>> =
            all.iter().map(|one| Member { id: &one.id, inputs: &one.inputs, content: &one.content }).collect();
        let parent = inventory::parent(&bundle.name, &bundle.namespace, recorded_source, &members);
        let after = all.iter().take_while(|one| crate::bundle::order::is_namespace(&one.id)).count();
        all.insert(after, of_inventory(&bundle.name, &bundle.namespace, parent));
    }
    all
}

fn member(manifest: Manifest, set: &str, origins: &Origins) -> Desired {
    let mut object = manifest.object;
    complete(&mut object, set);
    let id = &manifest.id;
    Desired {
        // Under another hash, the object is the same to its author.
        inputs: hash::short(&[&key(id, naming::unhashed(&id.name)), &manifest.inputs]),
        content: content(id, &object),
        origin: Some(origins.get(&manifest.at)),
        id: manifest.id,
        object,
        is_scaled: manifest.is_scaled,
    }
}

fn of_inventory(bundle: &str, namespace: &str, object: Value) -> Desired {
    let id = ObjectId {
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: inventory::name(bundle),
    };
    Desired { id, origin: None, object, inputs: String::new(), content: String::new(), is_scaled: false }
}

/// Returns the hash of an object's identity and of the object itself, as the inventory records it.
pub fn content(id: &ObjectId, object: &Value) -> String {
    hash::short(&[&key(id, &id.name), &canonical::json(object)])
}

/// Returns a text for what makes an object this one; not the version, which may change.
fn key(id: &ObjectId, name: &str) -> String {
    format!("{}/{}/{}/{name}", id.group(), id.kind, id.namespace.as_deref().unwrap_or_default())
}

/// Completes an object as it is sent.
pub(super) fn complete(object: &mut Value, set: &str) {
    label(object, set);
    fold_string_data(object);
}

/// Adds the label of the set.
fn label(object: &mut Value, set: &str) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let labels = metadata.entry("labels").or_insert(Value::Null);
    if !labels.is_object() {
        *labels = Value::Object(Map::new());
    }
    labels[inventory::PART_OF] = set.into();
}

/// Puts the texts of a Secret's `stringData` into its `data`, as the server does before it keeps the object.
///
/// `stringData` is only ever sent (Kubernetes API, `core/v1 Secret`). Its owner would own nothing that is there, so that an
/// entry taken out of a manifest stayed in the cluster, and nobody could tell who wants which value.
fn fold_string_data(object: &mut Value) {
    let is_secret = object["apiVersion"] == "v1" && object["kind"] == "Secret";
    if !is_secret || !matches!(object.get("data"), None | Some(Value::Null | Value::Object(_))) {
        return;
    }
    let Some(Value::Object(texts)) = object.as_object_mut().and_then(|secret| secret.remove("stringData")) else {
        return;
    };
    for (key, text) in texts {
        if let Some(text) = text.as_str() {
            object["data"][key] = STANDARD.encode(text).into();
        }
    }
}

/// The field that an autoscaler decides about.
pub const REPLICAS: &str = "/spec/replicas";

/// Keeps the live number of replicas where dropping the field would reset it to one.
///
/// An autoscaler decides about the field, so the bundle says nothing about it; but as long as nobody else owns it, an
/// apply without it would remove it (Kubernetes documentation, "Migrating Deployments and `StatefulSets` to horizontal
/// autoscaling").
pub fn keep_scale(object: &mut Value, live: &Value) {
    let is_ours = managed_fields::applied_by(live, inventory::MANAGER)
        .is_some_and(|entry| managed_fields::touches(entry.fields, REPLICAS));
    let others = managed_fields::entries(live)
        .filter(|entry| entry.manager != inventory::MANAGER)
        .any(|entry| managed_fields::touches(entry.fields, REPLICAS));
    if let (true, false, Some(count)) = (is_ours, others, live.pointer(REPLICAS))
        && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
    {
        spec.insert("replicas".to_owned(), count.clone());
    }
}

/// Does the same for an object that was prepared before: what was kept then may be another count by now.
pub fn rescale(object: &mut Value, live: &Value) {
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("replicas");
    }
    keep_scale(object, live);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_label_joins_the_others() {
        for (metadata, expected) in [
            (json!({"name": "a"}), json!({(inventory::PART_OF): "s"})),
            (json!({"name": "a", "labels": null}), json!({(inventory::PART_OF): "s"})),
            (json!({"name": "a", "labels": {"app": "b"}}), json!({(inventory::PART_OF): "s", "app": "b"})),
        ] {
            let mut object = json!({"metadata": metadata});
            label(&mut object, "s");
            assert_eq!(object["metadata"]["labels"], expected);
        }
    }

    #[test]
    fn the_live_count_is_sent_while_nobody_else_owns_it() {
        let entry = |manager: &str, operation: &str, fields: Value| json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": fields});
        let replicas = json!({"f:spec": {"f:replicas": {}}});
        let ours = entry("chaosc", "Apply", replicas.clone());
        let nothing = entry("chaosc", "Apply", json!({"f:spec": {"f:paused": {}}}));
        let scaler = entry("kube-controller-manager", "Update", replicas);
        for (fields, expected) in [
            (vec![ours.clone()], json!({"paused": true, "replicas": 4})),
            (vec![ours, scaler.clone()], json!({"paused": true})),
            (vec![nothing, scaler], json!({"paused": true})),
            (vec![], json!({"paused": true})),
        ] {
            let live = json!({"metadata": {"managedFields": fields}, "spec": {"replicas": 4}});
            let mut object = json!({"spec": {"paused": true}});
            keep_scale(&mut object, &live);
            assert_eq!(object["spec"], expected);
        }
    }

    #[test]
    fn texts_of_a_secret_are_sent_as_what_the_server_keeps() {
        for (written, sent) in [
            (
                json!({"kind": "Secret", "data": {"a": "MQ==", "b": "MQ=="}, "stringData": {"b": "2", "c": "ü"}}),
                json!({"kind": "Secret", "data": {"a": "MQ==", "b": "Mg==", "c": "w7w="}}),
            ),
            (json!({"kind": "Secret", "stringData": {"c": "3"}}), json!({"kind": "Secret", "data": {"c": "Mw=="}})),
            (json!({"kind": "Secret", "stringData": {}}), json!({"kind": "Secret"})),
            (json!({"kind": "Secret", "data": null, "stringData": null}), json!({"kind": "Secret", "data": null})),
            (
                json!({"kind": "ConfigMap", "stringData": {"c": "3"}}),
                json!({"kind": "ConfigMap", "stringData": {"c": "3"}}),
            ),
        ] {
            let mut found = written.clone();
            found["metadata"] = json!({"name": "a"});
            found["apiVersion"] = json!("v1");
            fold_string_data(&mut found);
            found.as_object_mut().unwrap().retain(|key, _| !matches!(key.as_str(), "metadata" | "apiVersion"));
            assert_eq!(found, sent, "{written}");
        }
    }
}
