//! The pages under `docs/` that repeat what the program knows: the keys of chaos.toml, and the diagnostics.
//! `CHAOSC_UPDATE=1` rewrites them.

use std::fmt::Write as _;
use std::fs;

use chaosc::check::schema;
use chaosc::diagnostic::{Code, explain};
use serde_json::Value;

use crate::folders::{is_update, project};

#[test]
fn the_pages_are_those_of_the_program() {
    for (page, text) in [("docs/chaos-toml.md", keys()), ("docs/diagnostics.md", diagnostics())] {
        let path = project(page);
        if is_update() {
            fs::write(&path, &text).unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap_or_default() == text, "{page}: `CHAOSC_UPDATE=1` rewrites it");
    }
}

/// Every key of chaos.toml, a table for each table of it, from the schema.
fn keys() -> String {
    let schema: Value = serde_json::from_str(schema::CHAOS).unwrap();
    let mut page =
        "# The keys of chaos.toml\n\nMade from `schema/chaos.schema.json`, which editors read and `chaosc check` \
                    checks by. Unknown keys are errors;\npaths are relative to the folder of chaos.toml. \
                    [chaos.toml.example](../chaos.toml.example) shows each key once.\nKeys that no \
                    command honours yet are errors that say so ([not-yet-supported](diagnostics.md#not-yet-supported)).\n"
            .to_owned();
    let mut tables = vec![("chaos.toml".to_owned(), &schema)];
    while let Some((name, table)) = tables.pop() {
        let table = followed(&schema, table);
        let heading = if name == "chaos.toml" { "At the top".to_owned() } else { format!("`{name}`") };
        let _ = write!(page, "\n## {heading}\n\n");
        if let Some(text) = table["description"].as_str().filter(|_| name != "chaos.toml") {
            let _ = write!(page, "{}\n\n", cell(text));
        }
        page.push_str("| key | value | meaning | default | example |\n| --- | --- | --- | --- | --- |\n");
        let mut below = Vec::new();
        for (key, rule) in table["properties"].as_object().unwrap() {
            // A reserved key: nobody may set it.
            if rule == &Value::Bool(false) {
                continue;
            }
            let resolved = followed(&schema, rule);
            if let Some((list, inner)) = inner(&schema, resolved) {
                let path = if name == "chaos.toml" { key.clone() } else { format!("{}.{key}", bare(&name)) };
                below.push((if list { format!("[[{path}]]") } else { format!("[{path}]") }, inner));
            }
            let is_required =
                table["required"].as_array().is_some_and(|names| names.contains(&Value::from(key.as_str())));
            let default = match rule.get("default").or(resolved.get("default")) {
                _ if is_required => "required".to_owned(),
                Some(default) => format!("`{}`", toml(default)),
                None => "none".to_owned(),
            };
            let text = rule["description"].as_str().or(resolved["description"].as_str()).unwrap_or_default();
            let example = resolved["examples"].get(0).or(rule["examples"].get(0)).map_or_else(String::new, toml);
            let _ = writeln!(
                page,
                "| `{key}` | {} | {} | {default} | `{}` |",
                kind(&schema, resolved),
                cell(text),
                example.replace('|', "\\|")
            );
        }
        below.reverse();
        tables.extend(below);
    }
    page
}

/// The name of a table without its brackets.
fn bare(name: &str) -> &str {
    name.trim_matches(['[', ']'])
}

fn followed<'s>(schema: &'s Value, rule: &'s Value) -> &'s Value {
    match rule["$ref"].as_str() {
        Some(to) => schema.pointer(to.trim_start_matches('#')).unwrap(),
        None => rule,
    }
}

/// The table that a key holds, and whether it holds a list of them.
fn inner<'s>(schema: &'s Value, rule: &'s Value) -> Option<(bool, &'s Value)> {
    if rule["properties"].is_object() {
        return Some((false, rule));
    }
    let items = followed(schema, rule.get("items")?);
    items["properties"].is_object().then_some((true, items))
}

/// What a value is, in words.
fn kind(schema: &Value, rule: &Value) -> String {
    if let Some(title) = rule["title"].as_str() {
        return cell(title);
    }
    if let Some(values) = rule["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{}`", toml(value))).collect();
        return values.join(" or ");
    }
    match rule["type"].as_str() {
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => match inner(schema, rule) {
            Some(_) => "tables".to_owned(),
            None => format!("a list; each {}", kind(schema, followed(schema, &rule["items"]))),
        },
        Some("object") if rule["properties"].is_object() => "a table".to_owned(),
        Some("object") => "a table of names and values".to_owned(),
        Some("string") => "a string".to_owned(),
        Some("integer") => "a whole number".to_owned(),
        _ => "any value".to_owned(),
    }
}

/// A value as it stands in chaos.toml.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{} = {}", name(key), toml(value))).collect();
            if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        plain => plain.to_string(),
    }
}

/// A key as it stands in chaos.toml: quoted where it is not bare.
fn name(key: &str) -> String {
    let is_bare = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { key.to_owned() } else { format!("{key:?}") }
}

fn cell(text: &str) -> String {
    text.trim_end_matches('.').replace('|', "\\|").replace('\n', " ")
}

/// Every diagnostic with its explanation.
fn diagnostics() -> String {
    let mut page =
        "# Diagnostics\n\nWhat `chaosc check` can say; `chaosc explain CODE` prints the same. An error fails the \
                    check; a warning does so with\n`--deny-warnings` only.\n\n| code | | |\n| --- | --- | --- |\n"
            .to_owned();
    for code in Code::ALL {
        let _ = writeln!(page, "| [{code}](#{code}) | {} | {} |", code.severity(), cell(explain::title(*code)));
    }
    for code in Code::ALL {
        let _ = write!(page, "\n## {code}\n");
        let mut is_fenced = false;
        for line in explain::explain(*code).page.lines() {
            is_fenced ^= line.starts_with("```");
            // The title of the page becomes a sentence, its sections go one level down.
            match line.strip_prefix("# ").filter(|_| !is_fenced) {
                Some(title) => {
                    let _ = write!(page, "\n**{}: {title}.**\n", code.severity());
                }
                None if line.starts_with("## ") && !is_fenced => {
                    let _ = writeln!(page, "#{line}");
                }
                None => {
                    let _ = writeln!(page, "{line}");
                }
            }
        }
    }
    page
}
