//! Random edits of objects, as authors make them, and as they never should.

use chaosc::source::tree::join;
use serde_json::{Value, json};

use crate::chance::Chance;

/// Returns the pointers of everything in an object that may be edited: not what says which object it is.
pub(super) fn places(object: &Value) -> Vec<String> {
    fn walk(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let mut child = |segment: &dyn std::fmt::Display, value: &Value| {
            let pointer = join(pointer, segment);
            found.push(pointer.clone());
            walk(value, &pointer, found);
        };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| child(name, value)),
            Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| child(&index, value)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(object, "", &mut found);
    let is_identity = |pointer: &String| {
        matches!(pointer.as_str(), "/apiVersion" | "/kind" | "/metadata" | "/metadata/name" | "/metadata/namespace")
    };
    // What the server keeps is sent by nobody.
    let is_kept = |pointer: &String| {
        let kept = ["managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "ownerReferences"];
        pointer.starts_with("/status") || kept.iter().any(|name| pointer.starts_with(&format!("/metadata/{name}")))
    };
    found.retain(|pointer| !is_identity(pointer) && !is_kept(pointer));
    found
}

/// Edits an object once and returns what was done; `before` is the place of an earlier edit, often edited again.
pub(super) fn edit(object: &mut Value, live: &Value, before: &mut Option<String>, chance: &mut Chance) -> String {
    let all = places(object);
    if all.is_empty() {
        return String::new();
    }
    let place = match before {
        Some(before) if chance.one_in(2) && object.pointer(before).is_some() => before.clone(),
        _ => chance.pick(&all).clone(),
    };
    *before = Some(place.clone());
    let value = object.pointer_mut(&place).unwrap();
    let what = match chance.below(13) {
        0 => return if remove(object, &place) { format!("{place}: dropped") } else { String::new() },
        1 => json!(null),
        2 => json!({}),
        3 => json!([]),
        4 | 5 => altered(value, chance),
        6 => respelled(value),
        7 => reordered(value, chance),
        8 => doubled(value, chance),
        // Everything below as the server has it, its defaults included.
        9 | 10 => match live.pointer(&place) {
            Some(live) => live.clone(),
            None => return String::new(),
        },
        11 => return write_out(object, live, chance),
        _ => return add(object, chance),
    };
    let done = format!("{place}: {value} -> {what}");
    *value = what;
    done
}

/// Removes what a pointer leads to.
pub(super) fn remove(object: &mut Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    let last = last.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.remove(&last).is_some(),
        Some(Value::Array(items)) => {
            last.parse().ok().filter(|at| *at < items.len()).map(|at: usize| items.remove(at)).is_some()
        }
        _ => false,
    }
}

/// Returns another value of the same type.
pub(super) fn altered(value: &Value, chance: &mut Chance) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => match number.as_i64() {
            Some(number) => json!(number + 1),
            None => json!(number.as_f64().unwrap() + 0.5),
        },
        // Still a number, an amount, base64, a name or an address, if it was one.
        Value::String(text) if text.ends_with(|c: char| c.is_ascii_digit()) => {
            json!(format!("{text}{}", chance.below(9)))
        }
        Value::String(text) => json!(format!("{text}AAAA")),
        Value::Array(items) if !items.is_empty() => {
            let mut items = items.clone();
            let at = chance.below(items.len());
            items[at] = altered(&items[at], chance);
            Value::Array(items)
        }
        Value::Object(fields) if !fields.is_empty() => {
            let mut fields = fields.clone();
            let name = chance.pick(&fields.keys().cloned().collect::<Vec<_>>()).clone();
            fields[&name] = altered(&fields[&name], chance);
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// Returns the same value in another spelling, as far as amounts go.
fn respelled(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap()),
        Value::String(text) => match text.as_str() {
            "100m" => json!("0.1"),
            "1" => json!("1000m"),
            "1Gi" => json!("1024Mi"),
            "0.1" => json!("100m"),
            text => text.parse::<i64>().map_or_else(|_| json!(text.to_uppercase()), |number| json!(number)),
        },
        other => other.clone(),
    }
}

fn reordered(value: &Value, chance: &mut Chance) -> Value {
    let Value::Array(items) = value else { return value.clone() };
    let mut items = items.clone();
    match items.len() {
        0 | 1 => {}
        length => items.swap(0, 1 + chance.below(length - 1)),
    }
    Value::Array(items)
}

fn doubled(value: &Value, chance: &mut Chance) -> Value {
    let Value::Array(items) = value else { return value.clone() };
    let mut items = items.clone();
    if !items.is_empty() {
        items.push(chance.pick(&items).clone());
    }
    Value::Array(items)
}

/// Writes out something that only the live object has.
fn write_out(object: &mut Value, live: &Value, chance: &mut Chance) -> String {
    let missing: Vec<String> = places(live).into_iter().filter(|place| object.pointer(place).is_none()).collect();
    if missing.is_empty() {
        return String::new();
    }
    let place = chance.pick(&missing).clone();
    let (parent, last) = place.rsplit_once('/').unwrap();
    let value = live.pointer(&place).unwrap();
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.insert(last.replace("~1", "/").replace("~0", "~"), value.clone());
        }
        Some(Value::Array(items)) => items.push(value.clone()),
        _ => return String::new(),
    }
    format!("{place}: written out as {value}")
}

/// Adds what any object may have.
fn add(object: &mut Value, chance: &mut Chance) -> String {
    let (map, name, value) = *chance.pick(&[
        ("labels", "example.com/new", "a"),
        ("labels", "app", "b"),
        ("annotations", "example.com/a.b_c", "é"),
        ("annotations", "1", "1000m"),
    ]);
    let metadata = object["metadata"].as_object_mut().unwrap();
    let map = metadata.entry(map).or_insert_with(|| json!({}));
    if !map.is_object() {
        *map = json!({});
    }
    map[name] = json!(value);
    format!("metadata: {name} = {value}")
}
