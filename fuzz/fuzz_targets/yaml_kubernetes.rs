//! YAML as the cluster sees it: documents or errors, all with places; what was read can be written and read again.
#![no_main]

use chaosc::source::yaml::{Dialect, read};
use chaosc_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (documents, errors) = read(text, Dialect::Kubernetes);
    invariants::read(text, &documents, &errors);
    for document in documents {
        // JSON is YAML, but for some characters. A bomb is read once.
        let value = document.to_json();
        let json = value.to_string();
        if json.len() > 1 << 16 {
            continue;
        }
        let (again, errors) = read(&escaped(&json), Dialect::Kubernetes);
        let again: Vec<_> = again.iter().map(chaosc::source::tree::Node::to_json).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(again, [value]);
    }
});

/// Escapes what YAML may not take as it is: it has no pairs of escapes for what is beyond U+FFFF, and takes all of that.
fn escaped(json: &str) -> String {
    json.chars()
        .map(|found| match u32::from(found) {
            code @ 0x7f..=0xffff => format!("\\u{code:04x}"),
            _ => found.to_string(),
        })
        .collect()
}
