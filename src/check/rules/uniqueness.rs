//! Names and identities that must not stand twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Context;
use crate::check::items;
use crate::diagnostic::{Code, Diagnostic};
use crate::kubernetes::ObjectId;
use crate::plan::naming;
use crate::source::address::{Address, FileId, Place};
use crate::source::{CHAOS_TOML, stem};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    names(context, found);
    runs(context, found);
    environment(context, found);
    objects(context, found);
}

/// Apps, experiments and schedules are each named once; the names that are derived count too.
fn names(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (list, what) in [("apps", "app"), ("experiments", "experiment"), ("schedules", "schedule")] {
        let mut first: BTreeMap<String, Place> = BTreeMap::new();
        for (index, item) in items(context.raw, list) {
            let at = Address::root(CHAOS_TOML).join(list).join(index);
            let Some((name, place)) = name(list, item, &at) else { continue };
            match first.get(&name) {
                Some(earlier) => found.push(
                    Diagnostic::new(Code::DuplicateName, place, format!("two {what}s are called `{name}`"))
                        .label(earlier.clone(), "the first one")
                        .help("give one of them another `name`"),
                ),
                None => {
                    first.insert(name, place);
                }
            }
        }
    }
}

/// A sequence runs each experiment once: the journal of a second run would replace the first one's.
fn runs(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, schedule) in items(context.raw, "schedules") {
        let at = Address::root(CHAOS_TOML).join("schedules").join(index).join("experiments");
        let mut first: BTreeMap<&str, Address> = BTreeMap::new();
        let names = schedule.get("experiments").and_then(Value::as_array);
        for (number, name) in names.into_iter().flatten().enumerate() {
            let Some(name) = name.as_str() else { continue };
            let here = at.join(number);
            if let Some(earlier) = first.get(name) {
                found.push(
                    Diagnostic::new(Code::DuplicateName, Place::Value(here), format!("`{name}` stands twice here"))
                        .label(Place::Value(earlier.clone()), "the first one")
                        .help("a schedule runs each of its experiments once; add a second `[[experiments]]` for the same file"),
                );
            } else {
                first.insert(name, here);
            }
        }
    }
}

/// Returns an entry's name, given or derived, and where it comes from.
pub(super) fn name(list: &str, item: &Value, at: &Address) -> Option<(String, Place)> {
    if let Some(name) = item.get("name").and_then(Value::as_str) {
        return Some((name.to_owned(), Place::Value(at.join("name"))));
    }
    match list {
        "experiments" => {
            let file = item.get("file").and_then(Value::as_str)?;
            Some((stem(file), Place::Value(at.join("file"))))
        }
        "schedules" => {
            let first = item.pointer("/experiments/0").and_then(Value::as_str)?;
            Some((first.to_owned(), Place::Value(at.join("experiments").join(0))))
        }
        _ => None,
    }
}

/// A variable of an experiment's environment has one value.
fn environment(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for experiment in &context.config.experiments {
        let mut first: BTreeMap<&str, Address> = BTreeMap::new();
        for name in experiment.settings.env.keys() {
            first.insert(name, experiment.at.join("env").join(name));
        }
        for (index, secret) in experiment.settings.secrets.iter().enumerate() {
            let here = experiment.at.join("secrets").join(index).join("env");
            if let Some(earlier) = first.get(secret.env.as_str()) {
                let message = format!("the environment has `{}` twice", secret.env);
                found.push(
                    Diagnostic::new(Code::DuplicateName, Place::Value(here), message)
                        .label(Place::Key(earlier.clone()), "the first one")
                        .help("give one of them another name"),
                );
            } else {
                first.insert(&secret.env, here);
            }
        }
    }
}

/// What makes an object this one, whatever version of its API the manifest names.
type Identity<'o> = (&'o str, &'o str, Option<&'o str>, &'o str);

fn identity(id: &ObjectId) -> Identity<'_> {
    (id.group(), &id.kind, id.namespace.as_deref(), &id.name)
}

/// Each object of the cluster has one manifest; what the bundle makes itself counts too.
fn objects(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<Identity<'_>, &Address> = BTreeMap::new();
    let mut again: BTreeSet<(usize, FileId)> = BTreeSet::new();
    for app in &context.config.apps {
        for object in &app.objects {
            let Some(earlier) = first.get(&identity(&object.id)) else {
                first.insert(identity(&object.id), &object.at);
                continue;
            };
            // The same manifest, not another one: its file is read a second time.
            if *earlier == &object.at {
                again.insert((app.index, object.at.file));
                continue;
            }
            found.push(
                Diagnostic::new(Code::DuplicateObject, name_of(&object.at), format!("{} has two manifests", object.id))
                    .label(name_of(earlier), "the first one")
                    .help("keep one of the two"),
            );
        }
    }
    for (app, file) in again {
        let at = Address::root(CHAOS_TOML).join("apps").join(app).join("manifests");
        let message =
            format!("`{}` is named a second time, so each of its objects comes twice", context.source.file(file).path);
        found.push(
            Diagnostic::new(Code::DuplicateObject, Place::Value(at), message)
                .help("name each file in one app only, and not beside the folder that holds it"),
        );
    }
    let own = own_names(context);
    for object in context.config.apps.iter().filter(|app| app.deploy).flat_map(|app| &app.objects) {
        let id = &object.id;
        if own.contains(&(id.kind.as_str(), id.namespace.as_deref(), id.name.clone())) {
            let help = if object.id.kind == "Namespace" {
                "remove the manifest and set labels under `[namespace]`, or say `create = false` there"
            } else {
                "give the object another name"
            };
            found.push(
                Diagnostic::new(
                    Code::DuplicateObject,
                    name_of(&object.at),
                    format!("{} has a manifest here, but the bundle makes it itself", object.id),
                )
                .help(help),
            );
        }
    }
}

/// Returns kind, namespace and name of the objects that the bundle makes without a hash in their names.
fn own_names<'c>(context: &'c Context<'_>) -> BTreeSet<(&'c str, Option<&'c str>, String)> {
    let config = context.config;
    let own = config.namespace.name.as_str();
    let mut names = BTreeSet::new();
    if config.namespace.create {
        names.insert(("Namespace", None, own.to_owned()));
    }
    // The inventory of an apply, which no output contains.
    names.insert(("ConfigMap", Some(own), naming::instance(&config.name)));
    for schedule in &config.schedules {
        let name = naming::workload(&config.name, &schedule.name);
        let abroad = naming::abroad(&name, own);
        for kind in ["ServiceAccount", "CronJob"] {
            names.insert((kind, Some(own), name.clone()));
        }
        for kind in ["ClusterRole", "ClusterRoleBinding"] {
            names.insert((kind, None, abroad.clone()));
        }
        for namespace in &config.permissions.namespaces {
            let name = if namespace == own { &name } else { &abroad };
            for kind in ["Role", "RoleBinding"] {
                names.insert((kind, Some(namespace), name.clone()));
            }
        }
    }
    names
}

fn name_of(object: &Address) -> Place {
    Place::Value(object.join("metadata").join("name"))
}
