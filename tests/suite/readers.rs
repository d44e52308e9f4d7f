//! The YAML and JSON readers against the real readers, and against broken texts.
//!
//! `tests/readers/pyyaml.py` is PyYAML itself, `tests/readers/goyaml` is Go's sigs.k8s.io/yaml. What our reader says must
//! be what they say; where it differs on purpose, `oracle::expectation` states the rule.

mod broken;
mod differential;
mod generate;
mod oracle;
