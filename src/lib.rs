//! The chaos experiment compiler.

pub mod bundle;
pub mod source;
