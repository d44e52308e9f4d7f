//! Something answered, but not as an API server does to somebody it knows.

use thiserror::Error;

use crate::cluster::Credential;
use crate::config::value_error::quoted;

/// Why an answer is of no use.
#[derive(Debug, Error)]
pub enum AnswerError {
    /// The answer is no JSON: it is not from an API server, or from one that is not ready.
    #[error("`{server}` answered {status} with {content} instead of a JSON object")]
    NotJson {
        /// The address of the server.
        server: String,
        /// The status.
        status: HttpStatus,
        /// What came, in a few words.
        content: String,
        /// The proxy on the way, if any.
        proxy: Option<String>,
    },
    /// The answer is JSON, but not what was asked for.
    #[error("`{path}` of the API server does not hold what it should: {reason}")]
    Unexpected {
        /// The address that was asked.
        path: String,
        /// What the reader misses.
        reason: String,
    },
    /// The server could not say what is there.
    #[error("the API server answered {status} for `{path}`{}", behind_colon(message))]
    Unable {
        /// The address that was asked.
        path: String,
        /// The status.
        status: HttpStatus,
        /// What it says; it may say nothing.
        message: String,
    },
    /// The server does not let who asks do so as somebody else.
    #[error("{} may not act as {}: {message}", quoted(user), quoted(other))]
    NoImpersonation {
        /// The user.
        user: String,
        /// Whom they want to be.
        other: String,
        /// What it says.
        message: String,
    },
    /// The server does not accept who asks.
    #[error("`{server}` does not accept the credentials of {}", quoted(user))]
    Unauthorized {
        /// The address of the server.
        server: String,
        /// The user.
        user: String,
        /// What was shown to it.
        credential: Credential,
    },
}

/// An HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpStatus(pub u16);

impl std::fmt::Display for HttpStatus {
    /// The number with its words, such as `502 Bad Gateway`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = http::StatusCode::from_u16(self.0).ok().and_then(|status| status.canonical_reason());
        match words {
            Some(words) => write!(f, "{} {words}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl AnswerError {
    /// Returns the next step.
    pub fn hint(&self) -> String {
        match self {
            AnswerError::NotJson { status: HttpStatus(429), .. } => {
                "the server has more requests than it takes; try again later".to_owned()
            }
            // Servers for TLS say so in plain words to whoever speaks without it.
            AnswerError::NotJson { status: HttpStatus(400), server, .. } if server.starts_with("http://") => {
                "`server` in the kubeconfig may have to begin with `https://`, or another port is meant".to_owned()
            }
            AnswerError::Unable { status: HttpStatus(429 | 500..), .. } => {
                "try again later; nobody knows what is there before it answers".to_owned()
            }
            AnswerError::Unable { .. } => {
                "nobody knows what is there; does something on the way, such as a proxy, not let the question through?"
                    .to_owned()
            }
            AnswerError::NoImpersonation { .. } => {
                "`as` in the kubeconfig needs the verb `impersonate`; `--context NAME` chooses another user".to_owned()
            }
            AnswerError::NotJson { proxy: Some(proxy), .. } => {
                format!("the proxy `{proxy}` may have answered in its place; NO_PROXY names hosts to reach without it")
            }
            AnswerError::Unexpected { .. } => {
                "does something on the way answer in its place, such as a proxy or a login page?".to_owned()
            }
            AnswerError::NotJson { .. } => {
                "is this the address of an API server? a gateway or a login page may stand before it".to_owned()
            }
            AnswerError::Unauthorized { credential, .. } => credential.hint(),
        }
    }
}

fn behind_colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
