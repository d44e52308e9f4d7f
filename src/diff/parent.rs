//! The inventory's own row: what it is, and whether only a newer chaosc writes it in another way.

use serde_json::Value;

use super::change_set::{Action, Change};
use crate::inventory::{self, OBJECTS, TOOLING};
use crate::snapshot::Snapshot;

/// Says what the inventory's row is.
pub(super) fn tell(changes: &mut [Change], snapshot: &Snapshot) {
    let name = inventory::name(&snapshot.bundle);
    let is_parent =
        |change: &Change| change.id.kind == "ConfigMap" && change.id.name == name && change.origin.is_none();
    let Some(at) = changes.iter().position(is_parent) else { return };
    if changes[at].action == Action::Delete {
        return;
    }
    let mut others = changes.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, change)| change);
    let is_only_newer = others.all(|change| change.from_newer_chaosc) && is_rewritten(&changes[at], changes.len() > 1);
    let change = &mut changes[at];
    change.reasons.push("the inventory: which objects belong to the bundle".to_owned());
    change.from_newer_chaosc = is_only_newer;
}

/// Says that the inventory is gone although objects of the bundle are there: what the bundle no longer has is not found then.
pub(super) fn lost(snapshot: &Snapshot) -> Option<String> {
    let is_member = |object: &Value| object["metadata"]["labels"][inventory::PART_OF] == snapshot.set.as_str();
    let is_lost =
        snapshot.inventory.is_none() && snapshot.compared.against.is_none() && snapshot.present().any(is_member);
    let name = inventory::name(&snapshot.bundle);
    is_lost.then(|| {
        format!(
            "the inventory `{name}` is gone: of kinds that the bundle no longer has, nothing is found and deleted; \
             `kubectl api-resources --verbs=list -o name | xargs -n 1 kubectl get -A -l {}={} -o name` finds it",
            inventory::PART_OF,
            snapshot.set
        )
    })
}

