//! The one test binary; each module is a layer or a part of one.
// Tests stop at what they do not expect, and say what they tried.
#![allow(clippy::unwrap_used, clippy::disallowed_macros, clippy::disallowed_methods)]

mod against;
mod against_common;
mod broken;
mod changes_file;
mod chart;
mod check;
mod cli;
mod clients;
mod completions;
mod cron;
mod determinism;
mod diff;
mod example;
mod examples;
mod explain;
mod folders;
mod granted;
mod help_examples;
mod human;
mod inputs;
#[allow(unreachable_pub)] // The fuzz targets use it, too.
mod invariants;
mod kubernetes;
mod man;
mod manners;
mod marks;
mod mask;
mod objects;
mod origin;
mod pages;
mod pipelines;
mod pod;
mod readers;
mod readme;
mod reference;
mod render;
mod schema;
mod security;
mod shown;
mod strings;
mod surroundings;
mod tools;
mod version;
mod view;
mod write;
