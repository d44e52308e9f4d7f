//! The examples of the help, as the program prints them: a line that this or the other test binary runs.

use std::path::Path;
use std::process::Command;

use clap::CommandFactory;

use crate::tools::{chaosc, parts};

/// A line of the help of a command.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) command: String,
    pub(crate) line: String,
}

/// Returns the examples of every command there is; each has to have some, and few.
pub(crate) fn examples() -> Vec<Example> {
    let mut all = Vec::new();
    for command in chaosc::cli::Cli::command().get_subcommands() {
        let command = command.get_name();
        let folder = tempfile::tempdir().unwrap();
        let (_, help, _) = parts(chaosc(folder.path()).args([command, "--help"]).output().unwrap());
        let (_, section) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command} has no examples"));
        let lines: Vec<&str> = section.lines().take_while(|line| line.starts_with("  ")).collect();
        assert!((1..=3).contains(&lines.len()), "{command}: {lines:?}");
        for line in lines {
            assert!(line.starts_with("  chaosc ") && line.len() <= 98, "a part of a line that was broken: {line}");
            all.push(Example { command: command.to_owned(), line: line.trim().to_owned() });
        }
    }
    all
}

impl Example {
    /// Returns whether it talks to a cluster.
    pub(crate) fn needs_cluster(&self) -> bool {
        self.line.split("chaosc ").skip(1).any(|part| {
            let has = |option: &str| part.split_whitespace().any(|word| word == option);
            match part.split_whitespace().next().unwrap() {
                "apply" | "delete" => true,
                "diff" => !has("--against"),
                "permissions" => has("--live"),
                _ => false,
            }
        })
    }

    /// Returns a shell that runs it where `chaosc` is on the path.
    pub(crate) fn shell(&self, folder: &Path) -> Command {
        let programs = Path::new(env!("CARGO_BIN_EXE_chaosc")).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell.args(["-o", "pipefail", "-ec", &self.line]).current_dir(folder).env_clear().env("PATH", path);
        shell
    }
}
