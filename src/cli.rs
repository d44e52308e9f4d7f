//! The command line. The doc comments are the help; there is no logic here.

pub mod help;
pub mod man;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::apply::report;
use crate::config::duration::Duration;
use crate::diagnostic::format::Format;
use crate::diff::view;
use crate::permissions;

/// The chaos experiment compiler: one chaos.toml in, a complete Kubernetes bundle out
#[derive(Debug, Parser)]
#[command(name = "chaosc", version = env!("CHAOSC_VERSION"), about, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_long_help = help::exit_codes_section())]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    // Last, below what a command has of its own: clap counts them behind as many as there are commands.
    /// When to use colour; `auto` asks the terminal and NO_COLOR
    #[arg(display_order = 900, long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Print the result and errors only
    #[arg(display_order = 901, short, long, global = true)]
    pub quiet: bool,
    /// Say more: which cluster is asked; twice, each request
    #[arg(display_order = 902, short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Show no line of progress while a cluster is asked
    #[arg(display_order = 903, long, global = true)]
    pub no_progress: bool,
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
    #[command(after_long_help = help::examples_section("init"))]
    Init(Init),
    /// Say everything that is wrong with chaos.toml and the files it names
    ///
    /// Exits with 1 if there is an error. Warnings alone do not fail, unless `--deny-warnings` is given.
    #[command(after_long_help = help::examples_section("check"))]
    Check(Check),
    /// Write the Kubernetes bundle
    ///
    /// The folder is exchanged as a whole: a render that is killed leaves the old one or the new one, never a mixture.
    /// Files in it that are not chaosc's are kept.
    #[command(after_long_help = help::examples_section("render"))]
    Render(Render),
    /// Show what each schedule's account may do, which lines need it, and how dangerous it is
    ///
    /// Without `--live`, no cluster is asked. With it, exits with 1 if an account is not applied, if a right is missing, if a
    /// binding gives it more, or if something of that could not be asked.
    #[command(after_long_help = help::examples_section("permissions"))]
    Permissions(Permissions),
    /// Show what apply would do to the cluster, and what somebody else has done there
    ///
    /// Only reads: the API server judges dry-runs and throws them away. Exits with 1 if an object cannot be applied.
    #[command(after_long_help = help::examples_section("diff"))]
    Diff(Diff),
    /// Do to the cluster what diff shows, then wait until the apps are ready and answer
    ///
    /// Shows the diff and asks first. What somebody has changed in between is left alone, and said. Exits with 1 if
    /// something was not done; running it again finishes the work.
    #[command(after_long_help = help::examples_section("apply"))]
    Apply(Apply),
    /// Delete everything of the bundle from the cluster
    ///
    /// Suspends the schedules, ends running experiments with their rollbacks, and deletes the rest in the reverse of the
    /// order in which it was applied. Namespaces and volumes stay, unless they are included.
    #[command(after_long_help = help::examples_section("delete"))]
    Delete(Delete),
    /// Explain a diagnostic, with a wrong and a right example; without a code, list them all
    #[command(after_long_help = help::examples_section("explain"))]
    Explain(Explain),
    /// Print a JSON Schema, for editors and other programs
    #[command(after_long_help = help::examples_section("schema"))]
    Schema(Schema),
    /// Print the completion script of a shell
    #[command(after_long_help = help::examples_section("completions"))]
    Completions(Completions),
    /// Print a man page, or write all of them
    ///
    /// What is in the folder is replaced if chaosc has written it; if somebody else has, nothing is written.
    #[command(after_long_help = help::examples_section("man"))]
    Man(Man),
}

/// Where chaos.toml is.
#[derive(Debug, Args)]
pub struct File {
    /// The file to read; paths in it are relative to its folder
    #[arg(short, long, default_value = "chaos.toml", value_name = "FILE")]
    pub file: PathBuf,
}

/// Which cluster to talk to.
#[derive(Debug, Args)]
pub struct Cluster {
    /// The context of the kubeconfig to use instead of the current one
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig to read instead of those in KUBECONFIG or in the home folder
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// How long one request may take, with all attempts to send it, such as `30s` or `2m`
    #[arg(long, default_value = "30s", value_name = "DURATION")]
    pub request_timeout: Duration,
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

/// `chaosc permissions`.
#[derive(Debug, Args)]
#[command(
    mut_arg("context", |argument| argument.requires("live")),
    mut_arg("kubeconfig", |argument| argument.requires("live")),
    mut_arg("request_timeout", |argument| argument.requires("live"))
)]
pub struct Permissions {
    /// Where chaos.toml is
    #[command(flatten)]
    pub file: File,
    /// How to print it
    #[arg(long, value_enum, default_value_t = permissions::Format::Human)]
    pub format: permissions::Format,
    /// Ask the cluster whether the accounts really may do it, and look for bindings that give them more; only reads
    #[arg(long)]
    pub live: bool,
    /// Which cluster to ask
    #[command(flatten)]
    pub cluster: Cluster,
}

