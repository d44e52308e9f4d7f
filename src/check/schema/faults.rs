//! From the validator's errors to problems: one mistake, one problem.
//!
//! Errors are gathered per object first, because one mistake may fail several keywords: a misspelt key is unknown
//! and leaves another one missing, two keys that exclude each other fail once for each owner, a wrong type fails
//! pattern and bounds as well.

use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::words::{child, expected, found, hidden, list, place, shown, split, thing};
use super::{Schema, SchemaProblem, SchemaProblemKind, helps};

/// What the errors say, object by object.
#[derive(Default)]
struct Faults {
    /// Unknown keys by pointer.
    unknown: BTreeMap<String, Unknown>,
    /// Missing keys by the pointer of their object, each with its schema's pointer.
    missing: BTreeMap<String, Vec<(String, String)>>,
    /// Excluded keys by the pointer of their object and the key that excludes them.
    exclusive: BTreeMap<(String, String), Vec<String>>,
    /// Problems that stand for themselves, by pointer.
    single: BTreeMap<String, SchemaProblem>,
}

struct Unknown {
    /// The schema's pointer of the object.
    schema: String,
    /// The keys that are known there.
    allowed: Vec<String>,
    /// What made the key unknown, where it is known elsewhere: "whose `type` is `python`".
    because: Option<String>,
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

struct Teller<'a> {
    schema: &'a Schema,
    instance: &'a Value,
}

