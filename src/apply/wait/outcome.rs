//! What is told while apply waits, and what it comes to.

use std::fmt;
use std::time::Duration;

use crate::config::value_error::quoted;
use crate::kubernetes::ObjectId;

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A workload.
    Workload(ObjectId),
    /// A check, by its name.
    Check(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Workload(id) => id.fmt(f),
            Subject::Check(name) => write!(f, "check {}", quoted(name)),
        }
    }
}

/// The line of one subject, which has changed.
///
/// On a terminal it takes the place of the one before; elsewhere it is printed below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The app.
    pub app: String,
    /// What is waited for.
    pub subject: Subject,
    /// How far it is, in one line.
    pub text: String,
    /// Whether this was the last one.
    pub is_final: bool,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.app, self.subject, self.text)
    }
}

/// What became of one workload or check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// The app.
    pub app: String,
    /// What was waited for.
    pub subject: Subject,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it was waited for.
    pub took: Duration,
}

impl Waited {
    /// Returns whether it is as it should be.
    pub fn is_success(&self) -> bool {
        matches!(self.outcome, Outcome::Done(_))
    }

    /// Returns the next step; nothing if there is nothing to be done.
    pub fn hint(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Failed { hint, .. } => Some(hint),
            Outcome::Done(_) | Outcome::Skipped(_) => None,
        }
    }
}

impl fmt::Display for Waited {
    /// One sentence: what, what became of it, and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of app {}: {}", self.subject, quoted(&self.app), self.outcome)
    }
}

/// What became of a workload or a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be; how.
    Done(String),
    /// It is not.
    Failed {
        /// What was last seen, and how long it was waited for.
        text: String,
        /// Why, as far as that is known.
        reason: Option<String>,
        /// The next step.
        hint: String,
    },
    /// It was not asked; why.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Done(text) | Outcome::Skipped(text) | Outcome::Failed { text, reason: None, .. } => {
                f.write_str(text)
            }
            Outcome::Failed { text, reason: Some(reason), .. } => write!(f, "{text}: {reason}"),
        }
    }
}
