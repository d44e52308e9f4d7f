//! TOML with the span of every key and value.

use toml::de::{DeTable, DeValue};
use toml::{Spanned, de};

use super::tree::{Content, Entry, Node, ReadError, ReadErrorKind, Span};

/// Reads one TOML document.
///
/// Dates and times become their text, because the schema of chaos.toml knows dates as strings; numbers that JSON does
/// not have (`nan`, `inf`) are errors.
///
/// # Errors
///
/// The first syntax error of each line at most: one unclosed bracket brings a dozen follow-on errors.
pub fn read(text: &str) -> Result<Node, Vec<ReadError>> {
    // A byte order mark is no character of the document.
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(syntax(text, errors));
    }
    let mut problems = Vec::new();
    let node = table(root.get_ref(), root.span(), &mut problems);
    if problems.is_empty() { Ok(node) } else { Err(problems) }
}

/// Turns the parser's errors into ours: sorted, and only the first one, or each duplicate key.
fn syntax(text: &str, errors: Vec<de::Error>) -> Vec<ReadError> {
    let mut found: Vec<ReadError> = errors
        .into_iter()
        .map(|error| {
            let span = clamp(text, error.span().unwrap_or(0..0));
            let duplicate = error.message().contains("duplicate key");
            if duplicate {
                let key = text[span.clone()].to_owned();
                ReadError {
                    kind: ReadErrorKind::DuplicateKey,
                    span,
                    message: format!("key `{key}` is given twice in one table"),
                    help: Some("keep one of the two".to_owned()),
                    related: None,
                }
            } else {
                ReadError {
                    kind: ReadErrorKind::Syntax,
                    span,
                    message: error.message().lines().collect::<Vec<_>>().join(", "),
                    help: None,
                    related: None,
                }
            }
        })
        .collect();
    found.sort_by_key(|error| error.span.start);
    // What stands behind the first syntax error is mostly its consequence.
    let first_syntax = found.iter().position(|error| error.kind == ReadErrorKind::Syntax);
    found.truncate(first_syntax.map_or(found.len(), |index| index + 1));
    found
}

/// Moves a span onto character boundaries inside the text.
fn clamp(text: &str, span: Span) -> Span {
    let down = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = down(span.start);
    start..down(span.end).max(start)
}

fn table(table: &DeTable<'_>, span: Span, problems: &mut Vec<ReadError>) -> Node {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        key_span: key.span(),
        node: value_node(value, problems),
    });
    let entries = entries.collect();
    Node { span, content: Content::Mapping(entries) }
}

fn value_node(value: &Spanned<DeValue<'_>>, problems: &mut Vec<ReadError>) -> Node {
    let span = value.span();
    let content = match value.get_ref() {
        DeValue::String(text) => Content::String(text.to_string()),
        DeValue::Boolean(truth) => Content::Bool(*truth),
        DeValue::Datetime(datetime) => Content::String(datetime.to_string()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Content::Number(number.into()),
            Err(_) => no_form(span.clone(), "a number beyond 64 bits", problems),
        },
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            match number {
                Some(number) => Content::Number(number),
                None => no_form(span.clone(), "no finite number", problems),
            }
        }
        DeValue::Array(items) => Content::Sequence(items.iter().map(|item| value_node(item, problems)).collect()),
        DeValue::Table(inner) => return table(inner, span, problems),
    };
    Node { span, content }
}

fn no_form(span: Span, what: &str, problems: &mut Vec<ReadError>) -> Content {
    problems.push(ReadError {
        kind: ReadErrorKind::NoJsonForm,
        span,
        message: format!("this is {what}, which JSON cannot hold"),
        help: Some("write it as a string".to_owned()),
        related: None,
    });
    Content::Null
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_places() {
        let text = "a = 1\n[b]\nc = [true, 2026-01-01]\n[[d]]\nx.y = 'z'\n";
        let node = read(text).unwrap();
        assert_eq!(
            node.to_json(),
            serde_json::json!({"a": 1, "b": {"c": [true, "2026-01-01"]}, "d": [{"x": {"y": "z"}}]})
        );
        let at = |pointer: &str| &text[node.locate(pointer).value];
        assert_eq!(at("/a"), "1");
        assert_eq!(at("/b"), "[b]");
        assert_eq!(at("/b/c/1"), "2026-01-01");
        assert_eq!(at("/d/0"), "[[d]]");
        assert_eq!(at("/d/0/x/y"), "'z'");
        assert_eq!(&text[node.locate("/b/c").key.unwrap()], "c");
        assert!(!node.locate("/b/missing").found);
    }

    #[test]
    fn only_the_first_syntax_error_is_said() {
        let errors = read("a = [1,\nb = 2\nc = }\n").unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
    }

    #[test]
    fn a_duplicate_key_is_named() {
        let errors = read("name = 'a'\nname = 'b'\n").unwrap_err();
        assert_eq!(errors[0].kind, ReadErrorKind::DuplicateKey);
        assert_eq!(errors[0].message, "key `name` is given twice in one table");
    }

    #[test]
    fn numbers_without_a_json_form_are_errors() {
        for text in ["a = nan", "a = inf", "a = 99999999999999999999"] {
            assert_eq!(read(text).unwrap_err()[0].kind, ReadErrorKind::NoJsonForm, "{text}");
        }
    }
}
