//! Whose an object is: what belongs to somebody else is not taken over in silence.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::inventory;
use crate::kubernetes::managed_fields;
use crate::plan::naming;
use crate::snapshot::Snapshot;

/// The label that says which tool manages an object (Kubernetes documentation, "Recommended Labels").
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// What another tool says of an object that it keeps.
struct Claim {
    /// A sentence without a full stop.
    whose: String,
    /// What the object would have to be taken out of.
    of: String,
}

/// Says whose an object is, if it is not this bundle's; a sentence without a full stop, and the next step.
pub(super) fn foreign(snapshot: &Snapshot, live: &Value) -> Option<(String, String)> {
    let label = |key: &str| live["metadata"]["labels"][key].as_str();
    let set = label(inventory::PART_OF);
    if set == Some(&snapshot.set) {
        return None;
    }
    let adopt = |of: &str| format!("take it out of {of} first; `--adopt` takes it over, so that both write it");
    if let Some(Claim { whose, of }) = helms(live).or_else(|| of_git_ops(&snapshot.bundle, live)) {
        return Some((whose, adopt(&of)));
    }
    set.map(|set| {
        let bundle = label("app.kubernetes.io/instance").filter(|_| label(MANAGED_BY) == Some(inventory::MANAGER));
        let whose = bundle
            .map_or_else(|| format!("the set `{set}`"), |bundle| format!("the bundle of `{bundle}`, set `{set}`"));
        let find = format!("`kubectl get configmaps,secrets -A -l {}={set}` finds it", inventory::ID);
        (format!("it belongs to {whose}"), format!("{}; {find}", adopt("that set")))
    })
}

/// Says which tool has taken over an object that still carries the label of this bundle's set; a sentence without a full stop.
pub(super) fn taken_over(bundle: &str, live: &Value) -> Option<String> {
    // Helm writes the label into whatever it takes, so that one with our value was taken back since.
    let is_ours_again = live["metadata"]["labels"][MANAGED_BY] == inventory::MANAGER;
    let claim = helms(live).filter(|_| !is_ours_again).or_else(|| of_git_ops(bundle, live));
    claim.map(|claim| claim.whose)
}

fn helms(live: &Value) -> Option<Claim> {
    let annotation = |key: &str| live["metadata"]["annotations"][key].as_str();
    let release = annotation("meta.helm.sh/release-name")?;
    let namespace = annotation("meta.helm.sh/release-namespace").unwrap_or_default();
    let whose = format!("it belongs to the Helm release `{release}` in namespace `{namespace}`");
    Some(Claim { whose, of: "the release".to_owned() })
}

fn of_git_ops(bundle: &str, live: &Value) -> Option<Claim> {
    let metadata = &live["metadata"];
    let tracked = metadata["annotations"]["argocd.argoproj.io/tracking-id"].as_str();
    let tracked = tracked.map(|id| id.split(':').next().unwrap_or(id));
    if let Some(app) = tracked.or_else(|| tracked_by_label(bundle, live)) {
        let whose = format!("it belongs to the Argo CD application `{app}`");
        return Some(Claim { whose, of: "the application".to_owned() });
    }
    [
        ("argocd.argoproj.io/instance", "Argo CD application"),
        ("kustomize.toolkit.fluxcd.io/name", "Flux Kustomization"),
        ("helm.toolkit.fluxcd.io/name", "Flux HelmRelease"),
    ]
    .into_iter()
    .find_map(|(key, tool)| {
        let name = metadata["labels"][key].as_str()?;
        Some(Claim { whose: format!("it belongs to the {tool} `{name}`"), of: format!("the {tool}") })
    })
}

/// Returns the Argo CD application that an object belongs to by a label that others use, too, as was the default before
/// version 3 (Argo CD documentation, "Resource Tracking"): who has written the object tells whose the label is.
fn tracked_by_label<'o>(bundle: &str, live: &'o Value) -> Option<&'o str> {
    const MANAGERS: [&str; 2] = ["argocd-controller", "argocd-application-controller"];
    let app = live["metadata"]["labels"]["app.kubernetes.io/instance"].as_str()?;
    let is_written = managed_fields::entries(live).any(|entry| MANAGERS.contains(&entry.manager));
    (is_written && app != naming::instance(bundle)).then_some(app)
}

/// Says who has made an object that would have to be deleted and made anew, if it was somebody else.
///
/// Fields of such an object can be shared; the object cannot.
pub(super) fn stranger(live: &Value) -> Option<(String, String)> {
    let is_member = !live["metadata"]["labels"][inventory::PART_OF].is_null();
    if is_member || managed_fields::applied_by(live, inventory::MANAGER).is_some() {
        return None;
    }
    let by = by(live);
    let hint = "give the object of the bundle another name; `--adopt` deletes theirs and makes ours";
    Some((format!("somebody else has made it{by}"), hint.to_owned()))
}

/// Says by which field managers somebody else has written an object, after a comma.
fn by(live: &Value) -> String {
    let managers: BTreeSet<String> = managed_fields::entries(live)
        .filter(|entry| entry.subresource.is_empty())
        .map(|entry| format!("`{}`", entry.manager))
        .collect();
    if managers.is_empty() {
        return String::new();
    }
    format!(", by {}", managers.into_iter().collect::<Vec<_>>().join(", "))
}

