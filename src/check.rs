//! Checking: what is wrong in the files that were read.

pub mod schema;
