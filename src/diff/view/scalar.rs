//! One value on one line, as YAML has it; whatever could be read as something else stands in quotes.

use serde_json::Value;

use crate::diff::path::quoted;
use crate::terminal::is_unseen;

/// Words that some reader of YAML takes as something else than a text.
const WORDS: [&str; 14] =
    ["null", "~", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan", "+.inf", "-.inf"];

/// Returns a value on one line; objects and lists with something in them as JSON.
pub(super) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        Value::Array(_) | Value::Object(_) => escaped(&value.to_string()),
        other => other.to_string(),
    }
}

/// Returns a text, or the name of a field, without quotes where it can be.
pub(super) fn word(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Returns JSON with escapes for what is not seen, which can only stand inside of its strings.
pub(crate) fn escaped(json: &str) -> String {
    let mut result = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_unseen(c) {
            result.push_str(quoted(c.encode_utf8(&mut [0; 4])).trim_matches('"'));
        } else {
            result.push(c);
        }
    }
    result
}

fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let is_number_like = || text.chars().all(|c| c.is_ascii_hexdigit() || "+-_.:xXoO".contains(c));
    let is_start = match first {
        '/' | '_' | '$' | '(' => true,
        '+' | '.' | '0'..='9' => !is_number_like(),
        first => first.is_alphabetic(),
    };
    is_start
        && !text.contains(is_unseen)
        && !text.ends_with(char::is_whitespace)
        && !text.ends_with(':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::scalar;

    #[test]
    fn quotes_stand_where_they_tell_something() {
        for (value, expected) in [
            (json!(null), "null"),
            (json!(true), "true"),
            (json!(3), "3"),
            (json!(1.0), "1.0"),
            (json!({}), "{}"),
            (json!([]), "[]"),
            (json!({"a": ["\u{1b}", "\u{9b}"]}), r#"{"a":["\u001b","\u009b"]}"#),
            (json!("go-app"), "go-app"),
            (json!("registry.example:5000/chaos@sha256:0f"), "registry.example:5000/chaos@sha256:0f"),
            (json!("What if a pod dies?"), "What if a pod dies?"),
            (json!("100m"), "100m"),
            (json!("128Mi"), "128Mi"),
            (json!("$(NAME)"), "$(NAME)"),
            (json!("/etc/chaos"), "/etc/chaos"),
            (json!("3"), "\"3\""),
            (json!("1.35.4"), "\"1.35.4\""),
            (json!("0x1f"), "\"0x1f\""),
            (json!("12:30"), "\"12:30\""),
            (json!("2026-12-20"), "\"2026-12-20\""),
            (json!("1e3"), "\"1e3\""),
            (json!("Yes"), "\"Yes\""),
            (json!("null"), "\"null\""),
            (json!(""), "\"\""),
            (json!(" a"), "\" a\""),
            (json!("a "), "\"a \""),
            (json!("a: b"), "\"a: b\""),
            (json!("a #b"), "\"a #b\""),
            (json!("*/5 * * * *"), "\"*/5 * * * *\""),
            (json!("- a"), "\"- a\""),
            (json!("a\nb"), "\"a\\nb\""),
            (json!("a\u{202e}b"), "\"a\\u202eb\""),
        ] {
            assert_eq!(scalar(&value), expected);
            let is_text = value.is_string();
            if let Ok(read) = serde_json::from_str::<Value>(expected) {
                assert_eq!(read.is_string(), is_text, "{expected}");
            }
        }
    }
}
