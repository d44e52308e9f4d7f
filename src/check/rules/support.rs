//! Keys of the format that no stage honours yet: saying so is better than a bundle that lacks them.

use serde_json::Value;

use super::Context;
use crate::check::items;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

/// For each list of tables: the key, the values of it that are not honoured (`None`: any but false), what to do instead.
const UNSUPPORTED: &[(&str, &str, Option<&str>, &str)] = &[
    ("schedules", "random", None, "use `cron`, or `manual = true` and start it yourself"),
    ("schedules", "lock", None, "put the experiments that exclude each other into one schedule"),
    ("schedules", "continue", None, "leave it out: a sequence ends at the first experiment that does not pass"),
    ("schedules", "order", Some("parallel"), "use a schedule for each experiment"),
    ("schedules", "sidecar", Some("inject"), "leave it out: chaos pods run without Istio's sidecar"),
];

/// Whole lists that are not honoured.
const UNSUPPORTED_LISTS: &[(&str, &str)] = &[
    ("blackout", "set `suspend = true` on the schedules for that time"),
    ("accept", "leave it out: warnings do not fail a check unless `--deny-warnings` is given"),
];

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let root = Address::root(CHAOS_TOML);
    for (list, key, value, instead) in UNSUPPORTED {
        for (index, item) in items(context.raw, list) {
            let Some(given) = item.get(key) else { continue };
            let is_unsupported = match value {
                Some(value) => given.as_str() == Some(value),
                None => given != &Value::Bool(false),
            };
            if is_unsupported {
                let shown = match value {
                    Some(value) => format!("`{key} = \"{value}\"`"),
                    None => format!("`{key}`"),
                };
                let place = Place::Key(root.join(list).join(index).join(key));
                found.push(unsupported(place, &shown, instead));
            }
        }
    }
    for (list, instead) in UNSUPPORTED_LISTS {
        for (index, _) in items(context.raw, list) {
            let place = Place::Value(root.join(list).join(index));
            found.push(unsupported(place, &format!("`[[{list}]]`"), instead));
        }
    }
}

fn unsupported(place: Place, what: &str, instead: &str) -> Diagnostic {
    let message = format!("{what} is part of the format, but this version does not honour it yet");
    Diagnostic::new(Code::NotYetSupported, place, message).help(instead)
}
