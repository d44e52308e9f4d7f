//! The one test binary; each module is a layer or a part of one.
// Tests stop at what they do not expect, and say what they tried.
#![allow(clippy::unwrap_used, clippy::disallowed_macros, clippy::disallowed_methods)]

mod check;
mod cli;
mod clients;
mod cron;
mod determinism;
mod example;
mod explain;
mod folders;
mod kubernetes;
mod readers;
mod render;
mod schema;
mod strings;
mod tools;
mod write;
