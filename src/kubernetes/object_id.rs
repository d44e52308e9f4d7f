//! What makes an object this object and no other.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

use super::kinds;

/// The identity of an object.
///
/// Shown as `Deployment/go-app`. Ordered by its fields from first to last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// Group and version, such as `apps/v1`.
    pub api_version: String,
    /// The kind, such as `Deployment`.
    pub kind: String,
    /// The namespace that the object names itself, if any.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// Why a value is no object with an identity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// The value, or its `metadata`, is no mapping.
    #[error("expected an object{}, found {found}", in_field(.pointer))]
    NoObject {
        /// JSON pointer to what is no mapping; empty for the whole.
        pointer: &'static str,
        /// What it is instead.
        found: &'static str,
    },
    /// A field that identifies is missing or empty.
    #[error("missing field `{}`", dotted(.pointer))]
    Missing {
        /// JSON pointer to the field.
        pointer: &'static str,
    },
    /// A field that identifies is no text.
    #[error("expected a string in `{}`, found {found}", dotted(.pointer))]
    NoText {
        /// JSON pointer to the field.
        pointer: &'static str,
        /// What it is instead.
        found: &'static str,
    },
    /// A field that identifies holds a text that no server takes.
    #[error("`{}` is {text:?}, expected {expected}", dotted(.pointer))]
    Malformed {
        /// JSON pointer to the field.
        pointer: &'static str,
        /// What it holds.
        text: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The server would choose the name, so that each apply would make one more object.
    #[error("`metadata.generateName` gives the object another name each time it is applied")]
    GenerateName,
}

impl IdentityError {
    /// Returns the JSON pointer to the field at fault; it may lead to nothing.
    pub fn pointer(&self) -> &'static str {
        match self {
            Self::NoObject { pointer, .. }
            | Self::Missing { pointer }
            | Self::NoText { pointer, .. }
            | Self::Malformed { pointer, .. } => pointer,
            Self::GenerateName => "/metadata/generateName",
        }
    }

    /// Returns the next step.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoObject { .. } => "a Kubernetes object has the fields `apiVersion`, `kind` and `metadata`",
            Self::Missing { pointer: "/apiVersion" } | Self::Malformed { pointer: "/apiVersion" | "/kind", .. } => {
                "`kubectl api-resources` lists the versions of all kinds"
            }
            Self::Malformed { .. } => "the name is a part of the object's URL",
            Self::Missing { .. } => "add it",
            Self::NoText { .. } => "put it in quotes",
            Self::GenerateName => "give it a `metadata.name`",
        }
    }
}

impl ObjectId {
    /// Reads the identity of an object.
    ///
    /// An empty namespace is none, as the server reads it. Fails at the first field that is missing, empty, no text, or
    /// a text that cannot be a part of a URL of the API (apimachinery: `schema.ParseGroupVersion`,
    /// `path.IsValidPathSegmentName`).
    pub fn of(object: &Value) -> Result<Self, IdentityError> {
        let metadata = &object["metadata"];
        for (pointer, value) in [("", object), ("/metadata", metadata)] {
            let absent = value.is_null() && !pointer.is_empty();
            if !value.is_object() && !absent {
                let found = found(value);
                return Err(IdentityError::NoObject { pointer, found });
            }
        }
        let required = |pointer, value| text(pointer, value)?.ok_or(IdentityError::Missing { pointer });
        let api_version = required("/apiVersion", &object["apiVersion"])?;
        let version = "a version such as `v1` or a group and a version such as `apps/v1`";
        let is_version = api_version.split('/').count() <= 2 && api_version.split('/').all(is_label_like);
        well_formed("/apiVersion", &api_version, is_version, version)?;
        let kind = required("/kind", &object["kind"])?;
        well_formed("/kind", &kind, is_label_like(&kind), "letters and digits such as `ConfigMap`")?;
        let name = match text("/metadata/name", &metadata["name"])? {
            Some(name) => name,
            None if metadata["generateName"].is_null() => {
                let pointer = "/metadata/name";
                return Err(IdentityError::Missing { pointer });
            }
            None => return Err(IdentityError::GenerateName),
        };
        let is_segment = !matches!(name.as_str(), "." | "..") && !name.contains(['/', '%']);
        well_formed("/metadata/name", &name, is_segment, "a name without `/` and `%`, neither `.` nor `..`")?;
        Ok(Self { api_version, kind, namespace: text("/metadata/namespace", &metadata["namespace"])?, name })
    }

