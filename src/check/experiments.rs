//! `[[experiments]]`: their files against the schema of experiments, then typed.

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::draft::PLACEHOLDER;
use super::schema::Schemas;
use super::{items, schema_diagnostic};
use crate::config::experiment::{Experiment, Settings};
use crate::config::{Config, name};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::address::{Address, Place};
use crate::source::{CHAOS_TOML, Source, stem};

/// `[[experiments]]` twice: as they stand in chaos.toml, and without what was found wrong in them.
pub(super) struct Entries<'v> {
    pub(super) raw: &'v Value,
    pub(super) clean: &'v Value,
}

/// Checks every experiment that could be read, adds it to the draft, and returns where the schema found faults.
pub(super) fn read(
    source: &Source,
    schemas: &Schemas,
    entries: &Entries<'_>,
    draft: &mut Config,
    found: &mut Vec<Diagnostic>,
) -> Vec<Address> {
    let raw: Vec<(usize, &Value)> = items(entries.raw, "experiments").collect();
    let read: Vec<OneRead> =
        raw.into_par_iter().map(|(index, raw)| one(source, schemas, entries.clean, index, raw)).collect();
    let mut faults = Vec::new();
    for one in read {
        found.extend(one.found);
        faults.extend(one.faults);
        draft.experiments.extend(one.experiment);
    }
    faults
}

/// What was found in one entry.
#[derive(Default)]
struct OneRead {
    found: Vec<Diagnostic>,
    faults: Vec<Address>,
    experiment: Option<Experiment>,
}

fn one(source: &Source, schemas: &Schemas, clean: &Value, index: usize, raw: &Value) -> OneRead {
    let mut read = OneRead::default();
    let at = Address::root(CHAOS_TOML).join("experiments").join(index);
    let Some(name) = name_of(raw, &at, &mut read.found) else { return read };
    let Some(Some(body_at)) = source.experiments.get(index) else { return read };
    let body = source.json(body_at);
    for problem in schemas.experiment(&body) {
        read.faults.push(body_at.descend(&problem.pointer));
        read.found.push(schema_diagnostic(body_at, problem));
    }
    let clean = clean.get("experiments").and_then(|list| list.get(index));
    let settings = clean.and_then(|entry| Settings::deserialize(entry).ok()).unwrap_or_default();
    let file = source.file(body_at.file).path.clone();
    read.experiment = Some(Experiment::new(name, settings, body, body_at.clone(), file, at));
    read
}

/// Returns the name of an experiment: its own, or its file's stem.
fn name_of(entry: &Value, at: &Address, found: &mut Vec<Diagnostic>) -> Option<String> {
    if let Some(name) = entry.get("name").and_then(Value::as_str) {
        return Some(name.to_owned());
    }
    let stem = match entry.get("file").and_then(Value::as_str) {
        Some(file) => stem(file),
        // The schema says that a name is missing.
        None => return entry.get("spec").map(|_| PLACEHOLDER.to_owned()),
    };
    if let Err(fault) = name::dns_label(&stem) {
        let message = format!("the file's stem is no name for an experiment: {}", fault.message);
        let example = fault.suggestion.unwrap_or_else(|| "my-experiment".to_owned());
        found.push(
            Diagnostic::new(Code::InvalidName, Place::Value(at.join("file")), message)
                .help(format!("give it a name of its own: `name = \"{example}\"`")),
        );
    }
    Some(stem)
}
