//! What the audit log and the journals of all runs of a case prove.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::audit::Event;
use crate::case::{Case, Kind};
use crate::effect::is_effective;
use crate::exceptions::{Exception, Seen};
use crate::fields;
use crate::fixtures::Names;
use crate::rights::Grant;
use crate::shapes::Call;
use crate::trial::{Outcome, Variation};
use crate::world::World;

/// What is known of a case.
#[derive(Default)]
pub(crate) struct Verdict {
    /// What is not as it should be.
    pub(crate) faults: Vec<String>,
    /// How many grants were used, and missed without.
    pub(crate) proven: usize,
    /// The exceptions that were needed, by their number.
    pub(crate) excepted: BTreeSet<usize>,
}

/// The judge of all cases.
pub(crate) struct Judge<'j> {
    pub(crate) world: &'j World,
    pub(crate) events: &'j HashMap<String, Vec<Event>>,
    pub(crate) exceptions: &'j [Exception],
}

impl Judge<'_> {
    pub(crate) fn judge(&self, case: &Case, outcomes: &[Outcome]) -> Verdict {
        let mut verdict = Verdict::default();
        for outcome in outcomes {
            let events = self.events.get(&outcome.user).map(Vec::as_slice).unwrap_or_default();
            let before = verdict.faults.len();
            match &outcome.variation {
                Variation::Rendered => {
                    self.nothing_denied(case, outcome, events, &mut verdict);
                    self.end(case, outcome, &mut verdict);
                    verdict.faults.extend(fields::faults(self.world, outcome, events));
                }
                Variation::Single => {
                    self.nothing_denied(case, outcome, events, &mut verdict);
                    self.end(case, outcome, &mut verdict);
                    self.all_used(case, outcome, outcomes, events, &mut verdict);
                }
                Variation::Without(grant) => self.missed(case, outcome, grant, events, &mut verdict),
                Variation::Everything => self.end(case, outcome, &mut verdict),
            }
            for fault in &mut verdict.faults[before..] {
                let variation = match &outcome.variation {
                    Variation::Rendered => "with what is rendered".to_owned(),
                    Variation::Single => "with a role for each grant".to_owned(),
                    Variation::Without(grant) => format!("without `{}`", grant.text(&outcome.ns)),
                    Variation::Everything => "with all rights".to_owned(),
                };
                *fault = format!("{} {variation}: {fault}", case.name);
            }
        }
        // Of a request that takes its time there are two events.
        verdict.faults.dedup();
        verdict
    }

    fn nothing_denied(&self, case: &Case, outcome: &Outcome, events: &[Event], verdict: &mut Verdict) {
        for event in events.iter().filter(|event| event.is_denied()) {
            if !self.is_excepted(case, &event.text(&outcome.ns), Seen::Denied, verdict) {
                verdict.faults.push(format!("denied: {event}"));
            }
        }
    }

    /// Every grant is used, and nothing else is asked.
    fn all_used(&self, case: &Case, outcome: &Outcome, outcomes: &[Outcome], events: &[Event], verdict: &mut Verdict) {
        for (grant, role) in &outcome.grants {
            if events.iter().any(|event| event.is_allowed_by(role)) || self.is_second(grant, &outcome.ns, outcomes) {
                verdict.proven += 1;
            } else if !self.is_excepted(case, &grant.text(&outcome.ns), Seen::Unused, verdict) {
                verdict.faults.push(format!("nothing uses `{}`", grant.text(&outcome.ns)));
            }
        }
        for event in events.iter().filter(|event| !event.is_denied()) {
            if !outcome.grants.iter().any(|(_, role)| event.is_allowed_by(role)) {
                verdict.faults.push(format!("allowed by no grant: {event}"));
            }
        }
    }

    /// Returns whether a grant is for a question that the server asks itself in the course of another request: what it
    /// is needed for is seen only where it is missing.
    fn is_second(&self, grant: &Grant, ns: &str, outcomes: &[Outcome]) -> bool {
        outcomes.iter().any(|outcome| {
            let Variation::Without(missing) = &outcome.variation else { return false };
            let events = self.events.get(&outcome.user).into_iter().flatten();
            missing.text(&outcome.ns) == grant.text(ns)
                && events.into_iter().any(|event| event.is_denied_for(missing) && !event.is_for(missing))
        })
    }

    /// Without a grant something is denied, and for nothing but it; and the activity says so.
    fn missed(&self, case: &Case, outcome: &Outcome, grant: &Grant, events: &[Event], verdict: &mut Verdict) {
        let denied: Vec<&Event> = events.iter().filter(|event| event.is_denied()).collect();
        if denied.is_empty() && self.is_excepted(case, &grant.text(&outcome.ns), Seen::Unused, verdict) {
            return;
        }
        if denied.is_empty() {
            let asked: Vec<String> = events.iter().map(ToString::to_string).collect();
            verdict.faults.push(format!("nothing is denied; asked was {asked:?}"));
        }
        for event in denied.iter().filter(|event| !event.is_denied_for(grant)) {
            if self.is_excepted(case, &event.text(&outcome.ns), Seen::Denied, verdict) {
                continue;
            }
            verdict.faults.push(format!("denied for another reason: {event}"));
        }
        let Kind::Call(call) = &case.kind else { return };
        let End::Succeeded(output) = End::of(&outcome.journals[0]) else { return };
        let is_told = is_effective(call.activity.effect, &output) == Some(false);
        // A probe's answer is judged by its tolerance.
        if call.activity.effect.is_some()
            && !call.shape.idle
            && !is_told
            && !self.is_excepted(case, &grant.text(&outcome.ns), Seen::Untold, verdict)
        {
            verdict.faults.push(format!("it says that it has worked: {output}"));
        }
    }

    /// The activity ends as its shape says.
    fn end(&self, case: &Case, outcome: &Outcome, verdict: &mut Verdict) {
        let Kind::Call(call) = &case.kind else {
            verdict.faults.extend(outcome.journals.iter().filter_map(crate::example::fault));
            return;
        };
        // What was denied cannot end well, whatever the shape says.
        let events = self.events.get(&outcome.user).map(Vec::as_slice).unwrap_or_default();
        if events.iter().any(Event::is_denied) {
            return;
        }
        let end = End::of(&outcome.journals[0]);
        let names = Names { ns: &outcome.ns, at: case.at(&outcome.ns) };
        verdict.faults.extend(fault(call, &end, &outcome.log, &names));
    }

    fn is_excepted(&self, case: &Case, request: &str, seen: Seen, verdict: &mut Verdict) -> bool {
        let Kind::Call(call) = &case.kind else { return false };
        let is_it = |exception: &Exception| exception.is_for(&call.function, request, seen);
        let found = self.exceptions.iter().position(is_it);
        verdict.excepted.extend(found);
        found.is_some()
    }
}

