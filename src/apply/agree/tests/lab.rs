//! A bundle in a cluster that is made up, and what may happen to it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::apply::agree::gone::{Leftover, unaccounted};
use crate::apply::agree::{Agreement, agree};
use crate::apply::changes_file::ChangesFile;
use crate::apply::changes_file::error::Refusal;
use crate::apply::changes_file::key::Key;
use crate::apply::changes_file::row::Row;
use crate::cluster::Identity;
use crate::diff::change_set::Origin;
use crate::diff::diff;
use crate::inventory;
use crate::kubernetes::ObjectId;
use crate::observe::desired;
use crate::snapshot::{ApplyAnswer, Observed, Snapshot};

/// A bundle with one object of each fate: `new` is to be made, `changed` to be changed, `same` is the same, `left` goes.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) snapshot: Snapshot,
}

/// A ConfigMap; with a uid as the cluster has it.
pub(super) fn config_map(name: &str, value: &str, uid: Option<&str>) -> Value {
    let set = inventory::id("shop", "shop");
    let mut object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop", "labels": {(inventory::PART_OF): set}},
        "data": {"a": value},
    });
    if let Some(uid) = uid {
        object["metadata"]["uid"] = uid.into();
        object["metadata"]["managedFields"] = json!([{
            "manager": "chaosc", "operation": "Apply", "apiVersion": "v1", "time": "2026-01-01T00:00:05Z",
            "fieldsV1": {"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {(format!("f:{}", inventory::PART_OF)): {}}}},
        }]);
    }
    object
}

/// Says that somebody has written the data of an object, or another part of it.
pub(super) fn touch(object: &mut Value, manager: &str, subresource: &str, fields: &Value) {
    object["metadata"]["managedFields"].as_array_mut().unwrap().push(json!({
        "manager": manager, "operation": "Update", "apiVersion": "v1", "time": "2026-01-01T00:00:09Z",
        "subresource": subresource, "fieldsV1": fields,
    }));
}

pub(super) fn observed(object: Value, live: Option<Value>) -> Observed {
    let id = ObjectId::of(&object).unwrap();
    let answer = match &live {
        _ if object["metadata"]["name"] == "same" => ApplyAnswer::Same,
        Some(live) => {
            let mut merged = live.clone();
            merged["data"] = object["data"].clone();
            ApplyAnswer::Merged { object: merged, conflicts: Vec::new() }
        }
        None => ApplyAnswer::Merged {
            object: config_map(&id.name, object["data"]["a"].as_str().unwrap(), Some("dry")),
            conflicts: Vec::new(),
        },
    };
    Observed {
        origin: Some(Origin { file: "app.yaml".to_owned(), pointer: String::new(), line: 1 }),
        plural: Some("configmaps".to_owned()),
        inputs: desired::content(&id, &object),
        content: desired::content(&id, &object),
        id,
        desired: object,
        is_scaled: false,
        live,
        answer,
    }
}

impl Lab {
    pub(crate) fn new() -> Lab {
        let parent = inventory::parent("shop", "shop", None, &[]);
        let snapshot = Snapshot {
            bundle: "shop".to_owned(),
            namespace: "shop".to_owned(),
            source: None,
            set: inventory::id("shop", "shop"),
            objects: vec![
                observed(config_map("new", "new-value", None), None),
                observed(
                    config_map("changed", "new-value", None),
                    Some(config_map("changed", "old-value", Some("uid-changed"))),
                ),
                observed(config_map("same", "a", None), None),
                Observed {
                    origin: None,
                    ..observed(parent, Some(config_map("shop-chaos", "old-value", Some("uid-parent"))))
                },
            ],
            stale: vec![config_map("left", "left-value", Some("uid-left"))],
            ..Snapshot::default()
        };
        Lab { snapshot }
    }

    pub(crate) fn record(&self) -> ChangesFile {
        let cluster = Identity::KubeSystem("the-cluster".to_owned());
        ChangesFile::record(Key::random().unwrap(), cluster, &self.snapshot, &diff(&self.snapshot), false)
    }

    pub(super) fn agree(&self, file: &ChangesFile, leftover: &Leftover) -> Result<Agreement, Vec<String>> {
        let changes = diff(&self.snapshot);
        let leftovers: BTreeMap<&ObjectId, Leftover> =
            unaccounted(file, &self.snapshot, &changes).into_iter().map(|row| (&row.id, leftover.clone())).collect();
        agree(file, &self.snapshot, &changes, &leftovers).map_err(texts)
    }

    pub(super) fn object(&mut self, name: &str) -> &mut Observed {
        self.snapshot.objects.iter_mut().find(|object| object.id.name == name).unwrap()
    }

    /// Somebody changes the live object; the server's answer follows.
    pub(super) fn edit(&mut self, name: &str, edit: impl FnOnce(&mut Value)) {
        let object = self.object(name);
        edit(object.live.as_mut().unwrap());
        *object = Observed { is_scaled: object.is_scaled, ..observed(object.desired.clone(), object.live.clone()) };
    }

    /// The object is as chaos.toml has it.
    pub(super) fn settle(&mut self, name: &str) {
        let object = self.object(name);
        (object.answer, object.live) = (ApplyAnswer::Same, None);
        object.desired = Value::Null;
    }

    /// chaos.toml has another value for the object.
    pub(super) fn rewrite(&mut self, name: &str, value: &str) {
        let live = self.object(name).live.clone();
        *self.object(name) = observed(config_map(name, value, None), live);
    }
}

pub(crate) fn row<'f>(file: &'f ChangesFile, name: &str) -> &'f Row {
    file.rows.iter().find(|row| row.id.name == name).unwrap()
}

pub(super) fn texts(refusals: Vec<Refusal>) -> Vec<String> {
    refusals.into_iter().map(|refusal| format!("{}: {}", refusal.id.name, refusal.reason)).collect()
}
