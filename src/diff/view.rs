//! The outputs of a change set: for a terminal, for a glance, for programs, for a pull request.
//!
//! A change set is masked before it comes here, so nothing here has to know what a secret is.

mod align;
mod body;
mod emphasis;
mod entries;
mod human;
mod json;
mod lines;
pub(crate) mod markdown;
pub(crate) mod paint;
pub(crate) mod scalar;
mod summary;
pub(crate) mod words;

use std::iter;

use super::ChangeSet;

/// The JSON Schema of [`Format::Json`].
pub const SCHEMA: &str = include_str!("../../schema/diff.schema.json");

/// How a change set is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Everything with the differences of each object, for people
    #[default]
    Human,
    /// One line for each object
    Summary,
    /// One JSON document; `chaosc schema diff` describes it
    Json,
    /// A comment for a pull request
    Markdown,
}

/// Returns the text of a change set in one format, with ANSI colours where the format has them.
///
/// It comes in pieces, each made when it is asked for: where thousands of objects are new, the text is as large as they are.
pub fn view(changes: &ChangeSet, format: Format) -> Box<dyn Iterator<Item = String> + '_> {
    match format {
        Format::Human => Box::new(human::human(changes)),
        Format::Summary => Box::new(iter::once(summary::summary(changes))),
        Format::Json => Box::new(json::json(changes)),
        Format::Markdown => Box::new(iter::once(markdown::markdown(changes))),
    }
}
