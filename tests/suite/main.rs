//! The tests that need more than one module: real clients, real files, real programs.

mod cron;
