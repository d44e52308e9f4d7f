//! Schedules that say when they run, and that ever do.

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
