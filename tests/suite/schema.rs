//! The schemas: each case shows a file and what is found in it, and no part of a schema is without a case.
//!
//! `CHAOSC_TEST_UPDATE=1` writes what is found into the cases; read the difference before you commit it.

mod cases;
mod chaoslib;
mod hygiene;
mod mutation;
