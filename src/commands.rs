//! The commands: each a prefix of the line, as short as its sentence in the help.

mod against;
mod apply;
mod changes_file;
mod completions;
mod diff;
mod init;
mod man;
mod permissions;
mod progress;
mod whole_file;
mod with_cluster;

pub use init::STARTER;
pub use with_cluster::with_cluster;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::bundle::helm::{self, Beyond};
use crate::bundle::write;
use crate::check::{self, Checked, schema};
use crate::cli::{Check, Cli, Color, Command, Explain, Render, Schema, SchemaName};
use crate::config::Config;
use crate::diagnostic::format::{Format, format};
use crate::diagnostic::{Code, Diagnostic, explain};
use crate::diff::view;
use crate::error::Error;
use crate::plan::{self, Plan};
use crate::render;
use crate::source::Source;
use crate::terminal::Terminal;

/// What a command came to, when no error ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It did its work.
    Done,
    /// The user's files have a fault.
    Failed,
    /// There are changes, and the command was asked to say so.
    Changes,
    /// It was ended in between.
    Interrupted,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        match outcome {
            Outcome::Done => ExitCode::SUCCESS,
            Outcome::Failed => ExitCode::from(1),
            Outcome::Changes => ExitCode::from(2),
            Outcome::Interrupted => ExitCode::from(with_cluster::INTERRUPTED),
        }
    }
}

/// Exit code for a wrong command line (sysexits.h `EX_USAGE`).
const WRONG_USAGE: u8 = 64;

/// Parses the command line, runs the command, prints its one error, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let mut terminal = Terminal::new(cli.color, cli.quiet).with_verbosity(cli.verbose);
    if cli.no_progress {
        terminal = terminal.without_progress();
    }
    let outcome = match &cli.command {
        Command::Init(args) => init::init(terminal, args),
        Command::Check(args) => check(terminal, args),
        Command::Render(args) => render(terminal, args),
        Command::Permissions(args) => permissions::permissions(terminal, args),
        Command::Diff(args) => diff::diff(terminal, args),
        Command::Apply(args) => apply::apply(terminal, args),
        Command::Delete(args) => apply::delete(terminal, args),
        Command::Explain(args) => explain(terminal, args),
        Command::Schema(args) => schema(terminal, args),
        Command::Completions(args) => completions::completions(terminal, args),
        Command::Man(args) => man::man(terminal, args),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(error) => failed(terminal, &error),
    }
}

/// Prints the one error, and returns its exit code.
fn failed(terminal: Terminal, error: &Error) -> ExitCode {
    terminal.error(error);
    ExitCode::from(error.exit_code())
}

/// Prints what a command line comes to that starts no command: the help, the version, or what is wrong with it.
fn usage(said: &clap::Error) -> ExitCode {
    if said.use_stderr() {
        // There is no other place to say it.
        let _ = said.print();
        return ExitCode::from(WRONG_USAGE);
    }
    let terminal = Terminal::new(Color::Auto, false);
    match terminal.result(&said.render().ansi().to_string()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(terminal, &error),
    }
}

fn check(terminal: Terminal, args: &Check) -> Result<Outcome, Error> {
    let source = Source::read(&args.file.file)?;
    let checked = check::check(&source);
    terminal.result(&format(&source, &checked.diagnostics, args.format))?;
    if args.format == Format::Human {
        notes(terminal, &source, &checked);
    }
    let is_failed = checked.diagnostics.iter().any(|one| args.deny_warnings || one.is_error());
    Ok(if is_failed { Outcome::Failed } else { Outcome::Done })
}

fn render(terminal: Terminal, args: &Render) -> Result<Outcome, Error> {
    let Some((config, source)) = checked(terminal, &args.file.file)? else {
        terminal.status("nothing was written");
        return Ok(Outcome::Failed);
    };
    let folder = args.out.clone().unwrap_or_else(|| beside(&args.file.file));
    if let Some(within) = source.within(&folder) {
        return Err(Error::SourceInOutput { folder, within });
    }
    // Taking thousands of trees apart takes as long as checking them; nobody needs to wait for it.
    rayon::spawn(move || drop(source));
    let plan = planned(terminal, config);
    let mut bundle = render::render(&plan)?;
    // Only the texts are written. The program ends soon, and the system then takes back at once what would take as long to
    // be taken apart here as the writing of a third of the files.
    std::mem::forget(bundle.manifests.iter_mut().map(|one| std::mem::take(&mut one.object)).collect::<Vec<_>>());
    let files = render::files(&plan, bundle)?;
    // As above.
    std::mem::forget(plan);
    // How far a chart may be compressed takes as long to know as a third of the writing.
    let (beyond, outcome) = rayon::join(
        || helm::beyond(&files),
        || if args.check { compare(terminal, &folder, &files) } else { write(terminal, &folder, &files) },
    );
    for beyond in beyond {
        terminal.warning(
            &match beyond {
                Beyond::File { path, bytes } => format!(
                    "Helm loads no file of more than 5 MiB, and `{}` has {:.1} MiB",
                    folder.join(path).display(),
                    mebibytes(bytes)
                ),
                Beyond::Release => format!(
                    "Helm cannot install `{}`: it keeps a record of each release in a Secret, and this one would have more than 1 MiB",
                    folder.join("chart").display()
                ),
            },
            "apply the bundle with `chaosc apply`, kubectl, Argo CD or Flux, or split chaos.toml into several bundles",
        );
    }
    outcome
}

