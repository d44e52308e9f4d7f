//! The chaos experiment compiler.

pub mod source;
