//! The inventory: which objects belong to a bundle, kept in the cluster as the `ApplySet` specification says.
//!
//! The parent is the ConfigMap `NAME-chaos` of the bundle's namespace; the members carry its id as a label
//! (Kubernetes enhancement 3659, "`ApplySet`: kubectl apply --prune redesign"). Neither stands in `out/`, because only
//! apply keeps the two in step.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::kubernetes::{ObjectId, managed_fields};
use crate::plan::naming;

/// The label of the members: whose they are.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// The label of the parent: its id.
pub const ID: &str = "applyset.kubernetes.io/id";
/// The annotation of the parent: which tool keeps it, with its version.
pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// The annotation of the parent: the kinds of the members, as `KIND.GROUP`.
pub const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// The annotation of the parent: the namespaces of the members beside its own.
pub const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// The annotation of the parent: the repository and the path of chaos.toml.
pub const SOURCE: &str = "chaosc.dev/source";
/// The field manager of everything that is applied, and the tool's name in the inventory.
pub const MANAGER: &str = "chaosc";

/// The keys of the parent's data: hashes of what was applied last, separated by line breaks.
pub const INPUTS: &str = "inputs";
/// See [`INPUTS`].
pub const OBJECTS: &str = "objects";

/// Returns the id of a bundle's set: `applyset-<base64(sha256(NAME.NAMESPACE.KIND.GROUP))>-v1`.
pub fn id(bundle: &str, namespace: &str) -> String {
    let text = format!("{}.{namespace}.ConfigMap.", name(bundle));
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(Sha256::digest(text)))
}

/// Returns the name of the parent.
pub fn name(bundle: &str) -> String {
    naming::instance(bundle)
}

/// What the inventory records of one member.
pub struct Member<'m> {
    /// Its identity.
    pub id: &'m ObjectId,
    /// A hash of its identity and of what its author wrote.
    pub inputs: &'m str,
    /// A hash of its identity and of the object itself.
    pub content: &'m str,
}

/// Returns the parent as it stands after an apply.
pub fn parent(bundle: &str, namespace: &str, source: Option<&str>, members: &[Member<'_>]) -> Value {
    let kinds: BTreeSet<String> = members.iter().map(|member| group_kind(member.id)).collect();
    let namespaces: BTreeSet<&str> = members
        .iter()
        .filter_map(|member| member.id.namespace.as_deref())
        .filter(|other| *other != namespace)
        .collect();
    let lines = |hashes: BTreeSet<&str>| hashes.into_iter().collect::<Vec<_>>().join("\n");
    let mut annotations = json!({
        TOOLING: format!("{MANAGER}/{}", env!("CARGO_PKG_VERSION")),
        KINDS: kinds.into_iter().collect::<Vec<_>>().join(","),
    });
    if !namespaces.is_empty() {
        annotations[NAMESPACES] = namespaces.into_iter().collect::<Vec<_>>().join(",").into();
    }
    if let Some(source) = source {
        annotations[SOURCE] = source.into();
    }
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name(bundle),
            "namespace": namespace,
            "labels": {
                ID: id(bundle, namespace),
                "app.kubernetes.io/name": "chaosc",
                "app.kubernetes.io/instance": naming::instance(bundle),
                "app.kubernetes.io/part-of": bundle,
                "app.kubernetes.io/managed-by": "chaosc",
            },
            "annotations": annotations,
        },
        "data": {
            INPUTS: lines(members.iter().map(|member| member.inputs).collect()),
            OBJECTS: lines(members.iter().map(|member| member.content).collect()),
        },
    })
}

/// Adds members to a parent that are not sent but stay: their kinds and namespaces, by which they are found again.
pub fn include(parent: &mut Value, namespace: &str, kept: &[ObjectId]) {
    let recorded = recorded(parent);
    let kinds = recorded.kinds.iter().map(|(kind, group)| match group.as_str() {
        "" => kind.clone(),
        group => format!("{kind}.{group}"),
    });
    let kinds: BTreeSet<String> = kinds.chain(kept.iter().map(group_kind)).collect();
    let others = kept.iter().filter_map(|id| id.namespace.clone()).filter(|other| other != namespace);
    let namespaces: BTreeSet<String> = recorded.namespaces.into_iter().chain(others).collect();
    let annotations = &mut parent["metadata"]["annotations"];
    annotations[KINDS] = kinds.into_iter().collect::<Vec<_>>().join(",").into();
    if !namespaces.is_empty() {
        annotations[NAMESPACES] = namespaces.into_iter().collect::<Vec<_>>().join(",").into();
    }
}

/// Lets a parent say where the bundle comes from as an earlier one did, unless it knows better: that it cannot be told here,
/// as in a copy without its repository, is no reason to forget it.
pub fn keep_source(parent: &mut Value, earlier: &Value) {
    let (known, source) = (recorded(parent).source, recorded(earlier).source);
    if let (None, Some(source)) = (known, source) {
        parent["metadata"]["annotations"][SOURCE] = source.into();
    }
}