/// Says why the inventory, and so every object of the set, is somebody else's: another tool, another repository, or somebody
/// who happened to take its name.
pub(super) fn foreign_inventory(snapshot: &Snapshot) -> Option<(String, String)> {
    let desired = snapshot.objects.iter().find(|object| object.origin.is_none());
    let Some(live) = &snapshot.inventory else {
        let live = desired?.live.as_ref().filter(|live| !inventory::is_one(live))?;
        return foreign(snapshot, live).or_else(|| Some(namesake(snapshot, live)));
    };
    let is_marked = !live["metadata"]["labels"][inventory::ID].is_null();
    let recorded = inventory::recorded(live);
    let tool = recorded.tooling.split('/').next().unwrap_or_default();
    if let Some(foreign) = foreign(snapshot, live).filter(|_| !is_marked) {
        return Some(foreign);
    }
    if !tool.is_empty() && tool != inventory::MANAGER {
        let hint = "another name in chaos.toml gives a set of its own; `--adopt` takes this one over";
        return Some((
            format!("the inventory `{}` is kept by `{tool}`", inventory::name(&snapshot.bundle)),
            hint.to_owned(),
        ));
    }
    // With nothing desired, there is no inventory that would tell.
    let ours = desired.map_or_else(|| snapshot.source.clone(), |one| inventory::recorded(&one.desired).source)?;
    let theirs = recorded.source.filter(|theirs| *theirs != ours)?;
    Some((
        format!("the bundle `{}` here was applied from `{theirs}`, and this one is from `{ours}`", snapshot.bundle),
        "where the repository has moved, `--adopt` takes the bundle over; otherwise give one of the two another name"
            .to_owned(),
    ))
}

/// Says that somebody else has made a ConfigMap that has the name of the inventory.
fn namesake(snapshot: &Snapshot, live: &Value) -> (String, String) {
    let name = inventory::name(&snapshot.bundle);
    let hint = "another name in chaos.toml gives a set of its own; `--adopt` takes this ConfigMap over, and `chaosc delete` \
                then deletes it";
    (format!("the inventory would be the ConfigMap `{name}`: somebody else has made it{}", by(live)), hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::ObjectId;
    use crate::snapshot::{ApplyAnswer, Observed};
    use serde_json::json;

    #[test]
    fn foreign_objects_are_recognised() {
        let snapshot = Snapshot { bundle: "shop".to_owned(), set: "ours".to_owned(), ..Snapshot::default() };
        let of_argo = |labels: Value, manager: &str| json!({"labels": labels, "managedFields": [{"manager": manager, "operation": "Update", "fieldsV1": {"f:data": {}}}]});
        let instance = |name: &str| json!({"app.kubernetes.io/instance": name});
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
            (of_argo(instance("web"), "argocd-controller"), Some("it belongs to the Argo CD application `web`")),
            (of_argo(instance("web"), "kubectl"), None),
            (of_argo(instance("shop-chaos"), "argocd-controller"), None),
            (of_argo(json!({}), "argocd-controller"), None),
        ] {
            let found = foreign(&snapshot, &json!({"metadata": metadata})).map(|(whose, _)| whose);
            assert_eq!(found.as_deref(), expected, "{metadata}");
        }
    }

    #[test]
    fn who_has_taken_over_is_told_although_our_label_is_still_there() {
        let labels = |more: Value| {
            let mut labels = json!({(inventory::PART_OF): "ours"});
            labels.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            labels
        };
        let helm = json!({"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "a"});
        let argo = json!({"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:a/b"});
        let released = Some("it belongs to the Helm release `shop` in namespace `a`");
        for (more, annotations, expected) in [
            (json!({}), json!({}), None),
            (json!({}), helm.clone(), released),
            (json!({(MANAGED_BY): "Helm"}), helm.clone(), released),
            (json!({(MANAGED_BY): "chaosc"}), helm, None),
            (json!({(MANAGED_BY): "chaosc"}), argo, Some("it belongs to the Argo CD application `shop`")),
            (
                json!({"kustomize.toolkit.fluxcd.io/name": "shop"}),
                json!({}),
                Some("it belongs to the Flux Kustomization `shop`"),
            ),
        ] {
            let live = json!({"metadata": {"labels": labels(more), "annotations": annotations}});
            assert_eq!(taken_over("shop", &live).as_deref(), expected, "{live}");
        }
    }

    /// Returns a snapshot with an inventory, where another one is desired.
    fn with_inventory(live: Value, desired: Value) -> Snapshot {
        let desired = Observed {
            id: ObjectId::of(&desired).expect("an inventory"),
            origin: None,
            plural: None,
            desired,
            inputs: String::new(),
            content: String::new(),
            is_scaled: false,
            live: Some(live.clone()),
            answer: ApplyAnswer::Exact,
        };
        Snapshot { inventory: Some(live), objects: vec![desired], ..Snapshot::default() }
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
            let mut live = parent(live);
            for labels in [live["metadata"]["labels"].clone(), Value::Null] {
                live["metadata"]["labels"] = labels;
                let snapshot = with_inventory(live.clone(), parent(ours));
                assert_eq!(foreign_inventory(&snapshot).is_some(), is_foreign, "{live}");
            }
        }
        let mut other = parent(None);
        other["metadata"]["annotations"][inventory::TOOLING] = json!("kubectl/v1.35");
        assert!(foreign_inventory(&with_inventory(other.clone(), parent(None))).is_some());
        other["metadata"]["annotations"] = Value::Null;
        assert_eq!(foreign_inventory(&with_inventory(other, parent(None))), None, "a hand has taken them away");
    }
}
