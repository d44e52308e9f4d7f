//! YAML as its consumer sees it: every document of a text, with places, resolved by the rules of one dialect.

mod aliases;
mod anchors;
mod characters;
mod composer;
mod differences;
mod kubernetes;
mod look;
mod mapping;
mod pyyaml;
mod scalar;
mod simple;
mod syntax;

use granit_parser::{Options, Parser, options};

use super::tree::{Node, ReadError};
use composer::{Composer, Step};

/// Whose reading of YAML counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// What Chaos Toolkit sees: `PyYAML` 6.0.3, `safe_load`.
    PyYaml,
    /// What the cluster sees: `YAMLToJSON` of Go's sigs.k8s.io/yaml 1.6, which kubectl uses.
    Kubernetes,
}

/// Most nodes of one document, and most copies that the aliases of one text may make.
pub const MAX_NODES: usize = 1_000_000;
/// Most bytes of text that the aliases of one text may copy.
pub const MAX_COPIED_BYTES: usize = 64 << 20;
/// Deepest nesting of sequences and mappings.
pub const MAX_DEPTH: usize = 100;
/// Most errors that one text reports; what follows them is not looked at.
pub const MAX_ERRORS: usize = 100;

/// Reads every document of a text.
///
/// Documents that could be read are returned even if another failed; errors come in the order of the text. A text
/// without any document (empty, or only comments) gives neither.
pub fn read(text: &str, dialect: Dialect) -> (Vec<Node>, Vec<ReadError>) {
    let forbidden = characters::check(text);
    if !forbidden.is_empty() {
        return (Vec::new(), forbidden);
    }
    match simple::read(text, dialect) {
        Some(document) => (vec![document], Vec::new()),
        None => parsed(text, dialect),
    }
}

/// Reads a text with the parser for all of YAML.
fn parsed(text: &str, dialect: Dialect) -> (Vec<Node>, Vec<ReadError>) {
    let mut parser = Parser::new_from_str_with_options(text, parser_options());
    let mut composer = Composer::new(text, dialect);
    loop {
        let step = match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => composer.take(event, span),
            Some(Err(fault)) => {
                composer.fail(syntax::explain(text, &fault, composer.innermost_flow()));
                Step::SkipDocument
            }
        };
        if composer.is_full() {
            break;
        }
        if step == Step::SkipDocument {
            composer.abandon();
            // A second fault while looking for the next document is the same fault seen again.
            if !parser.proceed_next_document().unwrap_or(false) {
                break;
            }
        }
    }
    composer.finish()
}

fn parser_options() -> Options {
    options! {
        block_scalar_eof_without_line_feed: true,
        emit_comments: false,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
    }
}
