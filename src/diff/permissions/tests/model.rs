//! What is told, held against each single request that RBAC would allow.

use super::*;

/// A request, as the authorizer sees it: without a namespace it is for the whole cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Request {
    Object {
        verb: &'static str,
        group: &'static str,
        resource: &'static str,
        name: &'static str,
        namespace: &'static str,
    },
    Path {
        verb: &'static str,
        path: &'static str,
    },
}

const VERBS: [&str; 3] = ["get", "list", "unheard"];
const GROUPS: [&str; 3] = ["", "apps", "unheard"];
// `*` stands for all of a resource only where it comes first.
const RESOURCES: [&str; 7] =
    ["pods", "pods/exec", "pods/*", "pods/unheard", "unheard", "unheard/exec", "unheard/unheard"];
const NAMES: [&str; 4] = ["", "a", "b", "unheard"];
const NAMESPACES: [&str; 4] = ["", "shop", "mall", "unheard"];
const PATHS: [&str; 3] = ["/a", "/a/b", "/unheard"];

fn requests() -> Vec<Request> {
    let mut all = Vec::new();
    for verb in VERBS {
        all.extend(PATHS.map(|path| Request::Path { verb, path }));
        for group in GROUPS {
            for resource in RESOURCES {
                for name in NAMES {
                    all.extend(NAMESPACES.map(|namespace| Request::Object { verb, group, resource, name, namespace }));
                }
            }
        }
    }
    all
}

/// Returns whether a rule allows a request: `VerbMatches`, `APIGroupMatches`, `ResourceMatches`, `ResourceNameMatches` and
/// `NonResourceURLMatches` of Kubernetes (`pkg/apis/rbac/v1/evaluation_helpers.go`).
fn allows(rule: &Value, request: &Request) -> bool {
    let any = |key: &str, is_it: &dyn Fn(&str) -> bool| {
        rule[key].as_array().into_iter().flatten().filter_map(Value::as_str).any(is_it)
    };
    match request {
        Request::Path { verb, path } => {
            any("verbs", &|one| one == "*" || one == *verb)
                && any("nonResourceURLs", &|one| {
                    one == "*" || one == *path || one.ends_with('*') && path.starts_with(one.trim_end_matches('*'))
                })
        }
        Request::Object { verb, group, resource, name, .. } => {
            let sub = resource.split_once('/').map_or("", |(_, sub)| sub);
            any("verbs", &|one| one == "*" || one == *verb)
                && any("apiGroups", &|one| one == "*" || one == *group)
                && any("resources", &|one| {
                    one == "*" || one == *resource || !sub.is_empty() && one == format!("*/{sub}")
                })
                && (rule["resourceNames"].as_array().is_none_or(Vec::is_empty)
                    || any("resourceNames", &|one| one == *name))
        }
    }
}

/// Returns whether objects allow the account a request: cluster-wide bindings allow it everywhere, others in their namespace.
fn may(objects: &[Value], request: &Request) -> bool {
    let here = match request {
        Request::Object { namespace, .. } => *namespace,
        Request::Path { .. } => "",
    };
    let bindings = objects.iter().filter(|object| match object["kind"].as_str() {
        Some("ClusterRoleBinding") => true,
        Some("RoleBinding") => !here.is_empty() && object["metadata"]["namespace"] == here,
        _ => false,
    });
    bindings.into_iter().any(|binding| {
        let is_role = |object: &&Value| {
            object["kind"] == binding["roleRef"]["kind"]
                && object["metadata"]["name"] == binding["roleRef"]["name"]
                && (object["kind"] == "ClusterRole"
                    || object["metadata"]["namespace"] == binding["metadata"]["namespace"])
        };
        let rules = objects.iter().filter(is_role).flat_map(|role| role["rules"].as_array().into_iter().flatten());
        rules.into_iter().any(|rule| allows(rule, request))
    })
}

