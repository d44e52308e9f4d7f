//! Which fields of an object differ.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::inner;
use super::path::{Path, Step, item_step, list_key};

/// Returns the fields that differ with their values before and after, in the order of the object.
///
/// What is only on one side is one entry, however much is in it. Items of lists are compared by their key, where they
/// have one; if those on both sides stand in another order, that is an entry of the list, with the keys in either
/// order. Items without a key are compared by their number, after what both lists begin and end with is left out. JSON
/// texts of a `ConfigMap` are compared inside.
pub fn fields(before: &Value, after: &Value) -> Vec<(Path, Option<Value>, Option<Value>)> {
    let may_hold_json = inner::may_hold(before) || inner::may_hold(after);
    let mut walk = Walk { path: Path::default(), may_hold_json, found: Vec::new() };
    walk.values(before, after);
    walk.found
}

/// A walk down both sides at once.
struct Walk {
    path: Path,
    may_hold_json: bool,
    found: Vec<(Path, Option<Value>, Option<Value>)>,
}

impl Walk {
    fn values(&mut self, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.objects(before, after),
            (Value::Array(before), Value::Array(after)) => self.lists(before, after),
            (before, after) if before == after => {}
            (before, after) => {
                let is_place = self.may_hold_json && inner::is_place(&self.path);
                match is_place.then(|| inner::open_both(before, after)).flatten() {
                    Some((before, after)) => self.values(&before, &after),
                    None => self.differ(Some(before), Some(after)),
                }
            }
        }
    }

    fn objects(&mut self, before: &Map<String, Value>, after: &Map<String, Value>) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            self.step(Step::Field(name.clone()), before.get(name), after.get(name));
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value]) {
        match list_key(&[before, after]) {
            Some(key) => self.by_key(before, after, &key),
            None => self.by_number(before, after),
        }
    }

    fn by_key(&mut self, before: &[Value], after: &[Value], key: &[&'static str]) {
        let step = |(index, item)| item_step(item, index, Some(key));
        let old: Vec<Step> = before.iter().enumerate().map(step).collect();
        let new: Vec<Step> = after.iter().enumerate().map(step).collect();
        let old_index: HashMap<&Step, usize> = old.iter().zip(0..).collect();
        let new_index: HashMap<&Step, usize> = new.iter().zip(0..).collect();
        let kept: Vec<&Step> = old.iter().filter(|step| new_index.contains_key(step)).collect();
        let kept_anew: Vec<&Step> = new.iter().filter(|step| old_index.contains_key(step)).collect();
        if kept != kept_anew {
            self.found.push((self.path.clone(), Some(keys(&kept)), Some(keys(&kept_anew))));
        }
        for (step, item) in old.iter().zip(before) {
            self.step(step.clone(), Some(item), new_index.get(step).map(|index| &after[*index]));
        }
        for (step, item) in new.iter().zip(after).filter(|(step, _)| !old_index.contains_key(step)) {
            self.step(step.clone(), None, Some(item));
        }
    }

    fn by_number(&mut self, before: &[Value], after: &[Value]) {
        let start = before.iter().zip(after).take_while(|(before, after)| before == after).count();
        let (before, after) = (&before[start..], &after[start..]);
        let same = before.iter().rev().zip(after.iter().rev()).take_while(|(before, after)| before == after).count();
        let (before, after) = (&before[..before.len() - same], &after[..after.len() - same]);
        for index in 0..before.len().max(after.len()) {
            self.step(Step::Index(start + index), before.get(index), after.get(index));
        }
    }

    fn step(&mut self, step: Step, before: Option<&Value>, after: Option<&Value>) {
        self.path.0.push(step);
        match (before, after) {
            (Some(before), Some(after)) => self.values(before, after),
            (before, after) => self.differ(before, after),
        }
        self.path.0.pop();
    }

    fn differ(&mut self, before: Option<&Value>, after: Option<&Value>) {
        self.found.push((self.path.clone(), before.cloned(), after.cloned()));
    }
}

