//! What holds for every input, whatever is wrong with it; the fuzz targets hold their inputs to the same.

use chaosc::check;
use chaosc::diagnostic::format::{Format, format};
use chaosc::source::Source;
use chaosc::source::tree::{Content, Node, ReadError, Span};
use chaosc::{plan, render};

/// What became of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// An error was said.
    Refused,
    /// It was rendered.
    Rendered,
}

/// Checks what was read, and renders it if there is no error.
///
/// # Panics
///
/// If a place does not resolve, a format cannot be drawn, or a checked configuration does not render.
pub fn judge(source: &Source) -> Fate {
    for file in &source.files {
        read(&file.text, &file.documents, &[]);
    }
    let checked = check::check(source);
    for one in &checked.diagnostics {
        for place in std::iter::once(&one.place).chain(one.labels.iter().map(|(place, _)| place)) {
            let (file, span) = source.resolve(place);
            is_in(&span, &source.file(file).text);
            let (line, column) = source.line_column(place);
            assert!(line > 0 && column > 0, "{one:?}");
        }
        assert!(!one.message.is_empty(), "{one:?}");
    }
    let short = format(source, &checked.diagnostics, Format::Short);
    let json = format(source, &checked.diagnostics, Format::Json);
    let human = format(source, &checked.diagnostics, Format::Human);
    assert_eq!(json.lines().count(), checked.diagnostics.len());
    assert_eq!(short.is_empty(), checked.diagnostics.is_empty());
    assert_eq!(human.is_empty(), checked.diagnostics.is_empty());
    let has_error = checked.diagnostics.iter().any(chaosc::diagnostic::Diagnostic::is_error);
    assert_eq!(checked.config.is_none(), has_error, "a configuration is there exactly if there is no error");
    let Some(config) = checked.config else { return Fate::Refused };
    let plan = plan::plan(&config);
    match render::render(&plan).and_then(|bundle| render::files(&plan, bundle)) {
        Ok(files) => assert!(!files.is_empty()),
        Err(error) => panic!("a checked configuration does not render: {error}: {error:?}"),
    }
    Fate::Rendered
}

/// Checks the result of one reader.
///
/// # Panics
///
/// If a span is not in the text, or an error says nothing.
pub fn read(text: &str, documents: &[Node], errors: &[ReadError]) {
    for document in documents {
        in_text(document, text);
    }
    for error in errors {
        is_in(&error.span, text);
        assert!(!error.message.is_empty(), "{error:?}");
        if let Some((span, _)) = &error.related {
            is_in(span, text);
        }
    }
}

fn in_text(node: &Node, text: &str) {
    is_in(&node.span, text);
    match &node.content {
        Content::Sequence(items) => items.iter().for_each(|item| in_text(item, text)),
        Content::Mapping(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                is_in(&entry.key_span, text);
                in_text(&entry.node, text);
                // Quadratic; enough for a repeated key to show.
                let is_repeated = entries[..index.min(32)].iter().any(|before| before.key == entry.key);
                assert!(!is_repeated, "key {:?} twice in one mapping", entry.key);
            }
        }
        _ => {}
    }
}

fn is_in(span: &Span, text: &str) {
    assert!(text.get(span.clone()).is_some(), "{span:?} is no part of a text of {} bytes", text.len());
}
