//! Why the cluster could not be asked: one sentence and one hint each, and nothing secret in either.
//!
//! No variant carries the error below it as its source: those of kube and hyper hold requests, commands and their
//! output, which may hold a token or a password. What of them is worth saying is chosen here, by their types.

mod access;
mod answer;
mod connection;
mod credentials;

pub use access::AccessError;
pub use answer::{AnswerError, HttpStatus};
pub use connection::ConnectionError;
pub use credentials::CredentialsError;

use thiserror::Error;

use super::{Credential, Kubectl};
use crate::config::value_error::quoted;

/// Why the cluster could not be asked.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// Nothing says which cluster, or it may not be touched.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// What should prove who asks cannot be had.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The server was not reached, or not understood.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// Something answered, but not as an API server does to somebody it knows.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The account may read no object of the bundle.
    #[error("`{user}` may not read anything of the bundle in namespace `{namespace}`")]
    NothingReadable {
        /// The user of the kubeconfig, or the ServiceAccount of the pod.
        user: String,
        /// The bundle's namespace.
        namespace: String,
        /// What shows the server that it is them.
        credential: Credential,
        /// How to ask the same as them.
        kubectl: Kubectl,
    },
    /// What belongs to a bundle that is to go cannot be looked for.
    #[error("what belongs to the bundle in namespace `{namespace}` is not known: {why}")]
    MembersUnread {
        /// What was not read.
        why: String,
        /// The bundle's namespace.
        namespace: String,
    },
}

impl ClusterError {
    /// Returns whether it stays so, however long one waits: what is wrong is on this side, or the credentials are refused.
    pub fn is_lasting(&self) -> bool {
        match self {
            ClusterError::Access(_)
            | ClusterError::Credentials(_)
            | ClusterError::NothingReadable { .. }
            | ClusterError::MembersUnread { .. } => true,
            ClusterError::Answer(error) => {
                matches!(error, AnswerError::Unauthorized { .. } | AnswerError::NoImpersonation { .. })
            }
            ClusterError::Connection(_) => false,
        }
    }

    /// Returns the next step.
    pub fn hint(&self) -> String {
        match self {
            ClusterError::Access(error) => error.hint(),
            ClusterError::Credentials(error) => error.hint(),
            ClusterError::Connection(error) => error.hint(),
            ClusterError::Answer(error) => error.hint(),
            ClusterError::MembersUnread { .. } => {
                "nothing was deleted, and the inventory stays; with that right the delete is complete, `--context NAME` chooses another user"
                    .to_owned()
            }
            // The server takes them for nobody in particular.
            ClusterError::NothingReadable { credential, .. } if !credential.is_proof() => credential.hint(),
            ClusterError::NothingReadable { namespace, kubectl, .. } => format!(
                "is it the right cluster and user? `--context NAME` chooses others; {} shows what the user may do",
                kubectl.command(&["auth", "can-i", "--list", "--namespace", namespace])
            ),
        }
    }
}

/// Names in backticks with commas; of many only the first.
fn list<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| quoted(name.as_ref())).collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}
