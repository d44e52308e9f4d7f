//! The report: what was done, object by object, and what was not and why.

pub mod view;

use super::wait::Waited;
use crate::diff::Action;
use crate::kubernetes::ObjectId;

/// What an apply came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// One row for each row of the change set, in its order.
    pub rows: Vec<Row>,
    /// What became of the rollouts and the checks of the apps; empty where nothing was waited for.
    pub waited: Vec<Waited>,
    /// Whether it was ended before everything was tried.
    pub is_interrupted: bool,
}

/// What became of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The object.
    pub id: ObjectId,
    /// What was to be done.
    pub action: Action,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of what was to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// The object was as it should be already, or gone: an earlier apply has done it.
    Already,
    /// It is being deleted: what it waits for, where that is known.
    Going(Option<String>),
    /// It stays as it is, as it was shown.
    Kept(String),
    /// It was not done.
    Failed(Failure),
    /// It was not tried, because something else is missing.
    NotTried(String),
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A sentence without a full stop.
    pub reason: String,
    /// The next steps.
    pub hints: Vec<String>,
}

impl Failure {
    /// Creates a failure with one next step.
    pub fn new(reason: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { reason: reason.into(), hints: vec![hint.into()] }
    }
}

impl Outcome {
    /// Returns whether the object is as it was shown that it would be.
    pub fn is_done(&self) -> bool {
        matches!(self, Outcome::Done | Outcome::Already)
    }

    /// Returns whether something is left that should have been done.
    pub fn is_left(&self) -> bool {
        matches!(self, Outcome::Failed(_) | Outcome::NotTried(_))
    }
}

impl Report {
    /// Returns whether everything is as it was shown, and ready.
    pub fn is_success(&self) -> bool {
        !self.is_interrupted
            && !self.rows.iter().any(|row| row.outcome.is_left())
            && self.waited.iter().all(Waited::is_success)
    }
}
