//! The objects of app manifests: their identity and their namespace.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::Config;
use crate::config::app::AppObject;
use crate::diagnostic::{Code, Diagnostic};
use crate::kubernetes::ObjectId;
use crate::kubernetes::kinds::{self, Scope};
use crate::source::Source;
use crate::source::address::{Address, Place};

/// Adds to each app of the draft the objects of its manifests, with their namespace set.
pub(super) fn read(source: &Source, draft: &mut Config, found: &mut Vec<Diagnostic>) {
    let own = draft.namespace.name.clone();
    let addresses = source.objects.iter().flatten();
    let values: BTreeMap<&Address, Value> = addresses.map(|at| (at, source.json(at))).collect();
    let custom = custom_scopes(values.values());
    for app in &mut draft.apps {
        let namespace = app.namespace.clone().unwrap_or_else(|| own.clone());
        for at in source.objects.get(app.index).into_iter().flatten() {
            let Some(value) = values.get(at) else { continue };
            match object(value.clone(), at, &namespace, &custom) {
                Ok(object) => app.objects.push(object),
                Err(problem) => found.push(problem),
            }
        }
    }
}

/// The scopes of kinds that the bundle defines itself, by group and kind.
type CustomScopes = BTreeMap<(String, String), Scope>;

/// Reads the scopes out of the bundle's CustomResourceDefinitions.
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

/// Gives one object its identity and its namespace.
fn object(mut value: Value, at: &Address, namespace: &str, custom: &CustomScopes) -> Result<AppObject, Diagnostic> {
    let mut id = ObjectId::of(&value).map_err(|problem| {
        Diagnostic::new(Code::NotAnObject, Place::Value(at.descend(problem.pointer())), problem.to_string())
            .help(problem.help())
    })?;
    // Kinds that are not built in count as namespaced, as most are, unless the bundle's own definition says otherwise.
    let scope = kinds::scope(&id.api_version, &id.kind)
        .or_else(|| custom.get(&(id.group().to_owned(), id.kind.clone())).copied())
        .unwrap_or(Scope::Namespaced);
    let named = value.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
    match (scope, named) {
        (Scope::Cluster, _) => {
            id.namespace = None;
            if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("namespace");
            }
        }
        (Scope::Namespaced, Some(named)) if named != namespace => {
            let message = format!("{id} is to go to namespace `{named}`, but its app is in `{namespace}`");
            return Err(Diagnostic::new(
                Code::ForeignNamespace,
                Place::Value(at.join("metadata").join("namespace")),
                message,
            )
            .help(format!("leave `namespace` out of the manifest, or give the app `namespace = \"{named}\"`")));
        }
        (Scope::Namespaced, _) => {
            id.namespace = Some(namespace.to_owned());
            if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
            }
        }
    }
    Ok(AppObject { id, object: value, at: at.clone() })
}
