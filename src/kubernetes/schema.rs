//! The fields of built-in kinds: what an object has that its kind does not, and the other way round.
//!
//! The definitions are JSON Schema (schema/kubernetes.json), of which they use so little that an object is walked along
//! them directly: nothing is compiled, only the definitions that an object reaches are parsed, and each problem is about
//! one field. A validator of the whole language spends more time on one Deployment's schema than a check may take.
//!
//! Nothing is reported that a supported server accepts: the definitions are those of the newest server, with the fields
//! that it dropped, and a null counts as absent.

mod definition;
mod problem;
mod walk;

use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use definition::Definition;
pub use problem::{FieldProblem, FieldProblemKind};

const EMBEDDED: &str = include_str!("../../schema/kubernetes.json");

/// The schemas of the built-in kinds; parsed as far as they are used, and kept.
pub struct Schemas {
    file: File,
    parsed: HashMap<&'static str, Rc<Definition>>,
}

#[derive(Deserialize)]
struct File {
    /// The definition's name by `apiVersion/kind`.
    kinds: HashMap<&'static str, &'static str>,
    #[serde(borrow)]
    defs: HashMap<&'static str, &'static RawValue>,
}

impl Default for Schemas {
    fn default() -> Self {
        Self::new()
    }
}

impl Schemas {
    /// Finds the definitions in the embedded file, without parsing them.
    ///
    /// # Panics
    ///
    /// Only if the file that was built in is damaged.
    pub fn new() -> Self {
        let file = serde_json::from_str(EMBEDDED)
            .expect("the embedded file is generated in this form, and a test reads all of it");
        let parsed = HashMap::new();
        Self { file, parsed }
    }

    /// Returns all kinds that have a schema, as `apiVersion/kind`, in no order.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.file.kinds.keys().copied()
    }

    /// Returns what is wrong with an object's fields, sorted by pointer; nothing at all if its kind is not built in.
    ///
    /// A missing `metadata` is no problem here, [`super::ObjectId::of`] says it. Below `status` no field is missed: the
    /// server ignores what a manifest says there.
    ///
    /// # Panics
    ///
    /// Only if the file that was built in is damaged.
    pub fn problems(&mut self, object: &Value) -> Option<Vec<FieldProblem>> {
        let api_version = object.get("apiVersion")?.as_str()?;
        let kind = object.get("kind")?.as_str()?;
        let name = *self.file.kinds.get(format!("{api_version}/{kind}").as_str())?;
        let root = self.definition(name)?;
        Some(walk::problems(self, &root, object, api_version, kind))
    }

    /// Returns a definition by its name.
    fn definition(&mut self, name: &str) -> Option<Rc<Definition>> {
        if let Some(definition) = self.parsed.get(name) {
            return Some(Rc::clone(definition));
        }
        let (name, raw) = self.file.defs.get_key_value(name)?;
        let definition: Definition = serde_json::from_str(raw.get())
            .expect("each definition is generated in this form, and a test reads all of them");
        let definition = Rc::new(definition);
        self.parsed.insert(name, Rc::clone(&definition));
        Some(definition)
    }
}

#[cfg(test)]
mod tests {
    use super::Schemas;

    #[test]
    fn every_definition_and_every_reference_can_be_read() {
        let mut schemas = Schemas::new();
        let names: Vec<&str> = schemas.file.defs.keys().copied().collect();
        let roots: Vec<&str> = schemas.file.kinds.values().copied().collect();
        for name in names.iter().chain(&roots) {
            let definition = schemas.definition(name).unwrap();
            for reference in definition.references() {
                assert!(names.contains(&reference), "`{name}` refers to `{reference}`");
            }
        }
    }
}
