use super::*;
use serde_json::json;

#[allow(clippy::needless_pass_by_value)] // Each is made where it is given.
fn role(kind: &str, rules: Value) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "r", "namespace": if kind == "Role" { json!("shop") } else { json!(null) }}, "rules": rules})
}

fn binding(kind: &str, role_kind: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": "b", "namespace": if kind == "RoleBinding" { json!("shop") } else { json!(null) }},
        "roleRef": {"kind": role_kind, "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "shop"}],
    })
}

fn told(before: &[&Value], after: &[&Value]) -> Vec<String> {
    changes(before, after, "shop")
        .iter()
        .map(|one| {
            let sign = if one.is_granted { '+' } else { '-' };
            let place = one.namespace.as_deref().unwrap_or("EVERYWHERE");
            format!("{sign} {} {} {} in {place}", one.account, one.verbs.join(","), one.target)
        })
        .collect()
}

#[test]
fn rights_are_compared_however_they_are_written() {
    let bound = binding("RoleBinding", "Role");
    let two = role(
        "Role",
        json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}, {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}]),
    );
    let one = role("Role", json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["delete", "list"]}]));
    let other = role(
        "Role",
        json!([{"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["x"], "verbs": ["patch"]}]),
    );
    assert_eq!(told(&[&two, &bound], &[&one, &bound]), [""; 0]);
    assert_eq!(
        told(&[&one, &bound], &[&other, &bound]),
        ["+ ServiceAccount/a patch deployments.apps/scale x in shop", "- ServiceAccount/a delete,list pods in shop"]
    );
    assert_eq!(told(&[], &[&one]), [""; 0], "a role that nobody is bound to allows nothing");
}

#[test]
fn what_holds_everywhere_comes_first() {
    let cluster = role("ClusterRole", json!([{"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]}]));
    let own = role("Role", json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]));
    let everywhere = binding("ClusterRoleBinding", "ClusterRole");
    let here = binding("RoleBinding", "Role");
    assert_eq!(
        told(&[], &[&own, &here, &cluster, &everywhere]),
        ["+ ServiceAccount/a patch nodes in EVERYWHERE", "+ ServiceAccount/a list pods in shop"]
    );
    let elsewhere: Vec<String> = changes(&[], &[&own, &here], "mall").into_iter().map(|one| one.account).collect();
    assert_eq!(elsewhere, ["ServiceAccount/shop/a"], "an account of another namespace is told apart");
}

#[test]
fn a_role_of_somebody_else_is_named() {
    let here = binding("RoleBinding", "ClusterRole");
    assert_eq!(told(&[], &[&here]), ["+ ServiceAccount/a everything of ClusterRole/r in shop"]);
}

/// Returns a Role of a name and what binds it to the account, with rules in a short form: `VERBS GROUPS RESOURCES [NAMES]`,
/// each separated by commas, `core` for the core group.
fn bound(name: &str, rules: &[&str]) -> [Value; 2] {
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| {
            let mut parts = rule.split(' ').map(|part| part.split(',').collect::<Vec<_>>());
            let mut next = || parts.next().unwrap_or_default();
            let (verbs, groups, resources, names) = (next(), next(), next(), next());
            let groups: Vec<&str> = groups.into_iter().map(|group| if group == "core" { "" } else { group }).collect();
            json!({"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names})
        })
        .collect();
    let (mut role, mut binding) = (role("Role", json!(rules)), binding("RoleBinding", "Role"));
    role["metadata"]["name"] = name.into();
    binding["metadata"]["name"] = name.into();
    binding["roleRef"]["name"] = name.into();
    [role, binding]
}

fn told_of(before: &[[Value; 2]], after: &[[Value; 2]]) -> Vec<String> {
    let (before, after): (Vec<&Value>, Vec<&Value>) =
        (before.iter().flatten().collect(), after.iter().flatten().collect());
    changes(&before, &after, "shop")
        .iter()
        .map(|one| {
            let sign = if one.is_granted { '+' } else { '-' };
            format!("{sign} {} {} by {}", one.verbs.join(","), one.target, one.role)
        })
        .collect()
}

#[test]
fn what_something_else_allows_as_well_is_no_change() {
    let (all, some) = (bound("r1", &["* core pods"]), bound("r1", &["get,list core pods"]));
    let moved = bound("other", &["list,get core pods"]);
    let second = bound("r2", &["get,list core pods"]);
    for (before, after, expected) in [
        (vec![&all], vec![&some], vec!["- * pods by Role/r1"]),
        (vec![&some], vec![&all], vec!["+ * pods by Role/r1"]),
        (vec![&all, &second], vec![&all], vec![]),
        (vec![&all], vec![&all, &second], vec![]),
        (vec![&some], vec![&moved], vec![]),
        (vec![&some, &second], vec![&moved], vec![]),
        (vec![], vec![&all, &second], vec!["+ * pods by Role/r1"]),
        (vec![], vec![&second, &some], vec!["+ get,list pods by Role/r1"]),
    ] {
        let owned = |all: &[&[Value; 2]]| all.iter().map(|one| (*one).clone()).collect::<Vec<_>>();
        assert_eq!(told_of(&owned(&before), &owned(&after)), expected, "{before:?} {after:?}");
    }
    for (wide, narrow) in [
        ("get * pods", "get core,apps pods"),
        ("get core *", "get core pods,pods/exec"),
        ("get core */exec", "get core pods/exec"),
        ("get core pods", "get core pods a,b"),
        ("* * *", "get,list apps deployments/scale a"),
    ] {
        assert_eq!(told_of(&[bound("r", &[wide])], &[bound("r", &[wide, narrow])]), [""; 0], "{wide} {narrow}");
        assert_eq!(told_of(&[bound("r", &[narrow])], &[bound("r", &[wide])]).len(), 1, "{wide} {narrow}");
    }
}

#[test]
fn a_cluster_wide_right_holds_in_each_namespace() {
    let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]);
    let (cluster, own) = (role("ClusterRole", rules.clone()), role("Role", rules));
    let (everywhere, here) = (binding("ClusterRoleBinding", "ClusterRole"), binding("RoleBinding", "Role"));
    let wide = [&cluster, &everywhere];
    let both = [&cluster, &everywhere, &own, &here];
    assert_eq!(told(&wide, &both), [""; 0]);
    assert_eq!(told(&both, &wide), [""; 0]);
    assert_eq!(told(&both, &[&own, &here]), ["- ServiceAccount/a get pods in EVERYWHERE"]);
}

#[test]
fn a_role_that_comes_or_goes_beside_its_binding_is_not_of_somebody_else() {
    let [role, binding] = bound("r", &["get core pods"]);
    assert_eq!(told(&[&binding], &[&role, &binding]), ["+ ServiceAccount/a get pods in shop"]);
    assert_eq!(told(&[&role, &binding], &[&binding]), ["- ServiceAccount/a get pods in shop"]);
}

#[test]
fn an_aggregated_role_is_what_a_controller_makes_of_it() {
    let here = binding("RoleBinding", "ClusterRole");
    let mut role = role("ClusterRole", json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]));
    role["aggregationRule"] = json!({"clusterRoleSelectors": []});
    let mut sent = role.clone();
    sent["rules"] = json!([]);
    assert_eq!(told(&[&role, &here], &[&sent, &here]), [""; 0]);
    assert_eq!(told(&[], &[&sent, &here]), ["+ ServiceAccount/a everything of ClusterRole/r in shop"]);
    let all = bound("all", &["* * *"]);
    let all = [&all[0], &all[1]];
    assert_eq!(told(&all, &[all[0], all[1], &sent, &here]), [""; 0], "more than everything is not possible");
}

#[test]
fn a_role_that_is_aggregated_gives_its_rights_to_whoever_is_bound_to_the_other() {
    let plain = role("ClusterRole", json!([{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]));
    let to = |names: &[&str]| {
        let labels = names.iter().map(|name| (format!("rbac.authorization.k8s.io/aggregate-to-{name}"), json!("true")));
        let mut role = plain.clone();
        role["metadata"]["labels"] = labels.collect();
        role
    };
    let everybody = "everybody bound to ClusterRole/admin";
    let told_of = |before: &[&Value], after: &[&Value]| -> Vec<String> {
        let changes = changes(before, after, "shop").into_iter();
        changes
            .map(|one| {
                assert!(one.is_cluster_wide, "it is loud");
                let sign = if one.is_granted { '+' } else { '-' };
                format!("{sign} {} may {} {} {}", one.account, one.verbs.join(","), one.target, one.place())
            })
            .collect()
    };
    let (view, admin) = (to(&["view"]), to(&["admin"]));
    let all = format!("{everybody}, ClusterRole/edit or ClusterRole/view may get nodes wherever they are bound");
    assert_eq!(told_of(&[&plain], &[&view]), [format!("+ {all}")]);
    assert_eq!(told_of(&[&view], &[&plain]), [format!("- {all}")]);
    assert_eq!(told_of(&[&view], &[]), [format!("- {all}")]);
    // What is aggregated to `view` is aggregated to the others as well.
    assert_eq!(told_of(&[&view], &[&to(&["view", "edit", "admin"])]), [""; 0]);
    let more = "+ everybody bound to ClusterRole/edit or ClusterRole/view may get nodes wherever they are bound";
    assert_eq!(told_of(&[&admin], &[&view]), [more]);

    // A role of the bundle aggregates by any label.
    let mut own = role("ClusterRole", json!([]));
    own["metadata"]["name"] = json!("own");
    own["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"to": "own"}}]});
    let mut part = plain.clone();
    part["metadata"]["labels"] = json!({"to": "own"});
    let told = told_of(&[&own, &plain], &[&own, &part]);
    assert_eq!(told, ["+ everybody bound to ClusterRole/own may get nodes wherever they are bound"]);
}

#[test]
fn a_role_is_narrower_only_where_something_is_lost() {
    let with = |rule: &str| bound("r", &[rule])[0].clone();
    for (before, after, expected) in [
        ("get core pods", "* core pods", false),
        ("* core pods", "get core pods", true),
        ("get core pods a", "get core pods", false),
        ("get core pods", "get core pods a", true),
    ] {
        assert_eq!(is_narrower(&with(before), &with(after)), expected, "{before} {after}");
    }
}

mod model;
