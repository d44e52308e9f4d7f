//! Where the API server keeps the objects of a kind.

use std::fmt::Write as _;

use serde_json::Value;

use super::kinds::{self, Scope};

/// A kind as it stands in addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// Group and version, such as `apps/v1`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// Its name in addresses, such as `deployments`.
    pub plural: String,
    /// Whether its objects stand in namespaces.
    pub is_namespaced: bool,
}

impl Resource {
    /// Returns where a built-in kind is; nothing for others.
    pub fn built_in(api_version: &str, kind: &str) -> Option<Resource> {
        let row = kinds::find(api_version, kind)?;
        Some(Resource {
            api_version: row.api_version.to_owned(),
            kind: row.kind.to_owned(),
            plural: row.plural.to_owned(),
            is_namespaced: row.scope == Scope::Namespaced,
        })
    }

    /// Finds a kind in the server's list of what a version of a group has (Kubernetes API, `meta/v1 APIResourceList`).
    pub fn in_list(list: &Value, api_version: &str, kind: &str) -> Option<Resource> {
        let resources = list.get("resources")?.as_array()?;
        let row = resources.iter().find(|row| {
            let name = row["name"].as_str().unwrap_or("/");
            row["kind"].as_str() == Some(kind) && !name.contains('/')
        })?;
        Some(Resource {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            plural: row["name"].as_str()?.to_owned(),
            is_namespaced: row["namespaced"].as_bool()?,
        })
    }

    /// Returns the kinds that a `CustomResourceDefinition` defines: one for each version that it serves.
    pub fn defined_by(definition: &Value) -> Vec<Resource> {
        let spec = &definition["spec"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if definition["kind"] != "CustomResourceDefinition" {
            return Vec::new();
        }
        let versions = spec["versions"].as_array().into_iter().flatten().filter(|version| version["served"] != false);
        versions
            .map(|version| Resource {
                api_version: format!("{}/{}", text(&spec["group"]), text(&version["name"])),
                kind: text(&spec["names"]["kind"]),
                plural: text(&spec["names"]["plural"]),
                is_namespaced: spec["scope"] == "Namespaced",
            })
            .collect()
    }

    /// Returns the group: empty for the core group.
    pub fn group(&self) -> &str {
        kinds::group(&self.api_version)
    }

    /// Returns `deployments.apps`, as RBAC's tools write it.
    pub fn qualified(&self) -> String {
        qualified(self.group(), &self.plural)
    }

    /// Returns the address of all objects in a namespace, or of all of a kind without namespaces.
    pub fn collection(&self, namespace: Option<&str>) -> String {
        let root = version_address(&self.api_version);
        match namespace.filter(|_| self.is_namespaced) {
            Some(namespace) => format!("{root}/namespaces/{}/{}", escaped(namespace), self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// Returns the address of one object.
    pub fn object(&self, namespace: Option<&str>, name: &str) -> String {
        format!("{}/{}", self.collection(namespace), escaped(name))
    }
}

/// Returns a resource with its group, as RBAC's tools write it: `pods`, `deployments.apps`, `deployments.apps/scale`.
pub fn qualified(group: &str, resource: &str) -> String {
    match (group, resource.split_once('/')) {
        ("", _) => resource.to_owned(),
        (group, Some((resource, sub))) => format!("{resource}.{group}/{sub}"),
        (group, None) => format!("{resource}.{group}"),
    }
}

/// Returns the address of a version of a group, such as `/apis/apps/v1`.
pub fn version_address(api_version: &str) -> String {
    if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") }
}

/// Escapes a part of an address (RFC 3986: all but the unreserved characters).
pub fn escaped(part: &str) -> String {
    let mut result = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            result.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(result, "%{byte:02X}");
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses() {
        let at = |api_version: &str, kind: &str| Resource::built_in(api_version, kind).unwrap();
        assert_eq!(at("v1", "ConfigMap").object(Some("shop"), "a"), "/api/v1/namespaces/shop/configmaps/a");
        assert_eq!(at("apps/v1", "Deployment").collection(Some("shop")), "/apis/apps/v1/namespaces/shop/deployments");
        let role = at("rbac.authorization.k8s.io/v1", "ClusterRole");
        assert_eq!(role.object(Some("ignored"), "a:b"), "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab");
        assert_eq!(role.qualified(), "clusterroles.rbac.authorization.k8s.io");
        assert_eq!(Resource::built_in("example.com/v1", "Thing"), None);
    }

    #[test]
    fn subresources_are_no_kinds() {
        let list = json!({"resources": [
            {"name": "things/status", "kind": "Thing", "namespaced": true},
            {"name": "things", "kind": "Thing", "namespaced": true},
        ]});
        let found = Resource::in_list(&list, "example.com/v1", "Thing").unwrap();
        assert_eq!((found.plural.as_str(), found.is_namespaced), ("things", true));
        assert_eq!(Resource::in_list(&list, "example.com/v1", "Other"), None);
        assert_eq!(Resource::in_list(&json!(null), "example.com/v1", "Thing"), None);
    }
}
