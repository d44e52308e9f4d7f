//! The tests that look at the crate from outside, one module a layer.

// A test may fail by unwrapping, its helpers too.
#![allow(clippy::unwrap_used)]

mod readers;
