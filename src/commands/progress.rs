//! How far the rollouts are: a line for each object, redrawn on a terminal, one below the other elsewhere.

use std::cell::RefCell;

use crate::apply::wait::Line;
use crate::terminal::{Terminal, printable};

/// The lines that stand there now.
pub(super) struct Rollouts {
    terminal: Terminal,
    lines: RefCell<Vec<(String, String)>>,
}

impl Rollouts {
    pub(super) fn new(terminal: Terminal) -> Rollouts {
        Rollouts { terminal, lines: RefCell::default() }
    }

    /// Shows what has become of one object.
    pub(super) fn tell(&self, line: &Line) {
        if !self.terminal.has_progress() {
            return self.terminal.status(&printable(&line.to_string()));
        }
        let subject = format!("{}: {}", line.app, line.subject);
        let text = printable(&line.to_string()).into_owned();
        let mut lines = self.lines.borrow_mut();
        let shown = lines.len();
        match lines.iter_mut().find(|(known, _)| *known == subject) {
            Some((_, known)) => *known = text,
            None => lines.push((subject, text)),
        }
        let texts: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
        self.terminal.redraw(shown, &texts);
    }

    /// Leaves the lines as they are.
    pub(super) fn end(&self) {
        self.lines.borrow_mut().clear();
    }
}
