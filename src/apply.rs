//! Applying: what is done after the change set is known.

mod check;
mod expand;
pub mod ready;
pub mod reason;
pub mod wait;
