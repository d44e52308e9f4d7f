//! Broken and damaged texts: never a panic, always an error with a place, time and memory bounded.

use chaosc::source::tree::{ReadError, ReadErrorKind};
use chaosc::source::yaml::{self, Dialect, MAX_ERRORS};
use chaosc::source::{json, tree::Node};

use super::differential::{check_places, documents, folder};
use super::generate::Generator;

const DIALECTS: [Dialect; 2] = [Dialect::PyYaml, Dialect::Kubernetes];

#[test]
fn every_broken_file_gives_an_error_with_a_place() {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder().join("broken")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 60, "{}", paths.len());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "json") {
            assert_told(&path.display(), &text, &json::read(&text).unwrap_err());
            continue;
        }
        for dialect in DIALECTS {
            let (documents, errors) = yaml::read(&text, dialect);
            assert!(!errors.is_empty(), "{}: read by {dialect:?} as {documents:?}", path.display());
            assert_told(&path.display(), &text, &errors);
        }
    }
}

fn assert_told(path: &dyn std::fmt::Display, text: &str, errors: &[ReadError]) {
    check_places(text, &[], errors).unwrap_or_else(|fault| panic!("{path}: {fault}"));
    assert!(errors.len() <= MAX_ERRORS, "{path}: {}", errors.len());
    for error in errors {
        assert!(!error.message.is_empty() && !error.message.ends_with('.'), "{path}: {error:?}");
        assert!(error.message.starts_with(|c: char| !c.is_ascii_uppercase()), "{path}: {error:?}");
        assert!(!error.span.is_empty() || text.trim().is_empty(), "{path}: {error:?}");
    }
    assert!(errors.is_sorted_by_key(|error| error.span.start), "{path}: {errors:?}");
}

/// What an error says, on one page: the kind, the text it points at, and what belongs to it.
#[test]
fn an_error_points_at_its_cause() {
    for (text, kind, at, related) in [
        ("a: 1\nb: \"never\n", ReadErrorKind::Syntax, "r", Some("\"")),
        ("a: [1,\n  2\n", ReadErrorKind::Syntax, "2", Some("[")),
        ("a: [1, 2}\n", ReadErrorKind::Syntax, "[", None),
        ("é: 1\né: 2\n", ReadErrorKind::DuplicateKey, "é", Some("é")),
        ("a: &x [*x]\n", ReadErrorKind::NoJsonForm, "*x", Some("[")),
        ("a: 2026-01-31\n", ReadErrorKind::NoJsonForm, "2026-01-31", None),
        ("on: 1\n", ReadErrorKind::NoJsonForm, "on", None),
        ("a: !foo b\n", ReadErrorKind::Syntax, "b", None),
        ("a: &x 1\nb: &x 2\n", ReadErrorKind::Syntax, "&x", Some("&x")),
        ("a: *x\n", ReadErrorKind::Syntax, "*x", None),
        ("a:\n\tb: 1\n", ReadErrorKind::Syntax, "\t", None),
        ("a: @b\n", ReadErrorKind::Syntax, "@", None),
        ("a: b: c\n", ReadErrorKind::Syntax, ":", None),
    ] {
        let (_, errors) = yaml::read(text, Dialect::PyYaml);
        let found: Vec<_> = errors
            .iter()
            .map(|error| {
                (error.kind, &text[error.span.clone()], error.related.as_ref().map(|(span, _)| &text[span.clone()]))
            })
            .collect();
        assert_eq!(found, [(kind, at, related)], "{text:?}: {errors:?}");
    }
}

#[test]
fn a_key_that_is_no_text_is_quoted_by_the_help() {
    let (_, errors) = yaml::read("on: 1\n", Dialect::PyYaml);
    assert_eq!(errors[0].message, "the key `on` is the truth value `true` for PyYAML, expected a text");
    assert_eq!(errors[0].help.as_deref(), Some("quote it: `\"on\"`"));
}

#[test]
fn the_documents_around_a_broken_one_are_read() {
    let (documents, errors) = yaml::read("a: 1\n---\nb: [\n---\nc: 3\n", Dialect::Kubernetes);
    let documents: Vec<_> = documents.iter().map(Node::to_json).collect();
    assert_eq!(documents, [serde_json::json!({"a": 1}), serde_json::json!({"c": 3})]);
    assert_eq!(errors.len(), 1, "{errors:?}");
}

