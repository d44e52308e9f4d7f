//! Who owns which field: `metadata.managedFields` of a live object.
//!
//! Each field manager has an entry with a tree of the fields that it set last, in the form `FieldsV1`
//! (Kubernetes API, `meta/v1 ManagedFieldsEntry`; structured-merge-diff, `fieldpath/serialize.go`): `f:NAME` is a field,
//! `k:{…}` an item of a list with keys, `v:…` a member of a set, `i:N` an item by its place; a node without children is
//! a leaf, which stands for everything below it. So the tree itself says how lists merge, and no schema is needed.

mod leaf;
mod proof;
mod share;
mod written;

use serde_json::{Map, Value};

pub use proof::{Match, compare};
pub use share::Share;
pub use written::written;

/// What one manager owns of an object.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'o> {
    /// The manager, such as `kubectl-edit`.
    pub manager: &'o str,
    /// `Apply` or `Update`.
    pub operation: &'o str,
    /// The version of the API that the tree is about.
    pub api_version: &'o str,
    /// The subresource that was written, such as `status` or `scale`; empty for the object itself.
    pub subresource: &'o str,
    /// When it was written last (RFC 3339); empty where the server does not say.
    pub time: &'o str,
    /// The tree of fields.
    pub fields: &'o Map<String, Value>,
}

impl<'o> Entry<'o> {
    /// Returns whether the manager is a controller.
    pub fn is_controller(&self) -> bool {
        CONTROLLERS.iter().any(|word| self.manager.contains(word))
    }

    /// Returns the steps to each leaf of the tree.
    pub fn leaves(&self) -> Vec<Vec<Segment<'o>>> {
        let mut all = Vec::new();
        leaves(self.fields, &mut |steps| all.push(steps.to_vec()));
        all
    }
}

/// Returns the entries of an object, in the order of the server.
pub fn entries(object: &Value) -> impl Iterator<Item = Entry<'_>> {
    let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|entry| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        Some(Entry {
            manager: text("manager"),
            operation: text("operation"),
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: text("time"),
            fields: entry.get("fieldsV1")?.as_object()?,
        })
    })
}

/// Returns what a manager owns by server-side apply; a manager has at most one such entry for the object itself.
pub fn applied_by<'o>(object: &'o Value, manager: &str) -> Option<Entry<'o>> {
    entries(object).find(|entry| entry.manager == manager && entry.operation == "Apply" && entry.subresource.is_empty())
}

/// Words in the names of field managers that are controllers: what they write is their business and no drift.
const CONTROLLERS: [&str; 7] =
    ["controller", "operator", "autoscaler", "scheduler", "injector", "kubelet", "pilot-discovery"];

/// Who owns, in the server's words, what nobody is known to have written (apimachinery, `managedfields`, `buildManagerInfo`).
const NOBODY: &str = "before-first-apply";

/// Returns the entries of others, but for controllers, that were written since a manager's own apply.
///
/// Times are whole seconds, so that what was written in the same second counts. Where the manager has applied nothing,
/// there is no such time and nothing is returned. What is written to `status` is no wish of anybody; what is written to
/// `scale` is, of which the server notes no time.
pub fn written_since<'o>(object: &'o Value, manager: &'o str) -> impl Iterator<Item = Entry<'o>> {
    let since = applied_by(object, manager).map(|entry| entry.time);
    entries(object).filter(move |entry| {
        let is_late = since.is_some_and(|since| entry.time.is_empty() || entry.time >= since);
        let is_own = entry.manager == manager && entry.operation == "Apply";
        !is_own && !entry.is_controller() && entry.manager != NOBODY && entry.subresource != "status" && is_late
    })
}

