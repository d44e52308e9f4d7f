//! Names that become too long once they are put together. Nothing is ever cut silently.

use super::Context;
use crate::config::schedule::Trigger;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::naming;
use crate::source::address::Place;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let bundle = &context.config.name;
    for schedule in &context.config.schedules {
        let name = naming::workload(bundle, &schedule.name);
        let (kind, limit) = match schedule.trigger {
            Trigger::Once => ("Job", naming::MAX_JOB - naming::HASH_SUFFIX),
            Trigger::Cron(_) | Trigger::Manual => ("CronJob", naming::MAX_CRON_JOB),
        };
        if name.len() > limit {
            let over = name.len() - limit;
            let allowed = schedule.name.len().saturating_sub(over);
            let message =
                format!("the {kind} would be called `{name}`: {} characters, the limit is {limit}", name.len());
            let help = if allowed == 0 {
                format!("shorten the bundle's `name` by at least {over} characters")
            } else {
                format!("give the schedule a `name` of at most {allowed} characters, or shorten the bundle's")
            };
            found.push(Diagnostic::new(Code::NameTooLong, Place::Value(schedule.at.join("name")), message).help(help));
        }
    }
}
