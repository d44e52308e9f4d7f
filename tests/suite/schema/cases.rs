//! `tests/schema/{chaos,experiment}/{valid,invalid}/`: one case a file, named after the fault.
//!
//! A chaos.toml says in its first comment lines what is found in it; an experiment, being JSON, in a file beside it
//! that ends in `.expect`. A valid case says nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chaosc::check::schema::{Schema, SchemaProblem, Schemas, Subject};
use serde_json::Value;

/// One case with its input as JSON.
pub(crate) struct Case {
    pub(crate) path: PathBuf,
    pub(crate) value: Value,
    text: String,
}

#[test]
fn every_case_of_chaos_toml_is_as_it_says() {
    check(Subject::Chaos, "valid", 15);
    check(Subject::Chaos, "invalid", 60);
}

#[test]
fn every_case_of_an_experiment_is_as_it_says() {
    check(Subject::Experiment, "valid", 25);
    check(Subject::Experiment, "invalid", 60);
}

#[test]
fn a_fault_is_told_the_same_by_a_schema_that_is_compiled_apart() {
    for subject in [Subject::Chaos, Subject::Experiment] {
        let schema = Schema::compile(subject, source(subject)).unwrap();
        for case in read(subject, "invalid") {
            assert_eq!(schema.problems(&case.value), problems(subject, &case.value));
        }
    }
}

/// The text of a subject's schema as JSON.
pub(crate) fn source(subject: Subject) -> Value {
    let text = match subject {
        Subject::Chaos => chaosc::check::schema::CHAOS,
        Subject::Experiment => chaosc::check::schema::EXPERIMENT,
    };
    serde_json::from_str(text).unwrap()
}

/// The cases of a subject that are `valid` or `invalid`, in the order of their names.
pub(crate) fn read(subject: Subject, validity: &str) -> Vec<Case> {
    let (folder, extension) = match subject {
        Subject::Chaos => ("chaos", "toml"),
        Subject::Experiment => ("experiment", "json"),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/schema")
        .join(folder)
        .join(validity);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| case(subject, path)).collect()
}

fn case(subject: Subject, path: PathBuf) -> Case {
    let text = fs::read_to_string(&path).unwrap();
    let value = match subject {
        Subject::Chaos => {
            json(toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        }
        Subject::Experiment => {
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        }
    };
    Case { path, value, text }
}

/// TOML as the reader hands it to the schema: dates and times are strings.
fn json(table: toml::Table) -> Value {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => Value::String(date.to_string()),
            toml::Value::Array(items) => items.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(k, v)| (k, convert(v))).collect(),
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(flag) => flag.into(),
        }
    }
    convert(toml::Value::Table(table))
}

fn problems(subject: Subject, value: &Value) -> Vec<SchemaProblem> {
    static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::new);
    match subject {
        Subject::Chaos => SCHEMAS.chaos(value),
        Subject::Experiment => SCHEMAS.experiment(value),
    }
}

fn check(subject: Subject, validity: &str, least: usize) {
    let cases = read(subject, validity);
    assert!(
        cases.len() >= least,
        "{} {validity} cases of {subject:?}",
        cases.len()
    );
    let mut wrong = String::new();
    for case in cases {
        let found = told(&problems(subject, &case.value));
        let expected = expectation(subject, &case);
        if found == expected {
            assert_eq!(
                found.is_empty(),
                validity == "valid",
                "{}",
                case.path.display()
            );
        } else if validity == "invalid" && std::env::var_os("CHAOSC_TEST_UPDATE").is_some() {
            update(subject, &case, &found);
        } else {
            let _ = writeln!(
                wrong,
                "{}\nexpected\n{expected}found\n{found}",
                case.path.display()
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Problems as a case shows them: place and code, then message and help on lines of their own.
fn told(problems: &[SchemaProblem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let place = if problem.pointer.is_empty() {
            "(top)"
        } else {
            &problem.pointer
        };
        let at = if problem.at_key { "key" } else { "value" };
        let _ = writeln!(text, "expect: {place} {at} {}", problem.kind.code());
        let _ = writeln!(text, "  {}", problem.message);
        if let Some(help) = &problem.help {
            let _ = writeln!(text, "  help: {help}");
        }
    }
    text
}

fn expectation(subject: Subject, case: &Case) -> String {
    match subject {
        Subject::Chaos => {
            let lines = case.text.lines().map_while(|line| line.strip_prefix("# "));
            lines.flat_map(|line| [line, "\n"]).collect()
        }
        Subject::Experiment => {
            fs::read_to_string(case.path.with_extension("expect")).unwrap_or_default()
        }
    }
}

fn update(subject: Subject, case: &Case, found: &str) {
    match subject {
        Subject::Chaos => {
            let head: String = found.lines().flat_map(|line| ["# ", line, "\n"]).collect();
            let body: Vec<&str> = case
                .text
                .lines()
                .skip_while(|l| l.starts_with("# "))
                .collect();
            fs::write(&case.path, format!("{head}{}\n", body.join("\n"))).unwrap();
        }
        Subject::Experiment => {
            fs::write(case.path.with_extension("expect"), found).unwrap();
        }
    }
}
