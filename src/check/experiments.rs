//! `[[experiments]]`: their files against the schema of experiments, then typed.

use serde::Deserialize;
use serde_json::Value;

use super::schema::Schemas;
use super::{items, schema_diagnostic};
use crate::config::experiment::{Experiment, Settings};
use crate::config::{Config, name};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::address::{Address, Place};
use crate::source::{CHAOS_TOML, Source};

/// Checks every experiment that could be read, and adds it to the draft.
pub(super) fn read(source: &Source, schemas: &Schemas, clean: &Value, draft: &mut Config, found: &mut Vec<Diagnostic>) {
    for (index, entry) in items(clean, "experiments") {
        let at = Address::root(CHAOS_TOML).join("experiments").join(index);
        let Some(name) = name_of(entry, &at, found) else { continue };
        let Some(Some(body_at)) = source.experiments.get(index) else { continue };
        let body = source.json(body_at);
        for problem in schemas.experiment(&body) {
            found.push(schema_diagnostic(body_at, problem));
        }
        let settings = Settings::deserialize(entry).unwrap_or_default();
        draft.experiments.push(Experiment::new(
            name,
            settings,
            body,
            body_at.clone(),
            source.file(body_at.file).path.clone(),
            at,
        ));
    }
}

/// Returns the name of an experiment: its own, or its file's stem.
fn name_of(entry: &Value, at: &Address, found: &mut Vec<Diagnostic>) -> Option<String> {
    if let Some(name) = entry.get("name").and_then(Value::as_str) {
        return Some(name.to_owned());
    }
    let stem = stem(entry.get("file").and_then(Value::as_str)?);
    if let Err(fault) = name::dns_label(&stem) {
        let message = format!("the file's stem is no name for an experiment: {}", fault.message);
        let example = fault.suggestion.unwrap_or_else(|| "my-experiment".to_owned());
        found.push(
            Diagnostic::new(Code::InvalidName, Place::Value(at.join("file")), message)
                .help(format!("give it a name of its own: `name = \"{example}\"`")),
        );
        return None;
    }
    Some(stem)
}

/// Returns the file name without its folders and ending.
pub(super) fn stem(path: &str) -> String {
    let path = std::path::Path::new(path);
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
