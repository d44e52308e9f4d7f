//! An object that is being deleted: since when, and what it waits for.

use serde_json::Value;

/// Says since when an object is being deleted and what holds it; nothing if it is not being deleted.
pub fn told(object: &Value) -> Option<String> {
    let since = object["metadata"]["deletionTimestamp"].as_str()?;
    let waits = waits(object).map_or_else(String::new, |waits| format!("; {waits}"));
    Some(format!("it is being deleted since {since}{waits}"))
}

/// Says which finalizers an object waits for before it goes; a namespace has some of its own.
pub fn waits(object: &Value) -> Option<String> {
    let lists = [&object["metadata"]["finalizers"], &object["spec"]["finalizers"]].into_iter();
    let names: Vec<&str> = lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    (!names.is_empty()).then(|| format!("it waits for {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_holds_an_object_is_told() {
        let since = "2026-01-01T00:00:00Z";
        for (object, expected) in [
            (json!({"metadata": {"finalizers": ["a/b"]}}), None),
            (json!({"metadata": {"deletionTimestamp": since}}), Some("")),
            (
                json!({"metadata": {"deletionTimestamp": since, "finalizers": ["a/b", "c/d"]}}),
                Some("; it waits for a/b, c/d"),
            ),
            (
                json!({"metadata": {"deletionTimestamp": since}, "spec": {"finalizers": ["kubernetes"]}}),
                Some("; it waits for kubernetes"),
            ),
        ] {
            let expected = expected.map(|waits| format!("it is being deleted since {since}{waits}"));
            assert_eq!(told(&object), expected, "{object}");
        }
    }
}
