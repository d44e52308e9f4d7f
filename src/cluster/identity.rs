//! Which cluster this is: the uid of its namespace `kube-system`, which no other cluster has and no upgrade changes.
//!
//! Where an account may not read it, something weaker has to do for what was saved and is to be found again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::{AccessError, HttpStatus};
use super::{Cluster, ClusterError, Request};
use crate::kubernetes::resource::escaped;

/// The namespace that every cluster has from the start, and that cannot be deleted.
const KUBE_SYSTEM: &str = "kube-system";

/// What tells a cluster from others; the strongest that an account could read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "is", rename_all = "kebab-case")]
pub enum Identity {
    /// The uid of the namespace `kube-system`.
    KubeSystem(String),
    /// The uid of the bundle's namespace.
    Namespace(String),
    /// A hash of the certificates that the server's own has to come from.
    Authority(String),
    /// The address of the server.
    Server(String),
}

impl Cluster {
    /// Makes sure that the cluster is the one that chaos.toml names by its `cluster-uid`.
    ///
    /// # Errors
    ///
    /// [`AccessError::OtherCluster`]; [`AccessError::UnreadableUid`] where the account may not know, because what cannot
    /// be checked is not allowed.
    pub async fn require_uid(&self, expected: &str) -> Result<(), ClusterError> {
        let found = self.uid(KUBE_SYSTEM).await?.map_err(|status| AccessError::UnreadableUid { status })?;
        if found == expected {
            return Ok(());
        }
        Err(AccessError::OtherCluster { expected: expected.to_owned(), found }.into())
    }

    /// Returns what tells the cluster from others, to an account that may read `namespace` at least, or nothing at all.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the cluster cannot be asked.
    pub async fn identity(&self, namespace: &str) -> Result<Identity, ClusterError> {
        if let Ok(uid) = self.uid(KUBE_SYSTEM).await? {
            return Ok(Identity::KubeSystem(uid));
        }
        if let Ok(uid) = self.uid(namespace).await? {
            return Ok(Identity::Namespace(uid));
        }
        let server = || Identity::Server(self.server().to_owned());
        Ok(self.authority().map_or_else(server, |hash| Identity::Authority(hash.to_owned())))
    }

    /// Returns the same in the way in which it was told before; nothing if it cannot be told so now.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the cluster cannot be asked.
    pub async fn identity_as(&self, known: &Identity, namespace: &str) -> Result<Option<Identity>, ClusterError> {
        Ok(match known {
            Identity::KubeSystem(_) => self.uid(KUBE_SYSTEM).await?.ok().map(Identity::KubeSystem),
            Identity::Namespace(_) => self.uid(namespace).await?.ok().map(Identity::Namespace),
            Identity::Authority(_) => self.authority().map(str::to_owned).map(Identity::Authority),
            Identity::Server(_) => Some(Identity::Server(self.server().to_owned())),
        })
    }

    /// Returns the uid of a namespace, or the status where it cannot be read.
    async fn uid(&self, namespace: &str) -> Result<Result<String, HttpStatus>, ClusterError> {
        let answer = self.send(Request::get(format!("/api/v1/namespaces/{}", escaped(namespace)))).await?;
        if !answer.is_success() {
            return Ok(Err(HttpStatus(answer.status)));
        }
        Ok(Ok(answer.object("Namespace", namespace)?["metadata"]["uid"].as_str().unwrap_or_default().to_owned()))
    }
}

/// Returns a hash of certificates, whatever their order; nothing if there are none.
pub(super) fn authority(certificates: &[Vec<u8>]) -> Option<String> {
    let mut hashes: Vec<[u8; 32]> = certificates.iter().map(|one| Sha256::digest(one).into()).collect();
    hashes.sort_unstable();
    (!hashes.is_empty()).then(|| URL_SAFE_NO_PAD.encode(Sha256::digest(hashes.concat())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_a_bundle_of_certificates_does_not_matter() {
        let of = |all: &[&str]| authority(&all.iter().map(|one| one.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a"]), of(&["b"]));
        assert_ne!(of(&["a"]), of(&["a", "a"]));
        assert_eq!(of(&[]), None);
    }
}
