//! Chaos Toolkit itself as the judge: whatever its validation refuses because of the form, the schema refuses too.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chaosc::check::schema::{Schemas, Subject};
use serde_json::{Value, json};

use super::cases::read;
use super::one_each::pointers;

struct Verdict {
    verdict: String,
    reason: String,
}

#[test]
fn whatever_chaos_toolkit_refuses_the_schema_refuses() {
    let mut experiments: Vec<(String, Value)> = Vec::new();
    for validity in ["valid", "invalid"] {
        for case in read(Subject::Experiment, validity) {
            let name = case
                .path
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned();
            experiments.push((format!("{validity}/{name}"), case.value));
        }
    }
    let verdicts = ask(&experiments);
    let schemas = Schemas::new();
    let mut stricter = Vec::new();
    for ((name, value), theirs) in experiments.iter().zip(&verdicts) {
        let refused = !schemas.experiment(value).is_empty();
        let Verdict { verdict, reason } = theirs;
        match verdict.as_str() {
            "refused" | "crash" => {
                assert!(refused, "{name}: only Chaos Toolkit refuses it: {reason}");
            }
            "valid" if refused => stricter.push(name.as_str()),
            _ => {}
        }
    }
    println!("stricter than Chaos Toolkit:\n{}", stricter.join("\n"));
    assert!(
        stricter.len() > 60,
        "cases that only the schema refuses: {}",
        stricter.len()
    );
}

#[test]
fn whatever_chaos_toolkit_refuses_of_a_broken_experiment_the_schema_refuses() {
    let mut broken: Vec<(String, Value)> = Vec::new();
    for case in read(Subject::Experiment, "valid") {
        let name = case
            .path
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let mut found = Vec::new();
        pointers("", &case.value, &mut found);
        for pointer in found {
            for (what, value) in breakages(&case.value, &pointer) {
                broken.push((format!("{name}{pointer} {what}"), value));
            }
        }
    }
    assert!(
        broken.len() > 3000,
        "only {} broken experiments",
        broken.len()
    );
    let verdicts = ask(&broken);
    let schemas = Schemas::new();
    let lenient: Vec<String> = broken
        .iter()
        .zip(&verdicts)
        .filter(|(_, theirs)| matches!(theirs.verdict.as_str(), "refused" | "crash"))
        .filter(|((_, value), _)| schemas.experiment(value).is_empty())
        .map(|((name, _), theirs)| format!("{name}: {}", theirs.reason))
        .collect();
    assert!(
        lenient.is_empty(),
        "only Chaos Toolkit refuses\n{}",
        lenient.join("\n")
    );
}

/// The verdict of Chaos Toolkit on each experiment, from one Python process.
fn ask(experiments: &[(String, Value)]) -> Vec<Verdict> {
    let python = std::env::var_os("CHAOSC_TEST_PYTHON").expect(
        "CHAOSC_TEST_PYTHON names no Python with Chaos Toolkit: run the tests by `./test`, which installs one",
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema/chaos_toolkit.py");
    let mut child = Command::new(python)
        .arg(script)
        // The cases ask for these two only.
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("HOME", "/tmp")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: Vec<String> = experiments
        .iter()
        .map(|(_, value)| value.to_string())
        .collect();
    // Written beside reading: both pipes are smaller than what goes through them.
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(stdin, "{line}").unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<Verdict> = text
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            Verdict {
                verdict: value["verdict"].as_str().unwrap().to_owned(),
                reason: value["reason"].as_str().unwrap().to_owned(),
            }
        })
        .collect();
    assert_eq!(verdicts.len(), experiments.len());
    verdicts
}

/// An experiment with the value at a pointer taken away, or replaced by a value of each type.
fn breakages(whole: &Value, pointer: &str) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for value in [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(0.5),
        json!(""),
        json!("x"),
        json!([]),
        json!([""]),
        json!({}),
        json!({ "type": "env" }),
    ] {
        let mut broken = whole.clone();
        *broken.pointer_mut(pointer).unwrap() = value.clone();
        all.push((format!("= {value}"), broken));
    }
    let mut broken = whole.clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match broken.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.remove(&last.replace("~1", "/").replace("~0", "~"))
                .unwrap();
        }
        Value::Array(items) => {
            items.remove(last.parse().unwrap());
        }
        _ => unreachable!("a pointer's parent holds it"),
    }
    all.push(("is gone".to_owned(), broken));
    all
}
