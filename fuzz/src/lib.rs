//! What the targets share.

#[path = "../../tests/suite/invariants.rs"]
pub mod invariants;
