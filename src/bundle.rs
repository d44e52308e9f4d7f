//! The bundle: the objects in the order in which they are applied, and the files of `out/`.

pub mod document;
pub mod helm;
pub mod order;
pub mod write;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::kubernetes::ObjectId;
use crate::kubernetes::kinds;
use crate::plan::marks::Mark;
use crate::plan::rollout::Rollout;
use crate::source::address::Address;
use document::Document;
use rayon::prelude::*;
use write::Files;

/// Everything that was rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// Its name.
    pub name: String,
    /// Its own namespace.
    pub namespace: String,
    /// The only kubeconfig contexts that may be touched; empty: any.
    pub contexts: Vec<String>,
    /// The uid of the kube-system namespace of the only cluster that may be touched.
    pub cluster_uid: Option<String>,
    /// The fields that the experiments of the schedules patch.
    pub marks: Vec<Mark>,
    /// What apply waits for, in the order of chaos.toml.
    pub rollouts: Vec<Rollout>,
    /// The objects, in the order in which they are applied.
    pub manifests: Vec<Manifest>,
}

/// One object as text and as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Its identity.
    pub id: ObjectId,
    /// The YAML document, and the template of the chart.
    pub text: Document,
    /// What the cluster reads in it.
    pub object: Value,
    /// A hash of what its author wrote: if the object changes and this does not, the change is from a newer program.
    pub inputs: String,
    /// Whether an autoscaler of the bundle scales it; it says nothing of `replicas` then.
    pub is_scaled: bool,
    /// The part of chaos.toml or of a manifest that it comes from.
    pub at: Address,
}

impl Manifest {
    /// Returns whether it is the bundle's own namespace, which the chart of the bundle leaves to whoever makes it.
    pub fn is_own_namespace(&self, own: &str) -> bool {
        order::is_namespace(&self.id) && self.id.name == own
    }
}

impl Bundle {
    /// Returns the name of each object's file.
    pub fn paths(&self) -> Vec<String> {
        paths(&self.manifests, &self.namespace)
    }

    /// Turns the objects into files of the output folder, and adds them.
    pub fn into_files(self, files: &mut Files) {
        let paths = self.paths();
        let texts = |(manifest, path): (Manifest, String)| {
            if order::is_definition(&manifest.id) {
                // Helm installs these before it asks the cluster about the kinds of the rest, and reads no template in them
                // (documentation of Helm, "Custom Resource Definitions").
                let text = manifest.text.into_bundle();
                [(format!("chart/crds/{path}"), text.clone()), (format!("manifests/{path}"), text)]
            } else {
                let template = manifest.text.in_chart();
                [
                    (format!("chart/templates/{path}"), template),
                    (format!("manifests/{path}"), manifest.text.into_bundle()),
                ]
            }
        };
        let texts: Vec<[(String, String); 2]> = self.manifests.into_par_iter().zip(paths).map(texts).collect();
        files.insert("bundle.yaml".to_owned(), joined(texts.iter().map(|[_, (_, text)]| text)).into_bytes());
        files.extend(texts.into_iter().flatten().map(|(path, text)| (path, text.into_bytes())));
    }
}

/// Returns whether the text of a `bundle.yaml` is that of these documents, in whatever order.
pub fn is_written_as<'d>(text: &[u8], documents: impl Iterator<Item = &'d str>) -> bool {
    let text = String::from_utf8_lossy(text);
    // No line within a document is a separator: what is not of ours is quoted, too.
    let mut written: Vec<&str> =
        text.strip_prefix(SEPARATOR).into_iter().flat_map(|text| text.split("\n---\n")).map(str::trim_end).collect();
    let mut expected: Vec<&str> = documents.map(str::trim_end).collect();
    rayon::join(|| written.par_sort_unstable(), || expected.par_sort_unstable());
    written == expected
}

/// Writes documents one after the other: `bundle.yaml`.
fn joined<'d>(documents: impl Iterator<Item = &'d String> + Clone) -> String {
    let bytes = documents.clone().map(|document| SEPARATOR.len() + document.len()).sum();
    let mut whole = String::with_capacity(bytes);
    for document in documents {
        whole.push_str(SEPARATOR);
        whole.push_str(document);
    }
    whole
}

/// What stands before each document of `bundle.yaml`.
const SEPARATOR: &str = "---\n";

/// Longest file name without its ending, in bytes; every file system takes 255.
const MAX_FILE_NAME: usize = 240;

/// How much of a hash stands in place of the end of too long a name, in bytes.
const HASH_BYTES: usize = 8;

