//! The objects of app manifests: their identity and their namespace.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::config::Config;
use crate::config::app::AppObject;
use crate::diagnostic::{Code, Diagnostic};
use crate::kubernetes::ObjectId;
use crate::kubernetes::kinds::{self, Scope};
use crate::source::Source;
use crate::source::address::{Address, Place};

/// Adds to each app of the draft the objects of its manifests, with their namespace set, and returns which apps lack
/// some because they could not be read.
pub(super) fn read(source: &Source, clean: &Value, draft: &mut Config, found: &mut Vec<Diagnostic>) -> BTreeSet<usize> {
    let own = draft.namespace.name.clone();
    let addresses = source.objects.iter().flatten();
    let values: BTreeMap<&Address, Value> = addresses.map(|at| (at, source.json(at))).collect();
    let custom = custom_scopes(values.values());
    let mut partial = source.partial.clone();
    for app in &mut draft.apps {
        let namespace = app.namespace.clone().unwrap_or_else(|| own.clone());
        let is_known = namespace_is_known(source, clean, app.index);
        for at in source.objects.get(app.index).into_iter().flatten() {
            let Some(value) = values.get(at) else { continue };
            match object(value.clone(), at, &namespace, &custom) {
                Ok((object, foreign)) => {
                    app.objects.push(object);
                    found.extend(foreign.filter(|_| is_known));
                }
                Err(problem) => {
                    partial.insert(app.index);
                    found.push(problem);
                }
            }
        }
    }
    partial
}

/// Returns whether the namespace of an app is right in chaos.toml: its own, or where it has none, the bundle's.
fn namespace_is_known(source: &Source, clean: &Value, index: usize) -> bool {
    let pointer = format!("/apps/{index}/namespace");
    let pointer = if source.chaos().pointer(&pointer).is_some() { pointer.as_str() } else { "/namespace/name" };
    clean.pointer(pointer).is_some_and(Value::is_string)
}

/// The scopes of kinds that the bundle defines itself, by group and kind.
type CustomScopes = BTreeMap<(String, String), Scope>;

/// Reads the scopes out of the bundle's `CustomResourceDefinition`s.
fn custom_scopes<'v>(values: impl Iterator<Item = &'v Value>) -> CustomScopes {
    values
        .filter(|value| value.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition"))
        .filter_map(|value| {
            let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            let scope = match text("/spec/scope")?.as_str() {
                "Cluster" => Scope::Cluster,
                _ => Scope::Namespaced,
            };
            Some(((text("/spec/group")?, text("/spec/names/kind")?), scope))
        })
        .collect()
}

/// Says that a file is for kustomize; it is no object of the cluster.
fn for_kustomize(value: &Value, at: &Address) -> Option<Diagnostic> {
    let version = value.get("apiVersion").and_then(Value::as_str)?;
    version.starts_with("kustomize.config.k8s.io/").then(|| {
        let message = "this file is for kustomize, and no object of the cluster";
        Diagnostic::new(Code::NotAnObject, Place::Value(at.clone()), message)
            .help("name the manifests one by one, or render them first: `kubectl kustomize FOLDER > app.yaml`")
    })
}

/// Gives one object its identity and its namespace; with it, what is wrong if its manifest names another one.
fn object(
    mut value: Value,
    at: &Address,
    namespace: &str,
    custom: &CustomScopes,
) -> Result<(AppObject, Option<Diagnostic>), Diagnostic> {
    if let Some(problem) = for_kustomize(&value, at) {
        return Err(problem);
    }
    let mut foreign = None;
    let mut id = ObjectId::of(&value).map_err(|problem| {
        Diagnostic::new(Code::NotAnObject, Place::Value(at.descend(problem.pointer())), problem.to_string())
            .help(problem.help())
    })?;
    // Kinds that are not built in count as namespaced, as most are, unless the bundle's own definition says otherwise.
    let scope = kinds::scope(&id.api_version, &id.kind)
        .or_else(|| custom.get(&(id.group().to_owned(), id.kind.clone())).copied())
        .unwrap_or(Scope::Namespaced);
    let named = value.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
    let metadata = value.get_mut("metadata").and_then(Value::as_object_mut);
    match scope {
        Scope::Cluster => {
            id.namespace = None;
            metadata.and_then(|metadata| metadata.remove("namespace"));
        }
        Scope::Namespaced => {
            if let Some(named) = named.filter(|named| named != namespace) {
                let place = Place::Value(at.join("metadata").join("namespace"));
                let message = format!("{id} is to go to namespace `{named}`, but its app is in `{namespace}`");
                foreign =
                    Some(Diagnostic::new(Code::ForeignNamespace, place, message).help(format!(
                        "leave `namespace` out of the manifest, or give the app `namespace = \"{named}\"`"
                    )));
            }
            id.namespace = Some(namespace.to_owned());
            let namespace = Value::String(namespace.to_owned());
            metadata.and_then(|metadata| metadata.insert("namespace".to_owned(), namespace));
        }
    }
    Ok((AppObject { id, object: value, at: at.clone() }, foreign))
}
