//! What the audit log says that each account has asked, and with which role it was allowed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::rights::Grant;
use crate::world::of_plane;

/// One request.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) verb: String,
    pub(crate) group: String,
    /// A subresource stands behind a slash.
    pub(crate) resource: String,
    pub(crate) namespace: Option<String>,
    name: Option<String>,
    /// The address, without what is asked of it.
    pub(crate) path: String,
    pub(crate) code: u64,
    /// What the server says, if it refuses.
    message: String,
    /// The role that allowed it.
    role: Option<String>,
}

/// Returns the requests of service accounts whose namespaces begin so, by user.
pub(crate) fn read(prefix: &str) -> HashMap<String, Vec<Event>> {
    let mark = format!("\"system:serviceaccount:{prefix}");
    let log = BufReader::new(std::fs::File::open(of_plane("CHAOSC_TEST_AUDIT_LOG")).unwrap());
    let mut users: HashMap<String, Vec<Event>> = HashMap::new();
    for line in log.lines() {
        let line = line.unwrap();
        // Most of the log is what the tests themselves have asked.
        if !line.contains(&mark) {
            continue;
        }
        let event: Value = serde_json::from_str(&line).unwrap();
        let user = event["user"]["username"].as_str().unwrap();
        users.entry(user.to_owned()).or_default().push(Event::of(&event));
    }
    users
}

impl Event {
    fn of(event: &Value) -> Event {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let subresource = text("/objectRef/subresource").map(|name| format!("/{name}")).unwrap_or_default();
        let reason = text("/annotations/authorization.k8s.io~1reason").unwrap_or_default();
        Event {
            verb: text("/verb").unwrap_or_default(),
            group: text("/objectRef/apiGroup").unwrap_or_default(),
            resource: text("/objectRef/resource").unwrap_or_default() + &subresource,
            namespace: text("/objectRef/namespace"),
            name: text("/objectRef/name"),
            path: text("/requestURI").unwrap_or_default().split('?').next().unwrap_or_default().to_owned(),
            code: event["responseStatus"]["code"].as_u64().unwrap_or_default(),
            message: text("/responseStatus/message").unwrap_or_default(),
            role: role(&reason).map(str::to_owned),
        }
    }

    pub(crate) fn is_denied(&self) -> bool {
        self.code == 403
    }

    /// Returns whether a role allowed the request.
    pub(crate) fn is_allowed_by(&self, role: &str) -> bool {
        self.role.as_deref() == Some(role)
    }

    /// Returns what was asked for, as a grant says it, for whatever namespace the run was in.
    pub(crate) fn text(&self, ns: &str) -> String {
        let Event { namespace, group, resource, verb, .. } = self;
        let (namespace, group) = (namespace.clone(), group.clone());
        Grant { namespace, group, resource: resource.clone(), name: None, verb: verb.clone() }.text(ns)
    }

    /// Returns whether the request itself needs a grant like this.
    pub(crate) fn is_for(&self, grant: &Grant) -> bool {
        self.verb == grant.verb && self.resource == grant.resource && self.group == grant.group
    }

    /// Returns whether the request was denied for the want of a grant.
    ///
    /// The server may ask for another verb in the course of a request that it has allowed; of that nothing is in the log
    /// but that it ends with 403.
    pub(crate) fn is_denied_for(&self, grant: &Grant) -> bool {
        let is_second = self.role.is_some() && self.resource == grant.resource && self.group == grant.group;
        self.is_denied()
            && (self.is_for(grant) || is_second)
            && grant.namespace.as_ref().is_none_or(|namespace| self.namespace.as_ref() == Some(namespace))
            && grant.name.as_ref().is_none_or(|name| self.name.as_ref() == Some(name))
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Event { code, message, .. } = self;
        let name = self.name.as_deref().unwrap_or_default();
        write!(formatter, "{} `{name}`: {code} {message}", self.text("{ns}"))
    }
}

/// Returns the role from the reason of the authorizer: `RBAC: allowed by RoleBinding "B/N" of Role "R" to …`.
fn role(reason: &str) -> Option<&str> {
    reason.split_once("Role \"")?.1.split('"').next()
}