/// Returns the file name of each object: `[NAMESPACE_]KIND[.GROUP]_NAME.yaml`.
///
/// The namespace stands there if it is not the bundle's own, the group if the kind is not built in. Names that differ
/// by nothing but the version of their API get it too.
fn paths(manifests: &[Manifest], own: &str) -> Vec<String> {
    let mut taken = BTreeSet::new();
    manifests
        .iter()
        .map(|manifest| {
            let path = path(&manifest.id, own);
            if taken.insert(path.clone()) {
                return path;
            }
            let version = escaped(&manifest.id.api_version.replace('/', "-"));
            let longer = file_name(format!("{}_{version}", path.trim_end_matches(".yaml")));
            taken.insert(longer.clone());
            longer
        })
        .collect()
}

fn path(id: &ObjectId, own: &str) -> String {
    let mut path = String::new();
    if let Some(namespace) = id.namespace.as_deref().filter(|namespace| *namespace != own) {
        path.push_str(&escaped(namespace));
        path.push('_');
    }
    path.push_str(&escaped(&id.kind.to_lowercase()));
    if kinds::scope(&id.api_version, &id.kind).is_none() && !id.group().is_empty() {
        path.push('.');
        path.push_str(&escaped(id.group()));
    }
    path.push('_');
    path.push_str(&escaped(&id.name));
    file_name(path)
}

/// Adds the ending; of too long a name the end becomes a hash.
fn file_name(mut path: String) -> String {
    if path.len() > MAX_FILE_NAME {
        let hash = Sha256::digest(path.as_bytes());
        path.truncate(MAX_FILE_NAME - "-".len() - 2 * HASH_BYTES);
        path.push('-');
        for byte in &hash[..HASH_BYTES] {
            // Writing to a String cannot fail.
            let _ = write!(path, "{byte:02x}");
        }
    }
    path + ".yaml"
}

/// Escapes what some file system does not take or does not tell apart, such as capital letters (the names of roles may
/// have them), and the `_` that separates the parts. `%` stands in no object's name.
fn escaped(part: &str) -> String {
    let mut result = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.' {
            result.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(result, "%{byte:02X}");
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::address::FileId;

    fn found(ids: &[(&str, &str, Option<&str>, &str)]) -> Vec<String> {
        let manifest = |(api_version, kind, namespace, name): &(&str, &str, Option<&str>, &str)| Manifest {
            id: ObjectId {
                api_version: (*api_version).to_owned(),
                kind: (*kind).to_owned(),
                namespace: namespace.map(str::to_owned),
                name: (*name).to_owned(),
            },
            text: Document::marked(String::new()),
            object: Value::Null,
            inputs: String::new(),
            is_scaled: false,
            at: Address::root(FileId(0)),
        };
        paths(&ids.iter().map(manifest).collect::<Vec<_>>(), "own")
    }

    #[test]
    fn a_file_is_called_as_its_object() {
        let rbac = "rbac.authorization.k8s.io/v1";
        let cases = [
            (("v1", "Service", Some("own"), "shop"), "service_shop.yaml"),
            (("v1", "Service", Some("other"), "shop"), "other_service_shop.yaml"),
            (("apps/v1", "Deployment", Some("own"), "a.b-c"), "deployment_a.b-c.yaml"),
            (("example.com/v1", "Deployment", Some("own"), "shop"), "deployment.example.com_shop.yaml"),
            ((rbac, "ClusterRole", None, "system:x"), "clusterrole_system%3Ax.yaml"),
            ((rbac, "ClusterRole", None, "a_b"), "clusterrole_a%5Fb.yaml"),
            ((rbac, "ClusterRole", None, "Reader"), "clusterrole_%52eader.yaml"),
            ((rbac, "ClusterRole", None, "é"), "clusterrole_%C3%A9.yaml"),
        ];
        for (id, path) in cases {
            assert_eq!(found(&[id]), [path]);
        }
    }

    #[test]
    fn no_two_objects_share_a_file_and_every_name_fits() {
        let long = "a".repeat(253);
        let longer = format!("{}b", "a".repeat(252));
        let ids = [
            ("v1", "Event", Some("own"), "x"),
            ("events.k8s.io/v1", "Event", Some("own"), "x"),
            ("v1", "ConfigMap", Some("own"), long.as_str()),
            ("v1", "ConfigMap", Some("own"), longer.as_str()),
            ("example.com/v1", "Long", Some("other"), long.as_str()),
            ("example.com/v2", "Long", Some("other"), long.as_str()),
        ];
        let paths = found(&ids);
        assert_eq!(paths.iter().map(|path| path.to_lowercase()).collect::<BTreeSet<_>>().len(), ids.len(), "{paths:?}");
        assert!(paths.iter().all(|path| path.len() <= 255), "{paths:?}");
    }
}
