//! How far a value goes: within its line, and over more lines where it is open at the end of the first.

use std::ops::Range;

use super::values::mark_length;

/// A text whose values may go over several lines.
pub(super) struct Extents<'t> {
    text: &'t str,
    /// Whether a bracket was found that nothing closes; then the next one is not looked for, so that the work stays linear.
    is_unclosed: bool,
}

impl<'t> Extents<'t> {
    pub(super) fn of(text: &'t str) -> Extents<'t> {
        Extents { text, is_unclosed: false }
    }

    /// Returns the whole of a value of which only the part in its first line is known.
    pub(super) fn whole(&mut self, value: Range<usize>) -> Range<usize> {
        if let Some(document) = here_document(self.text, &value) {
            return document;
        }
        let end = closing(self.text, value.start, value.end).max(self.bracket(value.start));
        value.start..continued(self.text, value.start, end)
    }

    /// Returns the end of what the bracket at `start` opens.
    fn bracket(&mut self, start: usize) -> usize {
        if self.is_unclosed || !self.text[start..].starts_with(['[', '{']) {
            return start;
        }
        let length = closed(&self.text[start..]);
        self.is_unclosed = length.is_none();
        start + length.unwrap_or(0)
    }
}

/// Returns the length of a text up to the bracket that closes its first one; brackets in quotes count for nothing.
fn closed(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            // An apostrophe in a comment is not closed in its line.
            '\n' => quote = None,
            _ if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            '[' | '{' if quote.is_none() => depth += 1,
            ']' | '}' if quote.is_none() => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns the lines that follow a value such as `<<EOF`, up to the one that ends them.
fn here_document(text: &str, value: &Range<usize>) -> Option<Range<usize>> {
    let word = text[value.clone()].strip_prefix("<<")?.trim_start_matches(['-', '~']).trim_matches(['"', '\'']);
    let start = value.end + text[value.end..].find('\n')? + 1;
    let mut end = start;
    if word.is_empty() || word.contains(char::is_whitespace) {
        return None;
    }
    for line in text[start..].split_inclusive('\n') {
        if line.trim() == word {
            break;
        }
        end += line.len();
    }
    let inside = text[start..end].trim_end();
    Some(start + inside.len() - inside.trim_start().len()..start + inside.len())
}

/// Returns the end of a value that goes on behind its line, because the quotes before it are not closed there.
fn closing(text: &str, start: usize, end: usize) -> usize {
    let quotes = ["\"\"\"", "'''", "\"", "'", "`"];
    let quote = quotes.into_iter().find(|quote| text[..start].ends_with(quote));
    let is_cut = text[end..].starts_with(['\n', '\r']);
    quote.filter(|_| is_cut).and_then(|quote| text[end..].find(quote)).map_or(end, |more| end + more)
}

/// Returns the end of a value that goes on behind its line, because a backslash stands there, as in properties.
fn continued(text: &str, start: usize, end: usize) -> usize {
    let mut end = if &text[start..end] == "\\" { start } else { end };
    while let Some(rest) = text[end..].trim_start_matches([' ', '\t']).strip_prefix('\\') {
        let Some(next) = rest.trim_start_matches('\r').strip_prefix('\n') else { break };
        let line = next.lines().next().unwrap_or_default();
        // In a shell, other arguments may follow.
        let is_other = !text[end..].starts_with('\\') && line.contains('=') || line.trim_start().starts_with('-');
        if is_other || line.trim().is_empty() {
            break;
        }
        let from = text.len() - next.len();
        end = from + line.trim_end().trim_end_matches('\\').trim_end().len();
    }
    end
}

/// Returns the range from `start` to the first of `stops` that is no part of a mark or of `$(…)`.
pub(super) fn until(line: &str, start: usize, stops: &str) -> Range<usize> {
    let mut end = start;
    while let Some(c) = line[end..].chars().next().filter(|c| !stops.contains(*c)) {
        let command = if c == '$' && line[end..].starts_with("$(") { line[end..].find(')') } else { None };
        end += command.map_or(0, |close| close + 1).max(mark_length(&line[end..])).max(c.len_utf8());
    }
    start..end
}

/// Returns the range up to the quote that closes what `quote` has opened before the key, or to the end of the line.
pub(super) fn quote_end(line: &str, start: usize, quote: char) -> Range<usize> {
    let end = line[start..].find(quote).map_or(line.len(), |end| start + end);
    start..start + line[start..end].trim_end_matches('\\').len()
}

/// Returns where the content is of the quotes that a text begins with; without a closing quote it goes on to the end.
pub(super) fn quoted(text: &str) -> Option<Range<usize>> {
    for triple in ["\"\"\"", "'''"] {
        if let Some(rest) = text.strip_prefix(triple) {
            return Some(3..3 + rest.find(triple).unwrap_or(rest.len()));
        }
    }
    // Quotes that are escaped, because the whole text stands in some.
    if let Some(rest) = text.strip_prefix("\\\"") {
        return Some(2..2 + rest.find("\\\"").unwrap_or(rest.len()));
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        // `\"` and, in YAML and SQL, `''`.
        let is_doubled = c == '\'' && quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'');
        if is_doubled || c == '\\' && quote != '\'' {
            chars.next();
        } else if c == quote {
            return Some(1..at);
        }
    }
    Some(1..text.len())
}

/// Returns the quote that is open at the end of a text.
pub(super) fn open_quote(text: &str) -> Option<char> {
    /// In longer lines only so much is read, or each value in a line would cost the whole line.
    const READ: usize = 4096;
    text[text.floor_char_boundary(text.len().saturating_sub(READ))..]
        .chars()
        .filter(|c| matches!(c, '"' | '\'' | '`'))
        .fold(None, |open, c| match open {
            None => Some(c),
            Some(quote) if quote == c => None,
            open => open,
        })
}