/// Returns whether a statement is about a request: read as a rule of its own.
fn is_about(change: &PermissionChange, request: &Request) -> bool {
    let (verb, here) = match request {
        Request::Object { verb, namespace, .. } => (verb, *namespace),
        Request::Path { verb, .. } => (verb, ""),
    };
    if change.namespace.as_deref().is_some_and(|namespace| namespace != here) {
        return false;
    }
    if change.target.starts_with('/') {
        return allows(&json!({"verbs": [verb], "nonResourceURLs": [change.target]}), request)
            && change.verbs.iter().any(|one| one == "*" || one == verb);
    }
    let (what, name) =
        change.target.split_once(' ').map_or((change.target.as_str(), None), |(what, name)| (what, Some(name)));
    let (what, sub) = what.split_once('/').map_or((what, None), |(what, sub)| (what, Some(sub)));
    let (resource, group) = what.split_once('.').unwrap_or((what, ""));
    let resource = sub.map_or_else(|| resource.to_owned(), |sub| format!("{resource}/{sub}"));
    let names: Vec<&str> = name.into_iter().collect();
    allows(
        &json!({"verbs": change.verbs, "apiGroups": [group], "resources": [resource], "resourceNames": names}),
        request,
    )
}

/// Hundreds of random sets of rules: each statement is about a request whose answer changes so, and each request whose answer
/// changes is told.
#[test]
fn what_is_told_is_what_changes() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound).expect("a small number")
    };
    let requests = requests();
    let mut told = [0, 0];
    for _ in 0..250 {
        let mut objects = || -> Vec<Value> {
            let mut objects = Vec::new();
            for number in 0..next(4) {
                let mut some = |all: &[&str], most: u64| -> Vec<String> {
                    let length = u64::try_from(all.len()).expect("a small number");
                    (0..next(most + 1)).map(|_| all[next(length)].to_owned()).collect()
                };
                let mut rule = || {
                    json!({
                        "verbs": some(&["get", "list", "*"], 2),
                        "apiGroups": some(&["", "apps", "*"], 2),
                        "resources": some(&["pods", "pods/exec", "*", "*/exec", "pods/*"], 2),
                        "resourceNames": some(&["a", "b"], 1),
                    })
                };
                let (one, other) = (rule(), rule());
                let paths = json!({"verbs": some(&["get", "*"], 1), "nonResourceURLs": some(&["/a", "/a/*", "/*"], 1)});
                let (kind, binding, namespace) = match next(4) {
                    0 => ("ClusterRole", "ClusterRoleBinding", None),
                    1 => ("ClusterRole", "RoleBinding", Some(["shop", "mall"][next(2)])),
                    _ => ("Role", "RoleBinding", Some(["shop", "mall"][next(2)])),
                };
                let rules = if kind == "Role" { json!([one, other]) } else { json!([one, other, paths]) };
                let name = format!("r{number}");
                let home = namespace.filter(|_| kind == "Role");
                let api = "rbac.authorization.k8s.io/v1";
                objects.push(json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": home}, "rules": rules}));
                objects.push(json!({
                    "apiVersion": api, "kind": binding, "metadata": {"name": name, "namespace": namespace},
                    "roleRef": {"kind": kind, "name": name},
                    "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "shop"}],
                }));
            }
            objects
        };
        let (before, after) = (objects(), objects());
        let changes = changes(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>(), "shop");
        for (is_granted, had, has) in [(true, &before, &after), (false, &after, &before)] {
            let new: Vec<&Request> = requests.iter().filter(|one| may(has, one) && !may(had, one)).collect();
            let statements: Vec<&PermissionChange> =
                changes.iter().filter(|one| one.is_granted == is_granted).collect();
            for request in &new {
                assert!(
                    statements.iter().any(|one| is_about(one, request)),
                    "{request:?} is not told\n{before:#?}\n{after:#?}"
                );
            }
            for statement in &statements {
                assert!(
                    new.iter().any(|one| is_about(statement, one)),
                    "{statement:?} is false\n{before:#?}\n{after:#?}"
                );
                told[usize::from(is_granted)] += 1;
            }
        }
    }
    assert!(told.iter().all(|count| *count > 250), "{told:?}");
}
