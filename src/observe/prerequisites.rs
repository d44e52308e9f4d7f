//! What the objects of a bundle need to be there first: their namespaces and kinds.

use std::collections::{BTreeMap, BTreeSet};

use super::desired::Desired;
use super::{Namespace, Resources};
use crate::bundle::order;

/// Returns the kinds whose definition is in the bundle: group and kind.
pub(super) fn brought(desired: &[Desired]) -> BTreeSet<(String, String)> {
    let definitions = desired
        .iter()
        .filter(|one| one.id.group() == "apiextensions.k8s.io" && one.id.kind == "CustomResourceDefinition")
        .filter_map(|one| one.object.get("spec"));
    definitions
        .filter_map(|spec| Some((spec["group"].as_str()?.to_owned(), spec["names"]["kind"].as_str()?.to_owned())))
        .collect()
}

/// Says which namespaces and kinds are neither in the cluster nor in the bundle, so that an apply would fail.
pub(super) fn missing(
    own: &str,
    desired: &[Desired],
    namespaces: &BTreeMap<String, Namespace>,
    resources: &Resources,
) -> Vec<String> {
    let made: BTreeSet<&str> =
        desired.iter().filter(|one| order::is_namespace(&one.id)).map(|one| one.id.name.as_str()).collect();
    let needed: BTreeSet<&str> = desired.iter().filter_map(|one| one.id.namespace.as_deref()).collect();
    let namespaces = needed
        .into_iter()
        .filter(|name| namespaces.get(*name) == Some(&Namespace::Missing) && !made.contains(name))
        .map(|name| {
            let why = if name == own { "chaos.toml says `create = false`" } else { "the bundle does not make it" };
            format!("the namespace `{name}` does not exist, and {why}: make it before apply")
        });
    let brought = brought(desired);
    let kinds: BTreeSet<(&str, &str)> = desired
        .iter()
        .filter(|one| resources.get(&(one.id.api_version.clone(), one.id.kind.clone())) == Some(&None))
        .filter(|one| !brought.contains(&(one.id.group().to_owned(), one.id.kind.clone())))
        .map(|one| (one.id.api_version.as_str(), one.id.kind.as_str()))
        .collect();
    let kinds = kinds.into_iter().map(|(api_version, kind)| {
        format!(
            "the server does not know the kind `{kind}` of `{api_version}`, and the bundle does not bring its \
             definition: install it before apply"
        )
    });
    namespaces.chain(kinds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::ObjectId;
    use serde_json::{Value, json};

    fn desired(object: Value) -> Desired {
        let id = ObjectId::of(&object).unwrap();
        Desired { id, origin: None, object, inputs: String::new(), content: String::new(), is_scaled: false }
    }

    fn thing(group: &str, namespace: &str) -> Desired {
        desired(json!({
            "apiVersion": format!("{group}/v1"), "kind": "Thing", "metadata": {"name": "a", "namespace": namespace},
        }))
    }

    #[test]
    fn only_what_nobody_brings_is_missing() {
        let definition = desired(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.a"},
            "spec": {"group": "a", "names": {"kind": "Thing"}},
        }));
        let made = desired(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "made"}}));
        let all = [definition, made, thing("a", "made"), thing("b", "own"), thing("b", "other"), thing("a", "there")];
        let namespaces = ["made", "own", "other"].map(|name| (name.to_owned(), Namespace::Missing));
        let there = ("there".to_owned(), Namespace::Present(Value::Null));
        let namespaces: BTreeMap<String, Namespace> = namespaces.into_iter().chain([there]).collect();
        let kinds = ["a/v1", "b/v1"].map(|version| ((version.to_owned(), "Thing".to_owned()), None));
        assert_eq!(
            missing("own", &all, &namespaces, &kinds.into_iter().collect()),
            [
                "the namespace `other` does not exist, and the bundle does not make it: make it before apply",
                "the namespace `own` does not exist, and chaos.toml says `create = false`: make it before apply",
                "the server does not know the kind `Thing` of `b/v1`, and the bundle does not bring its definition: \
                 install it before apply",
            ]
        );
    }
}
