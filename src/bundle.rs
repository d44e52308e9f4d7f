//! The bundle: what a render makes, and its way to disk.

pub mod write;
