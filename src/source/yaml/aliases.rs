//! Anchors and aliases while a document is composed: names, copies, and what they may not do.

use std::borrow::Cow;

use super::super::tree::{ReadError, ReadErrorKind, Span};
use super::anchors::{Anchored, Size};
use super::composer::{Composer, Step};
use super::scalar::{Fault, quote};
use super::{Dialect, MAX_DEPTH, MAX_NODES, differences};

impl<'t> Composer<'t> {
    /// Puts what an alias names where the alias stands.
    pub(super) fn alias(&mut self, id: usize, span: Span) -> Step {
        if let Some(fault) = differences::name(self.text[span.clone()].trim_start_matches('*')) {
            self.report(fault, span.clone());
        }
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

    /// The budget of copies is spent.
    pub(super) fn too_many_copies(&mut self, span: Span) -> Step {
        self.too_large(
            format!("anchors and aliases repeat more than {MAX_NODES} values or 64 MiB of text"),
            "write the values out, or use fewer aliases of aliases",
            span,
        )
    }

    /// Takes the name of an anchor.
    pub(super) fn anchor_name(&mut self, name: Cow<'t, str>, span: Span) {
        if let Some(fault) = differences::name(&name) {
            self.report(fault, span);
            return;
        }
        // Go takes the name from here on for the second one, as YAML 1.2 does.
        if self.dialect == Dialect::Kubernetes {
            return;
        }
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
}