#[test]
fn places_are_those_of_the_text() {
    let text = "# é\nname: \"日本\"\nspec:\n  ports: [80, 443]\n  env:\n  - {name: A,\n     value: b}\n  script: |\n    x\nempty:\n";
    let (documents, errors) = yaml::read(text, Dialect::Kubernetes);
    assert!(errors.is_empty(), "{errors:?}");
    let shown = |pointer: &str| {
        let located = documents[0].locate(pointer);
        assert!(located.found, "{pointer}");
        (located.key.map(|key| &text[key]), &text[located.value])
    };
    assert_eq!(shown(""), (None, "name"));
    assert_eq!(shown("/name"), (Some("name"), "\"日本\""));
    assert_eq!(shown("/spec"), (Some("spec"), "ports"));
    assert_eq!(shown("/spec/ports"), (Some("ports"), "[80, 443]"));
    assert_eq!(shown("/spec/ports/1"), (None, "443"));
    assert_eq!(shown("/spec/env/0"), (None, "{"));
    assert_eq!(shown("/spec/env/0/value"), (Some("value"), "b"));
    assert_eq!(shown("/spec/script"), (Some("script"), "x"));
    assert_eq!(shown("/empty"), (Some("empty"), ""));
    assert_eq!(documents[0].locate("/empty").value.start, text.len() - 1);
}

/// Twenty thousand damaged texts; with a failure, the seed is printed.
#[test]
fn damaged_texts_never_panic_and_keep_their_places() {
    let mut sources = documents();
    sources.retain(|text| text.len() < 4000);
    let mut generator = Generator::seeded();
    for round in 0..20_000 {
        let source = &sources[generator.below(sources.len())];
        let text = generator.damage(source);
        let dialect = DIALECTS[round % 2];
        let (documents, errors) = yaml::read(&text, dialect);
        check_places(&text, &documents, &errors).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
        if let Err(errors) = json::read(&text) {
            check_places(&text, &[], &errors).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
        }
    }
}

#[test]
fn damaged_json_never_panics_and_agrees_with_serde() {
    let source = r#"{"a": [1, -2.5e3, 0.1, true, false, null, "x\u00e9\n\ud83d\ude00é😀"], "b": {"c": {}, "d": []}, "e": 18446744073709551615}"#;
    let mut generator = Generator::seeded();
    for _ in 0..20_000 {
        let text = generator.damage(source);
        match (json::read(&text), serde_json::from_str::<serde_json::Value>(&text)) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours.to_json(), theirs, "{text:?}"),
            (Ok(ours), Err(fault)) => panic!("{text:?}: read as {ours:?}, but {fault}"),
            // Rules of ours on top of the grammar: these alone may refuse what serde takes.
            (Err(errors), Ok(_)) => assert!(
                errors
                    .iter()
                    .all(|error| matches!(error.kind, ReadErrorKind::DuplicateKey | ReadErrorKind::NoJsonForm)),
                "{text:?}: {errors:?}"
            ),
            (Err(errors), Err(_)) => check_places(&text, &[], &errors).unwrap(),
        }
    }
}

/// Nesting, aliases and repetition that would take quadratic time or a deep stack end quickly.
#[test]
fn large_hostile_texts_are_refused_or_read_in_bounded_time() {
    let many = 200_000;
    for (text, refused) in [
        ("[".repeat(many), true),
        ("{a: ".repeat(many), true),
        ("- ".repeat(many), true),
        ("? ".repeat(many), true),
        ("a: &x [".repeat(many), true),
        ("[a, ".repeat(many / 2), true),
        (format!("[{}]", "a, ".repeat(many)), false),
        ("- a\n".repeat(many), false),
        ("---\na: 1\n".repeat(many / 4), false),
        ("---\n[\n".repeat(many / 20), true),
        ((0..many).map(|at| ["k", &at.to_string(), ": 1\n"].concat()).collect(), false),
        (format!("a: \"{}\"\n", "é\\n".repeat(many)), false),
        (format!("a: |\n{}", "  é\n".repeat(many)), false),
        (format!("a: {}\n", "b ".repeat(many)), false),
        (format!("{}a: 1\n", "# é\n".repeat(many)), false),
        (format!("a: &x 1\nb: [{}]\n", "*x, ".repeat(many)), false),
    ] {
        for dialect in DIALECTS {
            let (documents, errors) = yaml::read(&text, dialect);
            let start: String = text.chars().take(20).collect();
            assert_eq!(!errors.is_empty(), refused, "{start:?} {:?}", errors.first());
            check_places(&text, &documents, &errors).unwrap();
        }
    }
}
