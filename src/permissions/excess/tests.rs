use serde_json::{Value, json};

use super::{Excess, Holder, Right, Roles, covers, excess, is_public, role_of};
use crate::plan::permissions::{Grant, Reach};

fn grant(reach: &str, right: &str) -> Grant {
    let mut parts = right.split(' ').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let (verb, group, resource, name) = (next(), next(), next(), next());
    Grant {
        reach: if reach.is_empty() { Reach::Cluster } else { Reach::Namespace(reach.to_owned()) },
        group,
        resource,
        name: Some(name).filter(|name| !name.is_empty()),
        verb,
        reasons: Vec::new(),
    }
}

fn binding(namespace: Option<&str>, subject: &Value) -> Value {
    let metadata = match namespace {
        Some(namespace) => json!({"name": "b", "namespace": namespace}),
        None => json!({"name": "b"}),
    };
    json!({"metadata": metadata, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [subject]})
}

fn told(found: &[Excess]) -> Vec<String> {
    let one = |reach: &Reach, right: &Right| {
        let dangers: Vec<&str> = right.dangers.iter().map(|danger| danger.name()).collect();
        format!("{reach:?} {} {} [{}]", right.verbs.join(","), right.targets.join(","), dangers.join(","))
    };
    found.iter().flat_map(|excess| excess.rights.iter().map(move |right| one(&excess.reach, right))).collect()
}

fn found(grants: &[Grant], namespace: Option<&str>, role: &Value) -> Vec<String> {
    let binding = binding(namespace, &json!({"kind": "Group", "name": "system:authenticated"}));
    let roles = Roles::from([(role_of(&binding), Ok(Some(json!({"rules": role}))))]);
    let (found, unknown) = excess(&Holder::new("a", "n"), grants, &[binding], &roles);
    assert_eq!(unknown, [""; 0]);
    told(&found)
}

#[test]
fn an_account_is_a_subject_under_many_names() {
    let holder = Holder::new("a", "n");
    for (namespace, subject, expected) in [
        (None, json!({"kind": "ServiceAccount", "name": "a", "namespace": "n"}), Some("ServiceAccount/a")),
        (Some("n"), json!({"kind": "ServiceAccount", "name": "a"}), Some("ServiceAccount/a")),
        (Some("n"), json!({"kind": "ServiceAccount", "name": "a", "namespace": ""}), Some("ServiceAccount/a")),
        (Some("m"), json!({"kind": "ServiceAccount", "name": "a"}), None),
        (Some("m"), json!({"kind": "ServiceAccount", "name": "a", "namespace": "n"}), Some("ServiceAccount/a")),
        (None, json!({"kind": "ServiceAccount", "name": "a"}), None),
        (None, json!({"kind": "User", "name": "system:serviceaccount:n:a"}), Some("User/system:serviceaccount:n:a")),
        (None, json!({"kind": "User", "name": "a"}), None),
        (None, json!({"kind": "Group", "name": "system:serviceaccounts"}), Some("Group/system:serviceaccounts")),
        (None, json!({"kind": "Group", "name": "system:serviceaccounts:n"}), Some("Group/system:serviceaccounts:n")),
        (None, json!({"kind": "Group", "name": "system:serviceaccounts:m"}), None),
        (None, json!({"kind": "Group", "name": "system:authenticated"}), Some("Group/system:authenticated")),
        (None, json!({"kind": "Group", "name": "system:masters"}), None),
    ] {
        assert_eq!(holder.through(&binding(namespace, &subject)).as_deref(), expected, "{namespace:?} {subject}");
    }
    assert_eq!(holder.through(&json!({"metadata": {"name": "b"}})), None, "a binding without subjects");
}

