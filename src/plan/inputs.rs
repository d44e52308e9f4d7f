//! What the author of each object wrote, as a hash.
//!
//! An object that changes while its hash stays comes from a newer program: its templates, its runner, its catalogue, its
//! defaults. So values count as they stand in the files, before anything is filled in, left out or worked out.

use serde_json::{Value, json};

use super::{canonical, hash};
use crate::config::Config;
use crate::config::schedule::Schedule;

/// Returns the hash for the namespace.
pub fn namespace(config: &Config) -> String {
    of(written(config, "/namespace"))
}

/// Returns the hash for the objects of a schedule, whose experiments have these identities.
pub fn schedule(config: &Config, schedule: &Schedule, identities: &[&str]) -> String {
    let rules = config.permissions.rules.iter().filter(|rule| schedule.experiments.contains(&rule.experiment));
    let rules: Vec<&Value> = rules.filter_map(|rule| Some(written(config, &rule.at.as_ref()?.pointer))).collect();
    of(&json!({
        "schedule": written(config, &schedule.at.pointer),
        "pod": written(config, "/pod"),
        "image": written(config, "/image"),
        "rules": rules,
        "experiments": identities,
    }))
}

/// Returns the hash for an object of an app.
///
/// That an autoscaler scales it is written in another manifest, by the same author. (A program that learns of more
/// autoscalers will look like the author here; the other way round, it would hide what the author did.)
pub fn app(object: &Value, is_scaled: bool) -> String {
    let scaled = if is_scaled { "scaled" } else { "" };
    hash::short(&[&canonical::json(object), scaled])
}

/// Returns the hash for what no author has a part in.
pub fn nothing() -> String {
    hash::short(&[])
}

fn of(value: &Value) -> String {
    hash::short(&[&canonical::json(value)])
}

/// Returns what stands at a pointer in chaos.toml; null where it is left to the default.
fn written<'c>(config: &'c Config, pointer: &str) -> &'c Value {
    config.written.pointer(pointer).unwrap_or(&Value::Null)
}