/// How a step ended.
enum End {
    /// With an output.
    Succeeded(Value),
    /// With an exception.
    Failed(String),
    /// It was not run.
    None,
}

impl End {
    fn of(journal: &Value) -> End {
        let step = &journal["run"][0];
        match step["status"].as_str() {
            Some("succeeded") => End::Succeeded(step["output"].clone()),
            Some("failed") => {
                let lines = step["exception"].as_array().into_iter().flatten();
                End::Failed(lines.last().and_then(Value::as_str).unwrap_or_default().to_owned())
            }
            _ => End::None,
        }
    }
}

fn fault(call: &Call, end: &End, log: &str, names: &Names<'_>) -> Option<String> {
    let wanted = call.shape.fails.as_ref().map(|text| names.fill(text));
    match (end, wanted) {
        // What Chaos Toolkit itself dies of stands in its log alone.
        (End::None, Some(text)) if log.contains(&text) => None,
        (End::None, _) => Some(format!("it was not run:\n{log}")),
        (End::Failed(exception), Some(text)) if exception.contains(&text) => None,
        (End::Failed(exception), None) => Some(format!("it fails: {exception}")),
        (End::Failed(exception), Some(text)) => Some(format!("it fails, but not with `{text}`: {exception}")),
        (End::Succeeded(output), Some(text)) => Some(format!("it does not fail with `{text}`, but gives {output}")),
        (End::Succeeded(output), None) => {
            let is_idle = match call.activity.effect {
                Some(effect) => is_effective(Some(effect), output) == Some(false),
                None => output.is_null(),
            };
            if call.shape.idle {
                (!is_idle).then(|| format!("it is not idle: {output}"))
            } else {
                (call.activity.effect.is_some() && is_idle).then(|| format!("it has no effect: {output}"))
            }
        }
    }
}