/// What to do where the answer is not obvious.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // Each is a flag of its own.
pub struct Wishes {
    /// Take fields that other field managers own with other values
    #[arg(long)]
    pub force_conflicts: bool,
    /// Take over objects that belong to somebody else
    #[arg(long)]
    pub adopt: bool,
    /// An object that may be deleted and made again, although what it holds is lost; may be given several times
    #[arg(long, value_name = "KIND/NAME")]
    pub replace: Vec<String>,
    /// End running experiments whose objects change or go, with their rollbacks, instead of keeping what they use
    #[arg(long)]
    pub end_runs: bool,
    /// Ask the server about every object, also about those that own what they should: for admission that changes over time
    #[arg(long)]
    pub thorough: bool,
}

/// `chaosc diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// Where chaos.toml is
    #[command(flatten)]
    pub file: File,
    /// Which cluster to look at
    #[command(flatten)]
    pub cluster: Cluster,
    /// How to print it
    #[arg(long, value_enum, default_value_t = view::Format::Human)]
    pub format: view::Format,
    /// Exit with 2 if apply would write, delete, refuse or put off something; drift that it leaves alone is 0
    #[arg(long)]
    pub exit_code: bool,
    /// What to show where the answer is not obvious
    #[command(flatten)]
    pub wishes: Wishes,
    /// Compare with chaos.toml as it is in another folder, or as it was in a git revision, instead of with a cluster
    #[arg(
        long,
        value_name = "FOLDER|REVISION",
        conflicts_with_all = ["save", "context", "kubeconfig", "request_timeout", "force_conflicts", "adopt", "end_runs", "thorough"]
    )]
    pub against: Option<String>,
    /// Record what was shown, so that `chaosc apply FILE` does exactly that; the file holds hashes and no value
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
}

/// `chaosc apply`.
#[derive(Debug, Args)]
pub struct Apply {
    /// Do what `chaosc diff --save` has recorded in this file, or what is left of it; refuse if anything else would be done
    #[arg(value_name = "CHANGES", conflicts_with_all = ["force_conflicts", "adopt", "replace", "end_runs", "thorough"])]
    pub changes: Option<PathBuf>,
    /// Where chaos.toml is
    #[command(flatten)]
    pub file: File,
    /// Which cluster to write to
    #[command(flatten)]
    pub cluster: Cluster,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t = report::view::Format::Human)]
    pub format: report::view::Format,
    /// Do not ask; needed where there is no terminal
    #[arg(short, long)]
    pub yes: bool,
    /// What to do where the answer is not obvious
    #[command(flatten)]
    pub wishes: Wishes,
    /// Delete everything of the bundle if chaos.toml describes nothing any more
    #[arg(long)]
    pub prune_all: bool,
    /// Do not wait for the rollouts of the apps, and do not ask their checks
    #[arg(long)]
    pub no_wait: bool,
    /// How long to wait at most, for all apps together, and for each object that is deleted; such as `10m`
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<Duration>,
}

/// `chaosc delete`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // Each is a flag of its own.
pub struct Delete {
    /// Where chaos.toml is
    #[command(flatten)]
    pub file: File,
    /// Which cluster to delete from
    #[command(flatten)]
    pub cluster: Cluster,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t = report::view::Format::Human)]
    pub format: report::view::Format,
    /// Do not ask; needed where there is no terminal
    #[arg(short, long)]
    pub yes: bool,
    /// Delete the namespace, too, if apply has made it and nothing of somebody else is in it
    #[arg(long)]
    pub include_namespace: bool,
    /// Delete volumes and claims of volumes, too, with what is in them
    #[arg(long)]
    pub include_volumes: bool,
    /// Give everything up instead of deleting it: it stays as it is, for the tool that owns it next
    #[arg(long, conflicts_with_all = ["include_namespace", "include_volumes", "timeout"])]
    pub release: bool,
    /// How long to wait at most for each object until it is gone, such as `10m`
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<Duration>,
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
    /// What `chaosc diff --format json` prints
    Diff,
}

/// `chaosc completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `chaosc man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The command that the page is of; without one, it is that of chaosc itself
    #[arg(value_name = "COMMAND", value_parser = [
        "init", "check", "render", "permissions", "diff", "apply", "delete", "explain", "schema", "completions", "man",
    ])]
    pub command: Option<String>,
    /// Write the pages of all commands into this folder; made if it does not exist
    #[arg(short, long, value_name = "FOLDER", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}
