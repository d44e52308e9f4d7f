//! The chaos experiment compiler.

pub mod kubernetes;
pub mod source;
