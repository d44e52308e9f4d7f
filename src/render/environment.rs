//! The template engine, set up so that no value can break out of its place.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior};
use serde::Serialize;

use crate::bundle::document;
use crate::error::Error;

/// Every template, embedded.
const TEMPLATES: &[(&str, &str)] = &[
    ("chart/Chart.yaml", include_str!("../../templates/chart/Chart.yaml")),
    ("chart/NOTES.txt", include_str!("../../templates/chart/NOTES.txt")),
    ("chart/_helpers.tpl", include_str!("../../templates/chart/_helpers.tpl")),
    ("chart/release-namespace.yaml", include_str!("../../templates/chart/release-namespace.yaml")),
    ("chart/values.schema.json", include_str!("../../templates/chart/values.schema.json")),
    ("chart/values.yaml", include_str!("../../templates/chart/values.yaml")),
    ("kustomization.yaml", include_str!("../../templates/kustomization.yaml")),
    ("manifests/configmap.yaml", include_str!("../../templates/manifests/configmap.yaml")),
    ("manifests/cronjob.yaml", include_str!("../../templates/manifests/cronjob.yaml")),
    ("manifests/job.yaml", include_str!("../../templates/manifests/job.yaml")),
    ("manifests/namespace.yaml", include_str!("../../templates/manifests/namespace.yaml")),
    ("manifests/role.yaml", include_str!("../../templates/manifests/role.yaml")),
    ("manifests/rolebinding.yaml", include_str!("../../templates/manifests/rolebinding.yaml")),
    ("manifests/serviceaccount.yaml", include_str!("../../templates/manifests/serviceaccount.yaml")),
    ("partials/job.yaml", include_str!("../../templates/partials/job.yaml")),
    ("partials/metadata.yaml", include_str!("../../templates/partials/metadata.yaml")),
    ("partials/pod.yaml", include_str!("../../templates/partials/pod.yaml")),
];

/// Builds the engine: undefined names are errors, every printed value is one JSON scalar, list or object on one line.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    // Helm's braces are text to us.
    syntax.variable_delimiters("[[", "]]").block_delimiters("[%", "%]").comment_delimiters("[#", "#]");
    environment.set_syntax(syntax.build().expect("no two delimiters are the same"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // The notes are for people; what is printed there is names and labels.
    environment.set_auto_escape_callback(|name| match name {
        "chart/NOTES.txt" => AutoEscape::None,
        _ => AutoEscape::Custom("yaml".into()),
    });
    environment.set_formatter(write_value);
    // It would let a value through as it is.
    environment.remove_filter("safe");
    environment.add_filter("nested", nested);
    environment.add_filter("bundle", |part: &str| marked(document::BUNDLE, part));
    environment.add_filter("chart", |part: &str| marked(document::CHART, part));
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).expect("the templates are embedded, and a test renders each of them");
    }
    environment
}

/// Renders one template.
pub(super) fn text(environment: &Environment<'_>, name: &str, context: &impl Serialize) -> Result<String, Error> {
    let failed = |source| Error::Template { template: name.to_owned(), source: Box::new(source) };
    let template = environment.get_template(name).map_err(failed)?;
    template.render(minijinja::value::Serde(context)).map_err(failed)
}

/// Marks a rendered part as one that only the bundle has, or only the chart.
fn marked(begin: char, part: &str) -> Value {
    Value::from_safe_string(format!("{begin}{part}{}", document::END))
}

/// Indents a rendered part. Its values are scalars on one line each, so that no text of theirs is touched.
fn nested(part: &str, spaces: usize) -> Value {
    let indent = " ".repeat(spaces);
    let mut result = String::with_capacity(part.len() + part.len() / 8);
    for line in part.split_inclusive('\n') {
        if line != "\n" {
            result.push_str(&indent);
        }
        result.push_str(line);
    }
    Value::from_safe_string(result)
}

/// Writes a value as JSON that every YAML reader takes as it is meant.
fn write_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    // Parts that were rendered before: their values have been through here.
    let is_plain = matches!(state.auto_escape(), AutoEscape::None) && value.kind() == ValueKind::String;
    if value.is_safe() || is_plain {
        return out.write_str(value.as_str().unwrap_or_default()).map_err(minijinja::Error::from);
    }
    let mut text = String::with_capacity(value.as_str().map_or(64, |text| text.len() + text.len() / 4 + 8));
    json(value, &mut text)?;
    out.write_str(&text).map_err(minijinja::Error::from)
}

fn json(value: &Value, text: &mut String) -> Result<(), minijinja::Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => {
            return Err(minijinja::Error::new(ErrorKind::UndefinedError, "a template prints nothing"));
        }
        ValueKind::String => quote(value.as_str().unwrap_or_default(), text),
        ValueKind::Seq | ValueKind::Iterable => {
            text.push('[');
            for (index, item) in value.try_iter()?.enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                json(&item, text)?;
            }
            text.push(']');
        }
        ValueKind::Map => {
            text.push('{');
            for (index, key) in value.try_iter()?.enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                quote(key.as_str().unwrap_or_default(), text);
                text.push_str(": ");
                json(&value.get_item(&key)?, text)?;
            }
            text.push('}');
        }
        // The engine's own text of a truth value is Python's.
        ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => text.push_str(&value.to_string()),
        other => {
            return Err(minijinja::Error::new(ErrorKind::BadSerialization, format!("a template prints a {other}")));
        }
    }
    Ok(())
}

/// Writes a string in double quotes, with escapes for everything that some YAML reader takes as a line break, as a
/// control character, or not at all.
fn quote(value: &str, text: &mut String) {
    use std::fmt::Write as _;
    text.push('"');
    let mut rest = value;
    // Whole runs at a time: an experiment is one text of thousands of characters, nearly all of which stay as they are. The
    // bytes are those with which the characters below begin.
    let is_special = |byte: u8| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f | 0xc2 | 0xe2 | 0xef);
    while let Some(at) = rest.bytes().position(is_special) {
        text.push_str(&rest[..at]);
        let mut chars = rest[at..].chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text.push_str(rest);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(value: &str) -> String {
        let mut environment = environment();
        environment.add_template("t", "a: [[ value ]]").unwrap();
        text(&environment, "t", &std::collections::BTreeMap::from([("value", value)])).unwrap()
    }

    #[test]
    fn a_value_stays_in_its_place() {
        assert_eq!(printed("x"), r#"a: "x""#);
        assert_eq!(printed("a\nb: c"), r#"a: "a\nb: c""#);
        assert_eq!(printed("{{ x }}"), r#"a: "{{ x }}""#);
        assert_eq!(printed("\u{85}\u{2028}\u{feff}\u{7f}\u{0}"), r#"a: "\u0085\u2028\ufeff\u007f\u0000""#);
        assert_eq!(printed("😀"), "a: \"😀\"");
    }

    #[test]
    fn nothing_undefined_is_printed() {
        let mut environment = environment();
        for template in ["[[ x ]]", "[[ [x] ]]", "[% if x %][% endif %]", "[[ none ]]", "[[ {'a': x} ]]"] {
            environment.add_template_owned("t", template.to_owned()).unwrap();
            let empty = std::collections::BTreeMap::<String, String>::new();
            assert!(text(&environment, "t", &empty).is_err(), "{template}");
        }
    }
}
