//! The test binary: one module a layer.
#![allow(clippy::unwrap_used)]

mod kubernetes;
