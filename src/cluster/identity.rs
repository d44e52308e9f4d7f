//! Which cluster this is: the uid of its namespace `kube-system`, which no other cluster has and no upgrade changes.

use super::error::{AccessError, HttpStatus};
use super::{Cluster, ClusterError, Request};

impl Cluster {
    /// Makes sure that the cluster is the one that chaos.toml names by its `cluster-uid`.
    ///
    /// # Errors
    ///
    /// [`AccessError::OtherCluster`]; [`AccessError::UnreadableUid`] where the account may not know, because what cannot
    /// be checked is not allowed.
    pub async fn require_uid(&self, expected: &str) -> Result<(), ClusterError> {
        let answer = self.send(Request::get("/api/v1/namespaces/kube-system")).await?;
        if !answer.is_success() {
            return Err(AccessError::UnreadableUid { status: HttpStatus(answer.status) }.into());
        }
        let namespace = answer.json();
        let found = namespace["metadata"]["uid"].as_str().unwrap_or_default();
        if found == expected {
            return Ok(());
        }
        Err(AccessError::OtherCluster { expected: expected.to_owned(), found: found.to_owned() }.into())
    }
}
