//! API versions that servers no longer have, or do not have yet.
//!
//! What ended before [`Version::OLDEST`] stands in a table of its own: from the lifecycle marks in the sources of
//! k8s.io/api (`APILifecycleRemoved`) and from Kubernetes' deprecated API migration guide. What came or went since is
//! read from [`kinds`].

mod table;

use super::kinds;
use super::version::Version;

/// An API version that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// The first server without it.
    pub version: Version,
    /// The `apiVersion` that the server asked for has the kind in; nothing if the kind itself has ended.
    pub replacement: Option<&'static str>,
    /// What else has to change in the object.
    pub note: Option<&'static str>,
}

/// An API version that is too new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Introduced {
    /// The first server that has it.
    pub version: Version,
    /// The `apiVersion` that the server asked for has the kind in.
    pub alternative: Option<&'static str>,
}

/// Tells whether `server` no longer has a kind in this API version.
pub fn removed(api_version: &str, kind: &str, server: Version) -> Option<Removed> {
    let replacement = |group: &str| Some(kinds::served(group, kind, server)?.api_version);
    if let Some(row) = table::find(api_version, kind) {
        return (row.version() <= server).then(|| Removed {
            version: row.version(),
            replacement: row.group.and_then(replacement),
            note: row.note,
        });
    }
    let row = kinds::find(api_version, kind)?;
    let last = *row.servers().end();
    (last < server).then(|| Removed {
        version: Version::v1(last.minor + 1),
        replacement: replacement(row.group()),
        note: None,
    })
}

/// Tells whether a kind ended before the oldest supported server.
pub(super) fn is_listed(api_version: &str, kind: &str) -> bool {
    table::find(api_version, kind).is_some()
}

/// Tells whether `server` does not have a kind in this API version yet.
pub fn introduced_after(api_version: &str, kind: &str, server: Version) -> Option<Introduced> {
    let row = kinds::find(api_version, kind)?;
    let version = *row.servers().start();
    (server < version).then(|| Introduced {
        version,
        alternative: kinds::served(row.group(), kind, server).map(|row| row.api_version),
    })
}
