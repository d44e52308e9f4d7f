//! Fields that others own with other values: the row names them, and takes them only if it is told to.

use std::collections::BTreeSet;

use chaosc::diff::{Cause, Verdict};
use chaosc::snapshot::Wishes;
use serde_json::json;

use crate::judge::{assert_agreed, kubectl_diff};
use crate::lab::{Lab, assert_nothing, row, rows};

#[test]
fn a_conflict_names_the_other_managers_and_their_fields() {
    let lab = Lab::new("conflict");
    lab.apply();
    lab.kubectl(&["scale", "deployment/shop", "--replicas=5"]);
    lab.kubectl(&["set", "image", "deployment/shop", "shop=registry.example/shop:9"]);
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"color":"red"}}"#]);
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop", "namespace": lab.namespace},
        "spec": {"selector": {"app": "other"}, "ports": [{"port": 80, "name": "http"}]},
    });
    lab.apply_text(&service.to_string(), "mesh");

    let expected = [
        ("ConfigMap/settings", vec![("data.color", "kubectl-patch")]),
        ("Service/shop", vec![("spec.selector", "mesh")]),
        (
            "Deployment/shop",
            vec![("spec.replicas", "kubectl"), ("spec.template.spec.containers[name=shop].image", "kubectl-set")],
        ),
    ];
    let changes = lab.diff();
    assert_eq!(rows(&changes), expected.iter().map(|(id, _)| format!("conflict {id}")).collect::<Vec<_>>());
    assert_eq!(changes.verdict(), Verdict::Changes);
    for (id, conflicts) in &expected {
        let row = row(&changes, id);
        let found: Vec<(&str, &str)> =
            row.conflicts.iter().map(|one| (one.path.as_str(), one.manager.as_str())).collect();
        assert_eq!(found, *conflicts, "{id}");
        for (_, manager) in conflicts {
            assert!(row.reasons.concat().contains(&format!("`{manager}`")), "{:?}", row.reasons);
        }
        assert!(row.hints.concat().contains("--force-conflicts"), "{:?}", row.hints);
    }
    assert!(changes.drift.iter().all(|one| !one.is_restored), "{:#?}", changes.drift);
    let drifted: BTreeSet<(&str, Option<&str>)> =
        changes.drift.iter().map(|one| (one.path.as_str(), one.manager.as_deref())).collect();
    assert_eq!(drifted, expected.iter().flat_map(|(_, all)| all).map(|(path, who)| (*path, Some(*who))).collect());
    assert_eq!(changes.drift.len(), drifted.len());
    let refusal = kubectl_diff(&lab, &[]).unwrap_err();
    assert!(refusal.contains("conflict"), "{refusal}");

    // Taken, field by field.
    let changes = lab.diff_with(Wishes { force_conflicts: true, ..Wishes::default() });
    assert_eq!(rows(&changes), expected.iter().map(|(id, _)| format!("update {id}")).collect::<Vec<_>>());
    for (id, conflicts) in &expected {
        for field in &row(&changes, id).fields {
            let from = conflicts.iter().find(|(path, _)| field.path.starts_with(path)).unwrap().1.to_owned();
            assert_eq!(field.cause, Cause::Taken { from }, "{id} {}", field.path);
        }
    }
    assert!(changes.drift.iter().all(|one| one.is_restored), "{:#?}", changes.drift);
    assert_agreed(&lab, &changes, &["--force-conflicts"]);
    lab.apply();
    assert_nothing(&lab.diff());
    assert_eq!(lab.diff().drift, []);
}
