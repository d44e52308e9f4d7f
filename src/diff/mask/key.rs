//! A key as it stands in front of a sign, and the value behind it, in a line of any language.

use std::ops::Range;

use super::directives;
use super::extents::{open_quote, quote_end, quoted, until};
use super::keys::{self, Weight};
use super::values::mark_length;

/// What stands before an assignment at the start of a line.
const LEADS: [&str; 12] = ["export", "set", "env", "ENV", "ARG", "local", "readonly", "declare", "-", "#", "//", ";"];

/// A key in front of a sign.
pub(super) struct Key<'t> {
    pub(super) text: &'t str,
    /// The line up to the key, and to its quotes.
    pub(super) before: &'t str,
    pub(super) is_quoted: bool,
}

impl<'t> Key<'t> {
    pub(super) fn before(line: &'t str, sign: usize) -> Option<Key<'t>> {
        let is_blank = line[sign..].starts_with([' ', '\t']);
        let head = if is_blank {
            // `ENV['TOKEN'] || 'x'`
            if directives::default(&line[sign..]).is_some() {
                line[..sign].trim_end_matches([']', ')'])
            } else {
                &line[..sign]
            }
        } else {
            // `a['password'] = x`, `PASSWORD += x`, `PASSWORD ?= x`
            line[..sign].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ']' | '+' | '?' | '!'))
        };
        let unquoted = head.trim_end_matches(['"', '\'', '`']).trim_end_matches('\\');
        let is_quoted = unquoted.len() < head.len();
        let start = unquoted.char_indices().rev().take_while(|(_, c)| keys::is_part(*c)).last()?.0;
        let text = &unquoted[start..];
        let before = if is_quoted { line[..start].trim_end_matches(['"', '\'', '`', '\\']) } else { &line[..start] };
        Some(Key { text, before, is_quoted })
    }

    /// Returns what the names before it announce about a key in brackets: `passwords[admin]`.
    pub(super) fn container_weight(&self) -> Option<Weight> {
        let path = self.before.strip_suffix('[')?;
        let start =
            path.rfind(|c: char| !keys::is_part(c) && !matches!(c, '[' | ']' | '"' | '\'')).map_or(0, |at| at + 1);
        let names = path.get(start..)?.split(['[', ']', '"', '\'']);
        let is_announced = names.into_iter().any(|name| keys::weight(name) == Some(Weight::Strong));
        (is_announced && !keys::is_attribute(self.text)).then_some(Weight::Strong)
    }

    /// Whether the sign at `sign` stands right behind it.
    pub(super) fn touches(&self, line: &str, sign: usize) -> bool {
        line[..sign].ends_with(self.text)
    }

    /// Whether it is the name of a header: `X-Api-Key`, also right behind the flag: `-HX-Api-Key`.
    pub(super) fn is_header(&self) -> bool {
        let name = self.text.strip_prefix("-H").unwrap_or(self.text);
        name.contains('-') && (name.starts_with(|c: char| c.is_ascii_uppercase()) || name.starts_with("x-"))
    }

    /// Whether it is an option as on Windows: `/password`.
    pub(super) fn is_option(&self) -> bool {
        let before = self.before.strip_suffix('/');
        before.is_some_and(|before| before.is_empty() || before.ends_with(' '))
    }

    pub(super) fn starts_line(&self) -> bool {
        let lead = self.before.trim();
        lead.is_empty() || LEADS.contains(&lead)
    }

    /// Returns where the value is that begins at `start` or after blanks; in a shell, another command may follow.
    pub(super) fn value(&self, line: &str, start: usize, is_shell: bool) -> Range<usize> {
        let start = start + line[start..].len() - line[start..].trim_start().len();
        if line[start..].starts_with(['"', '\'', '`', '\\']) || !self.starts_line() || self.text.starts_with('-') {
            return self.word(line, start);
        }
        let skipped = start + mark_length(&line[start..]);
        // A comment behind a mark, where the value was found otherwise.
        if skipped > start && line[skipped..].trim_start().starts_with('#') {
            return start..skipped;
        }
        let ends =
            [" && ", " || ", " | ", "; "].iter().filter(|_| is_shell).filter_map(|end| line[skipped..].find(end));
        let end = ends.min().map_or(line.len(), |end| skipped + end);
        let value = line[start..end].trim_end().trim_end_matches([',', ';', '\\']).trim_end();
        start..start + value.len()
    }

    /// Returns where the value is that begins at `start` and is one word, or whatever stands in quotes.
    pub(super) fn word(&self, line: &str, start: usize) -> Range<usize> {
        let rest = &line[start..];
        if let Some(quoted) = quoted(rest) {
            return start + quoted.start..start + quoted.end;
        }
        let lead = if self.is_quoted { ' ' } else { self.before.trim_end().chars().next_back().unwrap_or(' ') };
        let touches = self.before.ends_with(lead);
        let stops = match lead {
            // The whole assignment is in quotes.
            '"' | '\'' | '`' if touches => return quote_end(line, start, lead),
            '?' | '&' if touches => "&# \t\"'`<>",
            ';' => ";\"'`",
            '{' | ',' | '(' | '[' => ",)}]; \t\"'`",
            _ if self.is_quoted => ",)}]; \t\"'`",
            _ => match open_quote(self.before) {
                Some('"') => " \t\"",
                Some('\'') => " \t'",
                Some(_) => " \t`",
                None => " \t",
            },
        };
        until(line, start, stops)
    }
}
