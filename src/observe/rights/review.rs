//! Access reviews: as the account itself where that is allowed, else about it.

use http::Method;
use serde_json::{Value, json};

use crate::cluster::{Answer as Reply, Cluster, ClusterError, Request};
use crate::permissions::excess::Holder;
use crate::permissions::live::Answer;
use crate::plan::permissions::{Grant, Reach};

/// How an account's rights are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the account: the server knows by itself in which groups it is.
    AsIt,
    /// About the account and the groups that every account is in.
    AboutIt,
}

/// Asks about the rights of one account.
pub(super) struct Reviewer<'a> {
    cluster: &'a Cluster,
    holder: &'a Holder,
    /// Nothing where both ways are refused.
    way: Option<Way>,
}

impl<'a> Reviewer<'a> {
    /// Finds the way that the server allows, by asking about one grant.
    pub(super) async fn find(
        cluster: &'a Cluster,
        holder: &'a Holder,
        first: &Grant,
    ) -> Result<Reviewer<'a>, ClusterError> {
        let mut reviewer = Reviewer { cluster, holder, way: None };
        for way in [Way::AsIt, Way::AboutIt] {
            if way == Way::AsIt && cluster.is_impersonating() {
                continue;
            }
            if reviewer.send(way, first).await?.status != 403 {
                reviewer.way = Some(way);
                break;
            }
        }
        Ok(reviewer)
    }

    /// Asks whether the account may do what a grant says.
    pub(super) async fn ask(&self, grant: &Grant) -> Result<Answer, ClusterError> {
        let Some(way) = self.way else { return Ok(Answer::Unknown(self.refused())) };
        let reply = self.send(way, grant).await?;
        if !reply.is_success() {
            let message = reply.failure().told();
            return Ok(Answer::Unknown(format!("the API server answered {}: {}", reply.status, message)));
        }
        let status = &reply.json()["status"];
        let said: Vec<&str> = ["reason", "evaluationError"]
            .iter()
            .filter_map(|key| status[key].as_str())
            .filter(|it| !it.is_empty())
            .collect();
        Ok(match status["allowed"].as_bool() {
            Some(true) => Answer::Allowed,
            Some(false) => Answer::Missing(said.join("; ")),
            None => Answer::Unknown("the API server did not say".to_owned()),
        })
    }

    async fn send(&self, way: Way, grant: &Grant) -> Result<Reply, ClusterError> {
        let attributes = attributes(grant);
        match way {
            Way::AsIt => {
                let request = review("SelfSubjectAccessReview", &json!({"resourceAttributes": attributes}));
                self.cluster.send_as(&self.holder.user, request).await
            }
            Way::AboutIt => {
                let Holder { user, groups, .. } = self.holder;
                let spec = json!({"user": user, "groups": groups, "resourceAttributes": attributes});
                self.cluster.send(review("SubjectAccessReview", &spec)).await
            }
        }
    }

    /// Says which right would help.
    fn refused(&self) -> String {
        let first = if self.cluster.is_impersonating() {
            "`as` of the kubeconfig leaves no other user to ask as"
        } else {
            "no right to impersonate the account"
        };
        format!("{first}, and no right to create `subjectaccessreviews.authorization.k8s.io`")
    }
}

/// Returns what is asked of a grant (Kubernetes API, `authorization.k8s.io/v1 ResourceAttributes`); an empty namespace
/// is all of them.
fn attributes(grant: &Grant) -> Value {
    let (resource, sub) = grant.resource.split_once('/').unwrap_or((&grant.resource, ""));
    let namespace = match &grant.reach {
        Reach::Namespace(name) => name.as_str(),
        Reach::Cluster => "",
    };
    json!({
        "namespace": namespace,
        "verb": grant.verb,
        "group": grant.group,
        "resource": resource,
        "subresource": sub,
        "name": grant.name.as_deref().unwrap_or_default(),
    })
}

fn review(kind: &str, spec: &Value) -> Request {
    let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec});
    Request {
        method: Method::POST,
        path: format!("/apis/authorization.k8s.io/v1/{}s", kind.to_ascii_lowercase()),
        body: Some(("application/json", body.to_string().into_bytes())),
    }
}
