//! Diagnostics for people, drawn over their source lines; the only file that knows the renderer.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};
use crate::source::Source;
use crate::source::address::FileId;
use crate::source::tree::Span;

/// Lines kept around each annotated one when the source is cut; the renderer shows fewer.
const CONTEXT_LINES: usize = 3;

/// Draws one diagnostic, with ANSI colours.
pub(super) fn render(source: &Source, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.name());
    let mut group = Group::with_title(title);
    let excerpts = excerpts(source, diagnostic);
    for excerpt in &excerpts {
        let mut snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line).path(excerpt.path);
        for (kind, span, words) in &excerpt.annotations {
            snippet = snippet.annotation(kind.span(span.clone()).label(*words));
        }
        group = group.element(snippet);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    format!("{}\n\n", Renderer::styled().render(&[group]))
}

/// A part of one file with what is to be marked in it.
struct Excerpt<'d> {
    path: &'d str,
    text: &'d str,
    first_line: usize,
    annotations: Vec<(AnnotationKind, Range<usize>, Option<&'d str>)>,
}

/// Cuts the lines that are to be shown out of the files: the primary place's file first.
///
/// The renderer counts the lines of everything it is given, so a whole file for each of a hundred diagnostics would
/// be quadratic.
fn excerpts<'d>(source: &'d Source, diagnostic: &'d Diagnostic) -> Vec<Excerpt<'d>> {
    let (primary, primary_span) = source.resolve(&diagnostic.place);
    let mut marks: BTreeMap<(bool, FileId), Vec<Mark<'d>>> = BTreeMap::new();
    let first = Mark { kind: AnnotationKind::Primary, span: primary_span, words: None };
    marks.entry((false, primary)).or_default().push(first);
    for (place, words) in &diagnostic.labels {
        let (file, span) = source.resolve(place);
        let mark = Mark { kind: AnnotationKind::Context, span, words: Some(words) };
        marks.entry((file != primary, file)).or_default().push(mark);
    }
    marks.into_iter().map(|((_, file), marks)| excerpt(source, file, marks)).collect()
}

/// One place to be marked, in bytes of the whole file.
struct Mark<'d> {
    kind: AnnotationKind,
    span: Span,
    words: Option<&'d str>,
}

fn excerpt<'d>(source: &'d Source, file: FileId, marks: Vec<Mark<'d>>) -> Excerpt<'d> {
    let file = source.file(file);
    let text = file.text.as_str();
    let start = marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
    let end = marks.iter().map(|mark| mark.span.end).max().unwrap_or(0);
    let start = line_start(text, start, CONTEXT_LINES);
    let end = line_end(text, end, CONTEXT_LINES);
    let annotations = marks
        .into_iter()
        .map(|mark| {
            let one_line = first_line(text, mark.span);
            (mark.kind, one_line.start - start..one_line.end - start, mark.words)
        })
        .collect();
    Excerpt {
        path: &file.shown,
        text: &text[start..end],
        first_line: text[..start].matches('\n').count() + 1,
        annotations,
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
