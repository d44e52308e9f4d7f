//! Paths that an API server does not have, of which it says so in plain text.
//!
//! Where a group, a version or a custom resource is not there, an API server answers `404 page not found` and no Status. So does
//! every server written in Go for every path, and so does a gateway that has lost the one behind it. The word is taken only where
//! the API's own lists bear it out: what has no list of its own, such as the core group and the version, is always there.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::client::{Cluster, Outcome};
use super::error::HttpStatus;
use super::reply::Reply;
use super::session::Session;
use super::{ClusterError, Request};

/// All groups of an API (Kubernetes API, `meta/v1 APIGroupList`).
#[derive(Deserialize)]
struct Groups {
    kind: String,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "groupVersion")]
    group_version: String,
}

/// All resources of a version of a group (Kubernetes API, `meta/v1 APIResourceList`).
#[derive(Deserialize)]
struct Resources {
    kind: String,
    resources: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// What a list of the API comes to.
enum Listed<L> {
    /// It is there.
    List(L),
    /// It is said not to be there.
    Absent,
    /// Nobody knows.
    Unknown,
}

impl Cluster {
    /// Returns whether the API's own lists bear out that it does not have a path.
    pub(super) async fn lacks(&self, session: &Session, path: &str) -> Result<bool, ClusterError> {
        let Some((version, resource)) = parts(path) else { return Ok(false) };
        if let Some(resource) = resource {
            match self.listed(session, format!("/apis/{version}")).await? {
                Listed::List(Resources { kind, resources }) => {
                    return Ok(kind == "APIResourceList" && resources.iter().all(|one| one.name != resource));
                }
                Listed::Unknown => return Ok(false),
                Listed::Absent => {}
            }
        }
        let Listed::List(Groups { kind, groups }) = self.listed(session, "/apis".to_owned()).await? else {
            return Ok(false);
        };
        let has_version = groups.iter().flat_map(|group| &group.versions).any(|one| one.group_version == version);
        // A version stands in the list a moment before its own address is there.
        Ok(kind == "APIGroupList" && (resource.is_none() || !has_version))
    }

    /// Asks for a list once; the question that it is about may be asked again.
    async fn listed<L: DeserializeOwned>(&self, session: &Session, path: String) -> Result<Listed<L>, ClusterError> {
        let (request, begun) = (Request::get(path), Instant::now());
        let Outcome::Reply(reply) = self.exchange(session, &request, None).await? else {
            return Ok(Listed::Unknown);
        };
        self.tell(&request, &reply.status.to_string(), begun.elapsed());
        Ok(match reply.status {
            HttpStatus(200) => serde_json::from_slice(&reply.body).map_or(Listed::Unknown, Listed::List),
            HttpStatus(404) if reply.is_unknown_path() || reply.is_word() => Listed::Absent,
            _ => Listed::Unknown,
        })
    }
}

impl Reply {
    /// Returns whether it says that the server does not have the path, in the words of an API server and of many others.
    pub(super) fn is_unknown_path(&self) -> bool {
        self.status == HttpStatus(404) && self.body.trim_ascii() == b"404 page not found"
    }

    /// Says the same as a Status.
    pub(super) fn say_unknown_path(&mut self) {
        const STATUS: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","code":404}"#;
        self.body = STATUS.into();
    }
}

/// Returns the group with its version, where there is one, and the resource of a path below `/apis`; of another path nothing.
fn parts(path: &str) -> Option<(String, Option<&str>)> {
    let mut parts = path.split('?').next()?.strip_prefix("/apis/")?.split('/');
    let group = parts.next()?;
    let Some(version) = parts.next() else { return Some((group.to_owned(), None)) };
    let (first, behind_namespace) = (parts.next(), parts.nth(1));
    let resource = if first == Some("namespaces") { behind_namespace } else { first };
    Some((format!("{group}/{version}"), resource))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_path_has_a_version_and_a_resource() {
        for (path, expected) in [
            ("/version", None),
            ("/api/v1/namespaces/shop/configmaps?limit=500", None),
            ("/apis", None),
            ("/apis/example.com", Some(("example.com", None))),
            ("/apis/example.com/v1", Some(("example.com/v1", None))),
            ("/apis/example.com/v1/things?limit=500", Some(("example.com/v1", Some("things")))),
            ("/apis/example.com/v1/things/a", Some(("example.com/v1", Some("things")))),
            ("/apis/batch/v1/namespaces/shop/jobs", Some(("batch/v1", Some("jobs")))),
            ("/apis/batch/v1/namespaces/shop/jobs/a?dryRun=All", Some(("batch/v1", Some("jobs")))),
        ] {
            let found = parts(path);
            let found = found.as_ref().map(|(version, resource)| (version.as_str(), *resource));
            assert_eq!(found, expected, "{path}");
        }
    }
}
