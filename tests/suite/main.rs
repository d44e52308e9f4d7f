//! The one test binary; each module is a layer or a part of one.
#![allow(clippy::unwrap_used)]

mod broken;
mod check;
mod cli;
mod clients;
mod cron;
mod determinism;
mod example;
mod explain;
mod folders;
#[allow(unreachable_pub)] // The fuzz targets use it, too.
mod invariants;
mod kubernetes;
mod readers;
mod render;
mod schema;
mod strings;
mod surroundings;
mod tools;
mod write;
