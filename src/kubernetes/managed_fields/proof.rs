//! The proof that an apply would change nothing, without asking the server.
//!
//! By the definition of server-side apply, an apply changes nothing if the manager already owns exactly the fields that
//! it sends, and each has the value that it sends (Kubernetes documentation, "Server-Side Apply"). What only the server
//! can tell, such as whether `1000m` is `1`, is never proven here: then the server is asked.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::leaf::{self, Leaf};
use super::{Segment, entries, has_key, touches};
use crate::kubernetes::kinds;
use crate::source::tree::join;

/// How an object that is sent compares with what its manager owns in the live one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The manager owns exactly the fields that are sent.
    pub same_fields: bool,
    /// Each of them has the value that is sent.
    pub same_values: bool,
}

impl Match {
    /// Returns whether an apply would change nothing.
    pub fn is_proof(self) -> bool {
        self.same_fields && self.same_values
    }
}

/// Fields that no manager owns, because they say which object it is (apimachinery, `fieldmanager.stripMeta`).
const IDENTITY: [&[&str]; 4] = [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"]];

/// Kinds whose `status` an apply of the object itself leaves alone, of those that people write by hand.
const WITH_STATUS: [(&str, &str); 10] = [
    ("", "Namespace"),
    ("", "PersistentVolumeClaim"),
    ("", "ResourceQuota"),
    ("", "Service"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("policy", "PodDisruptionBudget"),
];

/// Compares an object that is sent with what its manager owns (`fields`) in the live object.
pub fn compare<'v>(sent: &'v Value, live: &'v Value, fields: &Map<String, Value>) -> Match {
    let text = |key: &str| sent.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut walk = Walk {
        found: Match { same_fields: true, same_values: true },
        path: Vec::new(),
        others: entries(live).map(|entry| entry.fields).filter(|other| !std::ptr::eq(*other, fields)).collect(),
        is_built_in: kinds::find(text("apiVersion"), text("kind")).is_some(),
        has_status: WITH_STATUS.contains(&(kinds::group(text("apiVersion")), text("kind"))),
    };
    walk.node(sent, Some(live), fields);
    walk.found
}

struct Walk<'v> {
    found: Match,
    /// Names of fields from the root, as far as only fields led here.
    path: Vec<&'v str>,
    /// What other managers own.
    others: Vec<&'v Map<String, Value>>,
    is_built_in: bool,
    has_status: bool,
}