    /// Returns the API group: an empty text for the core group.
    pub fn group(&self) -> &str {
        kinds::group(&self.api_version)
    }

    /// Tells whether both are one object for the server, which keeps one object for all versions of a group.
    pub fn is_same_object(&self, other: &Self) -> bool {
        (self.group(), &self.kind, &self.namespace, &self.name)
            == (other.group(), &other.kind, &other.namespace, &other.name)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// Returns a text that is not empty.
fn text(pointer: &'static str, value: &Value) -> Result<Option<String>, IdentityError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        other => Err(IdentityError::NoText { pointer, found: found(other) }),
    }
}

/// Returns whether a text is made of what groups, versions and kinds are made of.
fn is_label_like(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn well_formed(pointer: &'static str, text: &str, is_it: bool, expected: &'static str) -> Result<(), IdentityError> {
    if is_it { Ok(()) } else { Err(IdentityError::Malformed { pointer, text: text.to_owned(), expected }) }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn in_field(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" in `{}`", dotted(pointer)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::ObjectId;

    #[test]
    fn reads_an_identity() {
        let id = ObjectId::of(&json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "go-app", "namespace": "shop"}}))
        .unwrap();
        assert_eq!(id.to_string(), "Deployment/go-app");
        assert_eq!(id.namespace.as_deref(), Some("shop"));
        assert_eq!(id.group(), "apps");

        let id = ObjectId::of(&json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "namespace": "", "generateName": "a-"}}))
        .unwrap();
        assert_eq!(id.namespace, None);
        assert_eq!(id.group(), "");
    }

    #[test]
    fn says_what_is_missing() {
        let object = |metadata: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
        for (value, pointer, message) in [
            (json!(3), "", "expected an object, found a number"),
            (json!(null), "", "expected an object, found nothing"),
            (json!({}), "/apiVersion", "missing field `apiVersion`"),
            (json!({"apiVersion": "v1"}), "/kind", "missing field `kind`"),
            (json!({"apiVersion": "v1", "kind": ""}), "/kind", "missing field `kind`"),
            (
                json!({"apiVersion": 1, "kind": "Pod"}),
                "/apiVersion",
                "expected a string in `apiVersion`, found a number",
            ),
            (json!({"apiVersion": "v1", "kind": "Pod"}), "/metadata/name", "missing field `metadata.name`"),
            (object(json!(null)), "/metadata/name", "missing field `metadata.name`"),
            (object(json!([])), "/metadata", "expected an object in `metadata`, found a list"),
            (object(json!({"name": 8})), "/metadata/name", "expected a string in `metadata.name`, found a number"),
            (
                object(json!({"name": "a", "namespace": true})),
                "/metadata/namespace",
                "expected a string in `metadata.namespace`, found a boolean",
            ),
            (
                object(json!({"generateName": "a-"})),
                "/metadata/generateName",
                "`metadata.generateName` gives the object another name each time it is applied",
            ),
            (
                json!({"apiVersion": "a/b/c", "kind": "Pod"}),
                "/apiVersion",
                "`apiVersion` is \"a/b/c\", expected a version such as `v1` or a group and a version such as `apps/v1`",
            ),
            (
                json!({"apiVersion": "v1", "kind": "Config\nMap"}),
                "/kind",
                "`kind` is \"Config\\nMap\", expected letters and digits such as `ConfigMap`",
            ),
            (
                object(json!({"name": "../x"})),
                "/metadata/name",
                "`metadata.name` is \"../x\", expected a name without `/` and `%`, neither `.` nor `..`",
            ),
        ] {
            let error = ObjectId::of(&value).unwrap_err();
            assert_eq!((error.pointer(), error.to_string().as_str()), (pointer, message));
            assert!(!error.help().is_empty());
        }
    }

    #[test]
    fn versions_of_a_group_share_objects() {
        let id = |api_version: &str, name: &str| ObjectId {
            api_version: api_version.into(),
            kind: "HorizontalPodAutoscaler".into(),
            namespace: None,
            name: name.into(),
        };
        assert!(id("autoscaling/v1", "a").is_same_object(&id("autoscaling/v2", "a")));
        assert!(!id("autoscaling/v1", "a").is_same_object(&id("autoscaling/v2", "b")));
        assert!(!id("autoscaling/v1", "a").is_same_object(&id("v1", "a")));
        assert!(id("autoscaling/v1", "b") < id("autoscaling/v2", "a"));
    }
}
