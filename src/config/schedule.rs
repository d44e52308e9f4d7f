//! `[[schedules]]`: which experiments run when.

use serde::Deserialize;

use super::cron::Cron;
use super::time_zone::TimeZoneName;
use crate::source::address::Address;

/// One schedule; it becomes a Job or a `CronJob`.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// The names of its experiments, in the order in which they run.
    pub experiments: Vec<String>,
    /// What starts it.
    pub trigger: Trigger,
    /// The zone of the cron expression.
    pub time_zone: TimeZoneName,
    /// Whether it is suspended; `None`: no output says anything, so that a schedule suspended by hand stays so.
    pub suspend: Option<bool>,
    /// How many finished Jobs are kept.
    pub history: History,
    /// Where it stands in chaos.toml.
    pub at: Address,
}

/// What starts a schedule.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// The clock.
    Cron(Cron),
    /// Being applied, and again when its content changes.
    Once,
    /// Nothing but a person or another program.
    Manual,
}

/// The zone of a cron expression where none is given; always written, because the default of Kubernetes is the zone
/// of whatever machine the controller manager runs on.
pub const DEFAULT_TIME_ZONE: &str = "Etc/UTC";

/// How many finished Jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct History {
    /// Those that succeeded.
    pub successful: u32,
    /// Those that failed.
    pub failed: u32,
}

impl Default for History {
    fn default() -> History {
        History { successful: 3, failed: 3 }
    }
}