/// Returns whether an apply has left an object as it was, but for what the server notes about the apply itself.
pub fn is_kept(before: &Value, after: &Value, manager: &str) -> bool {
    const NOTED: [&str; 3] = ["managedFields", "resourceVersion", "generation"];
    let owned = |object| applied_by(object, manager).map(|entry| (entry.api_version, entry.fields));
    let (Some(here), Some(there)) = (before.as_object(), after.as_object()) else { return false };
    let rest = |(key, value): &(&String, &Value)| *key != "metadata" && !value.is_null();
    let is_same = here.iter().filter(rest).eq(there.iter().filter(rest));
    let metadata = |object: &Value| object["metadata"].as_object().cloned().unwrap_or_default();
    let noted = |(key, _): &(String, Value)| !NOTED.contains(&key.as_str());
    is_same
        && metadata(before).into_iter().filter(noted).eq(metadata(after).into_iter().filter(noted))
        && owned(before).is_some()
        && owned(before) == owned(after)
}

/// One step from a value to a part of it, as the tree spells it.
#[derive(Debug, Clone, PartialEq)]
pub enum Segment<'t> {
    /// A field of an object.
    Field(&'t str),
    /// The item of a list that has these values in its key fields.
    Key(Map<String, Value>),
    /// The member of a set that has this value.
    Member(Value),
    /// The item at a place.
    Index(usize),
}

impl<'t> Segment<'t> {
    /// Reads one key of a tree; nothing for `.`, which says that the value itself is owned, and for what nobody knows.
    pub fn parse(key: &'t str) -> Option<Segment<'t>> {
        let (kind, rest) = key.split_once(':')?;
        match kind {
            "f" => Some(Segment::Field(rest)),
            "k" => serde_json::from_str(rest).ok().map(Segment::Key),
            "v" => serde_json::from_str(rest).ok().map(Segment::Member),
            "i" => rest.parse().ok().map(Segment::Index),
            _ => None,
        }
    }

    /// Returns the part of a value that the step leads to.
    pub fn follow<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Segment::Field(name) => value.get(name),
            Segment::Key(key) => value.as_array()?.iter().find(|item| has_key(item, key)),
            Segment::Member(member) => value.as_array()?.iter().find(|item| *item == member),
            Segment::Index(index) => value.get(index),
        }
    }
}

/// Returns whether an item of a list has a key's values; a field that it leaves out has its default, which the key shows.
fn has_key(item: &Value, key: &Map<String, Value>) -> bool {
    item.is_object() && key.iter().all(|(name, value)| item.get(name).is_none_or(|given| given == value))
}

/// Calls `leaf` for each leaf of a tree, with the steps that lead there.
pub fn leaves<'t>(fields: &'t Map<String, Value>, leaf: &mut impl FnMut(&[Segment<'t>])) {
    fn walk<'t>(fields: &'t Map<String, Value>, path: &mut Vec<Segment<'t>>, leaf: &mut impl FnMut(&[Segment<'t>])) {
        for (key, below) in fields {
            let Some(segment) = Segment::parse(key) else { continue };
            path.push(segment);
            match below.as_object() {
                Some(below) if below.keys().any(|key| key != ".") => walk(below, path, leaf),
                _ => leaf(path),
            }
            path.pop();
        }
    }
    walk(fields, &mut Vec::new(), leaf);
}

/// Returns whether a tree owns parts of what the steps lead to, one by one.
pub fn has_parts(fields: &Map<String, Value>, steps: &[Segment<'_>]) -> bool {
    let mut here = fields;
    for step in steps {
        let below = here.iter().find(|(key, _)| Segment::parse(key).as_ref() == Some(step));
        let Some(below) = below.and_then(|(_, below)| below.as_object()) else { return false };
        here = below;
    }
    here.keys().any(|key| key != ".")
}

/// Returns whether a tree owns the field at a JSON pointer, a part of it, or something that it is a part of.
///
/// Only names of fields lead on; that is enough for the fields that experiments patch.
pub fn touches(fields: &Map<String, Value>, pointer: &str) -> bool {
    let mut here = fields;
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        match here.get(&format!("f:{name}")).and_then(Value::as_object) {
            Some(below) if below.keys().any(|key| key != ".") => here = below,
            Some(_) => return true,
            None => return false,
        }
    }
    true
}

