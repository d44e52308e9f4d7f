//! Names that must lead somewhere: between the sections of chaos.toml, and inside an experiment.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Context;
use super::uniqueness::name;
use crate::check::{is_near, items};
use crate::config::app::{App, AppObject};
use crate::config::experiment::Experiment;
use crate::config::name::dns_label;
use crate::diagnostic::{Code, Diagnostic};
use crate::kubernetes::misnamed::misnamed;
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let root = Address::root(CHAOS_TOML);
    let experiments: BTreeSet<String> = items(context.raw, "experiments")
        .filter_map(|(index, item)| name("experiments", item, &root.join("experiments").join(index)))
        .flat_map(|(name, _)| {
            // Where a name is refused, the one that was proposed instead leads somewhere, too.
            let proposed = dns_label(&name).err().and_then(|fault| fault.suggestion);
            std::iter::once(name).chain(proposed)
        })
        .collect();
    let mut used = BTreeSet::new();
    for (index, schedule) in items(context.raw, "schedules") {
        let at = root.join("schedules").join(index).join("experiments");
        let names = schedule.get("experiments").and_then(Value::as_array);
        for (number, name) in names.into_iter().flatten().enumerate() {
            if let Some(name) = name.as_str() {
                used.insert(name.to_owned());
                if !experiments.contains(name) {
                    // A misspelt name is the one mistake, and not also that its experiment is not used.
                    let known: Vec<&str> = experiments.iter().map(String::as_str).collect();
                    used.extend(near(name, &known).map(str::to_owned));
                }
                experiment(name, &experiments, at.join(number), found);
            }
        }
    }
    for list in ["rules", "none"] {
        let entries = context.raw.pointer(&format!("/permissions/{list}")).and_then(Value::as_array);
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            if let Some(name) = entry.get("experiment").and_then(Value::as_str) {
                let at = root.join("permissions").join(list).join(index).join("experiment");
                experiment(name, &experiments, at, found);
            }
        }
    }
    let is_unused = |experiment: &&Experiment| !used.contains(&experiment.name) && dns_label(&experiment.name).is_ok();
    let unused = context.config.experiments.iter().filter(is_unused);
    let is_readable = schedules_are_readable(context.raw);
    for experiment in unused.filter(|_| is_readable) {
        let message = format!("no schedule runs experiment `{}`", experiment.name);
        found.push(
            Diagnostic::new(Code::UnusedExperiment, Place::Value(experiment.at.clone()), message)
                .help("name it in a schedule; `manual = true` runs it only by hand"),
        );
    }
    without_content(context, found);
    variables(context, found);
    inner_references(context, found);
    // The workload may be in a manifest that could not be read.
    for app in context.config.apps.iter().filter(|app| !context.partial.contains(&app.index)) {
        rollout(app, found);
    }
}

/// Returns whether it is known which experiments the schedules name.
fn schedules_are_readable(chaos: &Value) -> bool {
    let names = |schedule: &Value| schedule.get("experiments").and_then(Value::as_array).cloned();
    let is_readable = |schedule: &Value| names(schedule).is_some_and(|names| names.iter().all(Value::is_string));
    match chaos.get("schedules") {
        Some(schedules) => schedules.as_array().is_some_and(|schedules| schedules.iter().all(is_readable)),
        None => !is_near(chaos, &["schedules"]),
    }
}

/// Says that an experiment does not exist.
fn experiment(name: &str, experiments: &BTreeSet<String>, at: Address, found: &mut Vec<Diagnostic>) {
    if experiments.contains(name) {
        return;
    }
    let message = format!("there is no experiment `{name}`");
    let known: Vec<&str> = experiments.iter().map(String::as_str).collect();
    let diagnostic = Diagnostic::new(Code::UnknownReference, Place::Value(at), message);
    found.push(diagnostic.help(did_you_mean(name, &known)));
}

/// Returns the name that was most likely meant.
fn near<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    similar::get_close_matches(name, known, 1, 0.6).first().copied()
}

