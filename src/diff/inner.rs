//! JSON inside of `ConfigMaps`: an experiment is compared and shown field by field, not as one long text.

use std::borrow::Cow;

use serde_json::Value;

use super::path::{Path, Step};

/// Returns whether an object may hold JSON texts.
pub fn may_hold(object: &Value) -> bool {
    object["kind"] == "ConfigMap" && matches!(object["apiVersion"].as_str(), Some("v1") | None)
}

/// How many steps such a text is away from the object.
pub(crate) const DEPTH: usize = 2;

/// Returns whether a field of such an object is one that may be a JSON text.
pub fn is_place(path: &Path) -> bool {
    matches!(path.0.as_slice(), [Step::Field(data), Step::Field(_)] if data == "data")
}

/// Returns the object or list that a text holds; `None` if it is any other text.
pub fn open(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}

/// Returns what two texts hold, where the difference lies in there and not in how it is written.
pub fn open_both(before: &Value, after: &Value) -> Option<(Value, Value)> {
    let (before, after) = (open(before)?, open(after)?);
    (before != after).then_some((before, after))
}

/// Returns the part of an object that a path leads to, inside of a JSON text, too.
pub(super) fn follow<'v>(path: &Path, object: &'v Value) -> Option<Cow<'v, Value>> {
    if let Some(found) = path.follow(object) {
        return Some(Cow::Borrowed(found));
    }
    let (place, rest) = path.0.split_at_checked(DEPTH)?;
    let place = Path(place.to_vec());
    let text = open(place.follow(object).filter(|_| may_hold(object) && is_place(&place))?)?;
    Path(rest.to_vec()).follow(&text).cloned().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{follow, open, open_both};
    use crate::diff::path::{Path, Step};

    #[test]
    fn a_path_leads_into_a_text() {
        let object = json!({"kind": "ConfigMap", "data": {"a.json": "{\"m\": [{\"p\": 1}]}"}});
        let field = |name: &str| Step::Field(name.to_owned());
        let path = |steps: &[Step]| Path(steps.to_vec());
        for (steps, expected) in [
            (vec![field("kind")], Some(json!("ConfigMap"))),
            (vec![field("data"), field("a.json"), field("m"), Step::Index(0), field("p")], Some(json!(1))),
            (vec![field("data"), field("a.json"), field("n")], None),
            (vec![field("kind"), field("a")], None),
        ] {
            assert_eq!(follow(&path(&steps), &object).as_deref(), expected.as_ref(), "{}", path(&steps));
        }
    }

    #[test]
    fn only_objects_and_lists_are_opened() {
        for (text, expected) in [
            ("{\"a\": 1}", Some(json!({"a": 1}))),
            ("\n [1]\n", Some(json!([1]))),
            ("1", None),
            ("\"a\"", None),
            ("{a: 1}", None),
            ("[section]\nkey = 1", None),
            ("", None),
        ] {
            assert_eq!(open(&json!(text)), expected, "{text}");
        }
        assert_eq!(open(&json!({"a": 1})), None);
    }

    #[test]
    fn a_difference_in_the_writing_alone_stays_one_of_texts() {
        assert!(open_both(&json!("{\"a\":1}"), &json!("{\"a\":2}")).is_some());
        assert!(open_both(&json!("{\"a\":1}"), &json!("{\"a\": 1}")).is_none());
        assert!(open_both(&json!("{\"a\":1}"), &json!("{\"a\":1")).is_none());
    }
}
