//! From parser events to trees: one document at a time, without recursion.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};

use super::super::tree::{Content, Node, ReadError, ReadErrorKind, Span};
use super::anchors::{Anchored, Anchors, Size};
use super::mapping::{Key, Mapping};
use super::scalar::{Fault, Scalar, Written, full_tag, quote};
use super::{Dialect, MAX_DEPTH, MAX_ERRORS, MAX_NODES, differences, kubernetes, pyyaml};

/// What to do after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Continue,
    /// Nothing more can be had from this document.
    SkipDocument,
}

/// A collection that is not closed yet.
#[derive(Debug)]
pub(super) struct Frame {
    /// The opening bracket, or where the first item begins.
    open: Span,
    flow: bool,
    anchor: usize,
    size: Size,
    /// The first key or item.
    first: Option<Span>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sequence(Vec<Node>),
    Mapping(Mapping),
}

/// Builds the trees of a text.
pub(super) struct Composer<'t> {
    pub(super) text: &'t str,
    pub(super) dialect: Dialect,
    documents: Vec<Node>,
    pub(super) errors: Vec<ReadError>,
    pub(super) anchors: Anchors,
    /// The names that this document has anchored, where a second one is an error.
    pub(super) names: HashMap<Cow<'t, str>, Span>,
    pub(super) frames: Vec<Frame>,
    root: Option<Node>,
    /// Values of this document.
    nodes: usize,
    /// Errors before this document.
    errors_before: usize,
    /// Where the last thing ended: the place of what is left empty.
    pub(super) last_end: usize,
}