/// Suggests the nearest name, or lists them.
fn did_you_mean(name: &str, known: &[&str]) -> String {
    match near(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "none is defined".to_owned(),
        None if known.len() == 1 => format!("there is only `{}`", known[0]),
        None => {
            let shown: Vec<String> = known.iter().take(8).map(|name| format!("`{name}`")).collect();
            let more = if known.len() > 8 { ", …" } else { "" };
            format!("defined are {}{more}", shown.join(", "))
        }
    }
}

/// An experiment needs a file or a spec.
fn without_content(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, item) in items(context.raw, "experiments") {
        if item.get("file").is_none() && item.get("spec").is_none() && !is_near(item, &["file", "spec"]) {
            let at = Address::root(CHAOS_TOML).join("experiments").join(index);
            found.push(
                Diagnostic::new(Code::NoExperiment, Place::Value(at), "this experiment has neither `file` nor `spec`")
                    .help("name its file, `file = \"experiments/…\"`, or write it under `[experiments.spec]`"),
            );
        }
    }
}

/// A variable has an effect only where the experiment declares it.
fn variables(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for experiment in &context.config.experiments {
        let variables = experiment.variables();
        for name in experiment.settings.variables.keys().filter(|name| !variables.declares(name)) {
            let at = experiment.at.join("variables").join(name);
            let message = format!("experiment `{}` declares no variable `{name}`", experiment.name);
            let declared = experiment.body.get("configuration").and_then(Value::as_object);
            let known: Vec<&str> = declared.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let help = if known.is_empty() {
                format!("declare it in the experiment: `configuration: {{{name}: …}}`")
            } else {
                did_you_mean(name, &known)
            };
            found.push(Diagnostic::new(Code::UndeclaredVariable, Place::Key(at), message).help(help));
        }
    }
}

/// A `ref` inside an experiment names an activity of its method or hypothesis; Chaos Toolkit finds a wrong one in the
/// hypothesis or the rollbacks only when it crashes (chaoslib.caching).
fn inner_references(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for experiment in &context.config.experiments {
        let lists = ["/steady-state-hypothesis/probes", "/method", "/rollbacks"];
        let list = |pointer: &str| experiment.body.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        let names: BTreeSet<&str> = ["/steady-state-hypothesis/probes", "/method"]
            .iter()
            .flat_map(|pointer| list(pointer))
            .filter_map(|activity| activity.get("name").and_then(Value::as_str))
            .collect();
        for pointer in lists {
            for (index, activity) in list(pointer).enumerate() {
                let Some(name) = activity.get("ref").and_then(Value::as_str) else { continue };
                if !names.contains(name) {
                    let at = experiment.body_at.descend(pointer).join(index).join("ref");
                    let message = format!("`ref` names no activity of the method or the hypothesis: `{name}`");
                    let known: Vec<&str> = names.iter().copied().collect();
                    found.push(
                        Diagnostic::new(Code::UnknownReference, Place::Value(at), message)
                            .help(did_you_mean(name, &known)),
                    );
                }
            }
        }
    }
}

/// A rollout target is a workload of the app's manifests.
fn rollout(app: &App, found: &mut Vec<Diagnostic>) {
    let workloads: Vec<String> = app
        .objects
        .iter()
        .filter(|object| matches!(object.id.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet"))
        .map(|object| format!("{}/{}", object.id.kind.to_lowercase(), object.id.name))
        .collect();
    for (index, target) in app.rollout.iter().flatten().enumerate() {
        let named = target.split_once('/').map_or(target.as_str(), |(_, name)| name);
        let is_misnamed =
            |object: &AppObject| object.id.name == named && misnamed(&object.id.api_version, &object.id.kind).is_some();
        if !workloads.contains(&target.to_lowercase()) && !app.objects.iter().any(is_misnamed) {
            let at = Address::root(CHAOS_TOML).join("apps").join(app.index).join("rollout").join(index);
            let known: Vec<&str> = workloads.iter().map(String::as_str).collect();
            found.push(
                Diagnostic::new(
                    Code::UnknownReference,
                    Place::Value(at),
                    format!("the manifests of app `{}` hold no workload `{target}`", app.name),
                )
                .help(did_you_mean(target, &known)),
            );
        }
    }
}
