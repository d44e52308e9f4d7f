//! Tests against a real control plane: `./test cluster` starts one, or uses the cluster of `CHAOSC_TEST_KUBECONFIG`.
// Tests stop at what they do not expect, and say what they tried.
#![allow(clippy::unwrap_used, clippy::disallowed_macros, clippy::disallowed_methods)]

mod absent;
mod admission;
mod applying;
mod chance;
mod changes_file;
mod charts;
mod checks;
mod conflicts;
mod deletion;
mod denial;
mod doing;
mod drift;
mod examples;
mod gitops;
mod handover;
#[path = "../suite/help_examples.rs"]
mod help_examples;
mod interrupt;
mod inventory;
mod judge;
mod lab;
mod lifecycle;
mod marks;
mod node;
mod once;
mod outputs;
mod owners;
mod peers;
mod permissions;
mod preflight;
mod prune;
mod races;
mod reads;
mod refusals;
mod removal;
mod replace;
mod rights;
mod runs;
mod scale;
mod shortcut;
#[path = "../suite/tools.rs"]
#[allow(dead_code)] // The other test binary uses all of it.
mod tools;
mod truth;
mod user;
mod waiting;
mod weather;
mod webhook;
