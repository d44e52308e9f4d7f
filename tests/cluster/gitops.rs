//! `out/` as Argo CD and Flux take it: as a kustomization, by server-side apply, again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::lab::kubectl_with;
use crate::reads::example;

/// The field manager of Argo CD's server-side apply.
const MANAGER: &str = "argocd-controller";

#[test]
fn a_folder_that_is_applied_twice_changes_nothing() {
    let lab = example("gitops");
    let (code, _, err) = lab.chaosc(&["render"]);
    assert_eq!(code, 0, "{err}");
    let out = lab.folder.path().join("out");
    let apply = || {
        let folder = out.to_str().unwrap();
        kubectl_with(&["apply", "-k", folder, "--server-side", "--field-manager", MANAGER, "-o", "name"], "")
    };
    let names = apply();
    // What a write of theirs leaves is the time in their entry; controllers write to the objects at any time.
    let entries = || -> BTreeMap<String, Value> {
        let read = |name: &str| {
            let object = kubectl_with(&["get", name, "-n", &lab.namespace, "-o", "json", "--show-managed-fields"], "");
            let object: Value = serde_json::from_str(&object).unwrap();
            let entries = object["metadata"]["managedFields"].as_array().unwrap();
            let theirs: Vec<&Value> = entries.iter().filter(|entry| entry["manager"] == MANAGER).collect();
            assert_eq!(theirs.len(), 1, "{name}");
            (name.to_owned(), theirs[0].clone())
        };
        names.lines().map(read).collect()
    };
    let before = entries();
    assert_eq!(before.len(), lab.desired().0.len() - 1, "everything but the inventory:\n{names}");
    // Times are whole seconds.
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(apply(), names);
    assert_eq!(entries(), before);
}
