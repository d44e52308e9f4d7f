//! Random writes by others: other field managers, other operations, other versions of the API.

use chaosc::cluster::Request;
use chaosc::kubernetes::kinds;
use http::Method;
use serde_json::{Value, json};

use super::edits::{altered, places, remove};
use crate::chance::Chance;

/// Returns where an object stands, in its own version or in another one of its group.
pub(super) fn address(object: &Value, version: Option<&str>) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let (api_version, kind) = (text("/apiVersion").unwrap(), text("/kind").unwrap());
    let plural = kinds::find(api_version, kind).map_or_else(
        || if kind == "ServiceEntry" { "serviceentries".to_owned() } else { format!("{}s", kind.to_lowercase()) },
        |row| row.plural.to_owned(),
    );
    let api_version = version.unwrap_or(api_version);
    let root = if api_version.contains('/') { "/apis" } else { "/api" };
    let namespace = text("/metadata/namespace").map(|name| format!("/namespaces/{name}")).unwrap_or_default();
    format!("{root}/{api_version}{namespace}/{plural}/{}", text("/metadata/name").unwrap())
}

/// Returns another version in which the server has a kind, if there is one.
pub(super) fn other_version(object: &Value) -> Option<&'static str> {
    match (object["apiVersion"].as_str()?, object["kind"].as_str()?) {
        ("autoscaling/v2", _) => Some("autoscaling/v1"),
        ("networking.istio.io/v1", _) => Some("networking.istio.io/v1beta1"),
        _ => None,
    }
}

/// Returns the request that applies an object.
pub(super) fn apply(object: &Value, manager: &str, force: bool, version: Option<&str>) -> Request {
    let mut object = object.clone();
    if let Some(version) = version {
        object["apiVersion"] = json!(version);
    }
    let force = if force { "&force=true" } else { "" };
    Request {
        method: Method::PATCH,
        path: format!("{}?fieldManager={manager}&fieldValidation=Strict{force}", address(&object, None)),
        body: Some(("application/apply-patch+yaml", object.to_string().into_bytes())),
    }
}

fn patch(object: &Value, kind: &'static str, manager: &str, version: Option<&str>, body: &Value) -> Request {
    Request {
        method: Method::PATCH,
        path: format!("{}?fieldManager={manager}", address(object, version)),
        body: Some((kind, body.to_string().into_bytes())),
    }
}

/// Returns what somebody else does to an object: requests, one after the other, and what they are.
pub(super) fn write(desired: &Value, live: &Value, chance: &mut Chance) -> (String, Vec<Request>) {
    const MERGE: &str = "application/merge-patch+json";
    const JSON: &str = "application/json-patch+json";
    const STRATEGIC: &str = "application/strategic-merge-patch+json";
    let manager = *chance.pick(&["kubectl-edit", "other", "chaosc", "OpenAPI-Generator"]);
    let version = other_version(live).filter(|_| chance.one_in(3));
    let (ours, theirs) = (places(desired), places(live));
    if ours.is_empty() || theirs.is_empty() {
        return (String::new(), Vec::new());
    }
    let place = chance.pick(&ours).clone();
    let there = chance.pick(&theirs).clone();
    let here = desired.pointer(&place).unwrap();
    let found = live.pointer(&there).unwrap();
    let sent =
        |kind, body: Value| (format!("{manager}: {kind} {body}"), vec![patch(live, kind, manager, version, &body)]);
    match chance.below(11) {
        0..=2 => {
            let mut part = desired.clone();
            for _ in 0..chance.below(6) {
                if let Some(place) = ours.get(chance.below(ours.len())) {
                    remove(&mut part, place);
                }
            }
            if chance.one_in(2)
                && let Some(value) = part.pointer_mut(&place)
            {
                *value = altered(value, chance);
            }
            let force = chance.one_in(2);
            (format!("other: apply {part} (force: {force})"), vec![apply(&part, "other", force, version)])
        }
        3 => sent(MERGE, nested(&place, altered(here, chance))),
        4 => sent(MERGE, nested(&place, Value::Null)),
        5 => {
            let away = sent(MERGE, nested(&place, altered(here, chance)));
            let back = sent(MERGE, nested(&place, here.clone()));
            (format!("{}, and back", away.0), away.1.into_iter().chain(back.1).collect())
        }
        6 => sent(JSON, json!([{"op": "replace", "path": there, "value": altered(found, chance)}])),
        7 => sent(JSON, json!([{"op": "remove", "path": there}])),
        8 => {
            let lists: Vec<&String> =
                theirs.iter().filter(|at| live.pointer(at).is_some_and(Value::is_array)).collect();
            if lists.is_empty() {
                return (String::new(), Vec::new());
            }
            let at = *chance.pick(&lists);
            let mut items = live.pointer(at).unwrap().as_array().unwrap().clone();
            match chance.below(3) {
                0 => items.reverse(),
                1 => items.extend(items.clone().pop()),
                _ => items.insert(0, items.last().map(|item| altered(item, chance)).unwrap_or_default()),
            }
            sent(JSON, json!([{"op": "replace", "path": at, "value": items}]))
        }
        9 if kinds::find(live["apiVersion"].as_str().unwrap(), live["kind"].as_str().unwrap()).is_some() => {
            sent(STRATEGIC, nested(&place, altered(here, chance)))
        }
        9 => sent(MERGE, json!({"metadata": {"labels": {"hand": "made"}}})),
        // Some programs clear everybody's fields.
        _ if chance.one_in(4) => sent(MERGE, json!({"metadata": {"managedFields": [{}]}})),
        _ => sent(
            MERGE,
            json!({"metadata": {"annotations": {"example.com/hand": "made"}, "finalizers": ["example.com/a"]}}),
        ),
    }
}

/// Returns a value wrapped as deep as the fields of a pointer lead; at a list, the first item stands for it.
fn nested(pointer: &str, value: Value) -> Value {
    pointer.rsplit('/').filter(|segment| !segment.is_empty()).fold(value, |value, segment| {
        let name = segment.replace("~1", "/").replace("~0", "~");
        if name.parse::<usize>().is_ok() { json!([value]) } else { json!({ name: value }) }
    })
}
