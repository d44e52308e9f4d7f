//! Conflicts: fields that other managers own with other values, as the server tells them or as it would.

use serde_json::Value;

use super::change_set::FieldChange;
use super::drift;
use super::path::{Path, Step};
use crate::inventory::MANAGER;
use crate::kubernetes::{amount, managed_fields};

/// Returns the conflicts that the server would tell: the fields, spelled as it does, each with its manager.
///
/// They are what is desired and what others own, where the values differ (Kubernetes documentation, "Server-Side
/// Apply", "Conflicts").
pub(super) fn foreseen(live: &Value, desired: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let is_other = |entry: &managed_fields::Entry<'_>| entry.manager != MANAGER || entry.operation != "Apply";
    let ours = managed_fields::applied_by(live, MANAGER).map(|entry| entry.fields);
    for entry in managed_fields::entries(live).filter(is_other) {
        managed_fields::leaves(entry.fields, &mut |segments| {
            // Who has lost all fields of a map still owns the map, and nothing that is in it.
            if ours.is_some_and(|ours| managed_fields::has_parts(ours, segments)) {
                return;
            }
            let values = drift::follow(segments, live).zip(drift::follow(segments, desired));
            if values.is_some_and(|(here, wanted)| !amount::is_same(segments, here, wanted))
                && let Some(path) = drift::path(segments, live)
            {
                found.push((server_spelling(&path), entry.manager.to_owned()));
            }
        });
    }
    found
}

/// Spells a path as the API server does in a conflict (structured-merge-diff, `fieldpath.Path.String`).
pub(super) fn server_spelling(path: &Path) -> String {
    let mut text = String::new();
    for step in &path.0 {
        match step {
            Step::Field(name) => text.push_str(&format!(".{name}")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Key { key } => {
                let pairs: Vec<String> = key.iter().map(|(name, value)| format!("{name}={value}")).collect();
                text.push_str(&format!("[{}]", pairs.join(",")));
            }
        }
    }
    text
}

/// Returns whether a field is another one or stands around it, both spelled by the server.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Returns a conflict's field as the other fields are spelled, where it is one of them or around one.
pub(super) fn own_spelling(field: &str, fields: &[(Path, FieldChange)]) -> String {
    let upwards = |path: &Path| (1..=path.0.len()).rev().map(|end| Path(path.0[..end].to_vec())).collect::<Vec<_>>();
    let mut all = fields.iter().flat_map(|(path, _)| upwards(path));
    let same = all.find(|path| server_spelling(path) == field);
    same.map_or_else(|| field.trim_start_matches('.').to_owned(), |path| path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_in_conflict_is_spelled_as_what_differs_in_it() {
        let key = vec![("name".to_owned(), json!("db"))];
        let path =
            Path(vec![Step::Field("containers".into()), Step::Key { key }, Step::Field("args".into()), Step::Index(1)]);
        let change =
            FieldChange { path: path.to_string(), before: None, after: None, cause: super::super::Cause::Bundle };
        let spelled = |field| own_spelling(field, &[(path.clone(), change.clone())]);
        assert_eq!(spelled(".containers[name=\"db\"].args"), "containers[name=db].args");
        assert_eq!(spelled(".containers[name=\"web\"].args"), "containers[name=\"web\"].args");
    }

    #[test]
    fn what_others_own_with_another_value_is_a_conflict() {
        let entry = |manager: &str, operation: &str, fields: Value| json!({"manager": manager, "operation": operation, "fieldsV1": fields});
        let container = |field: &str| json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {(field): {}}}}});
        let live = json!({
            "metadata": {"managedFields": [
                entry("chaosc", "Apply", json!({"f:spec": {"f:paused": {}}})),
                entry("kubectl-edit", "Update", container("f:image")),
                entry("mesh", "Update", container("f:env")),
                entry("same", "Update", json!({"f:spec": {"f:replicas": {}}})),
                entry("unasked", "Update", json!({"f:spec": {"f:suspend": {}}})),
            ]},
            "spec": {"paused": true, "replicas": 2, "suspend": true, "containers": [{"name": "a", "image": "2", "env": []}]},
        });
        let desired = json!({"spec": {"paused": false, "replicas": 2, "containers": [{"name": "a", "image": "1"}]}});
        // A map of which we own a part is not one that is owned as a whole.
        let mut parts = live.clone();
        for (manager, field) in [("chaosc", "f:own"), ("kubectl-create", "")] {
            let fields = if field.is_empty() { json!({}) } else { json!({(field): {}}) };
            let operation = if manager == "chaosc" { "Apply" } else { "Update" };
            parts["metadata"]["managedFields"].as_array_mut().unwrap().push(entry(
                manager,
                operation,
                json!({"f:data": fields}),
            ));
        }
        parts["data"] = json!({"own": "1"});
        parts["metadata"]["managedFields"].as_array_mut().unwrap().remove(0);
        assert_eq!(foreseen(&parts, &json!({"data": {"own": "2"}})), []);

        let expected = [(r#".spec.containers[name="a"].image"#.to_owned(), "kubectl-edit".to_owned())];
        assert_eq!(foreseen(&live, &desired), expected);
    }
}
