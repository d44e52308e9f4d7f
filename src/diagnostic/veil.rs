//! The veil: files and diagnostics about them without the secrets that stand in the files.
//!
//! The formats get what is left and nothing else, so that none can show a secret: not in a line, not in a value that a
//! message repeats, and not by the column of what stands behind it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Diagnostic};
use crate::diff::mask::UNKNOWN;
use crate::diff::mask::files::{self, Written};
use crate::source::address::{FileId, Place};
use crate::source::tree::Span;
use crate::source::{CHAOS_TOML, Source};

/// The files that some diagnostics are about.
pub(super) struct Veil<'s> {
    source: &'s Source,
    files: BTreeMap<FileId, Veiled<'s>>,
}

/// A diagnostic that may be shown.
pub(super) struct Shown<'s> {
    pub(super) code: Code,
    pub(super) file: FileId,
    /// The bytes of the veiled text.
    pub(super) span: Span,
    pub(super) pointer: &'s str,
    pub(super) message: String,
    pub(super) labels: Vec<(FileId, Span, String)>,
    pub(super) help: Vec<String>,
}

impl<'s> Veil<'s> {
    pub(super) fn of(source: &'s Source, diagnostics: &[Diagnostic]) -> Veil<'s> {
        let places = diagnostics.iter().flat_map(places);
        let ids: BTreeSet<FileId> = places.map(|place| source.resolve(place).0).collect();
        Veil { source, files: ids.into_iter().map(|id| (id, Veiled::of(source, id))).collect() }
    }

    /// Returns what may be shown of one of the diagnostics.
    pub(super) fn shown<'d>(&self, diagnostic: &'d Diagnostic) -> Shown<'d> {
        let (file, original) = self.source.resolve(&diagnostic.place);
        let unsaid =
            |words: &str| self.files.get(&file).map_or(words.to_owned(), |veiled| veiled.unsaid(&original, words));
        let labels = diagnostic.labels.iter().map(|(place, words)| {
            let (file, span) = self.source.resolve(place);
            (file, self.moved(file, &span), unsaid(words))
        });
        Shown {
            code: diagnostic.code,
            file,
            span: self.moved(file, &original),
            pointer: match &diagnostic.place {
                Place::Value(address) | Place::Key(address) => &address.pointer,
                Place::Span(..) => "",
            },
            message: unsaid(&diagnostic.message),
            labels: labels.collect(),
            help: diagnostic.help.iter().map(|help| unsaid(help)).collect(),
        }
    }

    /// Returns a file's path, as a person in the current folder would write it.
    pub(super) fn path(&self, file: FileId) -> &'s str {
        &self.source.file(file).shown
    }

    /// Returns a file's text.
    pub(super) fn text(&self, file: FileId) -> &str {
        self.files.get(&file).map_or("", |veiled| &veiled.text)
    }

    /// Returns line and column of a byte, both counted from one, columns in characters.
    pub(super) fn line_column(&self, file: FileId, at: usize) -> (usize, usize) {
        let before = &self.text(file)[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    fn moved(&self, file: FileId, span: &Span) -> Span {
        self.files.get(&file).map_or(0..0, |veiled| veiled.moved(span.start, false)..veiled.moved(span.end, true))
    }
}

fn places(diagnostic: &Diagnostic) -> impl Iterator<Item = &Place> {
    std::iter::once(&diagnostic.place).chain(diagnostic.labels.iter().map(|(place, _)| place))
}

/// A file with marks for its secrets.
struct Veiled<'s> {
    original: &'s str,
    text: Cow<'s, str>,
    hidden: Vec<Hidden>,
}

/// A range of a file that is hidden.
struct Hidden {
    span: Span,
    /// Where its mark begins in the veiled text, and where what stands for it ends.
    shown: Span,
    secrets: Vec<Written>,
}

impl<'s> Veiled<'s> {
    fn of(source: &'s Source, id: FileId) -> Veiled<'s> {
        let file = source.file(id);
        let original = file.text.as_str();
        let is_chaos_toml = id == CHAOS_TOML;
        let is_read = !source.problems.iter().any(|one| matches!(&one.place, Place::Span(file, _) if *file == id));
        let mut secrets = files::in_lines(original, is_chaos_toml, is_read);
        secrets.extend(file.documents.iter().flat_map(|document| files::in_document(document, is_chaos_toml)));
        if !is_read && !is_chaos_toml {
            secrets.extend(files::in_secrets(original));
        }
        let mut hidden = joined(secrets);
        if hidden.is_empty() {
            return Veiled { original, text: Cow::Borrowed(original), hidden };
        }
        let mut text = String::with_capacity(original.len());
        let mut rest = 0;
        for one in &mut hidden {
            text.push_str(&original[rest..one.span.start]);
            let start = text.len();
            text.push_str(UNKNOWN);
            // What follows keeps its line.
            text.extend(original[one.span.clone()].matches('\n'));
            one.shown = start..text.len();
            rest = one.span.end;
        }
        text.push_str(&original[rest..]);
        Veiled { original, text: Cow::Owned(text), hidden }
    }

    /// Returns where a byte is in the veiled text: of what is hidden, the beginning or the end of its mark.
    fn moved(&self, at: usize, is_end: bool) -> usize {
        let before = self.hidden.partition_point(|one| one.span.start < at);
        let Some(last) = before.checked_sub(1).map(|index| &self.hidden[index]) else { return at };
        if at >= last.span.end {
            return last.shown.end + (at - last.span.end);
        }
        last.shown.start + if is_end { UNKNOWN.len() } else { 0 }
    }

    /// Returns words about a place that do not repeat a secret there.
    fn unsaid(&self, place: &Span, words: &str) -> String {
        let touches = |one: &&Hidden| one.span.start <= place.end && place.start <= one.span.end;
        let secrets = self.hidden.iter().filter(touches).flat_map(|one| &one.secrets);
        secrets.fold(words.to_owned(), |words, secret| secret.unsaid(self.original, &words))
    }
}

/// Joins what overlaps.
fn joined(mut secrets: Vec<Written>) -> Vec<Hidden> {
    secrets.sort_by_key(|secret| secret.span.start);
    let mut hidden: Vec<Hidden> = Vec::new();
    for secret in secrets {
        match hidden.last_mut() {
            Some(last) if secret.span.start <= last.span.end => {
                last.span.end = last.span.end.max(secret.span.end);
                last.secrets.push(secret);
            }
            _ => hidden.push(Hidden { span: secret.span.clone(), shown: 0..0, secrets: vec![secret] }),
        }
    }
    hidden
}
