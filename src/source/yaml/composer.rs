//! From parser events to trees: one document at a time, without recursion.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};

use super::super::tree::{Content, Node, ReadError, ReadErrorKind, Span};
use super::anchors::{Anchored, Anchors, Size};
use super::mapping::{Key, Mapping};
use super::scalar::{Fault, Scalar, Written, quote};
use super::{Dialect, MAX_DEPTH, MAX_ERRORS, MAX_NODES, kubernetes, pyyaml};

/// What to do after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Continue,
    /// Nothing more can be had from this document.
    SkipDocument,
}

/// A collection that is not closed yet.
#[derive(Debug)]
struct Frame {
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
    text: &'t str,
    dialect: Dialect,
    documents: Vec<Node>,
    errors: Vec<ReadError>,
    anchors: Anchors,
    /// The names that this document has anchored, where a second one is an error.
    names: HashMap<Cow<'t, str>, Span>,
    frames: Vec<Frame>,
    root: Option<Node>,
    /// Values of this document.
    nodes: usize,
    /// Errors before this document.
    errors_before: usize,
    /// Where the last thing ended: the place of what is left empty.
    last_end: usize,
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

    fn report(&mut self, fault: Fault, span: Span) {
        self.errors.push(ReadError { kind: fault.kind, span, message: fault.message, help: fault.help, related: None });
    }

    fn too_large(&mut self, message: String, help: &str, span: Span) -> Step {
        self.report(Fault { kind: ReadErrorKind::TooLarge, message, help: Some(help.to_owned()) }, span);
        Step::SkipDocument
    }

