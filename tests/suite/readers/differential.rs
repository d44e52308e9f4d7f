//! Our reader says what the real readers say.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chaosc::source::tree::{Content, Node, ReadError, ReadErrorKind};
use chaosc::source::yaml::{Dialect, read};
use serde_json::{Value, json};

use super::generate::Generator;
use super::oracle::{Answer, Expectation, ask, expectation};

/// The scalars of the corpus, each in every position.
#[test]
fn scalars_are_read_as_pyyaml_reads_them() {
    compare(Dialect::PyYaml, &scalars());
}

#[test]
fn scalars_are_read_as_the_cluster_reads_them() {
    compare(Dialect::Kubernetes, &scalars());
}

#[test]
fn documents_are_read_as_pyyaml_reads_them() {
    compare(Dialect::PyYaml, &documents());
}

#[test]
fn documents_are_read_as_the_cluster_reads_them() {
    compare(Dialect::Kubernetes, &documents());
}

#[test]
fn random_texts_are_read_as_pyyaml_reads_them() {
    compare(Dialect::PyYaml, &random_texts());
}

#[test]
fn random_texts_are_read_as_the_cluster_reads_them() {
    compare(Dialect::Kubernetes, &random_texts());
}

/// The folder of the readers' inputs.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers")
}

fn scalars() -> Vec<String> {
    let corpus = std::fs::read_to_string(folder().join("corpus/scalars.txt")).unwrap();
    let scalars: Vec<&str> = corpus.split('\n').filter(|line| !line.is_empty() && !line.starts_with("## ")).collect();
    assert!(scalars.len() >= 400, "{}", scalars.len());
    let positions = [
        "%",
        "a: %\n",
        "- %\n",
        "%: v\n",
        "[%]\n",
        "{a: %, b: c}\n",
        "{%: v}\n",
        "a:\n  - %\n  - b: %\n",
        "? %\n: v\n",
    ];
    let texts = scalars.iter().flat_map(|scalar| positions.map(|position| position.replace('%', scalar)));
    texts.collect()
}

/// Every document of the corpus, with its name.
pub(super) fn documents() -> Vec<String> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder().join("corpus/documents")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 60, "{}", paths.len());
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn random_texts() -> Vec<String> {
    let mut generator = Generator::seeded();
    (0..4000).map(|_| generator.text()).collect()
}

/// Differences that a failure shows.
const LIMIT: usize = 20;

fn compare(dialect: Dialect, texts: &[String]) {
    let answers = ask(dialect, texts);
    let mut report = String::new();
    let mut wrong = 0;
    for (text, answer) in texts.iter().zip(&answers) {
        if let Err(difference) = judge(dialect, text, answer) {
            wrong += 1;
            if wrong <= LIMIT {
                let _ = writeln!(report, "--- {text:?}\n{difference}");
            }
        }
    }
    assert!(wrong == 0, "{wrong} of {} texts differ ({dialect:?})\n{report}", texts.len());
}

fn judge(dialect: Dialect, text: &str, answer: &Answer) -> Result<(), String> {
    let (ours, errors) = read(text, dialect);
    check_places(text, &ours, &errors)?;
    let ours: Vec<Value> = ours.iter().map(|node| comparable(node, dialect)).collect();
    let told = || format!("ours:   {}\nerrors: {errors:?}\nreal:   {answer:?}", json!(ours));
    match expectation(dialect, text, answer) {
        Expectation::DocumentsOrDuplicate(_)
            if !errors.is_empty() && errors.iter().all(|error| error.kind == ReadErrorKind::DuplicateKey) =>
        {
            Ok(())
        }
        Expectation::Documents(real) | Expectation::DocumentsOrDuplicate(real) if errors.is_empty() => {
            if same_documents(dialect, &real, &ours) { Ok(()) } else { Err(format!("values differ\n{}", told())) }
        }
        Expectation::Documents(real) if dialect == Dialect::Kubernetes && reads_only_the_start(text, &real) => Ok(()),
        Expectation::Documents(_) | Expectation::DocumentsOrDuplicate(_)
            if ambiguous(&errors) || errors.iter().all(|error| allowed(dialect, text, error)) =>
        {
            Ok(())
        }
        Expectation::Documents(_) | Expectation::DocumentsOrDuplicate(_) => Err(format!("refused\n{}", told())),
        Expectation::Error(why) if errors.is_empty() => Err(format!("accepted although {why}\n{}", told())),
        Expectation::Refused if errors.is_empty() && !wider(dialect, answer) => Err(format!("accepted\n{}", told())),
        Expectation::Error(_) | Expectation::Refused => Ok(()),
    }
}

/// Spellings that YAML 1.1 and 1.2 understand differently, or that only YAML 1.1 allows.
const AMBIGUOUS: &[&str] = &[
    "a `-` that stands alone between brackets",
    "a `:` directly before a bracket",
    "a `#` directly behind a value",
    "a text that begins with `:` or `?` between brackets",
    "the tag `!` alone",
    "the name of an anchor holds other signs",
    "a tag with signs that YAML 1.2 does not allow",
];

/// One spelling that nobody can be sure of is enough to refuse the text.
fn ambiguous(errors: &[ReadError]) -> bool {
    errors.iter().any(|error| AMBIGUOUS.iter().any(|message| error.message.starts_with(message)))
}

