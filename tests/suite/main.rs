//! The tests that need more than one module: real clients, real files, real programs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cron;
