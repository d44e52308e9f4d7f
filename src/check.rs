//! Checking: from what was read to a [`Config`] without a fault, or to every fault there is.
//!
//! The order is the small languages inside values and the schema, then types, then rules. Each step takes what it found
//! wrong out of the draft, so that the next one still sees the rest and one run says everything.

mod draft;
mod experiments;
mod objects;
mod rules;
pub mod schema;
mod values;

use serde_json::Value;

use crate::config::Config;
use crate::diagnostic::{self, Diagnostic};
use crate::source::address::{Address, Place};
use crate::source::{CHAOS_TOML, Source};
use schema::{SchemaProblem, SchemaProblemKind, Schemas};

/// The result of checking.
#[derive(Debug)]
pub struct Checked {
    /// The configuration, if there is no error.
    pub config: Option<Config>,
    /// Everything that was found, sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The objects of kinds that are not built in, whose fields nobody checked.
    pub unchecked: Vec<Address>,
}

/// Checks everything that was read.
pub fn check(source: &Source) -> Checked {
    let mut found = source.problems.clone();
    let raw = source.chaos();
    let mut unchecked = Vec::new();
    let mut config = None;
    if !source.file(CHAOS_TOML).documents.is_empty() {
        let schemas = Schemas::new();
        let mut clean = raw.clone();
        let unreadable = values::check(&clean);
        for problem in schemas.chaos(&raw) {
            draft::prune(&mut clean, &problem.pointer, problem.kind);
            // The schema has a pattern for editors where the language's own reader says it better.
            if !unreadable.contains_key(&problem.pointer) || problem.kind != SchemaProblemKind::InvalidValue {
                found.push(schema_diagnostic(&Address::root(CHAOS_TOML), problem));
            }
        }
        for (pointer, problem) in unreadable {
            draft::remove(&mut clean, &pointer);
            found.push(problem);
        }
        let mut draft = draft::config(&clean);
        let entries = experiments::Entries { raw: &raw, clean: &clean };
        let faults = experiments::read(source, &schemas, &entries, &mut draft, &mut found);
        let partial = objects::read(source, &clean, &mut draft, &mut found);
        let context =
            rules::Context { source, raw: &raw, clean: &clean, config: &draft, faults: &faults, partial: &partial };
        found.extend(rules::all(&context));
        unchecked = rules::manifests::unchecked(&draft);
        config = Some(Config { written: raw, ..draft });
    }
    diagnostic::sort(source, &mut found);
    let config = config.filter(|_| !found.iter().any(Diagnostic::is_error));
    Checked { config, diagnostics: found, unchecked }
}

/// Turns what a schema found into a diagnostic; `base` is where the checked value stands.
fn schema_diagnostic(base: &Address, problem: SchemaProblem) -> Diagnostic {
    let at = base.descend(&problem.pointer);
    // The value of a YAML mapping begins at its first key, which has nothing to do with the one that is missing.
    let is_missing_in_yaml = problem.kind == SchemaProblemKind::MissingKey && base.file != CHAOS_TOML;
    let place = if problem.at_key || is_missing_in_yaml { Place::Key(at) } else { Place::Value(at) };
    let diagnostic = Diagnostic::new(problem.kind.code(), place, problem.message);
    match problem.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Returns whether a table has a key that is most likely a misspelling of one of these: then the misspelling is the
/// one mistake, and not also that the key is missing.
fn is_near(table: &Value, keys: &[&str]) -> bool {
    let given = table.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    given.into_iter().any(|key| !keys.contains(&key) && !similar::get_close_matches(key, keys, 1, 0.7).is_empty())
}

/// Returns the items of the list under `key` with their indices; what was taken out of the draft is passed over.
fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    let list = value.get(key).and_then(Value::as_array).into_iter().flatten();
    list.enumerate().filter(|(_, item)| item.is_object())
}