/// Returns bytes as mebibytes, for people.
#[allow(clippy::cast_precision_loss)] // A file of a petabyte would be off by one.
fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}

/// Goes the line as far as the configuration, and says what was found on the way; `None` if that was an error.
///
/// Whoever goes on gives up the source first: of thousands of experiments, source, configuration and plan at once are the
/// most that there ever is.
fn checked(terminal: Terminal, file: &Path) -> Result<Option<(Config, Source)>, Error> {
    let source = Source::read(file)?;
    Ok(config(terminal, &source).map(|config| (config, source)))
}

/// The same for a source that was read.
fn config(terminal: Terminal, source: &Source) -> Option<Config> {
    let mut checked = check::check(source);
    if terminal.is_quiet() {
        checked.diagnostics.retain(Diagnostic::is_error);
    }
    terminal.finding(&format(source, &checked.diagnostics, Format::Human));
    notes(terminal, source, &checked);
    checked.config
}

/// Goes on to the plan, and says what is assumed in it.
fn planned(terminal: Terminal, config: Config) -> Plan {
    let plan = plan::plan(&config);
    // Taking thousands of trees apart takes as long as checking them; nobody needs to wait for it.
    rayon::spawn(move || drop(config));
    if plan.image_is_assumed && !plan.workloads.is_empty() {
        terminal.note(&format!("the image is `{}`; name your own under `[image]`", plan.image.reference()));
    }
    plan
}

/// Returns the output folder beside chaos.toml.
fn beside(file: &Path) -> PathBuf {
    file.parent().map_or_else(|| PathBuf::from("out"), |folder| folder.join("out"))
}

fn write(terminal: Terminal, folder: &Path, files: &write::Files) -> Result<Outcome, Error> {
    let outcome = write::write(folder, files)?;
    for foreign in &outcome.foreign {
        let path = folder.join(foreign);
        if foreign.starts_with("chart/") {
            terminal.warning(
                &format!(
                    "`{}` is not of chaosc and was kept, and Helm takes it for a part of the chart",
                    path.display()
                ),
                "move it elsewhere, such as into a manifest of an app",
            );
        } else {
            terminal.note(&format!("`{}` is not of chaosc and was kept", path.display()));
        }
    }
    terminal.status(&format!(
        "{}: {} written, {} removed, {} unchanged",
        folder.display(),
        outcome.written,
        outcome.removed,
        outcome.unchanged
    ));
    Ok(Outcome::Done)
}

fn compare(terminal: Terminal, folder: &Path, files: &write::Files) -> Result<Outcome, Error> {
    let comparison = write::compare(folder, files)?;
    // Helm takes every file of a chart, whoever has put it there.
    let foreign: Vec<String> = comparison.foreign.iter().filter(|path| path.starts_with("chart/")).cloned().collect();
    if comparison.is_fresh() && foreign.is_empty() {
        return Ok(Outcome::Done);
    }
    let parts = [
        ("missing", &comparison.missing),
        ("changed", &comparison.changed),
        ("stale", &comparison.stale),
        ("foreign", &foreign),
    ];
    for (what, paths) in parts {
        for path in paths {
            terminal.result(&format!("{what}: {}\n", folder.join(path).display()))?;
        }
    }
    terminal.status(&format!("{} is not what `chaosc render` would write", folder.display()));
    Ok(Outcome::Changes)
}

/// Counts what was found, and says what nobody checked.
fn notes(terminal: Terminal, source: &Source, checked: &Checked) {
    if !checked.unchecked.is_empty() {
        let mut kinds: Vec<String> = checked
            .unchecked
            .iter()
            .map(|at| source.json(at).get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned())
            .collect();
        kinds.sort();
        kinds.dedup();
        terminal.note(&format!(
            "the fields of {} were not checked, because Kubernetes has no such kind built in: {}",
            count(checked.unchecked.len(), "object"),
            kinds.join(", ")
        ));
    }
    let errors = checked.diagnostics.iter().filter(|one| Diagnostic::is_error(one)).count();
    let warnings = checked.diagnostics.len() - errors;
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| count(number, word))
        .collect();
    if !parts.is_empty() {
        terminal.status(&format!("{} found; `chaosc explain CODE` says more", parts.join(" and ")));
    }
}

/// Returns a number with its noun.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn explain(terminal: Terminal, args: &Explain) -> Result<Outcome, Error> {
    if let Some(name) = &args.code {
        let code: Code = name.parse()?;
        terminal.result(&format!("{}[{code}]\n\n{}", code.severity(), explain::explain(code).page))?;
        return Ok(Outcome::Done);
    }
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or(0);
    let line = |code: &Code| {
        let severity = code.severity().to_string();
        format!("{:width$}  {severity:7}  {}\n", code.name(), explain::title(*code))
    };
    terminal.result(&Code::ALL.iter().map(line).collect::<String>())?;
    Ok(Outcome::Done)
}

fn schema(terminal: Terminal, args: &Schema) -> Result<Outcome, Error> {
    terminal.result(match args.name {
        SchemaName::Chaos => schema::CHAOS,
        SchemaName::Experiment => schema::EXPERIMENT,
        SchemaName::Diff => view::SCHEMA,
    })?;
    Ok(Outcome::Done)
}
