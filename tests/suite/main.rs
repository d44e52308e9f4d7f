//! The tests that look at the crate from outside, one module a layer.

mod readers;
