//! The rights of an account: the RBAC objects that chaosc renders, and the single grants that they consist of.

use serde_json::{Value, json};

/// One verb on one resource, perhaps on one object only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// The namespace; `None`: the whole cluster.
    pub(crate) namespace: Option<String>,
    pub(crate) group: String,
    /// A subresource stands behind a slash.
    pub(crate) resource: String,
    pub(crate) name: Option<String>,
    pub(crate) verb: String,
}

/// What is rendered for one account.
#[derive(Debug)]
pub(crate) struct Account {
    /// The namespace of the run, and of the account.
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The Roles, the `ClusterRoles` and what binds them.
    pub(crate) objects: Vec<Value>,
}

impl Account {
    /// Picks the objects of an account from those of a bundle.
    pub(crate) fn of<'b>(account: &Value, objects: &(impl Iterator<Item = &'b Value> + Clone)) -> Account {
        let text = |pointer: &str| account.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let subject = json!([{"kind": "ServiceAccount", "name": name, "namespace": namespace}]);
        let mut found = Vec::new();
        for binding in objects.clone().filter(|object| object["subjects"] == subject) {
            let is_role = |object: &&Value| {
                object["kind"] == binding["roleRef"]["kind"]
                    && object["metadata"]["name"] == binding["roleRef"]["name"]
                    && object["metadata"].get("namespace") == binding["metadata"].get("namespace")
            };
            found.push(objects.clone().find(is_role).unwrap_or_else(|| panic!("no role for {binding}")).clone());
            found.push(binding.clone());
        }
        Account { namespace, name, objects: found }
    }

    pub(crate) fn user(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }

    /// Returns every single grant of the roles: each combination of the lists of each rule, as RBAC reads them.
    pub(crate) fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for role in self.objects.iter().filter(|object| object.get("rules").is_some()) {
            let namespace = role["metadata"]["namespace"].as_str().map(str::to_owned);
            for rule in role["rules"].as_array().unwrap() {
                let list = |key: &str| -> Vec<String> {
                    rule[key].as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
                };
                let names = list("resourceNames");
                let names = if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() };
                for group in list("apiGroups") {
                    for resource in list("resources") {
                        for verb in list("verbs") {
                            grants.extend(names.iter().map(|name| Grant {
                                namespace: namespace.clone(),
                                group: group.clone(),
                                resource: resource.clone(),
                                name: name.clone(),
                                verb: verb.clone(),
                            }));
                        }
                    }
                }
            }
        }
        grants.sort();
        grants.dedup();
        grants
    }

    /// Returns a role that is one grant, and what binds it to the account.
    pub(crate) fn single(&self, grant: &Grant) -> [Value; 2] {
        let (kind, metadata) = match &grant.namespace {
            Some(namespace) => ("Role", json!({"name": self.role(grant), "namespace": namespace})),
            None => ("ClusterRole", json!({"name": self.role(grant)})),
        };
        let mut rule = json!({"apiGroups": [grant.group], "resources": [grant.resource], "verbs": [grant.verb]});
        if let Some(name) = &grant.name {
            rule["resourceNames"] = json!([name]);
        }
        [
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": [rule]}),
            self.binding(kind, &metadata),
        ]
    }

    /// Returns what binds a role to the account.
    fn binding(&self, kind: &str, metadata: &Value) -> Value {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": format!("{kind}Binding"), "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": metadata["name"]},
            "subjects": [{"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}],
        })
    }

    /// Returns what lets the account do everything.
    pub(crate) fn everything(&self) -> Value {
        let mut binding = self.binding("ClusterRole", &json!({"name": "cluster-admin"}));
        binding["metadata"]["name"] = format!("proof:everything:{}", self.namespace).into();
        binding
    }

    /// Returns the name of the role that is one grant. It says the grant, and no account of another run has it.
    pub(crate) fn role(&self, grant: &Grant) -> String {
        let name = grant.name.as_deref().unwrap_or_default();
        let resource = grant.resource.replace('/', ":");
        format!("proof:{}:{}:{resource}:{}:{name}", self.namespace, grant.verb, grant.group)
    }
}

impl Grant {
    /// Returns the grant as a question of the API.
    pub(crate) fn attributes(&self) -> Value {
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        json!({
            "namespace": self.namespace, "verb": self.verb, "group": self.group, "resource": resource,
            "subresource": subresource, "name": self.name,
        })
    }

    /// Returns it as a text, for whatever namespace the run was in: `patch deployments.apps `{ns}` in {ns}`.
    pub(crate) fn text(&self, ns: &str) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let name = self.name.as_ref().map_or_else(String::new, |name| format!(" `{name}`"));
        let place = self.namespace.as_deref().map_or("in the whole cluster".to_owned(), |at| format!("in {at}"));
        format!("{} {}{group}{name} {place}", self.verb, self.resource).replace(ns, "{ns}")
    }
}
