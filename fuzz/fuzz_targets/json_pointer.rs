//! Any key can be pointed to, and any text is a pointer that leads to a place inside the document.
#![no_main]

use chaosc::source::tree::{Content, Entry, Node, join};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (key, pointer) = text.split_once('\n').unwrap_or((text, ""));
    let document = document(key);

    let located = document.locate(&join("/list/0", key));
    assert!(located.found, "the pointer to {key:?} leads nowhere");
    assert_eq!(located.key, Some(2..3));
    assert_eq!(located.value, 3..4);

    let located = document.locate(pointer);
    assert!(located.value.end <= document.span.end);
});

/// Returns `{ list = [{ KEY = "" }] }`, as if it stood in a text of six bytes.
fn document(key: &str) -> Node {
    let leaf = Node { span: 3..4, content: Content::String(String::new()) };
    let item = Node { span: 2..4, content: mapping(key, 2, leaf) };
    let list = Node { span: 1..5, content: Content::Sequence(vec![item]) };
    Node { span: 0..6, content: mapping("list", 0, list) }
}

/// Returns a mapping of one key, which is one byte long and stands at `at`.
fn mapping(key: &str, at: usize, node: Node) -> Content {
    Content::Mapping(vec![Entry { key: key.to_owned(), key_span: at..at + 1, node }])
}
