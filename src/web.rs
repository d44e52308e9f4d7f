//! The door to the addresses of checks: one GET, and the status of its answer.
//!
//! The client is the one below kube, with neither credentials nor a certificate authority of a kubeconfig: certificates are
//! held against those that this machine trusts, and the proxies are those of the environment. A redirect is an answer.

use std::time::Duration;

use http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};
use http::{Request, Uri};
use kube::client::Body;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::cluster::{NetworkFault, fault, proxy};

/// The longest wait for a connection: the next attempt may fare better than one whose packets are lost.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no status.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WebError {
    /// What the other side or the network did.
    #[error("{0}")]
    Network(NetworkFault),
    /// This machine trusts no certificate authority, or a proxy variable is wrong.
    #[error("cannot be asked: {0}")]
    Unusable(String),
}

impl WebError {
    /// Returns whether another attempt can fare no better.
    pub fn is_lasting(&self) -> bool {
        matches!(self, WebError::Unusable(_) | WebError::Network(NetworkFault::Unsendable | NetworkFault::InvalidName))
    }
}

/// Asks an address and returns the HTTP status of its answer; the body is not read.
///
/// # Errors
///
/// [`WebError`] if none came until `end`. Neither it nor anything else here repeats the address.
pub async fn status(address: &Uri, headers: &HeaderMap, end: Instant) -> Result<u16, WebError> {
    let started = Instant::now();
    let server = server(address).ok_or(WebError::Network(NetworkFault::Unsendable))?;
    let proxy = proxy::proxy(None, &server, |name| std::env::var(name).ok())
        .map_err(|error| WebError::Unusable(error.to_string()))?;
    let has_proxy = proxy.is_some();
    let connect_timeout = CONNECT_TIMEOUT.min(end.saturating_duration_since(started));
    let client = client(&server, proxy, connect_timeout)?;
    let mut request = Request::get(target(address));
    if let Some(all) = request.headers_mut() {
        all.insert(USER_AGENT, HeaderValue::from_static(concat!("chaosc/", env!("CARGO_PKG_VERSION"))));
        all.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        // Only one host may be named; that of the address is set by the client where there is none.
        if let Some(host) = headers.get(HOST) {
            all.insert(HOST, host.clone());
        }
    }
    let request = request.body(Body::empty()).map_err(|_| WebError::Network(NetworkFault::Unsendable))?;
    match timeout_at(end, client.send(request)).await {
        Ok(Ok(answer)) => Ok(answer.status().as_u16()),
        Ok(Err(error)) => Err(WebError::Network(fault::fault(&error, connect_timeout, has_proxy))),
        Err(_) => Err(WebError::Network(NetworkFault::NoAnswer(end.saturating_duration_since(started)))),
    }
}

/// Returns path and query; `http://host?a=b` asks for `/?a=b` (RFC 9110, 4.2.3).
fn target(address: &Uri) -> String {
    format!("{}{}", address.path(), address.query().map(|query| format!("?{query}")).unwrap_or_default())
}

/// Returns scheme, host and port of an address, without a user in it.
fn server(address: &Uri) -> Option<Uri> {
    let host = address.authority()?.as_str().rsplit('@').next()?.to_owned();
    Uri::builder().scheme(address.scheme()?.clone()).authority(host).path_and_query("/").build().ok()
}

fn client(server: &Uri, proxy: Option<Uri>, connect_timeout: Duration) -> Result<kube::Client, WebError> {
    let mut config = kube::Config::new(server.clone());
    config.proxy_url = proxy;
    config.default_retry = false;
    config.connect_timeout = Some(connect_timeout);
    config.read_timeout = None;
    config.write_timeout = None;
    // Where no certificate is looked at, those of this machine need not be read, nor be there.
    config.root_cert = (server.scheme_str() == Some("http")).then(Vec::new);
    kube::Client::try_from(config)
        .map_err(|_| WebError::Unusable("this machine trusts no certificate authority".to_owned()))
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::{server, target};

    #[test]
    fn a_path_begins_with_a_slash() {
        for (address, expected) in [
            ("http://shop", "/"),
            ("http://shop?a=b", "/?a=b"),
            ("http://shop/?", "/?"),
            ("http://shop/c/d?a=b", "/c/d?a=b"),
        ] {
            assert_eq!(target(&address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_server_is_scheme_host_and_port() {
        for (address, expected) in [
            ("http://shop", Some("http://shop/")),
            ("https://shop:8443/a?b=c", Some("https://shop:8443/")),
            ("http://me:hush@[::1]:80/", Some("http://[::1]:80/")),
            ("/path", None),
        ] {
            let address: Uri = address.parse().unwrap();
            assert_eq!(server(&address).map(|server| server.to_string()).as_deref(), expected);
        }
    }
}