    fn anchor_name(&mut self, name: Cow<'t, str>, span: Span) {
        if let Some(first) = self.names.get(&name) {
            self.errors.push(ReadError {
                kind: ReadErrorKind::Syntax,
                span,
                message: format!("the anchor {} is defined twice", quote(&format!("&{name}"))),
                help: Some("rename one of them: PyYAML refuses a second anchor of one name".to_owned()),
                related: Some((first.clone(), "first here".to_owned())),
            });
        } else {
            self.names.insert(name, span);
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: Kind::Mapping(Mapping { key: Key::Wanted, .. }), .. }))
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        mut span: Span,
    ) -> Step {
        let plain = style == ScalarStyle::Plain;
        if plain && text.is_empty() {
            // What is left empty stands right behind what comes before it.
            span = self.last_end..self.last_end;
        } else {
            self.last_end = span.end;
        }
        let as_key = self.wants_key();
        let source = &self.text[span.clone()];
        let escaped = style == ScalarStyle::DoubleQuoted && matches!(text, Cow::Owned(_));
        let size = Size::of_text(text.len());
        let shown = if as_key { text.clone() } else { Cow::Borrowed("") };
        let written = Written { text, plain, tag: tag.map(full_tag).filter(|tag| tag != "!") };
        let resolved = if escaped && has_surrogate(source) {
            Err(Fault::no_json(
                "an escape of half a character (`\\ud800` to `\\udfff`), which YAML readers keep as it is or refuse",
                "write the character itself, or its code as `\\U0001F600`",
            ))
        } else if !plain && tag.is_some() && written.tag.is_none() {
            Err(Fault::refused(
                "the tag `!` before a quoted text, which some YAML readers take for an order to ignore the quotes",
                "remove the tag",
            ))
        } else {
            match self.dialect {
                Dialect::PyYaml => pyyaml::resolve(written, as_key),
                Dialect::Kubernetes => kubernetes::resolve(written, as_key),
            }
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
    fn place_scalar(&mut self, scalar: Scalar<'_>, shown: &str, span: Span, size: Size) -> Step {
        if !self.wants_key() {
            return match scalar.into_content(self.dialect) {
                Some(content) => self.deliver(Node { span, content }, size, false),
                None => {
                    self.report(
                        Fault::no_json(
                            format!("{} is no number that JSON can hold", quote(&self.text[span.clone()])),
                            "quote it to keep it as a text",
                        ),
                        span.clone(),
                    );
                    self.refused(span, size)
                }
            };
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
    fn refused(&mut self, span: Span, size: Size) -> Step {
        let content = Content::Null;
        self.deliver(Node { span, content }, size, false)
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

    fn close(&mut self, end: &Span) -> Step {
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
            Kind::Sequence(items) => Content::Sequence(items),
            Kind::Mapping(mapping) => {
                let (entries, errors) = mapping.finish(self.dialect);
                self.errors.extend(errors);
                Content::Mapping(entries)
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

    fn alias(&mut self, id: usize, span: Span) -> Step {
        self.last_end = span.end;
        match self.anchors.get(id) {
            Some(Anchored::Scalar(scalar, at, size)) => {
                let (scalar, at, size) = (scalar.clone(), at.clone(), *size);
                if !self.anchors.pay(size) {
                    return self.too_many_copies(span);
                }
                // A key is found where it is used; a value where it is written, where it can be changed.
                let at = if self.wants_key() { span.clone() } else { at };
                let shown = self.text[span].to_owned();
                self.place_scalar(scalar, &shown, at, size)
            }
            Some(Anchored::Collection(_, size)) => {
                let size = *size;
                if size.height + self.frames.len() > MAX_DEPTH {
                    return self.too_large(
                        format!("with this alias, nested deeper than {MAX_DEPTH} levels"),
                        "flatten the structure",
                        span,
                    );
                }
                self.copy(id, size, span)
            }
            Some(Anchored::Open(open)) => {
                let open = self.first_char(&open.clone());
                self.errors.push(ReadError {
                    kind: ReadErrorKind::NoJsonForm,
                    span: span.clone(),
                    message: "an alias inside the value that it names: it would contain itself".to_owned(),
                    help: Some("write the value out".to_owned()),
                    related: Some((open, "named here".to_owned())),
                });
                self.refused(span, Size::of_text(0))
            }
            // Its own error is enough; without one (a `<<` with an anchor) the alias has none that it can repeat.
            Some(Anchored::Refused(at)) => {
                let at = at.clone();
                self.errors.push(ReadError {
                    kind: ReadErrorKind::Syntax,
                    span: span.clone(),
                    message: "an alias of something that is no value".to_owned(),
                    help: None,
                    related: Some((at, "named here".to_owned())),
                });
                self.refused(span, Size::of_text(0))
            }
            None => {
                self.report(
                    Fault::refused("an alias without an anchor", "name an anchor of the same document"),
                    span.clone(),
                );
                self.refused(span, Size::of_text(0))
            }
        }
    }

    fn copy(&mut self, id: usize, size: Size, span: Span) -> Step {
        if !self.anchors.pay(size) {
            return self.too_many_copies(span);
        }
        let Some(Anchored::Collection(node, _)) = self.anchors.get(id) else {
            return Step::Continue;
        };
        let node = node.clone();
        if self.wants_key() {
            self.report(Fault::no_json("a collection as a key, expected a text", "write the key out"), span);
        }
        self.deliver(node, size, true)
    }

    fn too_many_copies(&mut self, span: Span) -> Step {
        self.too_large(format!("aliases copy more than {MAX_NODES} values"), "write fewer aliases of aliases", span)
    }

    /// Hands a complete value to what holds it.
    fn deliver(&mut self, node: Node, size: Size, by_alias: bool) -> Step {
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
    fn first_char(&self, span: &Span) -> Span {
        let length = self.text[span.start..].chars().next().map_or(0, char::len_utf8);
        span.start..span.start + length
    }
}

/// The tag in full, `%TAG` and `!!` resolved.
fn full_tag(tag: &Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}

/// Whether a double-quoted text, as it is written, escapes a code from U+D800 to U+DFFF.
fn has_surrogate(source: &str) -> bool {
    let mut bytes = source.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next() == Some(b'u') {
            let code: Vec<u8> = bytes.by_ref().take(2).collect();
            if let [b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'] = code[..] {
                return true;
            }
        }
    }
    false
}
