//! The JSON Schemas of chaos.toml and of an experiment, and what they find.
//!
//! Both schemas are flat: closed objects, `if`/`then` on a discriminator, `dependentSchemas` for keys that exclude
//! each other. So each error of the validator is about one leaf, and is told here in the words of the file instead of
//! those of JSON Schema.

mod faults;
mod helps;
mod tell;
mod words;

use std::sync::OnceLock;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// The JSON Schema of chaos.toml.
pub const CHAOS: &str = include_str!("../../schema/chaos.schema.json");

/// The JSON Schema of a Chaos Toolkit experiment, as chaostoolkit-lib 1.44 reads it.
pub const EXPERIMENT: &str = include_str!("../../schema/experiment.schema.json");

/// The file that a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// chaos.toml, with its tables and lists.
    Chaos,
    /// A Chaos Toolkit experiment, with its mappings and lists.
    Experiment,
}

/// What kind of mistake a schema found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemaProblemKind {
    /// The key means nothing at this place.
    UnknownKey,
    /// The key may not stand beside another one, or has no effect without another one.
    ExclusiveKeys,
    /// The key is kept free for later.
    ReservedKey,
    /// A list where a string should be, and the like.
    WrongType,
    /// None of the values that are possible, or a text or number out of bounds.
    InvalidValue,
    /// One or more keys are not there.
    MissingKey,
}

impl SchemaProblemKind {
    /// The code of the diagnostic that says it.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown-key",
            Self::ExclusiveKeys => "exclusive-keys",
            Self::ReservedKey => "reserved-key",
            Self::WrongType => "wrong-type",
            Self::InvalidValue => "invalid-value",
            Self::MissingKey => "missing-key",
        }
    }
}

/// One mistake that a schema found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchemaProblem {
    /// JSON pointer of the value at fault; of the object, where keys are missing in it.
    pub pointer: String,
    /// Whether the key at `pointer` is at fault rather than its value.
    pub at_key: bool,
    /// What kind of mistake it is.
    pub kind: SchemaProblemKind,
    /// The mistake: what was found and what was expected.
    pub message: String,
    /// The next step, where one is known.
    pub help: Option<String>,
}

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    subject: Subject,
    root: Value,
    validator: Validator,
}

impl Schema {
    /// Compiles a JSON Schema (draft 2020-12); the error says what is wrong in the schema.
    pub fn compile(subject: Subject, root: Value) -> Result<Self, String> {
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            // The linear-time engine: no text of a user can make a pattern slow.
            .with_pattern_options(PatternOptions::regex())
            .build(&root)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            subject,
            root,
            validator,
        })
    }

    /// Every mistake in `instance`, one problem each, in the order of their pointers.
    pub fn problems(&self, instance: &Value) -> Vec<SchemaProblem> {
        // Collecting errors costs twice as much as a plain answer, and most files are right.
        if self.validator.is_valid(instance) {
            return Vec::new();
        }
        faults::problems(self, instance)
    }
}

/// Both schemas, each compiled at its first use.
#[derive(Debug, Default)]
pub struct Schemas {
    chaos: OnceLock<Schema>,
    experiment: OnceLock<Schema>,
}

impl Schemas {
    /// Neither schema is compiled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is wrong in the form of a chaos.toml; dates and times are strings in `value`.
    pub fn chaos(&self, value: &Value) -> Vec<SchemaProblem> {
        self.chaos
            .get_or_init(|| embedded(Subject::Chaos, CHAOS))
            .problems(value)
    }

    /// What is wrong in the form of an experiment; pointers begin at the experiment.
    pub fn experiment(&self, value: &Value) -> Vec<SchemaProblem> {
        self.experiment
            .get_or_init(|| embedded(Subject::Experiment, EXPERIMENT))
            .problems(value)
    }
}

fn embedded(subject: Subject, text: &str) -> Schema {
    let root = serde_json::from_str(text).expect("the embedded schemas are JSON, as tests prove");
    Schema::compile(subject, root).expect("the embedded schemas compile, as tests prove")
}
