//! What the API server answered, and whether it is what was asked for.
//!
//! A proxy or a login page may answer in the server's place, with success and in JSON. Everything that the API holds names
//! its kind (Kubernetes API conventions, "Types"), so that what does not is never taken for an empty list or an object.

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::error::{AnswerError, HttpStatus};
use super::{ClusterError, Request};
use crate::config::value_error::quoted;
use crate::diff::mask;
use crate::terminal::printable;

/// What the API server answered: any status, with a body in JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// What the server warns of beside it.
    pub warnings: Vec<String>,
    /// What was asked, without its query.
    pub(super) path: String,
}

/// What the API server says where it does not do what it was asked (Kubernetes API, `meta/v1 Status`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Status {
    /// One word, such as `NotFound`.
    pub reason: String,
    /// A sentence.
    pub message: String,
    /// What it is about.
    pub details: Option<Details>,
}

/// What a [`Status`] is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Details {
    /// The resource or kind.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The single faults.
    pub causes: Vec<Fault>,
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Fault {
    /// One word, such as `FieldManagerConflict` or `FieldValueInvalid`.
    pub reason: String,
    /// A sentence.
    pub message: String,
    /// The field, such as `.spec.replicas` or `spec.template`.
    pub field: String,
}

impl Status {
    /// Returns the sentence as it may be shown: without escapes, and without what looks like a secret.
    ///
    /// A server repeats what a webhook told it, whose address and answer may hold passwords.
    pub fn told(&self) -> String {
        mask::told(&printable(&self.message))
    }
}

impl Answer {
    /// Creates the answer to a request, unless it claims success and is nothing that the API holds.
    pub(crate) fn new(request: &Request, status: u16, body: Vec<u8>) -> Result<Answer, AnswerError> {
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        let answer = Answer { status, body, warnings: Vec::new(), path };
        let is_of_api = ["/api/", "/apis/"].iter().any(|root| answer.path.starts_with(root));
        // What is not there is only so where an API server says it: gateways answer in JSON, too.
        let is_wrong = match answer.status {
            404 => kind(&answer.body) != "Status",
            _ => answer.is_success() && !is_of_kind(&answer.body, &request.method),
        };
        if is_of_api && is_wrong {
            return Err(answer.unexpected("it is nothing that the API holds"));
        }
        Ok(answer)
    }

    /// Returns whether the request was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the body as data; null if it is no JSON, which [`super::Cluster::send`] has excluded.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the object that was asked for.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Unexpected`] if it is another one.
    pub fn object(&self, kind: &str, name: &str) -> Result<Value, ClusterError> {
        self.require(kind, name)?;
        Ok(self.json())
    }

    /// Makes sure that it is an object, where more of it is of no interest.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Unexpected`] if it is another one.
    pub fn require(&self, kind: &str, name: &str) -> Result<(), ClusterError> {
        let found: Named = serde_json::from_slice(&self.body).unwrap_or_default();
        if found.kind == kind && found.metadata.name == name {
            return Ok(());
        }
        Err(self.unexpected(format!("it is not {}", quoted(&format!("{kind}/{name}")))).into())
    }

    /// Returns what the server says about a request that failed.
    pub fn failure(&self) -> Status {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the answer if it says what is there, or that it is not there or may not be read.
    pub(crate) fn readable(self) -> Result<Answer, AnswerError> {
        if self.is_success() || matches!(self.status, 403 | 404) { Ok(self) } else { Err(self.unable()) }
    }

    /// Returns the error for an answer that is none to the question.
    pub(crate) fn unable(&self) -> AnswerError {
        let (path, status) = (self.path.clone(), HttpStatus(self.status));
        AnswerError::Unable { path, status, message: self.failure().told() }
    }

    /// Returns whether the server has not looked at the request, because who asks may not do so as somebody else.
    ///
    /// There is no type for it (apiserver, `filters.WithImpersonation`).
    pub(super) fn is_without_impersonation(&self) -> bool {
        self.status == 403 && self.failure().message.contains(" cannot impersonate")
    }

    /// Returns the error for an answer that is not what was asked for.
    ///
    /// Nothing of the answer is repeated in it: some gateways send back what they got, with its token.
    pub(crate) fn unexpected(&self, reason: impl Into<String>) -> AnswerError {
        AnswerError::Unexpected { path: self.path.clone(), reason: reason.into() }
    }
}

/// What an object is called.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    kind: String,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
}

