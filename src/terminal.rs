//! The terminal: the only place that prints.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};

use crate::cli::Color;
use crate::error::Error;

const BOLD_RED: &str = "\u{1b}[1m\u{1b}[91m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// The two streams, with their colours.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    choice: ColorChoice,
    quiet: bool,
}

impl Terminal {
    /// Creates the terminal as the command line wants it.
    pub fn new(color: Color, quiet: bool) -> Terminal {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        Terminal { choice, quiet }
    }

    /// Prints a result to the standard output.
    pub fn result(&self, text: &str) -> Result<(), Error> {
        let mut out = AutoStream::new(io::stdout().lock(), self.choice);
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            // Whoever read has seen enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(source) => Err(Error::WriteFile { path: "standard output".into(), source }),
            Ok(()) => Ok(()),
        }
    }

    /// Prints diagnostics or other findings that are not the command's result.
    pub fn finding(&self, text: &str) {
        self.stderr(text);
    }

    /// Prints one line that helps to understand the result; nothing if the user wants quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.stderr(&format!("{BOLD}note{RESET}: {text}\n"));
        }
    }

    /// Prints a line that says what was done; nothing if the user wants quiet.
    pub fn status(&self, text: &str) {
        if !self.quiet {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Prints the one error that ended the program, its causes and the next steps.
    pub fn error(&self, error: &Error) {
        let mut text = format!("{BOLD_RED}error{RESET}: {error}\n");
        let mut cause = std::error::Error::source(error);
        while let Some(source) = cause {
            text.push_str(&format!("  caused by: {source}\n"));
            cause = source.source();
        }
        for hint in error.hints() {
            text.push_str(&format!("{BOLD}help{RESET}: {hint}\n"));
        }
        self.stderr(&text);
    }

    fn stderr(self, text: &str) {
        let mut out = AutoStream::new(io::stderr().lock(), self.choice);
        // There is nowhere left to say that the standard error is gone.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}
