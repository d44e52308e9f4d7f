//! Experiments in JSON: a tree with places that another reader of JSON agrees with, or errors with places.
#![no_main]

use chaosc::source::json;
use chaosc_fuzz::invariants;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|text: &str| match json::read(text) {
    Ok(document) => {
        let value = serde_json::from_str::<Value>(text).expect("what we read, others read");
        assert!(is_same(&document.to_json(), &value), "{value}");
        invariants::read(text, &[document], &[]);
    }
    Err(errors) => {
        assert!(!errors.is_empty());
        invariants::read(text, &[], &errors);
    }
});

/// Compares values; `-0` is zero, and the other reader is inexact in the last digit of a fraction.
fn is_same(ours: &Value, others: &Value) -> bool {
    match (ours, others) {
        (Value::Number(one), Value::Number(other)) => one == other || is_near(one.as_f64(), other.as_f64()),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| is_same(one, other)))
        }
        _ => ours == others,
    }
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    one.zip(other).is_some_and(|(one, other)| (one - other).abs() <= one.abs() * 1e-15)
}
