//! Diagnostics: what is wrong with the user's files, each with a code, a place and the next step.

pub mod code;
pub mod explain;
pub mod format;
mod human;
mod veil;

pub use code::{Code, Severity};

use crate::source::Source;
use crate::source::address::Place;
use crate::terminal::printable;

/// One thing wrong with the user's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of problem; decides the severity.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// What was found and what was expected: lower case, names in backticks, no full stop.
    pub message: String,
    /// Other places that belong to it, each with a few words.
    pub labels: Vec<(Place, String)>,
    /// The next steps.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// Creates a diagnostic.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            place,
            message: printable(&message.into()).into_owned(),
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Adds a next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(printable(&help.into()).into_owned());
        self
    }

    /// Adds another place with a few words about it.
    #[must_use]
    pub fn label(mut self, place: Place, words: impl Into<String>) -> Diagnostic {
        self.labels.push((place, printable(&words.into()).into_owned()));
        self
    }

    /// Returns whether it is an error.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}

/// Sorts diagnostics by file, then place, and drops exact repetitions.
pub fn sort(source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_cached_key(|diagnostic| {
        let (file, span) = source.resolve(&diagnostic.place);
        (file, span.start, diagnostic.code.name(), diagnostic.message.clone())
    });
    diagnostics.dedup();
}
