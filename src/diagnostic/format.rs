//! The formats of diagnostics: for people, for editors' error lists, for programs.

mod github;

use serde::Serialize;

use super::{Diagnostic, human};
use crate::source::Source;
use crate::source::address::Place;

/// How diagnostics are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// With the source lines, for people
    #[default]
    Human,
    /// One line each: `file:line:column: severity[code]: message`
    Short,
    /// One JSON object a line
    Json,
    /// Workflow commands of GitHub Actions, which mark the lines of a pull request
    Github,
}

/// Returns the text of all diagnostics in one format, with ANSI colours where the format has them.
pub fn format(source: &Source, diagnostics: &[Diagnostic], format: Format) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| match format {
            Format::Human => human::render(source, diagnostic),
            Format::Short => short(source, diagnostic),
            Format::Json => json(source, diagnostic),
            Format::Github => github::github(source, diagnostic),
        })
        .collect()
}

/// One line, as compilers print them; help follows after a dash.
fn short(source: &Source, diagnostic: &Diagnostic) -> String {
    let (file, _) = source.resolve(&diagnostic.place);
    let (line, column) = source.line_column(&diagnostic.place);
    format!(
        "{}:{line}:{column}: {}[{}]: {}\n",
        source.file(file).shown,
        diagnostic.code.severity(),
        diagnostic.code,
        diagnostic.message,
    )
}

/// The fields of one line of JSON; they only ever grow.
#[derive(Serialize)]
struct JsonDiagnostic<'d> {
    code: &'d str,
    severity: String,
    file: &'d str,
    pointer: &'d str,
    line: usize,
    column: usize,
    message: &'d str,
    help: &'d [String],
}

fn json(source: &Source, diagnostic: &Diagnostic) -> String {
    let (file, _) = source.resolve(&diagnostic.place);
    let (line, column) = source.line_column(&diagnostic.place);
    let pointer = match &diagnostic.place {
        Place::Value(address) | Place::Key(address) => address.pointer.as_str(),
        Place::Span(..) => "",
    };
    let line = JsonDiagnostic {
        code: diagnostic.code.name(),
        severity: diagnostic.code.severity().to_string(),
        file: &source.file(file).shown,
        pointer,
        line,
        column,
        message: &diagnostic.message,
        help: &diagnostic.help,
    };
    let text = serde_json::to_string(&line).expect("strings and numbers always serialise");
    text + "\n"
}
