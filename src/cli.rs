//! The command line. The doc comments are the help; there is no logic here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::diagnostic::format::Format;

/// The chaos experiment compiler: one chaos.toml in, a complete Kubernetes bundle out
#[derive(Debug, Parser)]
#[command(name = "chaosc", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour; `auto` asks the terminal and NO_COLOR
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Print errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a working starter: chaos.toml, an app, an experiment, the schemas for editors
    ///
    /// Nothing is ever overwritten.
    Init(Init),
    /// Say everything that is wrong with chaos.toml and the files it names
    ///
    /// Exits with 1 if there is an error. Warnings alone do not fail, unless `--deny-warnings` is given.
    Check(Check),
    /// Write the Kubernetes bundle
    ///
    /// The folder is exchanged as a whole: a render that is killed leaves the old one or the new one, never a mixture.
    /// Files in it that are not chaosc's are kept.
    Render(Render),
    /// Explain a diagnostic, with a wrong and a right example; without a code, list them all
    Explain(Explain),
    /// Print a JSON Schema, for editors and other programs
    Schema(Schema),
    /// Print the completion script of a shell
    Completions(Completions),
}

/// Where chaos.toml is.
#[derive(Debug, Args)]
pub struct File {
    /// The file to read; paths in it are relative to its folder
    #[arg(short, long, default_value = "chaos.toml", value_name = "FILE")]
    pub file: PathBuf,
}

/// `chaosc init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to write into; made if it does not exist
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// `chaosc check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Where chaos.toml is
    #[command(flatten)]
    pub file: File,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Exit with 1 for warnings, too
    #[arg(long)]
    pub deny_warnings: bool,
}

/// `chaosc render`.
#[derive(Debug, Args)]
pub struct Render {
    /// Where chaos.toml is
    #[command(flatten)]
    pub file: File,
    /// The folder to write; by default `out` beside chaos.toml
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Write nothing; exit with 2 if the folder is not what would be written
    #[arg(long)]
    pub check: bool,
}

/// `chaosc explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code in the brackets of a diagnostic, such as `unknown-key`
    pub code: Option<String>,
}

/// `chaosc schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t = SchemaName::Chaos)]
    pub name: SchemaName,
}

/// The schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// chaos.toml
    Chaos,
    /// A Chaos Toolkit experiment
    Experiment,
}

/// `chaosc completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}
