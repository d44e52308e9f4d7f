//! The proof of the catalogue: every activity is run by the real Chaos Toolkit against a real API server, with the rights
//! that chaosc renders for it, and the audit log says which of them it used; `./test proof` starts both.
//!
//! README.md of this folder tells how a shape is written and what is judged.
// Tests stop at what they do not expect, and say what they tried.
#![allow(clippy::unwrap_used, clippy::disallowed_macros, clippy::disallowed_methods)]

mod audit;
mod case;
mod coverage;
mod driver;
mod effect;
mod example;
mod exceptions;
mod fields;
mod fixtures;
#[path = "../suite/folders.rs"]
#[allow(dead_code)] // The other test binary uses all of it.
mod folders;
mod packages;
mod rights;
mod run;
mod shapes;
#[path = "../suite/tools.rs"]
#[allow(dead_code)] // The other test binary uses all of it.
mod tools;
mod trial;
mod verdict;
mod world;
