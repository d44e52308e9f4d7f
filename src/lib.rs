//! The chaos experiment compiler.

pub mod check;
pub mod source;
