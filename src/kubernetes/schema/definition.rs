//! One definition of schema/kubernetes.json, typed.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The part of JSON Schema that the definitions use; a keyword more is a fault of the generator.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Definition {
    #[serde(rename = "$ref", deserialize_with = "reference")]
    pub(super) reference: Option<&'static str>,
    /// Empty: any.
    #[serde(rename = "type", deserialize_with = "types")]
    pub(super) types: Vec<Type>,
    pub(super) properties: BTreeMap<&'static str, Definition>,
    pub(super) required: Vec<&'static str>,
    pub(super) items: Option<Box<Definition>>,
    pub(super) additional_properties: Additional,
    /// Alternatives, told apart by their types.
    pub(super) one_of: Vec<Definition>,
    /// Bounds of 32 bits, which a float holds exactly.
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
}

/// What a mapping may hold besides its properties.
#[derive(Debug, Default)]
pub(super) enum Additional {
    /// Anything.
    #[default]
    Open,
    /// Nothing.
    Closed,
    /// Values of this form.
    Values(Box<Definition>),
}

/// A type of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Type {
    Array,
    Boolean,
    Integer,
    Number,
    Object,
    String,
}

impl Type {
    /// Tells whether a value is of this type; `3.0` is an integer.
    pub(super) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Array => value.is_array(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            Self::Number => value.is_number(),
            Self::Object => value.is_object(),
            Self::String => value.is_string(),
        }
    }

    /// Returns its name with an article.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Array => "a list",
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::String => "a string",
        }
    }
}

impl Definition {
    /// Returns the names of all definitions that this one refers to.
    #[cfg(test)]
    pub(super) fn references(&self) -> Vec<&'static str> {
        let inner = self.properties.values().chain(self.items.as_deref());
        let mut found: Vec<&'static str> = inner.chain(&self.one_of).flat_map(Self::references).collect();
        if let Additional::Values(values) = &self.additional_properties {
            found.extend(values.references());
        }
        found.extend(self.reference);
        found
    }
}

// `Deserialize` is written by hand where the derived form would copy each value into a tree first (untagged enums).

impl<'de: 'static> Deserialize<'de> for Additional {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de: 'static> serde::de::Visitor<'de> for Visitor {
            type Value = Additional;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a boolean or a definition")
            }

            fn visit_bool<E>(self, open: bool) -> Result<Additional, E> {
                Ok(if open { Additional::Open } else { Additional::Closed })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Additional, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                Definition::deserialize(map).map(|values| Additional::Values(Box::new(values)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Reads `#/$defs/NAME` as `NAME`.
fn reference<'de: 'static, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'static str>, D::Error> {
    let text = <&'static str>::deserialize(deserializer)?;
    text.strip_prefix("#/$defs/")
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("expected a reference to `#/$defs/`"))
}

/// Reads one type or a list of them.
fn types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Type>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Types {
        One(Type),
        Several(Vec<Type>),
    }
    Ok(match Types::deserialize(deserializer)? {
        Types::One(one) => vec![one],
        Types::Several(several) => several,
    })
}
