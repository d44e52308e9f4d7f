//! A bundle that the same chaos.toml was before: under another name it is another one to every apply.

use serde_json::Value;

use super::desired::Desired;
use crate::inventory;

/// What an apply does with such a bundle.
pub(crate) const ANOTHER: &str = "for an apply another one, of which it deletes nothing and whose schedules go on";

/// Returns where a bundle comes from, if that is known.
pub(super) fn source(desired: &[Desired]) -> Option<String> {
    let parent = desired.iter().find(|one| one.origin.is_none())?;
    inventory::recorded(&parent.object).source
}

/// Says that an object is the inventory of another bundle from the same chaos.toml, and what ends that bundle.
pub(super) fn another(object: &Value, source: Option<&str>) -> Option<String> {
    let metadata = &object["metadata"];
    let is_inventory = object["kind"] == "ConfigMap" && !metadata["labels"][inventory::ID].is_null();
    let recorded = Some(object).filter(|_| is_inventory && source.is_some()).map(inventory::recorded)?;
    let name = metadata["labels"]["app.kubernetes.io/part-of"].as_str()?;
    let namespace = metadata["namespace"].as_str()?;
    (recorded.source.as_deref() == source).then(|| {
        format!(
            "the bundle `{name}` from the same chaos.toml is in the namespace `{namespace}`: {ANOTHER}; `chaosc delete` with the \
             chaos.toml from before ends them"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_an_inventory_from_the_same_place_is_told() {
        let source = "forge.example/a/b:chaos.toml";
        let inventory = |source| inventory::parent("old", "shop", source, &[]);
        let told = "the bundle `old` from the same chaos.toml is in the namespace `shop`: for an apply another one, of which it deletes \
                    nothing and whose schedules go on; `chaosc delete` with the chaos.toml from before ends them";
        assert_eq!(another(&inventory(Some(source)), Some(source)).as_deref(), Some(told));
        let elsewhere = inventory(Some("forge.example/a/b:other/chaos.toml"));
        let config_map = json!({"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop", "labels": {"app.kubernetes.io/part-of": "a"}}});
        for (object, ours) in [
            (&elsewhere, Some(source)),
            (&inventory(None), None),
            (&inventory(None), Some(source)),
            (&config_map, None),
            (&config_map, Some(source)),
        ] {
            assert_eq!(another(object, ours), None, "{object}");
        }
    }
}
