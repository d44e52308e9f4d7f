//! Colours of what goes to a terminal, which strips them where they are not wanted.

use super::body::Sign;
use crate::diff::Action;
use crate::terminal::{BOLD, BOLD_RED, RESET, printable};

pub(crate) const RED: &str = "\u{1b}[31m";
pub(crate) const GREEN: &str = "\u{1b}[32m";
pub(crate) const YELLOW: &str = "\u{1b}[33m";
pub(super) const CYAN: &str = "\u{1b}[36m";
pub(crate) const BOLD_CYAN: &str = "\u{1b}[1m\u{1b}[96m";
pub(crate) const DIM: &str = "\u{1b}[2m";
const REVERSED: &str = "\u{1b}[7m";
const NOT_REVERSED: &str = "\u{1b}[27m";

/// Returns a text in a colour; what is not seen in it is escaped.
pub(crate) fn paint(colour: &str, text: &str) -> String {
    coloured(colour, &printable(text))
}

/// Returns a text in a colour, with the colours that it has already.
pub(super) fn coloured(colour: &str, text: &str) -> String {
    if text.is_empty() || colour.is_empty() { text.to_owned() } else { format!("{colour}{text}{RESET}") }
}

/// Returns a heading.
pub(crate) fn heading(text: &str) -> String {
    paint(BOLD, text)
}

/// Returns a warning that nobody may overlook.
pub(crate) fn alarm(text: &str) -> String {
    paint(BOLD_RED, text)
}

/// Returns words that changed, inside of a text that has a colour.
pub(super) fn reversed(text: &str) -> String {
    format!("{REVERSED}{text}{NOT_REVERSED}")
}

/// Returns the colour of an action.
pub(super) fn of_action(action: Action) -> &'static str {
    match action {
        Action::Create => GREEN,
        Action::Update => YELLOW,
        Action::Replace | Action::Delete => RED,
        Action::Keep => CYAN,
        Action::Conflict | Action::Refused | Action::Error => BOLD_RED,
    }
}

/// Returns the colour of a line in a diff.
pub(super) fn of_sign(sign: Sign) -> &'static str {
    match sign {
        Sign::Same => "",
        Sign::Removed => RED,
        Sign::Added => GREEN,
    }
}
