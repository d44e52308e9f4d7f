//! Whose an object is: what belongs to somebody else is not taken over in silence.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::inventory;
use crate::kubernetes::managed_fields;
use crate::snapshot::Snapshot;

/// Says whose an object is, if it is not this bundle's; a sentence without a full stop, and the next step.
pub(super) fn foreign(snapshot: &Snapshot, live: &Value) -> Option<(String, String)> {
    let metadata = &live["metadata"];
    let label = |key: &str| metadata["labels"][key].as_str();
    let annotation = |key: &str| metadata["annotations"][key].as_str();
    let set = label(inventory::PART_OF);
    if set == Some(&snapshot.set) {
        return None;
    }
    let adopt = |tool: &str| format!("take it out of {tool} first; `--adopt` takes it over, so that both write it");
    if let Some(release) = annotation("meta.helm.sh/release-name") {
        let namespace = annotation("meta.helm.sh/release-namespace").unwrap_or_default();
        return Some((
            format!("it belongs to the Helm release `{release}` in namespace `{namespace}`"),
            adopt("the release"),
        ));
    }
    if let Some(id) = annotation("argocd.argoproj.io/tracking-id") {
        let app = id.split(':').next().unwrap_or(id);
        return Some((format!("it belongs to the Argo CD application `{app}`"), adopt("the application")));
    }
    for (key, tool) in [
        ("argocd.argoproj.io/instance", "Argo CD application"),
        ("kustomize.toolkit.fluxcd.io/name", "Flux Kustomization"),
        ("helm.toolkit.fluxcd.io/name", "Flux HelmRelease"),
    ] {
        if let Some(name) = label(key) {
            return Some((format!("it belongs to the {tool} `{name}`"), adopt(&format!("the {tool}"))));
        }
    }
    set.map(|set| {
        let bundle =
            label("app.kubernetes.io/instance").filter(|_| label("app.kubernetes.io/managed-by") == Some("chaosc"));
        let whose = bundle
            .map_or_else(|| format!("the set `{set}`"), |bundle| format!("the bundle of `{bundle}`, set `{set}`"));
        let find = format!("`kubectl get configmaps,secrets -A -l {}={set}` finds it", inventory::ID);
        (format!("it belongs to {whose}"), format!("{}; {find}", adopt("that set")))
    })
}

/// Says who has made an object that would have to be deleted and made anew, if it was somebody else.
///
/// Fields of such an object can be shared; the object cannot.
pub(super) fn stranger(live: &Value) -> Option<(String, String)> {
    let is_member = !live["metadata"]["labels"][inventory::PART_OF].is_null();
    if is_member || managed_fields::applied_by(live, inventory::MANAGER).is_some() {
        return None;
    }
    let managers: BTreeSet<String> = managed_fields::entries(live)
        .filter(|entry| entry.subresource.is_empty())
        .map(|entry| format!("`{}`", entry.manager))
        .collect();
    let by = if managers.is_empty() {
        String::new()
    } else {
        format!(", by {}", managers.into_iter().collect::<Vec<_>>().join(", "))
    };
    let hint = "give the object of the bundle another name; `--adopt` deletes theirs and makes ours";
    Some((format!("somebody else has made it{by}"), hint.to_owned()))
}

/// Says why the inventory, and so every object of the set, is somebody else's: another tool or another repository.
pub(super) fn foreign_inventory(snapshot: &Snapshot, desired: &Value) -> Option<(String, String)> {
    let live = snapshot.inventory.as_ref()?;
    let is_parent = !live["metadata"]["labels"][inventory::ID].is_null();
    if !is_parent {
        return foreign(snapshot, live);
    }
    let recorded = inventory::recorded(live);
    let tool = recorded.tooling.split('/').next().unwrap_or_default();
    if tool != inventory::MANAGER {
        let hint = "another name in chaos.toml gives a set of its own; `--adopt` takes this one over";
        return Some((
            format!("the inventory `{}` is kept by `{tool}`", inventory::name(&snapshot.bundle)),
            hint.to_owned(),
        ));
    }
    let ours = inventory::recorded(desired).source?;
    let theirs = recorded.source.filter(|theirs| *theirs != ours)?;
    Some((
        format!("the bundle `{}` here was applied from `{theirs}`, and this one is from `{ours}`", snapshot.bundle),
        "where the repository has moved, `--adopt` takes the bundle over; otherwise give one of the two another name"
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn foreign_objects_are_recognised() {
        let snapshot = Snapshot { set: "ours".to_owned(), ..Snapshot::default() };
        for (metadata, expected) in [
            (
                json!({"labels": {(inventory::PART_OF): "ours"}, "annotations": {"meta.helm.sh/release-name": "x"}}),
                None,
            ),
            (json!({"labels": {(inventory::PART_OF): "other"}}), Some("it belongs to the set `other`")),
            (
                json!({"annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "a"}}),
                Some("it belongs to the Helm release `shop` in namespace `a`"),
            ),
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:a/b"}}),
                Some("it belongs to the Argo CD application `shop`"),
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}),
                Some("it belongs to the Flux Kustomization `shop`"),
            ),
            (json!({"labels": {"app": "x"}}), None),
        ] {
            let found = foreign(&snapshot, &json!({"metadata": metadata})).map(|(whose, _)| whose);
            assert_eq!(found.as_deref(), expected, "{metadata}");
        }
    }

    #[test]
    fn a_bundle_of_the_same_name_from_elsewhere_is_recognised() {
        let parent = |source: Option<&str>| inventory::parent("shop", "shop", source, &[]);
        for (live, ours, is_foreign) in [
            (Some("forge.example/a/b:chaos.toml"), Some("forge.example/a/b:chaos.toml"), false),
            (Some("forge.example/a/b:chaos.toml"), Some("forge.example/a/c:chaos.toml"), true),
            (None, Some("forge.example/a/c:chaos.toml"), false),
            (Some("forge.example/a/b:chaos.toml"), None, false),
        ] {
            let snapshot = Snapshot { inventory: Some(parent(live)), ..Snapshot::default() };
            assert_eq!(foreign_inventory(&snapshot, &parent(ours)).is_some(), is_foreign);
        }
        let mut other = parent(None);
        other["metadata"]["annotations"][inventory::TOOLING] = json!("kubectl/v1.35");
        let snapshot = Snapshot { inventory: Some(other), ..Snapshot::default() };
        assert!(foreign_inventory(&snapshot, &parent(None)).is_some());
    }
}