#[test]
fn grants_cover_what_rbac_says_that_they_cover() {
    for (wide, narrow, expected) in [
        (("n", "get  pods"), ("n", "get  pods"), true),
        (("n", "get  pods"), ("n", "get  pods x"), true),
        (("n", "get  pods x"), ("n", "get  pods"), false),
        (("n", "get  pods x"), ("n", "get  pods y"), false),
        (("", "get  pods"), ("n", "get  pods"), true),
        (("n", "get  pods"), ("", "get  pods"), false),
        (("n", "get  pods"), ("m", "get  pods"), false),
        (("n", "get  pods"), ("n", "get  pods/log"), false),
        (("n", "get  */log"), ("n", "get  pods/log"), true),
        (("n", "get  */log"), ("n", "get  pods"), false),
        (("n", "* * *"), ("n", "patch apps deployments/scale x"), true),
        (("n", "get * *"), ("n", "* * *"), false),
        (("n", "get apps pods"), ("n", "get  pods"), false),
    ] {
        assert_eq!(covers(&grant(wide.0, wide.1), &grant(narrow.0, narrow.1)), expected, "{wide:?} {narrow:?}");
    }
}

#[test]
fn only_what_is_beyond_the_grants_is_told_and_the_worst_first() {
    let grants = [grant("n", "list  pods"), grant("n", "delete  pods"), grant("n", "get apps deployments x")];
    let rules = json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "delete", "get", "watch"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["get", "watch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["x", "y"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["secrets", "pods/exec"], "verbs": ["get"]},
    ]);
    assert_eq!(
        found(&grants, Some("n"), &rules),
        [
            "Namespace(\"n\") get pods/exec [executes]",
            "Namespace(\"n\") get secrets [reads-secrets]",
            "Namespace(\"n\") get deployments.apps y []",
            "Namespace(\"n\") get,watch pods,services []",
        ]
    );
    let all =
        json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}]);
    assert_eq!(
        found(&grants, None, &all),
        ["Cluster * *.* [can-escalate,executes,reads-secrets,cluster-wide]", "Cluster * path * [cluster-wide]"]
    );
    assert_eq!(found(&grants, Some("n"), &rules).len() + 1, found(&grants, None, &rules).len());
}

#[test]
fn what_kubernetes_gives_everybody_is_no_excess() {
    let rules = json!([
        {"nonResourceURLs": ["/api", "/api/*", "/version", "/openid/v1/jwks"], "verbs": ["get"]},
        {"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews"], "verbs": ["create"]},
    ]);
    assert_eq!(found(&[], None, &rules), [""; 0]);
    let rules = json!([
        {"nonResourceURLs": ["/metrics", "/version"], "verbs": ["get", "post"]},
        {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
    ]);
    assert_eq!(
        found(&[], None, &rules),
        [
            "Cluster create subjectaccessreviews.authorization.k8s.io [cluster-wide]",
            "Cluster get,post path /metrics [cluster-wide]",
            "Cluster post path /version [cluster-wide]",
        ]
    );
    assert_eq!(found(&[], Some("n"), &json!([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])), [""; 0]);
    let outside =
        json!([{"apiGroups": [""], "resources": ["nodes", "nodes/proxy", "namespaces", "*"], "verbs": ["get"]}]);
    assert_eq!(
        found(&[], Some("n"), &outside),
        ["Namespace(\"n\") get * [executes,reads-secrets]", "Namespace(\"n\") get namespaces []"]
    );
    for (path, expected) in [("/api", true), ("/apis/apps/v1", true), ("/apiserver", false), ("*", false), ("/", false)]
    {
        assert_eq!(is_public(path), expected, "{path}");
    }
}

#[test]
fn a_role_that_could_not_be_read_is_not_fine() {
    let binding = binding(Some("n"), &json!({"kind": "ServiceAccount", "name": "a"}));
    let holder = Holder::new("a", "n");
    let with = |role| excess(&holder, &[], std::slice::from_ref(&binding), &Roles::from([(role_of(&binding), role)]));
    let (found, unknown) = with(Err("no right".to_owned()));
    assert_eq!(
        (told(&found), unknown),
        (vec![], vec!["what ClusterRole/r allows by RoleBinding/n/b: no right".to_owned()])
    );
    assert_eq!(with(Ok(None)), (vec![], vec![]), "a role that does not exist gives nothing");
}
