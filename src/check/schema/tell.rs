//! Problems in words, from the faults that were gathered.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::faults::{Faults, Needless, Unknown, base};
use super::words::{child, expected, found, hidden, list, place, shown, split, thing};
use super::{Schema, SchemaProblem, SchemaProblemKind, helps};

/// What a message needs to know: the schema and the whole file.
pub(super) struct Teller<'a> {
    pub(super) schema: &'a Schema,
    pub(super) instance: &'a Value,
}

impl<'a> Teller<'a> {
    /// The gathered faults as problems.
    pub(super) fn tell(&self, mut faults: Faults) -> Vec<SchemaProblem> {
        // Keys that are there under a wrong name: what follows from their absence is not said.
        let mut meant = BTreeSet::new();
        for (pointer, unknown) in std::mem::take(&mut faults.unknown) {
            let problem = self.unknown(&pointer, &unknown, &mut meant);
            faults.keep(problem);
        }
        for (object, missing) in &mut faults.missing {
            let there = |key: &str| meant.contains(&child(object, key));
            missing.retain(|(key, owner)| {
                let instead = owner.strip_suffix("/else").map(|owner| self.at(owner));
                let instead = instead.and_then(|schema| schema["if"]["required"][0].as_str());
                !there(key) && !instead.is_some_and(there)
            });
        }
        for needless in std::mem::take(&mut faults.needless) {
            let needed = child(&needless.object, &needless.needs.0);
            if !meant.contains(&needed) && !faults.single.contains_key(&needed) {
                let problem = self.needless(&needless);
                faults.keep(problem);
            }
        }
        // The key that excludes most comes first: what the others say then is said already.
        let mut groups: Vec<_> = std::mem::take(&mut faults.exclusive).into_iter().collect();
        groups.sort_by_key(|(_, keys)| Reverse(keys.len()));
        let mut said = BTreeSet::new();
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

    /// A value that its schema at `owner` refuses.
    pub(super) fn value(
        &self,
        at: &str,
        value: &Value,
        owner: &str,
        kind: &ValidationErrorKind,
    ) -> SchemaProblem {
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
                format!(
                    "expected {} for {what}, found {seen}",
                    self.words_for(owner)
                ),
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
                    format!(
                        "expected {one_of}{} for {what}, found {seen}",
                        list(&names, "or")
                    ),
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
                plain(format!(
                    "expected {bound}{limit} {items} in {what}, found {count}"
                ))
            }
            ValidationErrorKind::UniqueItems => plain(format!(
                "expected different items in {what}, found one twice"
            )),
            _ => plain(format!(
                "expected {} for {what}, found {seen}",
                self.words_for(owner)
            )),
        };
        SchemaProblem {
            pointer: at.to_owned(),
            at_key: false,
            kind,
            message,
            help,
        }
    }

    /// An unknown key; adds the pointers of the keys that it was probably meant as.
    fn unknown(
        &self,
        pointer: &str,
        unknown: &Unknown,
        meant: &mut BTreeSet<String>,
    ) -> SchemaProblem {
        let subject = self.schema.subject;
        let (object, key) = split(pointer);
        let help = helps::unknown_key(subject, &unknown.schema, &key, &unknown.allowed);
        meant.extend(help.meant.iter().map(|name| child(&object, name)));
        let mut message = format!(
            "unknown key `{}` {}",
            shown(&key),
            place(subject, self.instance, &object)
        );
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

    fn needless(&self, fault: &Needless) -> SchemaProblem {
        let Needless { object, key, needs } = fault;
        let (needs, value) = needs;
        SchemaProblem {
            pointer: child(object, key),
            at_key: true,
            kind: SchemaProblemKind::ExclusiveKeys,
            message: format!(
                "`{key}` has no effect {} unless `{needs}` is `{value}`",
                place(self.schema.subject, self.instance, object)
            ),
            help: Some(format!("add `{needs} = \"{value}\"`, or remove `{key}`")),
        }
    }

    fn exclusive(
        &self,
        object: &str,
        owner: &str,
        keys: &[String],
        pointer: String,
    ) -> SchemaProblem {
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
            [(key, owner)] => [owner, base(owner)].into_iter().find_map(|schema| {
                helps::missing_key(subject, key, &self.at(schema)["properties"][key])
            }),
            _ => None,
        };
        SchemaProblem {
            pointer: object.to_owned(),
            at_key: false,
            kind: SchemaProblemKind::MissingKey,
            message: format!(
                "missing {word} {} {}",
                list(&names, "and"),
                place(subject, self.instance, object)
            ),
            help,
        }
    }

    /// The schema at a pointer of the schema.
    pub(super) fn at(&self, pointer: &str) -> &'a Value {
        self.schema.root.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub(super) fn words_for(&self, pointer: &str) -> String {
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
}