/// Returns whether a ConfigMap that has the name of an inventory is one, also where a hand has taken away some of its marks.
pub fn is_one(config_map: &Value) -> bool {
    let metadata = &config_map["metadata"];
    let is_marked = !metadata["labels"][ID].is_null() || !metadata["annotations"][TOOLING].is_null();
    let has_hashes = || [INPUTS, OBJECTS].iter().all(|key| !config_map["data"][key].is_null());
    is_marked || has_hashes() || managed_fields::applied_by(config_map, MANAGER).is_some()
}

fn group_kind(id: &ObjectId) -> String {
    match id.group() {
        "" => id.kind.clone(),
        group => format!("{}.{group}", id.kind),
    }
}

/// What an inventory in the cluster says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// The tool, such as `chaosc/0.1.0`.
    pub tooling: String,
    /// The repository and path that it was applied from.
    pub source: Option<String>,
    /// The kinds of the members: kind and group.
    pub kinds: Vec<(String, String)>,
    /// The namespaces of the members beside the parent's own.
    pub namespaces: Vec<String>,
    /// Hashes of what the members' authors wrote.
    pub inputs: BTreeSet<String>,
    /// Hashes of the members themselves.
    pub objects: BTreeSet<String>,
}

/// Reads an inventory from the cluster; what is missing is empty.
pub fn recorded(parent: &Value) -> Recorded {
    let annotation = |key: &str| parent["metadata"]["annotations"][key].as_str();
    let list = |text: Option<&str>| -> Vec<String> {
        text.unwrap_or_default().split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    let hashes = |key: &str| -> BTreeSet<String> {
        parent["data"][key].as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    let kinds = list(annotation(KINDS)).into_iter().map(|one| match one.split_once('.') {
        Some((kind, group)) => (kind.to_owned(), group.to_owned()),
        None => (one, String::new()),
    });
    Recorded {
        tooling: annotation(TOOLING).unwrap_or_default().to_owned(),
        source: annotation(SOURCE).map(str::to_owned),
        kinds: kinds.collect(),
        namespaces: list(annotation(NAMESPACES)),
        inputs: hashes(INPUTS),
        objects: hashes(OBJECTS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(api_version: &str, kind: &str, namespace: Option<&str>) -> ObjectId {
        ObjectId {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: "x".to_owned(),
        }
    }

    #[test]
    fn the_id_is_the_one_of_the_specification() {
        // printf 'go-app-chaos.go-app.ConfigMap.' | sha256sum | xxd -r -p | base64 | tr '+/' '-_' | tr -d '='
        assert_eq!(id("go-app", "go-app"), "applyset-GrNNlHlpOvg-WlCuLw2OAhP6spmC53VkSxknn2GoM9c-v1");
        assert!(id("go-app", "go-app").len() <= 63);
    }

    #[test]
    fn an_inventory_is_known_by_what_is_left_of_it() {
        let whole = parent("shop", "shop", None, &[]);
        let mut applied = whole.clone();
        applied["metadata"]["managedFields"] =
            json!([{"manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {}}}]);
        for (left, expected) in [
            (&["labels", "annotations", "managedFields"][..], false),
            (&["labels", "annotations"], true),
            (&["labels", "managedFields"], true),
            (&["annotations", "managedFields"], true),
        ] {
            let mut without_data = applied.clone();
            without_data["data"] = json!({"a": "b"});
            for name in left {
                without_data["metadata"][name] = Value::Null;
            }
            assert_eq!(is_one(&without_data), expected, "without {left:?}");
            without_data["data"] = whole["data"].clone();
            assert!(is_one(&without_data), "its data is left, without {left:?}");
        }
    }

    #[test]
    fn a_source_is_forgotten_for_no_reason() {
        for (ours, theirs, expected) in [
            (Some("a"), Some("b"), Some("a")),
            (None, Some("b"), Some("b")),
            (Some("a"), None, Some("a")),
            (None, None, None),
        ] {
            let mut now = parent("shop", "shop", ours, &[]);
            keep_source(&mut now, &parent("shop", "shop", theirs, &[]));
            assert_eq!(recorded(&now).source.as_deref(), expected, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let ids = [
            object("v1", "ConfigMap", Some("shop")),
            object("batch/v1", "CronJob", Some("shop")),
            object("networking.istio.io/v1", "Gateway", Some("other")),
            object("v1", "Namespace", None),
        ];
        let members: Vec<Member<'_>> = ids.iter().map(|id| Member { id, inputs: "0a", content: "0b" }).collect();
        let parent = parent("shop", "shop", Some("forge.example/a/b:chaos.toml"), &members);
        let back = recorded(&parent);
        assert_eq!(back.kinds.len(), 4);
        assert!(back.kinds.contains(&("Gateway".to_owned(), "networking.istio.io".to_owned())));
        assert_eq!(back.namespaces, ["other"]);
        assert_eq!(back.source.as_deref(), Some("forge.example/a/b:chaos.toml"));
        assert!(back.tooling.starts_with("chaosc/"));
        assert!(back.inputs.contains("0a") && back.objects.contains("0b"));
        assert_eq!(recorded(&Value::Null), Recorded::default());
    }
}