impl<'a> Teller<'a> {
    /// Puts an error where its mistake is gathered.
    fn sort(&self, faults: &mut Faults, error: &ValidationError<'_>) {
        let at = error.instance_path().as_str();
        let (owner, _) = split(error.schema_path().as_str());
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    let unknown =
                        Unknown { schema: base(&owner).to_owned(), allowed: self.keys(&owner), because: None };
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
            faults.exclusive.entry((object, last)).or_default().push(key);
        } else if last == "then" {
            let unknown = Unknown {
                schema: base(&owner).to_owned(),
                allowed: self.keys(&owner),
                because: self.condition(&above).map(|(k, v)| format!("whose `{k}` is `{v}`")),
            };
            faults.unknown.insert(at.to_owned(), unknown);
        } else if last == "else" {
            let (needs, value) = self.condition(&above).unwrap_or_default();
            faults.keep(SchemaProblem {
                pointer: at.to_owned(),
                at_key: true,
                kind: SchemaProblemKind::ExclusiveKeys,
                message: format!(
                    "`{key}` has no effect {} unless `{needs}` is `{value}`",
                    place(subject, self.instance, &object)
                ),
                help: Some(format!("add `{needs} = \"{value}\"`, or remove `{key}`")),
            });
        } else {
            faults.keep(SchemaProblem {
                pointer: at.to_owned(),
                at_key: true,
                kind: SchemaProblemKind::ReservedKey,
                message: format!("`{key}` {} is reserved", place(subject, self.instance, &object)),
                help: Some("it is kept free for later and means nothing yet: remove it".to_owned()),
            });
        }
    }

    /// A value that its schema at `owner` refuses.
    fn value(&self, at: &str, value: &Value, owner: &str, kind: &ValidationErrorKind) -> SchemaProblem {
        let subject = self.schema.subject;
        let what = thing(subject, self.instance, at);
        let (_, key) = split(at);
        let secret = hidden(at);
        let seen = found(subject, value, secret);
        let schema = self.at(owner);
        let plain = |message| (SchemaProblemKind::InvalidValue, message, None);
        let (kind, message, help) = match kind {
            ValidationErrorKind::Type { .. } => (
                SchemaProblemKind::WrongType,
                format!("expected {} for {what}, found {seen}", self.words_for(owner)),
                helps::wrong_type(subject, at, value, schema, self.follow(&schema["items"])),
            ),
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                let names: Vec<String> = options
                    .iter()
                    .filter(|option| !option.is_null())
                    .map(|option| option.as_str().map_or(option.to_string(), str::to_owned))
                    .filter(|option| !helps::OUTDATED.contains(&option.as_str()))
                    .collect();
                let one_of = if names.len() > 1 { "one of " } else { "" };
                (
                    SchemaProblemKind::InvalidValue,
                    format!("expected {one_of}{} for {what}, found {seen}", list(&names, "or")),
                    helps::not_one_of(&key, options, value),
                )
            }
            ValidationErrorKind::MinItems { limit } | ValidationErrorKind::MaxItems { limit } => {
                let few = matches!(kind, ValidationErrorKind::MinItems { .. });
                let bound = match (schema["minItems"].as_u64(), schema["maxItems"].as_u64()) {
                    (Some(least), Some(most)) if least == most => "",
                    _ if few => "at least ",
                    _ => "at most ",
                };
                let items = if *limit == 1 { "item" } else { "items" };
                let count = value.as_array().map_or(0, Vec::len);
                plain(format!("expected {bound}{limit} {items} in {what}, found {count}"))
            }
            ValidationErrorKind::UniqueItems => plain(format!("expected different items in {what}, found one twice")),
            _ => plain(format!("expected {} for {what}, found {seen}", self.words_for(owner))),
        };
        SchemaProblem { pointer: at.to_owned(), at_key: false, kind, message, help }
    }

    /// The gathered faults as problems.
    fn tell(&self, mut faults: Faults) -> Vec<SchemaProblem> {
        for (pointer, unknown) in std::mem::take(&mut faults.unknown) {
            let problem = self.unknown(&pointer, &unknown, &mut faults.missing);
            faults.keep(problem);
        }
        // The key that excludes most comes first: what the others say then is said already.
        let mut groups: Vec<_> = std::mem::take(&mut faults.exclusive).into_iter().collect();
        groups.sort_by_key(|(_, keys)| std::cmp::Reverse(keys.len()));
        let mut said: Vec<String> = Vec::new();
        for ((object, owner), mut keys) in groups {
            keys.retain(|key| !said.contains(&child(&object, key)));
            keys.sort();
            said.extend(keys.iter().map(|key| child(&object, key)));
            if let Some(first) = keys.first() {
                let problem = self.exclusive(&object, &owner, &keys, child(&object, first));
                faults.keep(problem);
            }
        }
        let mut problems: Vec<SchemaProblem> = faults.single.into_values().collect();
        for (object, keys) in &faults.missing {
            if !keys.is_empty() {
                problems.push(self.missing(object, keys));
            }
        }
        problems
    }

    /// An unknown key; where it was meant as a missing one, that one is not missing any more.
    fn unknown(
        &self,
        pointer: &str,
        unknown: &Unknown,
        missing: &mut BTreeMap<String, Vec<(String, String)>>,
    ) -> SchemaProblem {
        let subject = self.schema.subject;
        let (object, key) = split(pointer);
        let help = helps::unknown_key(subject, &unknown.schema, &key, &unknown.allowed);
        if let Some(missing) = missing.get_mut(&object)
            && let Some(index) = missing.iter().position(|(name, _)| help.meant.contains(name))
        {
            missing.remove(index);
        }
        let mut message = format!("unknown key `{}` {}", shown(&key), place(subject, self.instance, &object));
        if let Some(because) = &unknown.because {
            message = format!("{message}, {because}");
        }
        SchemaProblem {
            pointer: pointer.to_owned(),
            at_key: true,
            kind: SchemaProblemKind::UnknownKey,
            message,
            help: Some(help.help),
        }
    }

    fn exclusive(&self, object: &str, owner: &str, keys: &[String], pointer: String) -> SchemaProblem {
        let names = list(keys, "and");
        SchemaProblem {
            pointer,
            at_key: true,
            kind: SchemaProblemKind::ExclusiveKeys,
            message: format!(
                "{names} cannot stand beside `{owner}` {}",
                place(self.schema.subject, self.instance, object)
            ),
            help: Some(format!("remove `{owner}`, or {names}")),
        }
    }

    fn missing(&self, object: &str, keys: &[(String, String)]) -> SchemaProblem {
        let subject = self.schema.subject;
        let names: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
        let word = if names.len() > 1 { "keys" } else { "key" };
        let help = match keys {
            [(key, owner)] => [owner, base(owner)]
                .into_iter()
                .find_map(|schema| helps::missing_key(subject, key, &self.at(schema)["properties"][key])),
            _ => None,
        };
        SchemaProblem {
            pointer: object.to_owned(),
            at_key: false,
            kind: SchemaProblemKind::MissingKey,
            message: format!("missing {word} {} {}", list(&names, "and"), place(subject, self.instance, object)),
            help,
        }
    }

    /// The schema at a pointer of the schema.
    fn at(&self, pointer: &str) -> &'a Value {
        self.schema.root.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn words_for(&self, pointer: &str) -> String {
        let schema = self.at(pointer);
        expected(self.schema.subject, schema, self.follow(&schema["items"]))
    }

    /// The schema that a schema refers to; itself where it has a type of its own.
    fn follow(&self, schema: &'a Value) -> &'a Value {
        if schema["type"].is_string() {
            return schema;
        }
        let target = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
        target.map_or(schema, |target| self.at(target))
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
    fn keep(&mut self, problem: SchemaProblem) {
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
fn base(pointer: &str) -> &str {
    let branch = ["/then", "/else"].iter().find_map(|b| pointer.strip_suffix(b));
    match branch {
        None => pointer,
        Some(conditional) => match conditional.rsplit_once("/allOf/") {
            Some((object, index)) if !index.contains('/') => object,
            _ => conditional,
        },
    }
}
