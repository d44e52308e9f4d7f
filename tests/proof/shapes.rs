//! The shapes: with which arguments, and in which surroundings, each activity is run.

use std::collections::BTreeSet;

use chaosc::plan::catalogue::{self, Activity, Flaw};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::folders::project;

/// Some calls of activities that need the same surroundings, as `shapes/*.toml` holds them.
///
/// In every text, `{ns}` is the namespace of the run, in which nothing else is and whose name nothing else has, and `{at}`
/// is the namespace in which the step acts: the argument `ns`, or `default`. `${name}` is `{ns}`, but only the run knows
/// that.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    /// A function; the calls are made of all functions of its entry.
    #[serde(default)]
    entry: Option<String>,
    /// The functions, instead.
    #[serde(default)]
    functions: Vec<String>,
    /// The arguments of each call.
    pub(crate) calls: Vec<Map<String, Value>>,
    /// The fixtures that are in the cluster: files of `fixtures/` without their ending.
    #[serde(default)]
    pub(crate) fixtures: Vec<String>,
    /// The fixtures that lie as files in the folder of the run.
    #[serde(default)]
    pub(crate) files: Vec<String>,
    /// A text of the exception with which the activity ends; left out: it succeeds, and has an effect.
    #[serde(default)]
    pub(crate) fails: Option<String>,
    /// Whether it succeeds without an effect, or, of a probe, without an answer.
    #[serde(default)]
    pub(crate) idle: bool,
    /// Why it fails or is idle, where no flaw of the catalogue says so.
    #[serde(default)]
    pub(crate) why: Option<String>,
    /// What has to be gone before each run; of such shapes one runs at a time, because they meet in one namespace.
    #[serde(default)]
    pub(crate) clear: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    shapes: Vec<Shape>,
}

/// One call of one function.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The module and the function.
    pub(crate) function: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) shape: Shape,
    pub(crate) activity: &'static Activity,
}

impl Call {
    pub(crate) fn module_and_name(&self) -> (&str, &str) {
        self.function.rsplit_once('.').unwrap()
    }

    /// Returns what Python's `bool` says of an argument.
    pub(crate) fn has(&self, argument: &str) -> bool {
        match self.arguments.get(argument) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(value)) => *value,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(entries)) => !entries.is_empty(),
        }
    }

    /// Returns the flaw of the catalogue that the call has.
    pub(crate) fn flaw(&self) -> Option<&'static Flaw> {
        self.activity.flaws.iter().find(|flaw| {
            let is_object = |argument: &String| self.arguments.get(argument).is_some_and(Value::is_object);
            flaw.with.iter().all(|argument| self.has(argument))
                && !flaw.without.iter().any(|argument| self.has(argument))
                && flaw.with_object.as_ref().is_none_or(is_object)
        })
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.function, Value::from(self.arguments.clone()))
    }
}

/// Returns every call of every shape.
pub(crate) fn all() -> Vec<Call> {
    let mut calls = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(project("tests/proof/shapes")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for path in files {
        let page: Page = toml::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for shape in page.shapes {
            for function in functions(&shape) {
                let (module, name) = function.rsplit_once('.').unwrap();
                let activity =
                    catalogue::find(module, name).unwrap_or_else(|| panic!("{function} is not in the catalogue"));
                calls.extend(shape.calls.iter().map(|arguments| Call {
                    function: function.clone(),
                    arguments: arguments.clone(),
                    shape: shape.clone(),
                    activity,
                }));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for call in &calls {
        assert!(seen.insert(call.to_string()), "{call} stands twice");
    }
    calls
}

fn functions(shape: &Shape) -> Vec<String> {
    match (&shape.entry, shape.functions.is_empty()) {
        (Some(function), true) => {
            let (module, name) = function.rsplit_once('.').unwrap();
            let entry = catalogue::find(module, name);
            entry.unwrap_or_else(|| panic!("{function} is not in the catalogue")).functions.clone()
        }
        (None, false) => shape.functions.clone(),
        _ => panic!("either `entry` or `functions`: {shape:?}"),
    }
}
