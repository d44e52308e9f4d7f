//! The real readers as child processes, and the rules by which their answer becomes what ours must be.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use chaosc::source::yaml::Dialect;
use serde_json::Value;

/// What a real reader says about a text.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) documents: Vec<Value>,
    /// A mapping has a key twice (the real readers keep the last).
    duplicates: bool,
    pub(super) error: Option<String>,
}

/// What our reader must say about a text.
#[derive(Debug)]
pub(super) enum Expectation {
    /// These documents and no error. Mappings are sequences of pairs where the real reader has an order.
    Documents(Vec<Value>),
    /// These documents, or only errors about duplicate keys.
    DocumentsOrDuplicate(Vec<Value>),
    /// An error, for the reason given.
    Error(&'static str),
    /// The real reader refuses the text. Ours does too, unless it reads the grammar of YAML 1.2, which allows more.
    Refused,
}

/// Asks a real reader about all texts at once.
pub(super) fn ask(dialect: Dialect, texts: &[String]) -> Vec<Answer> {
    let mut command = command(dialect);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}; run the test script `./test`"));
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> = texts.iter().map(|text| serde_json::to_string(text).unwrap()).collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(input, "{line}").unwrap();
        }
    });
    let answers: Vec<Answer> =
        BufReader::new(child.stdout.take().unwrap()).lines().map(|line| answer(&line.unwrap())).collect();
    writer.join().unwrap();
    assert!(child.wait().unwrap().success(), "{command:?} failed");
    assert_eq!(answers.len(), texts.len(), "{command:?} answers every text");
    answers
}

fn command(dialect: Dialect) -> Command {
    let variable = match dialect {
        Dialect::PyYaml => "CHAOSC_TEST_PYTHON",
        Dialect::Kubernetes => "CHAOSC_TEST_GOYAML",
    };
    let program = std::env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: run the test script `./test`, which installs the real readers")
    });
    let mut command = Command::new(program);
    if dialect == Dialect::PyYaml {
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/pyyaml.py"));
    }
    command
}

fn answer(line: &str) -> Answer {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    Answer {
        documents: value["documents"].as_array().unwrap().clone(),
        duplicates: value["duplicates"].as_bool().unwrap(),
        error: value["error"].as_str().map(str::to_owned),
    }
}

/// Turns the answer of a real reader into what ours must say: each difference on purpose is a rule here.
pub(super) fn expectation(dialect: Dialect, text: &str, answer: &Answer) -> Expectation {
    if text.chars().skip(1).any(|c| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'))
        || text.starts_with(['\u{85}', '\u{2028}', '\u{2029}'])
    {
        return Expectation::Error("YAML 1.1 and 1.2 disagree about this character");
    }
    // Go's strict reading also counts what `<<` merges, which is no fault.
    if answer.duplicates && dialect == Dialect::Kubernetes && text.contains("<<") {
        return Expectation::DocumentsOrDuplicate(answer.documents.clone());
    }
    if answer.duplicates {
        return Expectation::Error("a key stands twice");
    }
    if answer.error.is_some() {
        return Expectation::Refused;
    }
    match dialect {
        Dialect::PyYaml => {
            let plain: Option<Vec<Value>> = answer.documents.iter().map(untyped).collect();
            plain.map_or(Expectation::Error("a value or a key has no JSON form"), Expectation::Documents)
        }
        Dialect::Kubernetes => Expectation::Documents(answer.documents.clone()),
    }
}

/// The value of PyYAML's typed form, with mappings as sequences of pairs; `None` if JSON cannot hold it.
fn untyped(typed: &Value) -> Option<Value> {
    let value = &typed[1];
    Some(match typed[0].as_str()? {
        "null" => Value::Null,
        "bool" | "str" => value.clone(),
        "int" => {
            let text = value.as_str()?;
            text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok()?
        }
        "float" => Value::from(value.as_str()?.parse::<f64>().ok()?),
        "seq" => Value::Array(value.as_array()?.iter().map(untyped).collect::<Option<_>>()?),
        "map" => {
            let pairs = value.as_array()?.iter().map(|pair| {
                (pair[0][0] == "str").then_some(())?;
                Some(Value::Array(vec![pair[0][1].clone(), untyped(&pair[1])?]))
            });
            serde_json::json!({ "pairs": pairs.collect::<Option<Vec<_>>>()? })
        }
        _ => return None,
    })
}
