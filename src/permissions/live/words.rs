//! What both outputs for people say alike, without colours.

use super::{Account, Answer, Live, Presence, Verdict};
use crate::permissions::excess::Excess;
use crate::permissions::words::{self, count};

/// Said of an account that is not there.
const NOT_APPLIED: &str = "not applied yet: `chaosc apply` makes the account and its rights";

/// Said of a right that is missing.
const REFUSED: &str = "the run is refused with 403 here, which Chaos Toolkit may pass over";

/// Returns what is not known of an account apart from its grants.
pub(super) fn not_known(said: &Account) -> impl Iterator<Item = &str> {
    let presence = match &said.presence {
        Presence::Unknown(reason) => Some(reason.as_str()),
        Presence::There | Presence::NotApplied => None,
    };
    presence.into_iter().chain(said.unknown.iter().map(String::as_str))
}

pub(super) fn allowed(said: &Account) -> usize {
    said.answers.iter().filter(|answer| **answer == Answer::Allowed).count()
}

/// Says how many rights are there.
pub(super) fn standing(said: &Account) -> String {
    let (there, all) = (allowed(said), said.answers.len());
    match (&said.presence, all) {
        (Presence::NotApplied, _) => NOT_APPLIED.to_owned(),
        (_, 0) => "no right is planned for it".to_owned(),
        (_, 1) if there == 1 => "its one right is there".to_owned(),
        _ if there == all => format!("all {all} rights are there"),
        _ => format!("{there} of {} are known to be there", count(all, "right")),
    }
}

/// Says what a missing right comes to, and why it is missing, if the server says so.
pub(super) fn refused(reason: &str) -> String {
    let between = if reason.is_empty() { "" } else { "; " };
    format!("{REFUSED}{between}{reason}")
}

pub(super) fn by(excess: &Excess) -> String {
    format!("by {}, which gives {} to {}", excess.binding, excess.role, excess.through)
}

/// Counts what was found.
pub(super) fn summary(live: &Live) -> String {
    let answers = || live.accounts.iter().flat_map(|account| &account.answers);
    let missing = answers().filter(|answer| matches!(answer, Answer::Missing(_))).count();
    let unanswered = answers().filter(|answer| matches!(answer, Answer::Unknown(_))).count();
    let unread: usize = live.accounts.iter().map(|account| not_known(account).count()).sum();
    let excess: usize = live.accounts.iter().map(|account| account.excess.len()).sum();
    let absent = live.accounts.iter().filter(|account| account.presence == Presence::NotApplied).count();
    let counts = [
        (absent, format!("{absent} not applied")),
        (missing, format!("{missing} missing")),
        (excess, count(excess, "binding") + " with more"),
        (unanswered + unread, format!("{} not known", unanswered + unread)),
    ];
    let counts: Vec<String> = counts.into_iter().filter(|(number, _)| *number > 0).map(|(_, said)| said).collect();
    let accounts = count(live.accounts.len(), "account");
    match live.verdict() {
        _ if live.accounts.is_empty() => words::NO_SCHEDULES.to_owned(),
        Verdict::AsPlanned => format!("{accounts}, each with exactly the rights that are planned"),
        Verdict::Differs | Verdict::NotKnown => format!("{accounts}: {}", counts.join(", ")),
    }
}