/// Returns of what kind a body says it is; nothing if it does not say.
fn kind(body: &[u8]) -> String {
    serde_json::from_slice::<Named>(body).unwrap_or_default().kind
}

/// Returns whether a body says of what kind it is; that it was done is a Status, where there is no object to show, as after a
/// deletion or the binding of a pod.
fn is_of_kind(body: &[u8], method: &Method) -> bool {
    let kind = kind(body);
    let has_object = matches!(*method, Method::GET | Method::PATCH);
    !kind.is_empty() && (kind != "Status" || !has_object)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{Answer, Request, Status};

    fn answer(method: Method, path: &str, status: u16, body: &str) -> Result<Answer, String> {
        let request = Request { method, path: path.to_owned(), body: None };
        Answer::new(&request, status, body.into()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_does_not_name_its_kind_is_nothing_of_the_api() {
        const CONFIG_MAPS: &str = "/api/v1/namespaces/shop/configmaps?limit=500";
        let refused = "`/api/v1/namespaces/shop/configmaps` of the API server does not hold what it should: it is nothing \
                       that the API holds";
        for (method, path, status, body, is_answer) in [
            (Method::GET, CONFIG_MAPS, 200, "{\"error\": \"login\"}", false),
            (Method::GET, CONFIG_MAPS, 200, "{\"kind\": \"Status\"}", false),
            (Method::PATCH, CONFIG_MAPS, 201, "{\"kind\": \"Status\"}", false),
            (Method::GET, CONFIG_MAPS, 200, "{\"kind\": [\"a\"]}", false),
            (Method::GET, CONFIG_MAPS, 200, "{\"kind\": \"ConfigMapList\"}", true),
            (Method::DELETE, CONFIG_MAPS, 200, "{\"kind\": \"Status\"}", true),
            (Method::POST, CONFIG_MAPS, 201, "{\"kind\": \"Status\"}", true),
            (Method::GET, CONFIG_MAPS, 403, "{\"kind\": \"Status\"}", true),
            (Method::GET, CONFIG_MAPS, 404, "{\"kind\": \"Status\"}", true),
            (Method::GET, CONFIG_MAPS, 404, "{\"message\": \"no Route matched\"}", false),
            (Method::GET, "/version", 200, "{\"gitVersion\": \"v1.35.4\"}", true),
        ] {
            let error = answer(method, path, status, body).err();
            assert_eq!(error.as_deref(), (!is_answer).then_some(refused), "{path} {status} {body}");
        }
    }

    #[test]
    fn an_object_is_the_one_that_was_asked_for() {
        let ask = |body: &str| {
            let answer = answer(Method::GET, "/api/v1/namespaces/shop", 200, body).unwrap();
            answer.object("Namespace", "shop").map_err(|error| error.to_string())
        };
        assert!(ask("{\"kind\": \"Namespace\", \"metadata\": {\"name\": \"shop\"}}").is_ok());
        for other in [
            "{\"kind\": \"Namespace\", \"metadata\": {\"name\": \"CANARY\"}}",
            "{\"kind\": \"CANARY\", \"metadata\": {\"name\": \"shop\"}}",
            "{\"kind\": \"Namespace\"}",
        ] {
            assert_eq!(
                ask(other).unwrap_err(),
                "`/api/v1/namespaces/shop` of the API server does not hold what it should: it is not `Namespace/shop`"
            );
        }
    }

    #[test]
    fn what_a_webhook_told_the_server_is_repeated_without_its_secrets() {
        let message =
            "conversion webhook failed: Post \"https://u:canary@hook/x?token=canary&a=b\": Bearer canary\u{1b}";
        let status = Status { message: message.to_owned(), ..Status::default() };
        assert_eq!(
            status.told(),
            "conversion webhook failed: Post \"https://u:(secret)@hook/x?token=(secret)&a=b\": Bearer (secret)\\u{1b}"
        );
    }
}
