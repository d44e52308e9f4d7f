//! The program: parse, run, print the one error, return the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    chaosc::commands::main()
}
