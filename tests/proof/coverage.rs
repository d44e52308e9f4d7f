//! Whether the shapes say enough: every function, every request, and every condition of a request both ways.

use chaosc::plan::catalogue::{self, Activity, Request};

use serde_json::Value;

use crate::shapes::{self, Call};

#[test]
fn every_function_request_condition_and_flaw_has_a_shape() {
    let calls = shapes::all();
    let mut missing = Vec::new();
    for (function, activity) in catalogue::all() {
        let of: Vec<&Call> = calls.iter().filter(|call| call.function == function).collect();
        if of.is_empty() {
            missing.push(format!("{function}: no shape"));
            continue;
        }
        let mut miss = |what: String, is_met: &dyn Fn(&Call) -> bool| {
            if !of.iter().any(|call| is_met(call)) {
                missing.push(format!("{function}: no shape {what}"));
            }
        };
        for request in &activity.requests {
            let shown = format!("`{} {}`", request.verb, request.resource);
            miss(format!("makes {shown}"), &|call| is_made(call, request));
            for argument in &request.only_with {
                miss(format!("without `{argument}`, on which {shown} depends"), &|call| !call.has(argument));
            }
            if let Some(argument) = &request.name_from {
                miss(format!("makes {shown} with a `{argument}` that only the run knows"), &|call| {
                    let is_unknown = |value: &Value| value.as_str().is_some_and(|text| text.contains("${name}"));
                    is_made(call, request) && call.arguments.get(argument).is_some_and(is_unknown)
                });
            }
            for argument in narrowing(request) {
                miss(format!("makes {shown} with `{argument}`"), &|call| is_made(call, request) && call.has(argument));
                let may_be_left = !activity.required.contains(argument) && !request.only_with.contains(argument);
                if may_be_left && request.namespaces_from.as_ref() != Some(argument) {
                    miss(format!("makes {shown} without `{argument}`"), &|call| {
                        is_asked_without(call, activity, request, argument)
                    });
                }
            }
        }
        for flaw in &activity.flaws {
            miss(format!("shows that {}", flaw.why), &|call| call.flaw() == Some(flaw));
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn what_ends_otherwise_than_well_is_a_flaw_or_says_why() {
    for call in shapes::all() {
        let is_bad = call.shape.fails.is_some() || call.shape.idle;
        match call.flaw() {
            Some(flaw) => assert!(is_bad, "{call}: the catalogue says it can never succeed: {}", flaw.why),
            None => assert_eq!(is_bad, call.shape.why.is_some(), "{call}: it fails or is idle, and `why` is why"),
        }
    }
}

fn is_made(call: &Call, request: &Request) -> bool {
    request.only_with.iter().all(|argument| call.has(argument))
        && request.namespaces_from.as_ref().is_none_or(|argument| call.has(argument))
        && call.flaw().is_none_or(|flaw| flaw.asks)
}

/// Returns whether a call makes the request without an argument; where it can never succeed so, the flaw is enough.
fn is_asked_without(call: &Call, activity: &Activity, request: &Request, argument: &String) -> bool {
    let is_flaw = activity.flaws.iter().any(|flaw| flaw.without.contains(argument) && !flaw.asks);
    !call.has(argument) && (is_made(call, request) || is_flaw)
}

/// Returns the arguments that make the grant for a request another one.
fn narrowing(request: &Request) -> impl Iterator<Item = &String> {
    let arguments = [
        &request.name_from,
        &request.namespace_from,
        &request.namespaces_from,
        &request.group_from,
        &request.api_version_from,
        &request.resource_from,
    ];
    arguments.into_iter().flatten()
}
