//! Diagnostics for people, drawn over their source lines; the only file that knows the renderer.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Severity;
use super::veil::{Shown, Veil};
use crate::source::address::FileId;
use crate::source::tree::Span;

/// Lines kept around each annotated one when the source is cut; the renderer shows fewer.
const CONTEXT_LINES: usize = 3;

/// Bytes kept of a line around the place in it; the renderer shows fewer.
const LONGEST_LINE: usize = 10_000;

/// Draws one diagnostic, with ANSI colours.
pub(super) fn render(veil: &Veil<'_>, shown: &Shown<'_>) -> String {
    let level = match shown.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&shown.message).id(shown.code.name());
    let mut group = Group::with_title(title);
    for excerpt in excerpts(veil, shown) {
        let mut snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line);
        for (kind, span, words) in excerpt.annotations {
            snippet = snippet.annotation(kind.span(span).label(words));
        }
        group = match excerpt.cut {
            None => group.element(snippet.path(excerpt.path)),
            // The renderer would count the columns of what was left of the line.
            Some((line, column)) => {
                group.element(snippet).element(Origin::path(excerpt.path).line(line).char_column(column))
            }
        };
    }
    for help in &shown.help {
        group = group.element(Level::HELP.message(help));
    }
    format!("{}\n\n", Renderer::styled().render(&[group]))
}

/// A part of one file with what is to be marked in it.
struct Excerpt<'d> {
    path: &'d str,
    /// Line and column of the first mark in the file, if lines were cut.
    cut: Option<(usize, usize)>,
    text: String,
    first_line: usize,
    annotations: Vec<(AnnotationKind, Range<usize>, Option<&'d str>)>,
}

/// Cuts the lines that are to be shown out of the files: the primary place's file first.
///
/// The renderer looks at everything it is given, column by column, so a whole file for each of a hundred diagnostics
/// would take minutes.
fn excerpts<'d>(veil: &'d Veil<'_>, shown: &'d Shown<'_>) -> Vec<Excerpt<'d>> {
    let mut marks: BTreeMap<(bool, FileId), Vec<Mark<'d>>> = BTreeMap::new();
    let first = Mark { kind: AnnotationKind::Primary, span: shown.span.clone(), words: None };
    marks.entry((false, shown.file)).or_default().push(first);
    for (file, span, words) in &shown.labels {
        let mark = Mark { kind: AnnotationKind::Context, span: span.clone(), words: Some(words) };
        marks.entry((*file != shown.file, *file)).or_default().push(mark);
    }
    marks.into_iter().map(|((_, file), marks)| excerpt(veil, file, &marks)).collect()
}

/// One place to be marked, in bytes of the whole file.
struct Mark<'d> {
    kind: AnnotationKind,
    span: Span,
    words: Option<&'d str>,
}

fn excerpt<'d>(veil: &'d Veil<'_>, id: FileId, marks: &[Mark<'d>]) -> Excerpt<'d> {
    let text = veil.text(id);
    let start = marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
    let end = marks.iter().map(|mark| mark.span.end).max().unwrap_or(0);
    let start = line_start(text, start, CONTEXT_LINES);
    let end = line_end(text, end, CONTEXT_LINES);
    let mut excerpt = Excerpt {
        path: veil.path(id),
        cut: None,
        text: String::new(),
        first_line: text[..start].matches('\n').count() + 1,
        annotations: Vec::new(),
    };
    let mut at = start;
    for line in text[start..end].split_inclusive('\n').chain([""]) {
        excerpt.add(text, at..at + line.len(), marks);
        at += line.len();
    }
    let first = marks.first().filter(|_| excerpt.text.len() < end - start);
    excerpt.cut = first.map(|mark| veil.line_column(id, mark.span.start));
    excerpt
}

impl<'d> Excerpt<'d> {
    /// Adds one line of the file and the marks in it; of a very long line what surrounds the first of them.
    fn add(&mut self, text: &str, line: Span, marks: &[Mark<'d>]) {
        // The end of the file has no line break, and a mark of its own.
        let is_last = line.is_empty();
        let here = |mark: &&Mark<'d>| line.contains(&mark.span.start) || is_last && mark.span.start == line.start;
        let kept = match marks.iter().find(here) {
            _ if line.len() <= LONGEST_LINE => line.clone(),
            Some(mark) => {
                let from = text.floor_char_boundary(mark.span.start.saturating_sub(LONGEST_LINE / 2));
                let to = text.ceil_char_boundary(mark.span.start + LONGEST_LINE / 2);
                from.max(line.start)..to.min(line.end)
            }
            None => line.start..text.floor_char_boundary(line.start + LONGEST_LINE),
        };
        for mark in marks.iter().filter(here) {
            let span = first_line(text, mark.span.clone());
            if kept.contains(&span.start) || span.start == kept.end {
                let shift = |at: usize| at.min(kept.end) - kept.start + self.text.len();
                self.annotations.push((mark.kind, shift(span.start)..shift(span.end), mark.words));
            }
        }
        self.text.push_str(&text[kept.clone()]);
        if kept.end < line.end {
            self.text.push('\n');
        }
    }
}

/// Cuts a span to its first line, so that a mark never draws a bracket down a page.
fn first_line(text: &str, span: Span) -> Span {
    let first = text[span.clone()].split('\n').next().unwrap_or_default();
    span.start..span.start + first.trim_end_matches('\r').len()
}

/// Returns where the line `lines` above the one at `at` begins.
fn line_start(text: &str, at: usize, lines: usize) -> usize {
    text[..at].rmatch_indices('\n').nth(lines).map_or(0, |(newline, _)| newline + 1)
}

/// Returns where the line `lines` below the one at `at` ends.
fn line_end(text: &str, at: usize, lines: usize) -> usize {
    text[at..].match_indices('\n').nth(lines).map_or(text.len(), |(newline, _)| at + newline)
}
