//! chaos.toml's language: a tree with places, or errors with places.
#![no_main]

use chaosc::source::toml;
use chaosc_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|text: &str| match toml::read(text) {
    Ok(document) => invariants::read(text, &[document], &[]),
    Err(errors) => {
        assert!(!errors.is_empty());
        invariants::read(text, &[], &errors);
    }
});
