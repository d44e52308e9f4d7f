//! The door to the cluster: the only place that sends requests to an API server.
//!
//! What reads, or asks what a write would do (`dryRun=All`), goes through [`Cluster::send`], what writes through
//! [`Cluster::write`].

pub(crate) mod address;
mod answer;
mod client;
mod credential;
pub mod error;
pub(crate) mod fault;
mod fetch;
mod identity;
mod kubeconfig;
pub(crate) mod kubectl;
pub(crate) mod plugin;
mod pod;
mod progress;
pub(crate) mod proxy;
mod reply;
mod retry;
mod session;
mod target;
mod unknown_path;
mod warning;

pub use answer::{Answer, Details, Fault, Status};
pub use client::Cluster;
pub use credential::Credential;
pub use error::ClusterError;
pub use fault::NetworkFault;
pub use fetch::Fetched;
pub use identity::Identity;
pub use kubectl::Kubectl;
pub use progress::{Exchange, Progress, Retry};

use std::path::Path;
use std::time::Duration;

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

/// Returns how long to wait after a failed attempt, counted from one, before the next.
pub fn pause(attempt: usize) -> Duration {
    retry::pause(attempt, None)
}
