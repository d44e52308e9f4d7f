//! Names that become too long once they are put together. Nothing is ever cut silently.

use super::Context;
use super::uniqueness::name;
use crate::config::schedule::{Schedule, Trigger};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::naming;
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if !context.is_known("/name") {
        return;
    }
    let long: Vec<Long<'_>> =
        context.config.schedules.iter().filter_map(|schedule| Long::find(&context.config.name, schedule)).collect();
    // Where a bundle's name leaves no room for any other, it is the one mistake.
    let hopeless = long.iter().filter(|long| long.allowed == 0).max_by_key(|long| long.over);
    if let Some(worst) = hopeless {
        let place = Place::Value(Address::root(CHAOS_TOML).join("name"));
        found.push(
            Diagnostic::new(Code::NameTooLong, place, worst.message())
                .help(format!("shorten the bundle's `name` by at least {} characters", worst.over)),
        );
    }
    // Every object of the bundle carries its name as a label.
    let instance = naming::instance(&context.config.name);
    if hopeless.is_none() && instance.len() > naming::MAX_LABEL {
        let over = instance.len() - naming::MAX_LABEL;
        let message = format!(
            "the label `app.kubernetes.io/instance` would be `{instance}`: {} characters, the limit is {}",
            instance.len(),
            naming::MAX_LABEL
        );
        let place = Place::Value(Address::root(CHAOS_TOML).join("name"));
        found.push(
            Diagnostic::new(Code::NameTooLong, place, message)
                .help(format!("shorten the bundle's `name` by at least {over} characters")),
        );
    }
    for long in long.iter().filter(|long| long.allowed > 0) {
        let at = &long.schedule.at;
        let raw = context.raw.pointer(&at.pointer);
        let named = raw.and_then(|raw| name("schedules", raw, at));
        let place = named.map_or_else(|| Place::Value(at.clone()), |(_, place)| place);
        found.push(Diagnostic::new(Code::NameTooLong, place, long.message()).help(format!(
            "give the schedule a `name` of at most {} characters, or shorten the bundle's",
            long.allowed
        )));
    }
}

/// A schedule whose object would have too long a name.
struct Long<'s> {
    schedule: &'s Schedule,
    /// The object's name.
    name: String,
    kind: &'static str,
    limit: usize,
    /// How many characters are too many.
    over: usize,
    /// How many the schedule's own name may have; 0: none at all.
    allowed: usize,
}

impl Long<'_> {
    fn find<'s>(bundle: &str, schedule: &'s Schedule) -> Option<Long<'s>> {
        let name = naming::workload(bundle, &schedule.name);
        let (kind, limit, suffix) = match schedule.trigger {
            Trigger::Once => ("Job", naming::MAX_JOB, naming::HASH_SUFFIX),
            Trigger::Cron(_) | Trigger::Manual => ("CronJob", naming::MAX_CRON_JOB, 0),
        };
        let over = (name.len() + suffix).checked_sub(limit).filter(|over| *over > 0)?;
        let allowed = schedule.name.len().saturating_sub(over);
        Some(Long { schedule, name, kind, limit, over, allowed })
    }

    fn message(&self) -> String {
        let hash = if self.kind == "Job" { " and a hash" } else { "" };
        let length = self.limit + self.over;
        format!(
            "the {} would be called `{}`{hash}: {length} characters, the limit is {}",
            self.kind, self.name, self.limit
        )
    }
}