/// Returns the keys of items as one value: plain values, or objects where a key has several fields.
fn keys(steps: &[&Step]) -> Value {
    let value = |step: &&Step| match step {
        Step::Key { key } if key.len() == 1 => key[0].1.clone(),
        Step::Key { key } => Value::Object(key.iter().cloned().collect()),
        Step::Field(name) => Value::from(name.as_str()),
        Step::Index(index) => Value::from(*index),
    };
    steps.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::fields;

    /// Writes each difference as `PATH: BEFORE -> AFTER`.
    fn told(before: &Value, after: &Value) -> Vec<String> {
        let value = |value: Option<Value>| value.map_or("nothing".to_owned(), |value| value.to_string());
        fields(before, after)
            .into_iter()
            .map(|(path, before, after)| format!("{path}: {} -> {}", value(before), value(after)))
            .collect()
    }

    #[test]
    fn each_difference_is_told_once() {
        let config = |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a.json": text}});
        for (before, after, expected) in [
            (json!({"a": 1}), json!({"a": 1}), vec![]),
            (json!(1), json!(2), vec![": 1 -> 2"]),
            (json!({"a": 1}), json!({"a": "1"}), vec!["a: 1 -> \"1\""]),
            (
                json!({"b": {"c": 1}}),
                json!({"a": {"c": 1}}),
                vec!["a: nothing -> {\"c\":1}", "b: {\"c\":1} -> nothing"],
            ),
            (json!({}), json!({"a": null}), vec!["a: nothing -> null"]),
            (json!({"a": {}}), json!({"a": []}), vec!["a: {} -> []"]),
            // By key, whatever the order of fields.
            (
                json!({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}),
                json!({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C"}]}),
                vec!["env[name=B].value: \"2\" -> \"3\"", "env[name=C]: nothing -> {\"name\":\"C\"}"],
            ),
            (
                json!({"env": [{"name": "A"}, {"name": "B", "value": "2"}]}),
                json!({"env": [{"name": "B", "value": "2"}]}),
                vec!["env[name=A]: {\"name\":\"A\"} -> nothing"],
            ),
            (json!({"env": []}), json!({"env": [{"name": "A"}]}), vec!["env[name=A]: nothing -> {\"name\":\"A\"}"]),
            // Another order alone.
            (
                json!([{"name": "A"}, {"name": "B"}, {"name": "C"}]),
                json!([{"name": "C"}, {"name": "D"}, {"name": "A"}]),
                vec![
                    ": [\"A\",\"C\"] -> [\"C\",\"A\"]",
                    "[name=B]: {\"name\":\"B\"} -> nothing",
                    "[name=D]: nothing -> {\"name\":\"D\"}",
                ],
            ),
            (
                json!({"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}),
                json!({"ports": [{"port": 53, "protocol": "UDP"}, {"port": 80}]}),
                vec![
                    "ports: [{\"port\":80,\"protocol\":\"TCP\"},{\"port\":53,\"protocol\":\"UDP\"}] \
                     -> [{\"port\":53,\"protocol\":\"UDP\"},{\"port\":80,\"protocol\":\"TCP\"}]",
                ],
            ),
            // By number.
            (json!({"args": ["a", "b", "c"]}), json!({"args": ["a", "x", "c"]}), vec!["args[1]: \"b\" -> \"x\""]),
            (json!({"args": ["a", "b", "c"]}), json!({"args": ["b", "c"]}), vec!["args[0]: \"a\" -> nothing"]),
            (json!({"args": ["a", "a"]}), json!({"args": ["a", "a", "a"]}), vec!["args[2]: nothing -> \"a\""]),
            (
                json!({"args": ["a", "b"]}),
                json!({"args": ["c"]}),
                vec!["args[0]: \"a\" -> \"c\"", "args[1]: \"b\" -> nothing"],
            ),
            (
                json!([{"verbs": ["get"]}, {"verbs": ["list"]}]),
                json!([{"verbs": ["get", "watch"]}, {"verbs": ["list"]}]),
                vec!["[0].verbs[1]: nothing -> \"watch\""],
            ),
            // Inside of a JSON text, unless only its writing differs.
            (
                config("{\"m\":[{\"name\":\"x y\",\"p\":1}]}"),
                config("{\"m\":[{\"name\":\"x y\",\"p\":2}]}"),
                vec!["data[\"a.json\"].m[name=\"x y\"].p: 1 -> 2"],
            ),
            (
                config("{\"m\":1}"),
                config("{\"m\": 1}"),
                vec!["data[\"a.json\"]: \"{\\\"m\\\":1}\" -> \"{\\\"m\\\": 1}\""],
            ),
            (config("{\"m\":1}"), config("m"), vec!["data[\"a.json\"]: \"{\\\"m\\\":1}\" -> \"m\""]),
            (
                json!({"kind": "Secret", "data": {"a": "{\"m\":1}"}}),
                json!({"kind": "Secret", "data": {"a": "{\"m\":2}"}}),
                vec!["data.a: \"{\\\"m\\\":1}\" -> \"{\\\"m\\\":2}\""],
            ),
        ] {
            assert_eq!(told(&before, &after), expected, "{before} -> {after}");
        }
    }

    #[test]
    fn no_path_is_told_twice() {
        let items = |text: &str| text.chars().map(|c| json!(c.to_string())).collect::<Value>();
        for (before, after) in [("abXc", "ZQWabc"), ("pabq", "xyabz"), ("aab", "baa"), ("", "abc")] {
            let mut paths: Vec<String> =
                fields(&items(before), &items(after)).into_iter().map(|(path, _, _)| path.to_string()).collect();
            let all = paths.len();
            paths.sort();
            paths.dedup();
            assert_eq!(paths.len(), all, "{before} -> {after}");
        }
    }
}
