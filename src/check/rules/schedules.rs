//! Schedules that say when they run, and that ever do.

use serde_json::Value;

use super::Context;
use crate::check::{is_near, items};
use crate::config::schedule::Trigger;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

/// The keys that say when a schedule runs.
const TRIGGERS: [&str; 4] = ["cron", "random", "once", "manual"];

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, schedule) in items(context.raw, "schedules") {
        // One that is given, but wrong, has been said.
        let is_given = TRIGGERS.into_iter().any(|key| schedule.get(key).is_some());
        if !is_given && !is_near(schedule, &TRIGGERS) {
            let at = Address::root(CHAOS_TOML).join("schedules").join(index);
            found.push(
                Diagnostic::new(Code::NoTrigger, Place::Value(at), "nothing says when this schedule runs").help(
                    "add one of `cron = \"*/5 * * * *\"`, `once = true` (when it is applied) or `manual = true` \
                     (only by hand)",
                ),
            );
        }
    }
    without_effect(context, found);
    for schedule in &context.config.schedules {
        if let Trigger::Cron(cron) = &schedule.trigger
            && cron.never_fires()
        {
            let message = format!("schedule `{}` never fires: there is no such date", schedule.name);
            found.push(
                Diagnostic::new(Code::NeverFires, Place::Value(schedule.at.join("cron")), message)
                    .help("`manual = true` says that a schedule runs only by hand"),
            );
        }
    }
}

/// For each trigger, the keys that say nothing beside it.
const WITHOUT_EFFECT: &[(&str, &[&str], &str)] = &[
    ("once", &["suspend", "time-zone", "history"], "a Job runs when it is applied, and is its own record"),
    ("manual", &["suspend", "time-zone"], "a manual schedule is always suspended, and no clock starts it"),
];

/// A key that would have no effect is said, and never dropped.
fn without_effect(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, schedule) in items(context.raw, "schedules") {
        let at = Address::root(CHAOS_TOML).join("schedules").join(index);
        let given = |key: &str| schedule.get(key).is_some();
        if given("cron") || given("random") {
            continue;
        }
        for (trigger, keys, why) in WITHOUT_EFFECT {
            if schedule.get(trigger) != Some(&Value::Bool(true)) {
                continue;
            }
            for key in keys.iter().filter(|key| given(key)) {
                let message = format!("`{key}` has no effect beside `{trigger}`: {why}");
                found
                    .push(Diagnostic::new(Code::ExclusiveKeys, Place::Key(at.join(key)), message).help("leave it out"));
            }
        }
    }
}
