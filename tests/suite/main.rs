//! The one test binary: each layer is a module of it.

// Also in the functions that tests share, where clippy does not see a test.
#![allow(clippy::unwrap_used)]

mod write;
