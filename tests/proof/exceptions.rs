//! The exceptions: what the recording cannot show, each with its reason.

use serde::Deserialize;

use crate::folders::project;

/// How many there may be.
pub(crate) const MOST: usize = 15;

/// What is seen otherwise than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Seen {
    /// A grant that no request used.
    Unused,
    /// A request for which there is no grant.
    Denied,
    /// An activity that was denied something and says that it has worked.
    Untold,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    function: String,
    /// The request: verb, resource and namespace, as `create networkchaos.chaos-mesh.org in {ns}-other`.
    request: String,
    seen: Seen,
    /// Why.
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    exceptions: Vec<Exception>,
}

/// Reads them.
pub(crate) fn all() -> Vec<Exception> {
    let text = std::fs::read_to_string(project("tests/proof/exceptions.toml")).unwrap();
    let page: Page = toml::from_str(&text).unwrap();
    assert!(page.exceptions.iter().all(|exception| !exception.reason.is_empty()));
    page.exceptions
}

impl Exception {
    pub(crate) fn is_for(&self, function: &str, request: &str, seen: Seen) -> bool {
        self.function == function && self.request == request && self.seen == seen
    }
}

impl std::fmt::Display for Exception {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seen = match self.seen {
            Seen::Unused => "is not used",
            Seen::Denied => "is denied",
            Seen::Untold => "is denied and not told",
        };
        let Exception { function, request, reason, .. } = self;
        write!(formatter, "{function}: `{request}` {seen}: {reason}")
    }
}

#[test]
fn there_are_few_exceptions() {
    assert!(all().len() <= MOST);
}
