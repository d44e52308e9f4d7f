//! The door to the cluster: the only place that sends requests to an API server.
//!
//! What reads, or asks what a write would do (`dryRun=All`), goes through [`Cluster::send`], what writes through
//! [`Cluster::write`].

pub(crate) mod address;
mod client;
mod credential;
pub mod error;
pub(crate) mod fault;
mod fetch;
mod identity;
mod kubeconfig;
mod plugin;
mod pod;
mod progress;
pub(crate) mod proxy;
mod reply;
mod retry;
mod session;
mod target;

pub use client::Cluster;
pub use credential::Credential;
pub use error::ClusterError;
pub use fault::NetworkFault;
pub use fetch::Fetched;
pub use identity::Identity;
pub use progress::{Exchange, Progress, Retry};

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::diff::mask;
use crate::terminal::printable;

/// How the user wants to reach a cluster.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// The kubeconfig to read instead of those of the environment.
    pub kubeconfig: Option<&'a Path>,
    /// The context to use instead of the current one.
    pub context: Option<&'a str>,
    /// The contexts of chaos.toml: no other may be touched; empty: any.
    pub contexts: &'a [String],
    /// How long one request may take, its retries included.
    pub request_timeout: Duration,
}

/// One request to the API server.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: http::Method,
    /// Path and query, such as `/api/v1/namespaces/shop/configmaps?limit=500`; escaped already.
    pub path: String,
    /// The content type and the bytes of the body, if any.
    pub body: Option<(&'static str, Vec<u8>)>,
}

impl Request {
    /// Creates a request that reads.
    pub fn get(path: impl Into<String>) -> Request {
        Request { method: http::Method::GET, path: path.into(), body: None }
    }
}

/// What the API server answered: any status, with a body in JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
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

impl Status {
    /// Returns the sentence as it may be shown: without escapes, and without what looks like a secret.
    ///
    /// A server repeats what a webhook told it, whose address and answer may hold passwords.
    pub fn told(&self) -> String {
        mask::told(&printable(&self.message))
    }
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

/// Returns how long to wait after a failed attempt, counted from one, before the next.
pub fn pause(attempt: usize) -> Duration {
    retry::pause(attempt, None)
}

impl Answer {
    /// Returns whether the request was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the body as data; null if it is no JSON, which [`Cluster::send`] has excluded.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns what the server says about a request that failed.
    pub fn failure(&self) -> Status {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

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
