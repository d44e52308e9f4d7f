//! Reading: chaos.toml and every file it names.

pub mod tree;
