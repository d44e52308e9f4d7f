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
mod kubernetes;
mod objects;
mod permissions;
mod pod;
mod readers;
mod render;
mod schema;
mod strings;
mod tools;
mod write;
