//! What a cluster says of the accounts: what they really may do, and what beyond that.

pub(super) mod human;
pub(super) mod markdown;
mod words;

use super::excess::Excess;
use crate::diff::change_set::Compared;

/// What a cluster says of all accounts of a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Which cluster.
    pub compared: Compared,
    /// One for each workload of the plan.
    pub accounts: Vec<Account>,
}

/// What a cluster says of one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Whether it is there.
    pub presence: Presence,
    /// One for each grant of the workload; none where the account is not there yet.
    pub answers: Vec<Answer>,
    /// What bindings allow it beyond its grants, the worst first.
    pub excess: Vec<Excess>,
    /// What of its bindings could not be read; a sentence each.
    pub unknown: Vec<String>,
}

/// Whether an account is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    There,
    /// It is not.
    NotApplied,
    /// It could not be read, and why.
    Unknown(String),
}

/// Whether an account may do what a grant says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may.
    Allowed,
    /// It may not, with what the server says to it.
    Missing(String),
    /// It could not be asked, and why.
    Unknown(String),
}

/// What the whole comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Each account may do exactly what is planned.
    AsPlanned,
    /// Something is missing or too much.
    Differs,
    /// Nothing of that was found, but not everything could be asked.
    NotKnown,
}

impl Verdict {
    /// Returns the name in outputs for programs.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::AsPlanned => "as-planned",
            Verdict::Differs => "differs",
            Verdict::NotKnown => "not-known",
        }
    }
}

impl Live {
    /// Returns what the whole comes to.
    pub fn verdict(&self) -> Verdict {
        let differs = |account: &Account| {
            account.presence == Presence::NotApplied
                || !account.excess.is_empty()
                || account.answers.iter().any(|answer| matches!(answer, Answer::Missing(_)))
        };
        let is_unknown = |account: &Account| {
            matches!(account.presence, Presence::Unknown(_))
                || !account.unknown.is_empty()
                || account.answers.iter().any(|answer| matches!(answer, Answer::Unknown(_)))
        };
        if self.accounts.iter().any(differs) {
            Verdict::Differs
        } else if self.accounts.iter().any(is_unknown) {
            Verdict::NotKnown
        } else {
            Verdict::AsPlanned
        }
    }
}
