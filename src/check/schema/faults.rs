//! From the validator's errors to faults: one mistake, one problem.
//!
//! Errors are gathered per object first, because one mistake may fail several keywords: a misspelt key is unknown
//! and leaves another one missing, two keys that exclude each other fail once for each owner, a wrong type fails
//! pattern and bounds as well.

use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::tell::Teller;
use super::words::{child, place, shown, split};
use super::{Schema, SchemaProblem, SchemaProblemKind};

/// What the errors say, object by object.
#[derive(Default)]
pub(super) struct Faults {
    /// Unknown keys by pointer.
    pub(super) unknown: BTreeMap<String, Unknown>,
    /// Missing keys by the pointer of their object, each with its schema's pointer.
    pub(super) missing: BTreeMap<String, Vec<(String, String)>>,
    /// Excluded keys by the pointer of their object and the key that excludes them.
    pub(super) exclusive: BTreeMap<(String, String), Vec<String>>,
    /// Keys that have no effect without another one.
    pub(super) needless: Vec<Needless>,
    /// Problems that stand for themselves, by pointer.
    pub(super) single: BTreeMap<String, SchemaProblem>,
}

/// A key that has no effect without another one.
pub(super) struct Needless {
    pub(super) object: String,
    pub(super) key: String,
    /// The key, and its value, without which this one has no effect.
    pub(super) needs: (String, String),
}

/// A key that means nothing in its object.
pub(super) struct Unknown {
    /// The schema's pointer of the object.
    pub(super) schema: String,
    /// The keys that are known there.
    pub(super) allowed: Vec<String>,
    /// What made the key unknown, where it is known elsewhere: "whose `type` is `python`".
    pub(super) because: Option<String>,
}

/// Every mistake in `instance`, in the order of their pointers.
pub(super) fn problems(schema: &Schema, instance: &Value) -> Vec<SchemaProblem> {
    let teller = Teller { schema, instance };
    let mut faults = Faults::default();
    for error in schema.validator.iter_errors(instance) {
        teller.sort(&mut faults, &error);
    }
    let mut problems = teller.tell(faults);
    problems.sort();
    problems
}

impl Teller<'_> {
    /// Puts an error where its mistake is gathered.
    fn sort(&self, faults: &mut Faults, error: &ValidationError<'_>) {
        let at = error.instance_path().as_str();
        let (owner, _) = split(error.schema_path().as_str());
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    let unknown = Unknown {
                        schema: base(&owner).to_owned(),
                        allowed: self.keys(&owner),
                        because: None,
                    };
                    faults.unknown.insert(child(at, key), unknown);
                }
            }
            ValidationErrorKind::FalseSchema => {
                self.sort_false(faults, at, error.schema_path().as_str());
            }
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                let missing = faults.missing.entry(at.to_owned()).or_default();
                if missing.iter().all(|(other, _)| other != key) {
                    missing.push((key.to_owned(), owner));
                }
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let name = inner.instance().as_str().unwrap_or_default();
                let (inner_owner, _) = split(inner.schema_path().as_str());
                let problem = SchemaProblem {
                    pointer: child(at, name),
                    at_key: true,
                    kind: SchemaProblemKind::InvalidValue,
                    message: format!(
                        "expected {} as a key {}, found `{}`",
                        self.words_for(&inner_owner),
                        place(self.schema.subject, self.instance, at),
                        shown(name)
                    ),
                    help: None,
                };
                faults.keep(problem);
            }
            kind => {
                let problem = self.value(at, error.instance(), &owner, kind);
                faults.keep(problem);
            }
        }
    }

    /// A key whose schema is `false`: what that means follows from where the `false` stands.
    fn sort_false(&self, faults: &mut Faults, at: &str, path: &str) {
        let subject = self.schema.subject;
        let (object, key) = split(at);
        let (properties, _) = split(path);
        let (owner, _) = split(&properties);
        let (above, last) = split(&owner);
        let (_, keyword) = split(&above);
        if keyword == "dependentSchemas" {
            // `last` is the key that excludes this one.
            faults
                .exclusive
                .entry((object, last))
                .or_default()
                .push(key);
        } else if last == "then" {
            let unknown = Unknown {
                schema: base(&owner).to_owned(),
                allowed: self.keys(&owner),
                because: self
                    .condition(&above)
                    .map(|(k, v)| format!("whose `{k}` is `{v}`")),
            };
            faults.unknown.insert(at.to_owned(), unknown);
        } else if last == "else" {
            faults.needless.push(Needless {
                needs: self.condition(&above).unwrap_or_default(),
                object,
                key,
            });
        } else {
            faults.keep(SchemaProblem {
                pointer: at.to_owned(),
                at_key: true,
                kind: SchemaProblemKind::ReservedKey,
                message: format!(
                    "`{key}` {} is reserved",
                    place(subject, self.instance, &object)
                ),
                help: Some("it is kept free for later and means nothing yet: remove it".to_owned()),
            });
        }
    }

    /// The keys that the schema at `owner` knows: those of the object, without those that a `then` forbids.
    fn keys(&self, owner: &str) -> Vec<String> {
        let here = &self.at(owner)["properties"];
        let all = self.at(base(owner))["properties"].as_object();
        let all = all.or_else(|| here.as_object()).into_iter().flatten();
        all.filter(|(key, schema)| **schema != false && here[key.as_str()] != false)
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// Key and value that the `if` of the schema at `pointer` asks for.
    fn condition(&self, pointer: &str) -> Option<(String, String)> {
        let properties = self.at(pointer)["if"]["properties"].as_object()?;
        let (key, schema) = properties.iter().next()?;
        Some((key.clone(), schema["const"].as_str()?.to_owned()))
    }
}

impl Faults {
    /// Keeps one problem for each place: that about the key before that about its value, the type before the rest.
    pub(super) fn keep(&mut self, problem: SchemaProblem) {
        let first = self
            .single
            .get(&problem.pointer)
            .is_none_or(|other| (problem.kind, !problem.at_key) < (other.kind, !other.at_key));
        if first {
            self.single.insert(problem.pointer.clone(), problem);
        }
    }
}

/// The pointer of the object's own schema, of which `then` and `else` are parts.
pub(super) fn base(pointer: &str) -> &str {
    let branch = ["/then", "/else"]
        .iter()
        .find_map(|b| pointer.strip_suffix(b));
    match branch {
        None => pointer,
        Some(conditional) => match conditional.rsplit_once("/allOf/") {
            Some((object, index)) if !index.contains('/') => object,
            _ => conditional,
        },
    }
}
