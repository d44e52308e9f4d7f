//! Tests against a real control plane: `./test cluster` starts one, or uses the cluster of `CHAOSC_TEST_KUBECONFIG`.
// Tests stop at what they do not expect, and say what they tried.
#![allow(clippy::unwrap_used, clippy::disallowed_macros, clippy::disallowed_methods)]

mod absent;
mod admission;
mod chance;
mod changes_file;
mod conflicts;
mod denial;
mod drift;
mod inventory;
mod judge;
mod lab;
mod lifecycle;
mod marks;
mod once;
mod outputs;
mod owners;
mod peers;
mod prune;
mod reads;
mod refusals;
mod removal;
mod replace;
mod rights;
mod scale;
mod shortcut;
#[path = "../suite/tools.rs"]
#[allow(dead_code)] // The other test binary uses all of it.
mod tools;
mod truth;
mod user;
mod webhook;
