//! Walks an object along its definition.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::Schemas;
use super::definition::{Additional, Definition, Type};
use super::problem::{FieldProblem, Place, Segment};

/// Returns the problems of one object, sorted by pointer.
pub(super) fn problems(
    schemas: &mut Schemas,
    root: &Definition,
    object: &Value,
    api_version: &str,
    kind: &str,
) -> Vec<FieldProblem> {
    let mut walk = Walk { schemas, place: Place { api_version, kind, segments: Vec::new() }, problems: Vec::new() };
    walk.value(root, object);
    let mut problems = walk.problems;
    problems.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    problems
}

struct Walk<'a> {
    schemas: &'a mut Schemas,
    place: Place<'a>,
    problems: Vec<FieldProblem>,
}

impl<'a> Walk<'a> {
    fn value(&mut self, definition: &Definition, value: &'a Value) {
        // The server reads a null as the zero value, wherever it stands.
        if value.is_null() {
            return;
        }
        if let Some(referred) = self.referred(definition) {
            return self.value(&referred, value);
        }
        if !definition.one_of.is_empty() {
            return self.alternatives(&definition.one_of, value);
        }
        let types = &definition.types;
        if !types.is_empty() && !types.iter().any(|t| t.accepts(value)) {
            return self.problems.push(self.place.wrong_type(types, value));
        }
        if let Some(number) = value.as_f64()
            && (definition.minimum.is_some_and(|minimum| number < minimum)
                || definition.maximum.is_some_and(|maximum| number > maximum))
        {
            self.problems.push(self.place.too_large(value));
        }
        match value {
            Value::Object(object) => self.object(definition, object),
            Value::Array(items) => {
                if let Some(form) = &definition.items {
                    for (index, item) in items.iter().enumerate() {
                        self.step(Segment::Index(index), form, item);
                    }
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, definition: &Definition, object: &'a Map<String, Value>) {
        for (key, value) in object {
            match (definition.properties.get(key.as_str()), &definition.additional_properties) {
                (Some(form), _) => self.step(Segment::Field(key), form, value),
                (None, Additional::Values(form)) => self.step(Segment::Key(key), form, value),
                (None, Additional::Closed) => {
                    let known: Vec<&str> = definition.properties.keys().copied().collect();
                    self.problems.push(self.place.unknown_field(key, &known));
                }
                (None, Additional::Open) => {}
            }
        }
        if self.place.is_in_status() {
            return;
        }
        for name in &definition.required {
            if object.get(*name).is_none_or(Value::is_null) {
                self.problems.push(self.place.missing_field(name));
            }
        }
    }

    fn step(&mut self, segment: Segment<'a>, form: &Definition, value: &'a Value) {
        self.place.segments.push(segment);
        self.value(form, value);
        self.place.segments.pop();
    }

    /// Follows the alternative whose type the value has, so that the problems are about fields and not about
    /// alternatives.
    fn alternatives(&mut self, alternatives: &[Definition], value: &'a Value) {
        let mut expected: Vec<Type> = Vec::new();
        for alternative in alternatives {
            let referred = self.referred(alternative);
            let form = referred.as_deref().unwrap_or(alternative);
            if form.types.iter().any(|t| t.accepts(value)) {
                return self.value(form, value);
            }
            expected.extend(&form.types);
        }
        self.problems.push(self.place.wrong_type(&expected, value));
    }

    fn referred(&mut self, definition: &Definition) -> Option<Rc<Definition>> {
        self.schemas.definition(definition.reference?)
    }
}
