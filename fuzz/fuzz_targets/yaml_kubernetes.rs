//! YAML as the cluster sees it: documents or errors, all with places; what was read can be written and read again.
#![no_main]

use chaosc::source::yaml::{Dialect, read};
use chaosc_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (documents, errors) = read(text, Dialect::Kubernetes);
    invariants::read(text, &documents, &errors);
    for document in documents {
        // JSON is YAML. A bomb is read once.
        let value = document.to_json();
        let json = value.to_string();
        if json.len() > 1 << 16 {
            continue;
        }
        let (again, errors) = read(&json, Dialect::Kubernetes);
        let again: Vec<_> = again.iter().map(chaosc::source::tree::Node::to_json).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(again, [value]);
    }
});
