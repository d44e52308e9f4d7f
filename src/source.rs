//! Reading: chaos.toml and every file it names.

pub mod json;
pub mod tree;
pub mod yaml;
