//! The program: parse, run, print the one error, return the exit code.

use std::process::ExitCode;

/// Lets every thread use what another has freed; Cargo.toml says what that is worth.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chaosc::commands::main()
}