/// Returns whether a tree owns the value that some steps lead to, a part of it, or something that it is a part of.
pub fn owns(fields: &Map<String, Value>, steps: &[Segment<'_>]) -> bool {
    let mut here = fields;
    for step in steps {
        let node = here.iter().find(|(key, _)| Segment::parse(key).is_some_and(|segment| segment == *step));
        match node.and_then(|(_, below)| below.as_object()) {
            Some(below) if below.keys().any(|key| key != ".") => here = below,
            Some(_) => return true,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn leaves_are_found_with_the_steps_that_lead_to_them() {
        let tree = json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {
                "f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}},
                "f:finalizers": {"v:\"x\"": {}},
                "f:list": {"i:3": {}},
            },
        });
        let object = json!({
            "metadata": {"labels": {"app": "shop"}},
            "spec": {"containers": [{"name": "b"}, {"name": "a", "image": "i"}], "finalizers": ["y", "x"], "list": [0, 1, 2, 3]},
        });
        let mut found = Vec::new();
        leaves(tree.as_object().unwrap(), &mut |path| {
            let value = path.iter().try_fold(&object, |value, step| step.follow(value));
            found.push(value.cloned().unwrap());
        });
        assert_eq!(found, [json!("shop"), json!("i"), json!("x"), json!(3)]);
    }

    #[test]
    fn a_pointer_meets_a_tree_at_any_height() {
        let tree = json!({"f:spec": {"f:http": {}, "f:template": {"f:spec": {"f:x": {}}}}});
        let tree = tree.as_object().unwrap();
        for (pointer, expected) in [
            ("/spec/http", true),
            ("/spec/http/0/fault", true),
            ("/spec/template", true),
            ("/spec/replicas", false),
            ("/metadata", false),
        ] {
            assert_eq!(touches(tree, pointer), expected, "{pointer}");
        }
    }

    #[test]
    fn steps_meet_a_tree_at_any_height() {
        let tree = json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}}});
        let fields = tree.as_object().unwrap();
        let item = |name: &str| Segment::Key(json!({"name": name}).as_object().unwrap().clone());
        let steps =
            |last: &[Segment<'static>]| [&[Segment::Field("spec"), Segment::Field("containers")], last].concat();
        for (last, expected) in [
            (vec![], true),
            (vec![item("a")], true),
            (vec![item("a"), Segment::Field("image"), Segment::Field("x")], true),
            (vec![item("a"), Segment::Field("env")], false),
            (vec![item("b")], false),
        ] {
            assert_eq!(owns(fields, &steps(&last)), expected, "{last:?}");
        }
    }

    #[test]
    fn what_others_wrote_since_is_found() {
        let entry = |manager: &str, operation: &str, subresource: &str, time: &str| {
            json!({
                "manager": manager, "operation": operation, "subresource": subresource, "time": time, "fieldsV1": {},
            })
        };
        let object = json!({"metadata": {"managedFields": [
            entry("chaosc", "Apply", "", "2026-01-01T00:00:05Z"),
            entry("chaosc", "Update", "", "2026-01-01T00:00:09Z"),
            entry("kubectl-patch", "Update", "", "2026-01-01T00:00:05Z"),
            entry("kubectl-edit", "Update", "", "2026-01-01T00:00:04Z"),
            entry("kubectl-edit", "Update", "status", "2026-01-01T00:00:09Z"),
            entry("kubectl", "Update", "scale", ""),
            entry("kube-controller-manager", "Update", "", "2026-01-01T00:00:09Z"),
            entry("before-first-apply", "Update", "", "2026-01-01T00:00:09Z"),
        ]}});
        let found: Vec<(&str, &str)> =
            written_since(&object, "chaosc").map(|entry| (entry.manager, entry.operation)).collect();
        assert_eq!(found, [("chaosc", "Update"), ("kubectl-patch", "Update"), ("kubectl", "Update")]);
        assert_eq!(written_since(&object, "nobody").count(), 0);
    }

    #[test]
    fn entries_of_strange_objects_are_left_out() {
        for object in [
            json!({}),
            json!({"metadata": {"managedFields": 3}}),
            json!({"metadata": {"managedFields": [{}, null, {"fieldsV1": []}]}}),
        ] {
            assert_eq!(entries(&object).count(), 0, "{object}");
        }
    }
}
