//! Asking something behind the API server: one attempt, of whose answer only the status counts.

use http::header::{HeaderMap, RETRY_AFTER};
use http_body_util::{BodyExt, Limited};
use kube::client::{AuthError, Body};
use tokio::time::{Instant, timeout_at};

use super::error::{CredentialsError, HttpStatus};
use super::session::Session;
use super::{Cluster, ClusterError, NetworkFault, Request, Status, fault};

/// How much of an answer is read to see who wrote it, in bytes.
const READ: usize = 64 * 1024;

/// What a Service answered through the API server, or the API server in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// What the API server itself says, because it did not get through; `None`: the Service answered.
    pub refusal: Option<Status>,
}

impl Cluster {
    /// Asks a Service through the API server's proxy, once and until `end`; the answer need not be JSON.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if no answer came, or the credentials are refused.
    pub async fn fetch(&self, path: &str, headers: &HeaderMap, end: Instant) -> Result<Fetched, ClusterError> {
        let asked = self.counter.asked();
        let started = Instant::now();
        let fetched = timeout_at(end, async {
            let session = self.sessions.current().await?;
            let fetched = self.fetch_with(&session, path, headers).await?;
            if fetched.status == 401
                && fetched.refusal.is_some()
                && let Some(renewed) = self.sessions.renewed(&session).await?
            {
                return self.fetch_with(&renewed, path, headers).await;
            }
            Ok(fetched)
        });
        let late = |_| Err(self.unreached(NetworkFault::NoAnswer(end.saturating_duration_since(started)), 1, started));
        let fetched = fetched.await.unwrap_or_else(late);
        drop(asked);
        let outcome = match &fetched {
            Ok(fetched) => HttpStatus(fetched.status).to_string(),
            Err(error) => error.to_string(),
        };
        self.tell(&Request::get(path), &outcome, started.elapsed());
        fetched
    }

    async fn fetch_with(&self, session: &Session, path: &str, headers: &HeaderMap) -> Result<Fetched, ClusterError> {
        let mut builder = http::Request::get(path);
        if let Some(all) = builder.headers_mut() {
            all.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        let started = Instant::now();
        let Ok(sent) = builder.body(Body::empty()) else {
            return Err(self.unreached(NetworkFault::Unsendable, 1, started));
        };
        self.counter.sent();
        let (parts, body) = match session.client.send(sent).await {
            Ok(answer) => answer.into_parts(),
            Err(error) if fault::chain(&error).any(<dyn std::error::Error>::is::<AuthError>) => {
                return Err(CredentialsError::Invalid { what: "login", user: self.user.clone() }.into());
            }
            Err(error) => return Err(self.unreached(self.fault(&error), 1, started)),
        };
        let status = parts.status.as_u16();
        // The API server's own answers are errors, and short; what asks to be retried later is its own, too.
        let may_be_own = status >= 400 || parts.headers.contains_key(RETRY_AFTER);
        let refusal = if may_be_own {
            Limited::new(body, READ).collect().await.ok().and_then(|body| own_word(&body.to_bytes()))
        } else {
            None
        };
        Ok(Fetched { status, refusal })
    }
}

/// Returns the Status that the API server has written, if it is one.
fn own_word(body: &[u8]) -> Option<Status> {
    #[derive(serde::Deserialize)]
    struct Word {
        kind: String,
        #[serde(flatten)]
        status: Status,
    }
    let word: Word = serde_json::from_slice(body).ok()?;
    (word.kind == "Status").then_some(word.status)
}