impl<'t> Composer<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Self {
        Composer {
            text,
            dialect,
            documents: Vec::new(),
            errors: Vec::new(),
            anchors: Anchors::default(),
            names: HashMap::new(),
            frames: Vec::new(),
            root: None,
            nodes: 0,
            errors_before: 0,
            last_end: 0,
        }
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: Event<'t>, span: granit_parser::Span) -> Step {
        let span = self.bytes(&span);
        match event {
            Event::DocumentStart(..) => {
                self.last_end = span.end;
                self.start_document();
                Step::Continue
            }
            Event::DocumentEnd => {
                if let Some(root) = self.root.take()
                    && self.errors.len() == self.errors_before
                {
                    self.documents.push(root);
                }
                Step::Continue
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), span),
            Event::SequenceStart(style, anchor, tag) => {
                self.open(Kind::Sequence(Vec::new()), style, anchor, tag.as_deref(), span)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(Kind::Mapping(Mapping::new()), style, anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&span),
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                self.report(
                    Fault::refused(
                        format!("no anchor {} stands before this alias", quote(&format!("&{name}"))),
                        "name an anchor of the same document, or quote the text if it is one",
                    ),
                    span.clone(),
                );
                self.last_end = span.end;
                self.refused(span, Size::of_text(0))
            }
            Event::Anchor(_, name) => {
                self.anchor_name(name, span);
                Step::Continue
            }
            // Stream limits and comments say nothing about values.
            _ => Step::Continue,
        }
    }

    /// Adds an error that ends the document.
    pub(super) fn fail(&mut self, error: ReadError) {
        self.errors.push(error);
    }

    /// The bracket of the innermost open flow collection.
    pub(super) fn innermost_flow(&self) -> Option<Span> {
        self.frames.iter().rev().find(|frame| frame.flow).map(|frame| frame.open.clone())
    }

    /// Forgets the current document.
    pub(super) fn abandon(&mut self) {
        self.start_document();
    }

    /// Whether so many errors were found that it is no use to go on.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
    }

    /// The documents that were read, and the errors in the order of the text.
    pub(super) fn finish(mut self) -> (Vec<Node>, Vec<ReadError>) {
        self.errors.truncate(MAX_ERRORS);
        self.errors.sort_by_key(|error| error.span.start);
        (self.documents, self.errors)
    }

    /// The only document, whole and without an error; `None` says nothing about the text.
    pub(super) fn only_document(self) -> Option<Node> {
        self.root.filter(|_| self.errors.is_empty() && self.frames.is_empty())
    }

    fn start_document(&mut self) {
        self.anchors.forget();
        self.names.clear();
        self.frames.clear();
        self.root = None;
        self.nodes = 0;
        self.errors_before = self.errors.len();
    }

    fn bytes(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let end = range.end.min(self.text.len());
        range.start.min(end)..end
    }

    pub(super) fn report(&mut self, fault: Fault, span: Span) {
        self.errors.push(ReadError { kind: fault.kind, span, message: fault.message, help: fault.help, related: None });
    }

    pub(super) fn too_large(&mut self, message: String, help: &str, span: Span) -> Step {
        self.report(Fault { kind: ReadErrorKind::TooLarge, message, help: Some(help.to_owned()) }, span);
        Step::SkipDocument
    }

    fn in_flow(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.flow)
    }

    pub(super) fn wants_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: Kind::Mapping(Mapping { key: Key::Wanted, .. }), .. }))
    }

    pub(super) fn scalar(
        &mut self,
        mut text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        mut span: Span,
    ) -> Step {
        let plain = style == ScalarStyle::Plain;
        if plain && (text.is_empty() || span.is_empty()) {
            // What is left empty stands right behind what comes before it; the parser calls it `~`.
            text = Cow::Borrowed("");
            let sign = usize::from(self.text.as_bytes().get(self.last_end) == Some(&b':'));
            span = self.last_end + sign..self.last_end + sign;
        } else {
            // A block scalar ends with its last line, not behind the line break.
            let written = self.text[span.clone()].trim_end_matches(['\n', '\r', ' ']).len();
            span.end = span.start + written.max(1).min(span.len());
            self.last_end = span.end;
        }
        let as_key = self.wants_key();
        let double_quoted = style == ScalarStyle::DoubleQuoted;
        let strange = differences::scalar(self.text, &span, &text, plain, self.in_flow())
            .or_else(|| tag.and_then(differences::tag))
            .or_else(|| {
                (double_quoted && matches!(text, Cow::Owned(_)))
                    .then(|| differences::escapes(&self.text[span.clone()]))
                    .flatten()
            });
        let size = Size::of_text(text.len());
        let shown = if as_key { text.clone() } else { Cow::Borrowed("") };
        let written = Written { text, plain, tag: tag.map(full_tag) };
        let resolved = match (strange, self.dialect) {
            (Some(fault), _) => Err(fault),
            (None, Dialect::PyYaml) => pyyaml::resolve(written, as_key),
            (None, Dialect::Kubernetes) => kubernetes::resolve(written, as_key),
        };
        match resolved {
            Ok(scalar) => {
                if anchor != 0 {
                    let anchored = match &scalar {
                        Scalar::Merge => Anchored::Refused(span.clone()),
                        other => Anchored::Scalar(other.clone().into_owned(), span.clone(), size),
                    };
                    if !self.anchors.pay(size) {
                        return self.too_many_copies(span);
                    }
                    self.anchors.define(anchor, anchored);
                }
                self.place_scalar(scalar, &shown, span, size)
            }
            Err(fault) => {
                self.report(fault, span.clone());
                if anchor != 0 {
                    self.anchors.define(anchor, Anchored::Refused(span.clone()));
                }
                self.refused(span, size)
            }
        }
    }

    /// Puts a scalar where it stands: as a key, or as a value.
    pub(super) fn place_scalar(&mut self, scalar: Scalar<'_>, shown: &str, span: Span, size: Size) -> Step {
        if !self.wants_key() {
            if let Some(content) = scalar.into_content(self.dialect) {
                return self.deliver(Node { span, content }, size, false);
            }
            let found = quote(&self.text[span.clone()]);
            self.report(
                Fault::no_json(format!("{found} is no number that JSON can hold"), "quote it to keep it as a text"),
                span.clone(),
            );
            return self.refused(span, size);
        }
        let key = match (scalar, self.dialect) {
            (Scalar::Merge, _) => Ok(Key::Merge),
            (scalar, Dialect::PyYaml) => pyyaml::key(scalar, shown).map(|key| Key::Named(key, span.clone())),
            (scalar, Dialect::Kubernetes) => kubernetes::key(scalar, shown).map(|key| Key::Named(key, span.clone())),
        };
        let key = key.unwrap_or_else(|fault| {
            self.report(fault, span.clone());
            Key::Refused
        });
        if let Some(frame) = self.frames.last_mut() {
            frame.first.get_or_insert(span);
            frame.size.bytes += size.bytes;
            if let Kind::Mapping(mapping) = &mut frame.kind {
                mapping.key = key;
            }
        }
        Step::Continue
    }

    /// Stands for a value that was refused, so that the rest can be read.
    pub(super) fn refused(&mut self, span: Span, size: Size) -> Step {
        let content = Content::Null;
        self.deliver(Node { span, content }, size, false)
    }

    /// Opens a mapping or a sequence that has neither an anchor nor a tag.
    pub(super) fn open_plainly(&mut self, is_mapping: bool, style: StructureStyle, span: Span) -> Step {
        let kind = if is_mapping { Kind::Mapping(Mapping::new()) } else { Kind::Sequence(Vec::new()) };
        self.open(kind, style, 0, None, span)
    }

    fn open(&mut self, kind: Kind, style: StructureStyle, anchor: usize, tag: Option<&Tag>, span: Span) -> Step {
        let mapping = matches!(kind, Kind::Mapping(_));
        if self.frames.len() == MAX_DEPTH {
            return self.too_large(
                format!("nested deeper than {MAX_DEPTH} levels"),
                "flatten the structure",
                self.first_char(&span),
            );
        }
        if self.wants_key() {
            self.report(
                Fault::no_json(
                    format!("a {} as a key, expected a text", if mapping { "mapping" } else { "sequence" }),
                    "quote it if it is meant as a text",
                ),
                self.first_char(&span),
            );
        }
        if let Some(tag) = tag.map(full_tag).filter(|tag| tag != "!")
            && self.dialect == Dialect::PyYaml
            && let Err(fault) = pyyaml::collection_tag(&tag, mapping)
        {
            self.report(fault, self.first_char(&span));
        }
        if anchor != 0 {
            self.anchors.define(anchor, Anchored::Open(span.clone()));
        }
        self.last_end = span.end;
        self.frames.push(Frame {
            open: span,
            flow: style == StructureStyle::Flow,
            anchor,
            size: Size { nodes: 1, bytes: 0, height: 1 },
            first: None,
            kind,
        });
        Step::Continue
    }

    pub(super) fn close(&mut self, end: &Span) -> Step {
        let Some(frame) = self.frames.pop() else {
            return Step::Continue;
        };
        let span = if frame.flow {
            self.last_end = end.end;
            let whole = frame.open.start..end.end.max(frame.open.end);
            if self.text[whole.clone()].contains('\n') { self.first_char(&frame.open) } else { whole }
        } else {
            frame.first.unwrap_or_else(|| self.first_char(&frame.open))
        };
        let content = match frame.kind {
            Kind::Sequence(items) => Content::Sequence(shrunk(items)),
            Kind::Mapping(mapping) => {
                let (entries, errors) = mapping.finish(self.dialect);
                self.errors.extend(errors);
                Content::Mapping(shrunk(entries))
            }
        };
        let node = Node { span, content };
        if frame.anchor != 0 {
            if !self.anchors.pay(frame.size) {
                return self.too_many_copies(node.span);
            }
            self.anchors.define(frame.anchor, Anchored::Collection(node.clone(), frame.size));
        }
        self.deliver(node, frame.size, false)
    }

    /// Hands a complete value to what holds it.
    pub(super) fn deliver(&mut self, node: Node, size: Size, by_alias: bool) -> Step {
        self.nodes = self.nodes.saturating_add(if by_alias { size.nodes } else { 1 });
        if self.nodes > MAX_NODES {
            return self.too_large(
                format!("more than {MAX_NODES} values in one document"),
                "split it into several files",
                node.span,
            );
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Step::Continue;
        };
        frame.size.contain(size);
        frame.first.get_or_insert_with(|| node.span.clone());
        match &mut frame.kind {
            Kind::Sequence(items) => items.push(node),
            Kind::Mapping(mapping) => {
                let span = node.span.clone();
                if let Err(fault) = mapping.value(node, self.dialect, by_alias) {
                    self.report(fault, span);
                }
            }
        }
        Step::Continue
    }

    /// The first character of a span, or the empty span at its start if there is none.
    pub(super) fn first_char(&self, span: &Span) -> Span {
        let length = self.text[span.start..].chars().next().map_or(0, char::len_utf8);
        span.start..span.start + length
    }
}

/// Gives back the room that a list has beyond its end: most have few items, and thousands of trees are kept at a time.
fn shrunk<T>(mut list: Vec<T>) -> Vec<T> {
    list.shrink_to_fit();
    list
}