/// Returns whether a newer chaosc explains all that differs: its version, and hashes of the objects as it renders them. What
/// the authors wrote has hashes of its own.
fn is_rewritten(change: &Change, with_objects: bool) -> bool {
    let (Some(before), Some(after), Action::Update) = (&change.before, &change.after, change.action) else {
        return false;
    };
    let rest = |object: &Value| {
        let mut object = object.clone();
        for (place, key) in [("/metadata/annotations", TOOLING), ("/data", OBJECTS)] {
            object.pointer_mut(place).and_then(Value::as_object_mut).map(|values| values.remove(key));
        }
        object
    };
    let tooling = |object: &Value| object["metadata"]["annotations"][TOOLING].clone();
    rest(before) == rest(after) && (with_objects || tooling(before) != tooling(after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::diff;
    use crate::inventory::{ID, SOURCE};
    use crate::kubernetes::ObjectId;
    use crate::snapshot::{ApplyAnswer, Observed, Wishes};
    use serde_json::json;

    fn parent(inputs: &str, objects: &str) -> Value {
        let mut parent = inventory::parent("shop", "shop", Some("forge.example/a/b:chaos.toml"), &[]);
        parent["data"] = json!({"inputs": inputs, "objects": objects});
        parent
    }

    fn config_map(name: &str, value: &str) -> Value {
        let labels = json!({(inventory::PART_OF): inventory::id("shop", "shop")});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop", "labels": labels}, "data": {"a": value}})
    }

    fn observed(desired: Value, live: Value, hashes: Option<(&str, &str)>) -> Observed {
        let (inputs, content) = hashes.unwrap_or_default();
        let origin = super::super::Origin { file: "app.yaml".to_owned(), pointer: String::new(), line: 1 };
        Observed {
            id: ObjectId::of(&desired).unwrap(),
            origin: Some(origin).filter(|_| hashes.is_some()),
            plural: Some("configmaps".to_owned()),
            inputs: inputs.to_owned(),
            content: content.to_owned(),
            is_scaled: false,
            live: Some(live),
            answer: ApplyAnswer::Merged { object: desired.clone(), conflicts: Vec::new() },
            desired,
        }
    }

    /// Returns a bundle of one object, as the last apply left both and as they are to be.
    fn snapshot(before: Value, after: Value, object: (&str, &str)) -> Snapshot {
        Snapshot {
            bundle: "shop".to_owned(),
            namespace: "shop".to_owned(),
            set: inventory::id("shop", "shop"),
            inventory: Some(before.clone()),
            objects: vec![
                observed(after, before, None),
                observed(config_map("web", "new"), config_map("web", "old"), Some(object)),
            ],
            ..Snapshot::default()
        }
    }

    fn is_newer(snapshot: &Snapshot) -> bool {
        let changes = diff(snapshot);
        let row = changes.changes.iter().find(|change| change.id.name == "shop-chaos").expect("its row");
        row.from_newer_chaosc
    }

    #[test]
    fn what_only_a_newer_chaosc_changes_is_told_as_that() {
        assert!(is_newer(&snapshot(parent("i", "o1"), parent("i", "o2"), ("i", "o2"))));
        let mut older = parent("i", "o1");
        older["metadata"]["annotations"][TOOLING] = json!("chaosc/0.0.1");
        assert!(is_newer(&snapshot(older.clone(), parent("i", "o2"), ("i", "o2"))));
        let mut alone = snapshot(older, parent("i", "o1"), ("i", "o1"));
        alone.objects.pop();
        assert!(is_newer(&alone), "its version alone");
    }

    #[test]
    fn a_lost_inventory_is_told_where_objects_of_the_bundle_are() {
        let mut lost = snapshot(parent("i", "o"), parent("i", "o"), ("i", "o"));
        assert_eq!(super::lost(&lost), None, "it is there");
        lost.inventory = None;
        assert!(super::lost(&lost).is_some_and(|note| note.contains("the inventory `shop-chaos` is gone")));
        lost.set = "applyset-another-v1".to_owned();
        assert_eq!(super::lost(&lost), None, "nothing of this bundle is there");
    }

    #[test]
    fn what_somebody_did_is_not_of_a_newer_chaosc() {
        let with = |object: &Value, place: &str, value: Value| {
            let mut object = object.clone();
            *object.pointer_mut(place).expect("it is there") = value;
            object
        };
        let (before, after) = (parent("i", "o1"), parent("i", "o2"));
        let wishes = Wishes { adopt: true, ..Wishes::default() };
        let labels = json!({"app.kubernetes.io/name": "chaosc"});
        let unlabelled = with(&before, "/metadata/labels", labels);
        let id = format!("/metadata/labels/{}", ID.replace('/', "~1"));
        let source = format!("/metadata/annotations/{}", SOURCE.replace('/', "~1"));
        let mut deleted = snapshot(parent("i j", "o1"), parent("i", "o1"), ("i", "o1"));
        deleted.objects.pop();
        deleted.stale = vec![config_map("gone", "a")];
        let mut touched = snapshot(with(&before, "/data/objects", json!("x")), before.clone(), ("i", "o1"));
        touched.objects.pop();
        for (what, snapshot) in [
            ("an object was taken out", deleted),
            ("an object is an author's", snapshot(before.clone(), parent("k", "o2"), ("k", "o2"))),
            ("labels were taken away", snapshot(unlabelled, after.clone(), ("i", "o2"))),
            ("the id was taken away", snapshot(with(&before, &id, json!("x")), after.clone(), ("i", "o2"))),
            ("another repository", snapshot(with(&before, &source, json!("a/b:c")), after.clone(), ("i", "o2"))),
            ("hashes were written by hand", touched),
        ] {
            assert!(!is_newer(&Snapshot { wishes: wishes.clone(), ..snapshot }), "{what}");
        }
    }

    #[test]
    fn a_namesake_of_the_inventory_is_refused_with_all_that_needs_it() {
        let mut theirs = config_map("shop-chaos", "b");
        theirs["metadata"]["labels"] = Value::Null;
        theirs["metadata"]["managedFields"] = json!([
            {"manager": "kubectl-create", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {}}}
        ]);
        let mut snapshot = Snapshot { inventory: None, ..snapshot(theirs, parent("i", "o"), ("i", "o")) };
        let changes = diff(&snapshot).changes;
        assert!(changes.iter().all(|change| change.action == Action::Refused), "{changes:?}");
        let whose = "the inventory would be the ConfigMap `shop-chaos`: somebody else has made it, by `kubectl-create`";
        assert_eq!(changes[0].reasons[0], whose);
        assert!(changes[0].hints[0].contains("`--adopt`"));
        snapshot.wishes.adopt = true;
        let changes = diff(&snapshot).changes;
        assert!(
            changes.iter().all(|change| change.action == Action::Update && !change.from_newer_chaosc),
            "{changes:?}"
        );
        // A delete has nothing to do with it.
        snapshot.objects.clear();
        snapshot.stale = vec![config_map("web", "old")];
        snapshot.wishes.adopt = false;
        let changes = diff(&snapshot).changes;
        assert_eq!(
            changes.iter().map(|change| (change.id.name.as_str(), change.action)).collect::<Vec<_>>(),
            [("web", Action::Delete)]
        );
    }
}
