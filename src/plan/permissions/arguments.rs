//! The arguments of an activity: those that it does not have, and those that it misses.

use serde_json::{Map, Value};

use super::ticked;
use crate::config::experiment::Step;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::catalogue::Activity;
use crate::source::address::Place;

/// Arguments that Chaos Toolkit itself hands to every function that has them (chaoslib.provider.python).
const INJECTED: [&str; 2] = ["configuration", "secrets"];

/// Says which arguments an activity does not have, and which it misses.
pub(super) fn problems(step: &Step, activity: &Activity, arguments: &Map<String, Value>) -> Vec<Diagnostic> {
    let at = step.provider_at.join("arguments");
    let called = &step.provider;
    let mut problems = Vec::new();
    for argument in unknown_arguments(activity, arguments) {
        let message = format!("`{called}` has no argument `{argument}`");
        let problem = Diagnostic::new(Code::UnknownArgument, Place::Key(at.join(argument)), message);
        problems.push(match meant(activity, argument) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("its arguments are {}", ticked(&known_arguments(activity)))),
        });
    }
    for missing in activity.required.iter().filter(|name| !arguments.contains_key(name.as_str())) {
        if is_misspelt(activity, arguments, missing) {
            continue;
        }
        let place =
            if arguments.is_empty() { Place::Value(step.provider_at.join("func")) } else { Place::Key(at.clone()) };
        let message = format!("`{called}` is called without its argument `{missing}`");
        problems.push(
            Diagnostic::new(Code::MissingArgument, place, message).help(format!(
                "add `{missing}` to its arguments: Chaos Toolkit refuses to run the experiment without it"
            )),
        );
    }
    problems
}

fn known_arguments(activity: &Activity) -> Vec<&str> {
    activity.required.iter().chain(&activity.optional).map(String::as_str).collect()
}

fn unknown_arguments<'a>(activity: &Activity, arguments: &'a Map<String, Value>) -> Vec<&'a str> {
    let known = known_arguments(activity);
    let given = arguments.keys().map(String::as_str);
    given.filter(|name| !known.contains(name) && !INJECTED.contains(name)).collect()
}

/// Returns the argument that was most likely meant by one that the activity does not have.
fn meant<'a>(activity: &'a Activity, argument: &str) -> Option<&'a str> {
    let known = known_arguments(activity);
    // What kubectl and Kubernetes call `namespace`, Chaos Toolkit calls `ns`.
    if argument == "namespace"
        && let Some(ns) = known.iter().copied().find(|name| *name == "ns")
    {
        return Some(ns);
    }
    similar::get_close_matches(argument, &known, 1, 0.6).first().copied()
}

/// Returns whether an argument is there under a name that the activity does not have.
pub(super) fn is_misspelt(activity: &Activity, arguments: &Map<String, Value>, argument: &str) -> bool {
    unknown_arguments(activity, arguments).into_iter().any(|given| meant(activity, given) == Some(argument))
}