impl<'v> Walk<'v> {
    fn node(&mut self, sent: &'v Value, live: Option<&Value>, fields: &Map<String, Value>) {
        let owned: Vec<(Segment<'_>, &Value)> =
            fields.iter().filter_map(|(key, below)| Some((Segment::parse(key)?, below))).collect();
        // A key that is neither `.` nor known is of a server that knows more than this program.
        let unknown = fields.keys().any(|key| key != "." && Segment::parse(key).is_none());
        if unknown {
            return self.other_fields();
        }
        match sent {
            _ if owned.is_empty() => self.leaf(sent, live),
            Value::Object(object) => self.object(object, live, &owned),
            Value::Array(items) => self.list(items, live, &owned),
            _ => self.other_fields(),
        }
    }

    /// A leaf stands for everything below it.
    fn leaf(&mut self, sent: &Value, live: Option<&Value>) {
        // At the root no field is owned at all.
        if self.path.is_empty() {
            return self.other_fields();
        }
        let is_proven = match leaf::judge(&self.path, sent, live, self.is_built_in) {
            Leaf::Same => true,
            Leaf::Completed => !self.is_shared(),
            Leaf::Unknown => false,
        };
        if !is_proven {
            self.found.same_values = false;
        }
    }

    fn object(&mut self, sent: &'v Map<String, Value>, live: Option<&Value>, owned: &[(Segment<'_>, &Value)]) {
        let mut known = 0;
        for (name, value) in sent {
            self.path.push(name);
            if !IDENTITY.contains(&self.path.as_slice()) {
                let node = owned.iter().find(|(segment, _)| *segment == Segment::Field(name));
                match node.and_then(|(_, below)| below.as_object()) {
                    Some(below) => {
                        known += 1;
                        self.node(value, live.and_then(|live| live.get(name)), below);
                    }
                    None if self.is_never_owned(value) => {}
                    None => self.other_fields(),
                }
            }
            self.path.pop();
        }
        if known != owned.len() {
            self.other_fields();
        }
    }

    fn list(&mut self, sent: &'v [Value], live: Option<&Value>, owned: &[(Segment<'_>, &Value)]) {
        let live: &[Value] = live.and_then(Value::as_array).map_or(&[], Vec::as_slice);
        if sent.len() != owned.len() {
            return self.other_fields();
        }
        // Each node of the tree may be met once, and the items must stand in the live list in the order in which they
        // are sent.
        let mut met = BTreeSet::new();
        let mut last = None;
        for item in sent {
            let node = owned.iter().position(|(segment, _)| match segment {
                Segment::Key(key) => has_key(item, key),
                Segment::Member(member) => member == item,
                _ => false,
            });
            let Some(node) = node.filter(|node| met.insert(*node)) else { return self.other_fields() };
            let (segment, below) = &owned[node];
            let place = live.iter().position(|candidate| match segment {
                Segment::Key(key) => has_key(candidate, key),
                Segment::Member(member) => member == candidate,
                _ => false,
            });
            if place.is_none() || place <= last {
                self.found.same_values = false;
            }
            last = place;
            if let (Segment::Key(_), Some(below)) = (segment, below.as_object()) {
                // Below an item no path of names leads any more; a mark keeps the root's special cases away.
                self.path.push(leaf::ITEM);
                self.node(item, place.and_then(|place| live.get(place)), below);
                self.path.pop();
            }
        }
    }

    /// Returns whether another manager owns the field here, too, or might: below an item of a list nobody looks closer.
    fn is_shared(&self) -> bool {
        let fields = self.path.iter().take_while(|name| **name != leaf::ITEM);
        let pointer = fields.fold(String::new(), |pointer, name| join(&pointer, name));
        self.others.iter().any(|fields| touches(fields, &pointer))
    }

    /// Returns whether nobody owns what is sent here, because the server leaves it out: `metadata` with nothing but names,
    /// and what `kubectl create --dry-run=client` writes beside what was asked for.
    fn is_never_owned(&self, value: &Value) -> bool {
        match self.path.as_slice() {
            ["metadata"] => value.as_object().is_some_and(|fields| {
                fields
                    .iter()
                    .all(|(name, value)| matches!(name.as_str(), "name" | "namespace") || is_unset_time(name, value))
            }),
            ["metadata", name] => is_unset_time(name, value),
            ["status"] => self.has_status && value.as_object().is_some_and(Map::is_empty),
            _ => false,
        }
    }

    fn other_fields(&mut self) {
        self.found = Match { same_fields: false, same_values: false };
    }
}

