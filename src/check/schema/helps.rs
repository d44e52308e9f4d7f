//! The next step after a mistake: a known confusion, the nearest name, or the names that are possible.

use serde_json::Value;
use similar::get_close_matches;

use super::Subject;
use super::words;

/// How alike two names must be to be taken for one another, from 0 to 1.
const ALIKE: f32 = 0.6;

/// So many names are still a help; more are a list that nobody reads.
const FEW: usize = 10;

/// Values that are possible and that nobody should be told of: a spelling of old, which Chaos Toolkit corrects.
pub(super) const OUTDATED: &[&str] = &["continously"];

/// Keys that look right and do nothing, with what does it: the schema's place, the key, the help.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "",
        "dry",
        "Chaos Toolkit takes the dry mode from its command line only",
    ),
    (
        "",
        "hypothesis",
        "Chaos Toolkit calls it `steady-state-hypothesis`",
    ),
    (
        "",
        "probes",
        "probes belong in `method` or in `steady-state-hypothesis`",
    ),
    ("", "actions", "actions belong in `method`"),
    (
        "/$defs/activity",
        "timeout",
        "Chaos Toolkit reads the timeout of the provider only: move it into `provider`",
    ),
    (
        "/$defs/activity",
        "secrets",
        "Chaos Toolkit reads the secrets of the provider only: move them into `provider`",
    ),
    (
        "/$defs/activity",
        "configuration",
        "the configuration of the experiment serves every activity: move it there",
    ),
    (
        "/$defs/activity",
        "arguments",
        "Chaos Toolkit reads the arguments of the provider only: move them into `provider`",
    ),
    (
        "/$defs/activity",
        "dry",
        "Chaos Toolkit takes the dry mode from its command line only",
    ),
    (
        "/$defs/activity",
        "description",
        "Chaos Toolkit knows no description here: say it in `name`, or in a key that begins with `x-`",
    ),
    (
        "/$defs/provider",
        "expected_status",
        "Chaos Toolkit never reads it: give the probe a `tolerance` instead",
    ),
    (
        "/$defs/provider",
        "timeout",
        "a Python function has no timeout of its own: pass one in `arguments` where the function takes it",
    ),
    (
        "/$defs/provider",
        "configuration",
        "a function that has a parameter `configuration` is given it without asking",
    ),
    (
        "/$defs/provider",
        "args",
        "Chaos Toolkit calls it `arguments`",
    ),
    (
        "/$defs/secret",
        "default",
        "a secret from the environment has no default: set the variable, or use `configuration`",
    ),
];

/// What helps against an unknown key, and the key that was probably meant.
pub(super) struct UnknownKey {
    pub(super) help: String,
    pub(super) meant: Vec<String>,
}

/// Help against the unknown `key` of an object that the schema at `place` describes with the keys `allowed`.
pub(super) fn unknown_key(
    subject: Subject,
    place: &str,
    key: &str,
    allowed: &[String],
) -> UnknownKey {
    let meant = alike(key, allowed);
    let known = KNOWN.iter().find(|(at, name, _)| {
        subject == Subject::Experiment && *at == place && name.eq_ignore_ascii_case(key)
    });
    let help = match (known, meant.first()) {
        (Some((_, _, help)), _) => (*help).to_owned(),
        (None, Some(name)) => format!("did you mean `{name}`?"),
        (None, None) if allowed.is_empty() => "remove it: no key may stand here".to_owned(),
        (None, None) if allowed.len() == 1 => format!("the only key here is `{}`", allowed[0]),
        (None, None) if allowed.len() <= FEW => {
            format!("keys here are {}", words::list(allowed, "and"))
        }
        (None, None) => "`chaosc schema` prints every key with its meaning".to_owned(),
    };
    UnknownKey { help, meant }
}

/// The names most like `name`, best first.
fn alike(name: &str, names: &[String]) -> Vec<String> {
    // Keys of both files are lower-case with a separator: `timeZone` and `time_zone` should find `time-zone`.
    let lower = name.to_lowercase();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    get_close_matches(lower.as_str(), &names, 3, ALIKE)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// Help against a value that is none of `options`.
pub(super) fn not_one_of(key: &str, options: &[Value], value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let texts: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
    if !value.is_string() && texts.contains(&text.as_str()) {
        return Some(format!("write it in quotes: `\"{text}\"`"));
    }
    if options == [Value::Bool(true)] && *value == Value::Bool(false) {
        return Some(format!("remove `{key}`: it counts only where it is true"));
    }
    let names: Vec<String> = texts.into_iter().map(str::to_owned).collect();
    let meant = alike(&text, &names).into_iter().next()?;
    Some(format!("did you mean `{meant}`?"))
}

/// Help against a value of the wrong type: `schema` refuses `value`; `items` is the schema of its items, if it has any.
pub(super) fn wrong_type(
    subject: Subject,
    pointer: &str,
    value: &Value,
    schema: &Value,
    items: &Value,
) -> Option<String> {
    let types = &schema["type"];
    let expects = |name: &str| {
        types == name
            || types
                .as_array()
                .is_some_and(|t| t.iter().any(|t| t == name))
    };
    let hidden = words::hidden(pointer);
    match value {
        Value::String(text) if expects("array") && takes_text(items) => Some(if hidden {
            "write it as a list with one item".to_owned()
        } else {
            let text = Value::from(words::shown(text));
            format!("write it as a list: `[{text}]`")
        }),
        Value::String(text)
            if (expects("number") || expects("integer")) && text.parse::<f64>().is_ok()
                || expects("boolean") && matches!(text.as_str(), "true" | "false") =>
        {
            Some("write it without quotes".to_owned())
        }
        Value::Number(_) | Value::Bool(_) => {
            let quoted = Value::String(value.to_string());
            let helps = takes_only_text(schema) && accepts(schema, &quoted);
            let shown = if hidden {
                String::new()
            } else {
                format!(": `{quoted}`")
            };
            helps.then(|| format!("write it in quotes{shown}"))
        }
        Value::Object(_) if expects("array") && subject == Subject::Chaos => {
            let keys = words::segments(pointer);
            let keys: Vec<String> = keys
                .into_iter()
                .filter(|key| key.parse::<usize>().is_err())
                .collect();
            let header = keys.join(".");
            Some(format!(
                "a list of tables has double brackets: `[[{header}]]`"
            ))
        }
        Value::Null if !pointer.is_empty() => Some("give it a value, or remove the key".to_owned()),
        _ => None,
    }
}

/// Whether strings, or nothing at all, are all that a schema takes.
fn takes_only_text(schema: &Value) -> bool {
    match &schema["type"] {
        Value::Array(types) => types.iter().all(|name| name == "string" || name == "null"),
        name => name == "string",
    }
}

/// Whether a schema that refers to no other one accepts a value.
fn accepts(schema: &Value, value: &Value) -> bool {
    jsonschema::validator_for(schema).is_ok_and(|schema| schema.is_valid(value))
}

/// Whether a schema is about strings.
fn takes_text(schema: &Value) -> bool {
    schema["type"] == "string" || schema["enum"][0].is_string()
}

/// Help against a missing key: an example from its schema, written as the file is.
pub(super) fn missing_key(subject: Subject, key: &str, schema: &Value) -> Option<String> {
    let example = schema["examples"].get(0)?;
    if example.is_object()
        || example
            .as_array()
            .is_some_and(|a| a.iter().any(Value::is_object))
    {
        return None;
    }
    Some(match subject {
        Subject::Chaos => format!("for example `{key} = {example}`"),
        Subject::Experiment => format!("for example `{key}: {example}`"),
    })
}
