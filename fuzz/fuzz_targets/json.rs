//! Experiments in JSON: a tree with places that another reader of JSON agrees with, or errors with places.
#![no_main]

use chaosc::source::json;
use chaosc_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|text: &str| match json::read(text) {
    Ok(document) => {
        let value = serde_json::from_str::<serde_json::Value>(text).expect("what we read, others read");
        assert_eq!(document.to_json(), value);
        invariants::read(text, &[document], &[]);
    }
    Err(errors) => {
        assert!(!errors.is_empty());
        invariants::read(text, &[], &errors);
    }
});