fn is_unset_time(name: &str, value: &Value) -> bool {
    name == "creationTimestamp" && value.is_null()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SAME: Match = Match { same_fields: true, same_values: true };
    const VALUES: Match = Match { same_fields: true, same_values: false };
    const FIELDS: Match = Match { same_fields: false, same_values: false };

    fn found(sent: &Value, live: &Value, fields: &Value) -> Match {
        compare(sent, live, fields.as_object().unwrap())
    }

    #[test]
    fn what_is_owned_and_equal_is_proven() {
        let meta = json!({"name": "a", "namespace": "n"});
        let ports = json!({"f:spec": {"f:ports": {
            "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}, "f:name": {}},
            "k:{\"port\":81,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}},
        }}});
        let sent = json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 80, "name": "x"}, {"port": 81}]}});
        let live = |ports: Value| json!({"metadata": meta, "spec": {"ports": ports, "clusterIP": "10.0.0.1"}});
        let first = json!({"port": 80, "name": "x", "protocol": "TCP", "targetPort": 80});
        let second = json!({"port": 81, "protocol": "TCP"});
        let foreign = json!({"port": 9, "protocol": "TCP"});
        for (live_ports, expected) in [
            (json!([first, second]), SAME),
            (json!([foreign, first, second]), SAME),
            (json!([second, first]), VALUES),
            (json!([first]), VALUES),
            (json!([json!({"port": 80, "name": "y", "protocol": "TCP"}), second]), VALUES),
        ] {
            assert_eq!(found(&sent, &live(live_ports.clone()), &ports), expected, "{live_ports}");
        }
        // One port less is sent than is owned.
        let fewer = json!({"kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 80, "name": "x"}]}});
        assert_eq!(found(&fewer, &live(json!([first, second])), &ports), FIELDS);
    }

    #[test]
    fn leaves_are_compared_as_a_whole() {
        let owned = json!({"f:data": {"f:a": {}}, "f:rules": {}, "f:set": {"v:\"x\"": {}, "v:\"y\"": {}}});
        let sent = json!({"data": {"a": "1"}, "rules": [{"verbs": ["get"]}], "set": ["x", "y"]});
        for (live, expected) in [
            (json!({"data": {"a": "1", "b": "2"}, "rules": [{"verbs": ["get"]}], "set": ["z", "x", "y"]}), SAME),
            (json!({"data": {"a": "2"}, "rules": [{"verbs": ["get"]}], "set": ["x", "y"]}), VALUES),
            (json!({"data": {"a": "1"}, "rules": [{"verbs": ["get", "list"]}], "set": ["x", "y"]}), VALUES),
            (json!({"data": {"a": "1"}, "rules": [{"verbs": ["get"]}], "set": ["y", "x"]}), VALUES),
            (json!({"data": {}, "rules": [{"verbs": ["get"]}], "set": ["x", "y"]}), VALUES),
        ] {
            assert_eq!(found(&sent, &live, &owned), expected, "{live}");
        }
    }

    #[test]
    fn what_the_server_does_not_keep_is_no_difference() {
        let deployment = |status: Value| {
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "creationTimestamp": null},
                "spec": {"replicas": 1}, "status": status,
            })
        };
        let live =
            json!({"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"replicas": 1}});
        let owned = json!({"f:spec": {"f:replicas": {}}});
        assert_eq!(found(&deployment(json!({})), &live, &owned), SAME);
        assert_eq!(found(&deployment(json!({"replicas": 1})), &live, &owned), FIELDS);
        let mut other = deployment(json!({}));
        other["apiVersion"] = json!("example.com/v1");
        assert_eq!(found(&other, &live, &owned), FIELDS);
    }

    #[test]
    fn what_the_server_completes_is_a_change_to_another_manager() {
        let sent = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "roleRef": {"kind": "Role", "name": "a"}});
        let owned = json!({"f:roleRef": {}});
        let live = |other: Value| {
            json!({
                "metadata": {"managedFields": [{"manager": "other", "fieldsV1": other}]},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
            })
        };
        assert_eq!(found(&sent, &live(json!({"f:subjects": {}})), &owned), SAME);
        assert_eq!(found(&sent, &live(json!({"f:roleRef": {}})), &owned), VALUES);
    }

    #[test]
    fn what_is_not_understood_is_not_proven() {
        let live = json!({"data": {"a": "1"}});
        for (sent, owned) in [
            (json!({"data": {"a": "1", "b": "2"}}), json!({"f:data": {"f:a": {}}})),
            (json!({"data": {}}), json!({"f:data": {"f:a": {}}})),
            (json!({"data": {"a": "1"}}), json!({})),
            (json!({"data": {"a": "1"}}), json!({"f:data": {"f:a": {}}, "x:new": {}})),
            (json!({"data": ["a"]}), json!({"f:data": {"f:a": {}}})),
        ] {
            assert_eq!(found(&sent, &live, &owned), FIELDS, "{sent} {owned}");
        }
    }
}
