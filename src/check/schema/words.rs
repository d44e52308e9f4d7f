//! The words for places and values: `in schedule 2`, `a list of strings`, ``the string `x` ``.

use std::path::Path;

use serde_json::Value;

use super::Subject;

/// Lists of chaos.toml whose items have a name of their own, by the keys that lead there.
const CHAOS_ITEMS: &[(&str, &str)] = &[
    ("apps", "app"),
    ("apps.checks", "check"),
    ("permissions.rules", "permission rule"),
    ("permissions.none", "`permissions.none` entry"),
    ("experiments", "experiment"),
    ("experiments.secrets", "secret"),
    ("schedules", "schedule"),
    ("blackout", "blackout"),
    ("accept", "`accept` entry"),
];

/// The same for an experiment.
const EXPERIMENT_ITEMS: &[(&str, &str)] = &[
    ("steady-state-hypothesis.probes", "probe"),
    ("steady-state-hypothesis.probes.controls", "control"),
    ("steady-state-hypothesis.controls", "control"),
    ("method", "activity"),
    ("method.controls", "control"),
    ("rollbacks", "rollback"),
    ("rollbacks.controls", "control"),
    ("controls", "control"),
    ("extensions", "extension"),
];

/// Keys below which values may be secret and are never shown.
const HIDDEN: &[&str] = &[
    "env",
    "variables",
    "secrets",
    "headers",
    "configuration",
    "arguments",
];

/// A string longer than this is cut where a message shows it.
const SHOWN_CHARS: usize = 60;

