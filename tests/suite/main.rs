//! The one test binary; each module is a layer or a part of one.
#![allow(clippy::unwrap_used)]

mod check;
mod cli;
mod clients;
mod cron;
mod determinism;
mod example;
mod explain;
mod folders;
mod human;
mod kubernetes;
mod readers;
mod render;
mod schema;
mod shown;
mod strings;
mod tools;
mod write;
