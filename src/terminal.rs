//! The terminal: the only place that prints.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use crate::cli::Color;
use crate::error::Error;

/// Starts what nobody may overlook.
pub(crate) const BOLD_RED: &str = "\u{1b}[1m\u{1b}[91m";
/// Starts a warning.
const BOLD_YELLOW: &str = "\u{1b}[1m\u{1b}[33m";
/// Starts a heading.
pub(crate) const BOLD: &str = "\u{1b}[1m";
/// Ends every colour.
pub(crate) const RESET: &str = "\u{1b}[0m";

/// Back to the start of the line, and nothing on it.
const ERASE: &str = "\r\u{1b}[K";

/// The most that a line of progress may take: a longer one would break into two, and only the last would be erased.
const PROGRESS_WIDTH: usize = 78;

/// The two streams, with their colours.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    choice: ColorChoice,
    quiet: bool,
    verbose: u8,
    has_progress: bool,
}

impl Terminal {
    /// Creates the terminal as the command line wants it.
    pub fn new(color: Color, quiet: bool) -> Terminal {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        Terminal { choice, quiet, verbose: 0, has_progress: !quiet && io::stderr().is_terminal() }
    }

    /// Returns the same with more to say, as many times as the user asked for it.
    #[must_use]
    pub fn with_verbosity(self, verbose: u8) -> Terminal {
        Terminal { verbose, ..self }
    }

    /// Returns the same without a line of progress.
    #[must_use]
    pub fn without_progress(self) -> Terminal {
        Terminal { has_progress: false, ..self }
    }

    /// Prints a result to the standard output.
    pub fn result(&self, text: &str) -> Result<(), Error> {
        self.results([text])
    }

    /// Prints the pieces of a result as they come.
    pub fn results(&self, pieces: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), Error> {
        let mut out = AutoStream::new(io::stdout().lock(), self.choice);
        let mut pieces = pieces.into_iter();
        let written = pieces.try_for_each(|piece| out.write_all(piece.as_ref().as_bytes())).and_then(|()| out.flush());
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

    /// Prints a warning about what a command has made, and the next step; nothing if the user wants quiet.
    pub fn warning(&self, text: &str, help: &str) {
        if !self.quiet {
            self.stderr(&format!("{BOLD_YELLOW}warning{RESET}: {text}\n{BOLD}help{RESET}: {help}\n"));
        }
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

    /// Returns whether the user wants nothing but the result and errors.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Returns whether details of this level are asked for: `-v` is one, `-vv` two.
    pub fn shows_details(&self, level: u8) -> bool {
        !self.quiet && self.verbose >= level
    }

    /// Prints a line that only those want to see who asked for details of this level.
    pub fn detail(&self, level: u8, text: &str) {
        if self.shows_details(level) {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Returns whether a line of progress may be shown; not among details, which it would run into.
    pub fn has_progress(&self) -> bool {
        self.has_progress && self.verbose < 2
    }

    /// Shows a line of progress in place of the one before; nothing where nobody looks.
    pub fn progress(&self, text: &str) {
        if self.has_progress() {
            let shown: String = text.chars().take(PROGRESS_WIDTH).collect();
            plain(&format!("{ERASE}{shown}"));
        }
    }

    /// Takes the line of progress away.
    pub fn end_progress(&self) {
        if self.has_progress() {
            plain(ERASE);
        }
    }

    /// Shows lines in place of those before, of which there were `shown`; only where [`Terminal::has_progress`].
    pub fn redraw(&self, shown: usize, lines: &[&str]) {
        self.end_progress();
        let up = if shown > 0 { format!("\u{1b}[{shown}A") } else { String::new() };
        let text = lines.iter().fold(up, |text, line| {
            let line: String = line.chars().take(PROGRESS_WIDTH).collect();
            text + ERASE + &line + "\n"
        });
        plain(&text);
    }

    /// Asks a question and returns the line of the answer; nothing where nobody is there to be asked.
    pub fn ask(&self, question: &str) -> Result<Option<String>, Error> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(None);
        }
        plain(question);
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        read.map_err(|source| Error::WriteFile { path: "standard input".into(), source })?;
        Ok(Some(answer))
    }

    /// Prints the one error that ended the program, its causes and the next steps.
    pub fn error(&self, error: &Error) {
        self.stderr(&error_text(error));
    }

    fn stderr(self, text: &str) {
        let mut out = AutoStream::new(io::stderr().lock(), self.choice);
        // There is nowhere left to say that the standard error is gone.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

/// Writes to the standard error as it is: without colour there is still a line to erase.
fn plain(text: &str) {
    let mut out = io::stderr().lock();
    // There is nowhere left to say that the standard error is gone.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Returns what is printed of an error, in colour: the error, its causes and the next steps.
pub fn error_text(error: &Error) -> String {
    let mut text = format!("{BOLD_RED}error{RESET}: {error}\n");
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!("  caused by: {source}\n"));
        cause = source.source();
    }
    for hint in error.hints() {
        text.push_str(&format!("{BOLD}help{RESET}: {hint}\n"));
    }
    text
}

/// Returns whether a character acts on the terminal or on the order of its line instead of being seen.
///
/// The joiners U+200C and U+200D belong to words of many languages, and are let through.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        )
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Escapes what is not seen: a text of somebody else must neither paint the terminal nor begin a new line.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut result = String::new();
    for c in text.chars() {
        if is_unseen(c) { result.extend(c.escape_default()) } else { result.push(c) }
    }
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_is_not_seen_is_escaped() {
        for (text, expected) in [
            ("go-app: 3 pods, é 店舗 🚢", "go-app: 3 pods, é 店舗 🚢"),
            ("a\nb\tc", "a\\nb\\tc"),
            ("\u{1b}[31mred\u{7f}\u{9b}1m", "\\u{1b}[31mred\\u{7f}\\u{9b}1m"),
            ("a\u{202e}b\u{200b}\u{feff}", "a\\u{202e}b\\u{200b}\\u{feff}"),
            ("👩\u{200d}🚒", "👩\u{200d}🚒"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
