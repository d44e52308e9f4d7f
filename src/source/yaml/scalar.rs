//! A scalar as it is written, and what a dialect makes of it.

use std::borrow::Cow;

use granit_parser::Tag;
use serde_json::Number;

use super::super::tree::{Content, ReadErrorKind};
use super::{Dialect, kubernetes};

/// The prefix of YAML's own tags, which `!!` stands for.
pub(super) const CORE: &str = "tag:yaml.org,2002:";

/// A scalar as the text has it.
pub(super) struct Written<'t> {
    /// The text, escapes and folding undone.
    pub(super) text: Cow<'t, str>,
    /// Whether it stands without quotes and is no block scalar.
    pub(super) plain: bool,
    /// The tag, in full.
    pub(super) tag: Option<String>,
}

impl Written<'_> {
    /// The name of a tag of YAML's own (`int` of `!!int`), or none if the tag is absent or foreign.
    pub(super) fn core_tag(&self) -> Option<&str> {
        self.tag.as_deref().and_then(|tag| tag.strip_prefix(CORE))
    }
}

/// A scalar as its reader sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'t> {
    Null,
    Bool(bool),
    /// Always an integer.
    Integer(Number),
    Float(f64),
    Text(Cow<'t, str>),
    /// The key `<<`, which merges.
    Merge,
}

/// Why a scalar has no value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) kind: ReadErrorKind,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Fault {
    /// A value that JSON cannot hold.
    pub(super) fn no_json(message: impl Into<String>, help: impl Into<String>) -> Self {
        Fault { kind: ReadErrorKind::NoJsonForm, message: message.into(), help: Some(help.into()) }
    }

    /// A value that its reader refuses.
    pub(super) fn refused(message: impl Into<String>, help: impl Into<String>) -> Self {
        Fault { kind: ReadErrorKind::Syntax, message: message.into(), help: Some(help.into()) }
    }
}

impl Scalar<'_> {
    /// Cuts the ties to the text.
    pub(super) fn into_owned(self) -> Scalar<'static> {
        match self {
            Scalar::Null => Scalar::Null,
            Scalar::Bool(value) => Scalar::Bool(value),
            Scalar::Integer(value) => Scalar::Integer(value),
            Scalar::Float(value) => Scalar::Float(value),
            Scalar::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
            Scalar::Merge => Scalar::Merge,
        }
    }

    /// The JSON value; `None` for what JSON lacks (infinities, not-a-number, `<<`).
    pub(super) fn into_content(self, dialect: Dialect) -> Option<Content> {
        Some(match self {
            Scalar::Null => Content::Null,
            Scalar::Bool(value) => Content::Bool(value),
            Scalar::Integer(value) => Content::Number(value),
            Scalar::Float(value) => Content::Number(match dialect {
                Dialect::PyYaml => Number::from_f64(value)?,
                Dialect::Kubernetes => kubernetes::json_number(value)?,
            }),
            Scalar::Text(text) => Content::String(text.into_owned()),
            Scalar::Merge => return None,
        })
    }
}

/// Shortens a text for a message: one line, at most forty characters.
pub(super) fn quote(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}

/// The text in double quotes, as a help offers it; long ones are not repeated.
pub(super) fn quoted(text: &str) -> String {
    if text.len() > 60 || text.contains(['"', '\\', '\n', '`']) {
        "quote it".to_owned()
    } else {
        format!("quote it: `\"{text}\"`")
    }
}

/// The tag in full, `%TAG` and `!!` resolved.
pub(super) fn full_tag(tag: &Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}
