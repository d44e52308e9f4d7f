//! Amounts in manifests: the server writes each in its own way, so that `1000m` and `1` are the same where an amount stands.

use std::borrow::Cow;

use serde_json::Value;

use super::managed_fields::Segment;
use crate::config::quantity;

/// Fields that hold amounts, or maps of amounts (Kubernetes API 1.35, all fields of the type `resource.Quantity`).
const AMOUNTS: [&str; 14] = [
    "averageValue",
    "capacity",
    "default",
    "defaultRequest",
    "divisor",
    "hard",
    "limits",
    "max",
    "maxLimitRequestRatio",
    "min",
    "podFixed",
    "requests",
    "sizeLimit",
    "storage",
];

/// Fields that hold texts, whatever they are called and look like.
const TEXTS: [&str; 6] = ["annotations", "binaryData", "data", "env", "labels", "stringData"];

/// Returns whether two values mean the same where these steps lead: equal, or the same amounts in two ways.
pub fn is_same(steps: &[Segment<'_>], a: &Value, b: &Value) -> bool {
    let is_of = |known: &[&str]| steps.iter().any(|step| matches!(step, Segment::Field(name) if known.contains(name)));
    let mut b = Cow::Borrowed(b);
    if !is_of(&TEXTS) {
        spell(a, b.to_mut(), is_of(&AMOUNTS));
    }
    *a == *b
}

/// Writes each amount of an object as the other one has it, where both are the same amount.
pub fn keep_spelling(other: &Value, object: &mut Value) {
    spell(other, object, false);
}

fn spell(other: &Value, value: &mut Value, is_amount: bool) {
    match (other, value) {
        (Value::Object(others), Value::Object(values)) => {
            for (name, value) in values.iter_mut().filter(|(name, _)| !TEXTS.contains(&name.as_str())) {
                if let Some(other) = others.get(name) {
                    spell(other, value, is_amount || AMOUNTS.contains(&name.as_str()));
                }
            }
        }
        (Value::Array(others), Value::Array(values)) if others.len() == values.len() => {
            for (other, value) in others.iter().zip(values) {
                spell(other, value, is_amount);
            }
        }
        (other, value) if is_amount && quantity::is_same(other, value) => *value = other.clone(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_an_amount_is_the_same_in_another_writing() {
        let live = json!({"data": {"max": "1"}, "spec": {
            "containers": [{"resources": {"limits": {"cpu": "1"}}, "env": [{"name": "max", "value": "1"}]}],
            "volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "1Gi"}}}}], "version": "1",
        }});
        let mut desired = json!({"data": {"max": "1000m"}, "spec": {
            "containers": [{"resources": {"limits": {"cpu": "1000m"}}, "env": [{"name": "max", "value": "1000m"}]}],
            "volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "1024Mi"}}}}], "version": "1.0",
        }});
        let mut expected = desired.clone();
        expected["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "1"}});
        expected["spec"]["volumeClaimTemplates"] = live["spec"]["volumeClaimTemplates"].clone();
        keep_spelling(&live, &mut desired);
        assert_eq!(desired, expected);
    }

    #[test]
    fn the_way_to_a_value_tells_whether_it_is_an_amount() {
        for (path, expected) in [
            ("spec containers resources limits cpu", true),
            ("spec hard requests.cpu", true),
            ("data max", false),
            ("spec containers env value", false),
            ("spec replicas", false),
        ] {
            let steps: Vec<Segment<'_>> = path.split(' ').map(Segment::Field).collect();
            assert_eq!(is_same(&steps, &json!("1"), &json!("1000m")), expected, "{path}");
            assert!(is_same(&steps, &json!("1"), &json!("1")) && !is_same(&steps, &json!("1"), &json!("2")));
        }
        let limits = |cpu: &str| json!({"limits": {"cpu": cpu}});
        assert!(is_same(&[Segment::Field("resources")], &limits("1"), &limits("1000m")));
    }
}
