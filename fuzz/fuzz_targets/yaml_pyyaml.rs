//! YAML as Chaos Toolkit sees it: documents or errors, all with places.
#![no_main]

use chaosc::source::yaml::{Dialect, read};
use chaosc_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (documents, errors) = read(text, Dialect::PyYaml);
    invariants::read(text, &documents, &errors);
});
