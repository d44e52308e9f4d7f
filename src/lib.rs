//! The chaos experiment compiler.

pub mod config;
pub mod source;
