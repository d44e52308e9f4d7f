//! The draft of a [`Config`]: typed, with everything taken out that was found wrong before.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::items;
use super::schema::SchemaProblemKind;
use crate::config::app::{App, Check};
use crate::config::cron::Cron;
use crate::config::permissions::{NoAccess, Permissions, Rule};
use crate::config::schedule::{DEFAULT_TIME_ZONE, History, Schedule, Trigger};
use crate::config::time_zone::TimeZoneName;
use crate::config::{Config, Namespace};
use crate::source::CHAOS_TOML;
use crate::source::address::Address;

/// The name that stands for one that is missing or wrong, so that the other rules can go on.
pub(super) const PLACEHOLDER: &str = "unnamed";

/// Takes what a problem points at out of the value: a key leaves its table, an item of a list becomes null, so that
/// the others keep their indices.
pub(super) fn prune(value: &mut Value, pointer: &str, kind: SchemaProblemKind) {
    if kind != SchemaProblemKind::MissingKey {
        remove(value, pointer);
    }
}

/// Takes the value under a pointer out.
pub(super) fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    let last = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(entries)) => {
            entries.remove(&last);
        }
        Some(Value::Array(entries)) => {
            if let Some(entry) = last.parse::<usize>().ok().and_then(|index| entries.get_mut(index)) {
                *entry = Value::Null;
            }
        }
        _ => {}
    }
}

/// Builds the draft. Parts that cannot be built are left out; the diagnostics have said why. What comes from other files,
/// and [`Config::written`], is added later.
pub(super) fn config(clean: &Value) -> Config {
    let root = Address::root(CHAOS_TOML);
    let name = clean.get("name").and_then(Value::as_str).unwrap_or(PLACEHOLDER).to_owned();
    let namespace = named(clean.get("namespace").unwrap_or(&Value::Null));
    let namespace = namespace.unwrap_or_else(|| Namespace {
        name: PLACEHOLDER.to_owned(),
        create: true,
        istio: None,
        istio_revision: None,
        istio_cni: false,
        pod_security: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    });
    Config {
        permissions: permissions(clean, &namespace, &root),
        kubernetes: part(clean, "kubernetes").unwrap_or_default(),
        apps: items(clean, "apps").filter_map(|(index, value)| app(index, value)).collect(),
        image: part(clean, "image"),
        pod: part(clean, "pod").unwrap_or_default(),
        experiments: Vec::new(),
        schedules: items(clean, "schedules")
            .filter_map(|(index, value)| schedule(value, root.join("schedules").join(index)))
            .collect(),
        written: Value::Null,
        name,
        namespace,
    }
}

fn part<T: DeserializeOwned>(clean: &Value, key: &str) -> Option<T> {
    clean.get(key).and_then(typed)
}

/// Builds a value from what is left of it: items that were taken out of lists are passed over.
fn typed<T: DeserializeOwned>(value: &Value) -> Option<T> {
    let mut value = value.clone();
    drop_nulls(&mut value);
    T::deserialize(value).ok()
}

/// Builds a table that has a name, also where the name is missing.
fn named<T: DeserializeOwned>(value: &Value) -> Option<T> {
    let mut value = value.clone();
    value.as_object_mut()?.entry("name").or_insert_with(|| PLACEHOLDER.into());
    typed(&value)
}

/// TOML has no null, so each one stands for something that was taken out.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Array(entries) => {
            entries.retain(|entry| !entry.is_null());
            entries.iter_mut().for_each(drop_nulls);
        }
        Value::Object(entries) => entries.values_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Builds one app; its checks without those that cannot be built.
fn app(index: usize, value: &Value) -> Option<App> {
    let mut value = value.clone();
    if let Some(checks) = value.get_mut("checks").and_then(Value::as_array_mut) {
        checks.retain(|check| typed::<Check>(check).is_some());
    }
    named(&value).map(|app| App { index, ..app })
}

/// Builds `[permissions]`; where no namespaces are named, it is the own one.
fn permissions(clean: &Value, namespace: &Namespace, root: &Address) -> Permissions {
    let empty = Value::Null;
    let clean = clean.get("permissions").unwrap_or(&empty);
    let at = root.join("permissions");
    let mut namespaces: Vec<String> = part(clean, "namespaces").unwrap_or_default();
    if namespaces.is_empty() {
        namespaces.push(namespace.name.clone());
    }
    let rules = items(clean, "rules").filter_map(|(index, value)| {
        let at = Some(at.join("rules").join(index));
        typed(value).map(|rule| Rule { at, ..rule })
    });
    let none = items(clean, "none").filter_map(|(index, value)| {
        let at = Some(at.join("none").join(index));
        typed(value).map(|none| NoAccess { at, ..none })
    });
    Permissions {
        cluster: part(clean, "cluster").unwrap_or_default(),
        namespaces,
        rules: rules.collect(),
        none: none.collect(),
    }
}

/// The keys of `[[schedules]]` as they stand there.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawSchedule {
    name: Option<String>,
    experiments: Vec<String>,
    cron: Option<String>,
    #[serde(default)]
    once: bool,
    #[serde(default)]
    manual: bool,
    time_zone: Option<String>,
    suspend: Option<bool>,
    #[serde(default)]
    history: History,
}

/// Builds one schedule; one without a trigger is left out, a rule says so.
fn schedule(value: &Value, at: Address) -> Option<Schedule> {
    let raw: RawSchedule = typed(value)?;
    let trigger = match raw.cron {
        Some(cron) => Trigger::Cron(Cron::parse(&cron).ok()?),
        None if raw.once => Trigger::Once,
        None if raw.manual => Trigger::Manual,
        None => return None,
    };
    let time_zone = raw.time_zone.as_deref().unwrap_or(DEFAULT_TIME_ZONE);
    Some(Schedule {
        name: raw.name.or_else(|| raw.experiments.first().cloned())?,
        experiments: raw.experiments,
        trigger,
        time_zone: TimeZoneName::parse(time_zone).ok()?,
        suspend: raw.suspend,
        history: raw.history,
        at,
    })
}
