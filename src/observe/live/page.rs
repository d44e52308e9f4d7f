//! One answer to a list (Kubernetes API, "Retrieving large results sets in chunks").

use serde::Deserialize;
use serde_json::Value;

use crate::cluster::Answer;
use crate::cluster::error::AnswerError;
use crate::kubernetes::resource::Resource;

/// Some objects of a list.
pub(super) struct Page {
    /// The objects.
    pub(super) items: Vec<Value>,
    /// Where the next page begins; empty at the last.
    pub(super) next: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    api_version: String,
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    /// It has to be there, and null is an empty list of Go.
    #[serde(deserialize_with = "Option::deserialize")]
    items: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, rename = "continue")]
    next: String,
}

impl Page {
    /// Reads an answer, unless it is not a list of this kind: it would pass for an empty one.
    pub(super) fn read(answer: &Answer, resource: &Resource) -> Result<Page, AnswerError> {
        let is_built_in = Resource::built_in(&resource.api_version, &resource.kind).is_some();
        let is_of_kind = |list: &List| {
            // A definition may give the list of its kind another name (`listKind`).
            let is_named = !is_built_in || list.kind.strip_suffix("List") == Some(&resource.kind);
            is_named && list.api_version == resource.api_version
        };
        match serde_json::from_slice::<List>(&answer.body).ok().filter(is_of_kind) {
            Some(list) => Ok(Page { items: list.items.unwrap_or_default(), next: list.metadata.next }),
            None => Err(answer.unexpected(format!("it is no list of `{}`", resource.qualified()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Request;

    #[test]
    fn only_a_list_of_the_kind_is_one() {
        let config_maps = Resource::built_in("v1", "ConfigMap").unwrap();
        let things = Resource {
            api_version: "example.com/v1".to_owned(),
            kind: "Thing".to_owned(),
            plural: "things".to_owned(),
            is_namespaced: true,
        };
        let none = Err("`/api/v1/configmaps` of the API server does not hold what it should: it is no list of");
        for (resource, body, expected) in [
            (
                &config_maps,
                r#"{"apiVersion":"v1","kind":"ConfigMapList","items":[{}],"metadata":{"continue":"x"}}"#,
                Ok((1, "x")),
            ),
            (&config_maps, r#"{"apiVersion":"v1","kind":"ConfigMapList","items":null}"#, Ok((0, ""))),
            (&config_maps, r#"{"apiVersion":"v1","kind":"ConfigMapList"}"#, none),
            (&config_maps, r#"{"apiVersion":"v1","kind":"SecretList","items":[]}"#, none),
            (&config_maps, r#"{"apiVersion":"v2","kind":"ConfigMapList","items":[]}"#, none),
            (&config_maps, r#"{"apiVersion":"v1","kind":"ConfigMap","items":[]}"#, none),
            (&config_maps, r#"{"items":[],"kind":"Any"}"#, none),
            (&config_maps, r#"{"apiVersion":"v1","kind":"ConfigMapList","items":"CANARY"}"#, none),
            (&things, r#"{"apiVersion":"example.com/v1","kind":"Stuff","items":[]}"#, Ok((0, ""))),
        ] {
            let answer = Answer::new(&Request::get("/api/v1/configmaps?limit=500"), 200, body.into()).unwrap();
            match (Page::read(&answer, resource), expected) {
                (Ok(page), expected) => assert_eq!(Ok((page.items.len(), page.next.as_str())), expected, "{body}"),
                (Err(error), Err(expected)) => {
                    let error = error.to_string();
                    assert!(error.starts_with(expected) && !error.contains("CANARY"), "{error}");
                }
                (Err(error), Ok(_)) => panic!("{body}: {error}"),
            }
        }
    }
}
