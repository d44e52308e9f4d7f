//! The languages of files, and what each reader makes of a text.

use std::path::Path;

use super::files;
use super::tree::{Content, Node, ReadError, ReadErrorKind};
use super::{json, toml, yaml};
use crate::diagnostic::Code;

/// The languages of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    /// chaos.toml.
    Toml,
    /// An experiment in YAML, as Chaos Toolkit would load it.
    ExperimentYaml,
    /// An experiment in JSON.
    ExperimentJson,
    /// App manifests in YAML or JSON, as the cluster would see them.
    Manifests,
}

impl Language {
    /// Returns the language of an experiment file.
    pub(super) fn of_experiment(path: &str) -> Language {
        match Path::new(path).extension().and_then(|ending| ending.to_str()) {
            Some("json") => Language::ExperimentJson,
            _ => Language::ExperimentYaml,
        }
    }

    /// Returns the code for a fault of a kind.
    pub(super) fn code(self, kind: ReadErrorKind) -> Code {
        match (kind, self) {
            (ReadErrorKind::DuplicateKey, _) => Code::DuplicateKey,
            (ReadErrorKind::NoJsonForm, _) => Code::NoJsonForm,
            (ReadErrorKind::TooLarge, _) => Code::TooManyNodes,
            (ReadErrorKind::Syntax, Language::Toml) => Code::TomlSyntax,
            (ReadErrorKind::Syntax, Language::ExperimentJson) => Code::JsonSyntax,
            (ReadErrorKind::Syntax, Language::ExperimentYaml | Language::Manifests) => Code::YamlSyntax,
        }
    }
}

/// A file's text and what its reader made of it.
pub(super) struct Parsed {
    /// The text; bytes that are not UTF-8 are replaced.
    pub(super) text: String,
    /// The offset and the value of the first byte that is not UTF-8. Such a file is not read any further.
    pub(super) invalid: Option<(usize, u8)>,
    /// The documents.
    pub(super) documents: Vec<Node>,
    /// The faults.
    pub(super) errors: Vec<ReadError>,
}

/// Reads the bytes of a file.
pub(super) fn parse(bytes: Vec<u8>, language: Language) -> Parsed {
    let (text, invalid) = files::decode(bytes);
    if invalid.is_some() {
        return Parsed { text, invalid, documents: Vec::new(), errors: Vec::new() };
    }
    let (mut documents, errors) = match language {
        Language::Toml => one(toml::read(&text)),
        Language::ExperimentJson => one(json::read(&text)),
        Language::ExperimentYaml => yaml::read(&text, yaml::Dialect::PyYaml),
        Language::Manifests => yaml::read(&text, yaml::Dialect::Kubernetes),
    };
    // What Chaos Toolkit reads in an empty file.
    if language == Language::ExperimentYaml && documents.is_empty() && errors.is_empty() {
        documents.push(Node { span: 0..0, content: Content::Null });
    }
    Parsed { text, invalid, documents, errors }
}

/// Brings the result of a reader of single documents into the shape of one that reads many.
fn one(result: Result<Node, Vec<ReadError>>) -> (Vec<Node>, Vec<ReadError>) {
    match result {
        Ok(node) => (vec![node], Vec::new()),
        Err(errors) => (Vec::new(), errors),
    }
}