/// The keys and indices of a JSON pointer.
pub(super) fn segments(pointer: &str) -> Vec<String> {
    pointer
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// The pointer of `key` below `object`.
pub(super) fn child(object: &str, key: &str) -> String {
    format!("{object}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A pointer cut before its last segment, and that segment.
pub(super) fn split(pointer: &str) -> (String, String) {
    let (object, _) = pointer.rsplit_once('/').unwrap_or(("", ""));
    let key = segments(pointer).pop().unwrap_or_default();
    (object.to_owned(), key)
}

/// Names in backticks, the last one after "and" or "or".
pub(super) fn list<T: AsRef<str>>(names: &[T], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{}`", n.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// Where a pointer leads: the items of lists passed on the way, innermost last, then the keys after the last of them.
struct Route {
    items: Vec<String>,
    keys: Vec<String>,
}

fn route(subject: Subject, instance: &Value, segments: &[String]) -> Route {
    let table = match subject {
        Subject::Chaos => CHAOS_ITEMS,
        Subject::Experiment => EXPERIMENT_ITEMS,
    };
    let mut route = Route {
        items: Vec::new(),
        keys: Vec::new(),
    };
    let mut path = String::new();
    let mut here = Some(instance);
    for segment in segments {
        if let (Some(Value::Array(items)), Ok(index)) = (here, segment.parse::<usize>()) {
            here = items.get(index);
            let noun = table.iter().find(|(keys, _)| *keys == path);
            route.items.push(match noun {
                Some((_, noun)) => format!("{noun} {}", label(here, index)),
                None if route.keys.is_empty() => format!("item {}", index + 1),
                None => format!("item {} of `{}`", index + 1, route.keys.join(".")),
            });
            route.keys.clear();
        } else {
            here = here.and_then(|value| value.get(segment.as_str()));
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(segment);
            route.keys.push(shown(segment));
        }
    }
    route
}

/// What a reader calls an item: its name, else its file's stem, else its number.
fn label(item: Option<&Value>, index: usize) -> String {
    let text = |key| item.and_then(|item| item.get(key)).and_then(Value::as_str);
    let stem = || Path::new(text("file")?).file_stem()?.to_str();
    match text("name").or_else(stem) {
        Some(name) if !name.trim().is_empty() => format!("`{}`", shown(name)),
        _ => (index + 1).to_string(),
    }
}

/// The place of an object as the end of a message: "in schedule 2", "at the top level".
pub(super) fn place(subject: Subject, instance: &Value, pointer: &str) -> String {
    let route = route(subject, instance, &segments(pointer));
    match inside(subject, &route.items, &route.keys) {
        Some(words) => format!("in {words}"),
        None => "at the top level".to_owned(),
    }
}

/// A value as the middle of a message: "`cron` in schedule 2", "schedule 2".
pub(super) fn thing(subject: Subject, instance: &Value, pointer: &str) -> String {
    let route = route(subject, instance, &segments(pointer));
    let Some((leaf, keys)) = route.keys.split_last() else {
        return inside(subject, &route.items, &[]).unwrap_or_else(|| "the file".to_owned());
    };
    match inside(subject, &route.items, keys) {
        Some(words) => format!("`{leaf}` in {words}"),
        None => format!("`{leaf}`"),
    }
}

fn inside(subject: Subject, items: &[String], keys: &[String]) -> Option<String> {
    let mut words: Vec<String> = items.iter().rev().cloned().collect();
    if !keys.is_empty() {
        let keys = keys.join(".");
        let header = subject == Subject::Chaos && items.is_empty();
        let keys = if header { format!("[{keys}]") } else { keys };
        words.insert(0, format!("`{keys}`"));
    }
    (!words.is_empty()).then(|| words.join(" of "))
}

/// Whether the value at `pointer` may be secret.
pub(super) fn hidden(pointer: &str) -> bool {
    segments(pointer)
        .iter()
        .any(|segment| HIDDEN.contains(&segment.as_str()))
}

/// What was found, with the value itself unless it may be secret.
pub(super) fn found(subject: Subject, value: &Value, hidden: bool) -> String {
    match value {
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) if !hidden => format!("the string `{}`", shown(text)),
        Value::Number(number) if !hidden => format!("the number `{number}`"),
        Value::Bool(flag) if !hidden => format!("`{flag}`"),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::String(_) => a_type(subject, "string").to_owned(),
        Value::Number(_) => a_type(subject, "number").to_owned(),
        Value::Array(_) => a_type(subject, "array").to_owned(),
        Value::Object(_) => a_type(subject, "object").to_owned(),
    }
}

/// A text as a message shows it: on one line, cut where it is long.
pub(super) fn shown(text: &str) -> String {
    let mut line: String = text
        .chars()
        .take(SHOWN_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        line.push('…');
    }
    line
}

/// What a schema expects: its title, else its types; `items` is the schema of its items, if it has any.
pub(super) fn expected(subject: Subject, schema: &Value, items: &Value) -> String {
    // The title of a whole file or object names it and says nothing about its form.
    if let Some(title) = schema["title"].as_str()
        && schema["type"] != "object"
    {
        return title.to_owned();
    }
    let one = |name: &str| match (name, items["type"].as_str()) {
        ("array", Some("string")) => "a list of strings",
        ("array", None) if items["enum"][0].is_string() => "a list of strings",
        ("array", Some("number")) => "a list of numbers",
        ("array", Some("object")) if subject == Subject::Chaos => "a list of tables",
        ("array", Some("object")) => "a list of mappings",
        _ => a_type(subject, name),
    };
    match &schema["type"] {
        Value::String(name) => one(name).to_owned(),
        Value::Array(names) => {
            let names: Vec<&str> = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null")
                .map(one)
                .collect();
            names.join(" or ")
        }
        _ => "another value".to_owned(),
    }
}

fn a_type(subject: Subject, name: &str) -> &'static str {
    match (name, subject) {
        ("string", _) => "a string",
        ("integer", _) => "a whole number",
        ("number", _) => "a number",
        ("boolean", _) => "true or false",
        ("array", _) => "a list",
        ("object", Subject::Chaos) => "a table",
        ("object", Subject::Experiment) => "a mapping",
        _ => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_is_told_by_the_names_of_what_it_lies_in() {
        let file = json!({
            "experiments": [{ "file": "experiments/terminate-pod.yaml" }],
            "schedules": [{ "name": "nightly" }, { "name": " ", "random": {} }],
            "apps": [{ "name": "shop", "checks": [{}] }],
        });
        let place = |pointer| place(Subject::Chaos, &file, pointer);
        assert_eq!(place(""), "at the top level");
        assert_eq!(place("/pod/resources"), "in `[pod.resources]`");
        assert_eq!(place("/experiments/0"), "in experiment `terminate-pod`");
        assert_eq!(place("/schedules/0"), "in schedule `nightly`");
        assert_eq!(place("/schedules/1/random"), "in `random` of schedule 2");
        assert_eq!(place("/apps/0/checks/0"), "in check 1 of app `shop`");
    }

    #[test]
    fn a_value_is_told_by_its_key_and_the_place_of_that() {
        let file = json!({ "steady-state-hypothesis": { "probes": [{ "name": "answers" }] } });
        let thing = |pointer| thing(Subject::Experiment, &file, pointer);
        assert_eq!(thing(""), "the file");
        assert_eq!(thing("/title"), "`title`");
        let probe = "/steady-state-hypothesis/probes/0";
        assert_eq!(thing(probe), "probe `answers`");
        let timeout = format!("{probe}/provider/timeout");
        assert_eq!(
            thing(&timeout),
            "`timeout` in `provider` of probe `answers`"
        );
    }

    #[test]
    fn a_pointer_that_leads_nowhere_is_told_all_the_same() {
        let place = |pointer| place(Subject::Chaos, &json!([1]), pointer);
        assert_eq!(place("/7"), "in item 8");
        assert_eq!(place("/a/b~1c~0d"), "in `[a.b/c~d]`");
    }

    #[test]
    fn a_text_stays_on_one_line_and_short() {
        assert_eq!(shown("a\nb\tc\u{85}d"), "a b c d");
        assert_eq!(shown(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
    }
}
