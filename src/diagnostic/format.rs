//! The formats of diagnostics: for people, for editors' error lists, for programs.

mod github;

use serde::Serialize;

use super::veil::{Shown, Veil};
use super::{Diagnostic, human};
use crate::source::Source;

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

/// Returns the text of all diagnostics in one format, with ANSI colours where the format has them; without any secret.
pub fn format(source: &Source, diagnostics: &[Diagnostic], format: Format) -> String {
    let veil = Veil::of(source, diagnostics);
    diagnostics
        .iter()
        .map(|diagnostic| veil.shown(diagnostic))
        .map(|shown| match format {
            Format::Human => human::render(&veil, &shown),
            Format::Short => short(&veil, &shown),
            Format::Json => json(&veil, &shown),
            Format::Github => github::github(&veil, &shown),
        })
        .collect()
}

/// Returns the message of one diagnostic, without any secret.
pub(crate) fn message(source: &Source, diagnostic: &Diagnostic) -> String {
    Veil::of(source, std::slice::from_ref(diagnostic)).shown(diagnostic).message
}

/// One line, as compilers print them; help follows after a dash.
fn short(veil: &Veil<'_>, shown: &Shown<'_>) -> String {
    let (line, column) = veil.line_column(shown.file, shown.span.start);
    format!("{}:{line}:{column}: {}[{}]: {}\n", veil.path(shown.file), shown.code.severity(), shown.code, shown.message)
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

fn json(veil: &Veil<'_>, shown: &Shown<'_>) -> String {
    let (line, column) = veil.line_column(shown.file, shown.span.start);
    let line = JsonDiagnostic {
        code: shown.code.name(),
        severity: shown.code.severity().to_string(),
        file: veil.path(shown.file),
        pointer: shown.pointer,
        line,
        column,
        message: &shown.message,
        help: &shown.help,
    };
    let text = serde_json::to_string(&line).expect("strings and numbers always serialise");
    text + "\n"
}
