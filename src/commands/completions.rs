//! `chaosc completions`: the script of a shell.

use std::fmt::Write as _;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Outcome;
use crate::cli::{Cli, Completions};
use crate::error::Error;
use crate::terminal::Terminal;

pub(super) fn completions(terminal: Terminal, args: &Completions) -> Result<Outcome, Error> {
    let mut program = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "chaosc", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Fish {
        script.push_str(&values_for_fish(&program));
    }
    terminal.result(&script)?;
    Ok(Outcome::Done)
}

/// Returns the lines with the values of arguments that have no name, which clap leaves out for fish alone.
fn values_for_fish(program: &clap::Command) -> String {
    let mut lines = String::new();
    for command in program.get_subcommands() {
        for value in command.get_positionals().flat_map(clap::Arg::get_possible_values) {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            let help = help.replace('\\', "\\\\").replace('\'', "\\'");
            let _ = writeln!(
                lines,
                "complete -c chaosc -n \"__fish_chaosc_using_subcommand {}\" -f -a \"{}\" -d '{help}'",
                command.get_name(),
                value.get_name(),
            );
        }
    }
    lines
}