/// Errors of ours on a text that the real reader takes: each is one of the project's own rules.
fn allowed(dialect: Dialect, text: &str, error: &ReadError) -> bool {
    let found = &text[error.span.clone()];
    match dialect {
        // A tag on what is merged is never looked at by PyYAML.
        Dialect::PyYaml => text.contains("<<") && text.contains('!') && error.message.contains("tag"),
        // What is rounded or replaced on the way to JSON has no exact form.
        Dialect::Kubernetes if error.kind == ReadErrorKind::Syntax => {
            // An escape, and a `:` before a closing bracket, that only Go takes for text.
            error.message.starts_with("an escape that YAML does not have") && text.contains("\\'")
                || error.message.starts_with("expected `,`") && text.contains(":}")
        }
        Dialect::Kubernetes => {
            error.kind == ReadErrorKind::NoJsonForm
                && (found.bytes().filter(u8::is_ascii_digit).count() >= 16
                    || error.message.contains("`!!timestamp`")
                    || error.message.contains("no UTF-8"))
        }
    }
}

/// Go stops behind the first value of what kubectl hands it, whatever follows: `[a]]`, `"a" b`, `{}: v`.
fn reads_only_the_start(text: &str, real: &[Value]) -> bool {
    text.starts_with(['[', '{', '"', '\'', '!', '&', '|', '>'])
        && text.char_indices().any(|(end, _)| {
            let (documents, errors) = read(&text[..end], Dialect::Kubernetes);
            let documents: Vec<Value> = documents.iter().map(Node::to_json).collect();
            ambiguous(&errors)
                || errors.is_empty() && !documents.is_empty() && same_documents(Dialect::Kubernetes, real, &documents)
        })
}

/// Texts that the grammar of the real reader refuses, and ours reads as YAML 1.2: nobody reads them otherwise.
fn wider(dialect: Dialect, answer: &Answer) -> bool {
    let error = answer.error.as_deref().unwrap_or_default();
    match dialect {
        Dialect::PyYaml => error.starts_with("ScannerError") || error.starts_with("ParserError"),
        // Only the grammar's faults are told with `yaml:` and none of these.
        Dialect::Kubernetes => {
            let about_values =
                ["cannot decode", "map merge", "map key", "anchor", "base64", "unmarshal", "unsupported"];
            error.contains("yaml: ") && !about_values.iter().any(|words| error.contains(words))
        }
    }
}

/// Every span is a range of the text on character boundaries.
pub(super) fn check_places(text: &str, nodes: &[Node], errors: &[ReadError]) -> Result<(), String> {
    let mut spans = Vec::new();
    let mut open: Vec<&Node> = nodes.iter().collect();
    while let Some(node) = open.pop() {
        spans.push(&node.span);
        match &node.content {
            Content::Sequence(items) => open.extend(items),
            Content::Mapping(entries) => {
                for entry in entries {
                    spans.push(&entry.key_span);
                    open.push(&entry.node);
                }
            }
            _ => {}
        }
    }
    for error in errors {
        spans.push(&error.span);
        spans.extend(error.related.iter().map(|(span, _)| span));
    }
    match spans.iter().find(|span| text.get(span.start..span.end).is_none()) {
        Some(span) => Err(format!("{span:?} is no range of the text")),
        None => Ok(()),
    }
}

/// PyYAML keeps the order of keys, so pairs are compared; Go does not.
fn comparable(node: &Node, dialect: Dialect) -> Value {
    match (&node.content, dialect) {
        (Content::Mapping(entries), Dialect::PyYaml) => {
            let pairs = entries.iter().map(|entry| json!([entry.key, comparable(&entry.node, dialect)]));
            json!({ "pairs": pairs.collect::<Vec<_>>() })
        }
        (Content::Sequence(items), _) => items.iter().map(|item| comparable(item, dialect)).collect(),
        _ => node.to_json(),
    }
}

fn same_documents(dialect: Dialect, real: &[Value], ours: &[Value]) -> bool {
    // kubectl passes over what is empty between two markers.
    let kept = |documents: &[Value]| -> Vec<Value> {
        let counts = |value: &&Value| dialect == Dialect::PyYaml || !value.is_null();
        documents.iter().filter(counts).cloned().collect()
    };
    let (real, ours) = (kept(real), kept(ours));
    real.len() == ours.len() && real.iter().zip(&ours).all(|(real, ours)| same(real, ours))
}

/// Equal, with numbers by value: Go writes `-0` and `1e+21` in its own way.
fn same(real: &Value, ours: &Value) -> bool {
    match (real, ours) {
        (Value::Number(real), Value::Number(ours)) => {
            real == ours || (real.is_f64() || ours.is_f64()) && real.as_f64() == ours.as_f64()
        }
        (Value::Array(real), Value::Array(ours)) => {
            real.len() == ours.len() && real.iter().zip(ours).all(|(real, ours)| same(real, ours))
        }
        (Value::Object(real), Value::Object(ours)) => {
            real.len() == ours.len()
                && real.iter().all(|(key, real)| ours.get(key).is_some_and(|ours| same(real, ours)))
        }
        _ => real == ours,
    }
}
