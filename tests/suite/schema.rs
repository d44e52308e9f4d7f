//! The schemas: each case shows a file and what is found in it, and no part of a schema is without a case.
//!
//! `CHAOSC_UPDATE=1` writes what is found into the cases; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it cannot read")]

mod cases;
mod chaos_toolkit;
pub(crate) mod hygiene;
mod mutation;
mod one_each;
