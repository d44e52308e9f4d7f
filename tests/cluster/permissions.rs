//! What the accounts of an applied bundle really may do: missing, in excess, not known. Reads only.

use serde_json::Value;

use crate::lab::{Lab, kubectl_with};
use crate::reads::{asked, example, judge};
use crate::user::{User, of_plane};

/// Runs the command as a user.
fn live(lab: &Lab, user: &User, format: &str) -> (i32, String) {
    let config = user.kubeconfig();
    let config = config.to_str().unwrap();
    let (code, out, err) = lab.chaosc(&["permissions", "--live", "--format", format, "--kubeconfig", config]);
    assert!(code == 0 || code == 1, "{out}{err}");
    (code, out)
}

fn document(lab: &Lab, user: &User) -> (i32, Value) {
    let (code, out) = live(lab, user, "json");
    (code, serde_json::from_str(&out).unwrap())
}

/// Applies the lab, and waits until the server knows its own new rules, which takes it a moment.
fn apply(lab: &Lab, user: &User) {
    lab.apply();
    lab.wait("the accounts have their rights", |lab| live(lab, user, "json").0 == 0);
}

/// Returns what became of the grants of an account.
fn answers(document: &Value, account: usize) -> Vec<String> {
    let grants = document["accounts"][account]["grants"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    grants
        .iter()
        .map(|grant| format!("{} {} {}", text(&grant["verb"]), text(&grant["resource"]), text(&grant["live"]["is"])))
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn guest(lab: &Lab, name: &str) -> User {
    User::new(&format!("{}-{name}", lab.namespace), "guests")
}

/// Things outside of namespaces, which go with the test.
struct Everywhere(Vec<[String; 2]>);

impl Everywhere {
    fn add(&mut self, kind: &str, name: &str, options: &[&str]) {
        kubectl_with(&[&["create", kind, name], options].concat(), "");
        self.0.push([kind.to_owned(), name.to_owned()]);
    }
}

impl Drop for Everywhere {
    fn drop(&mut self) {
        for [kind, name] in &self.0 {
            kubectl_with(&["delete", kind, name, "--ignore-not-found"], "");
        }
    }
}

#[test]
fn the_applied_example_has_its_rights_and_no_others_by_reads_alone() {
    let log = of_plane("CHAOSC_TEST_AUDIT_LOG");
    let lab = example("permissions-example");
    let user = User::new(&format!("{}-reader", lab.namespace), "system:masters");
    let (code, out) = live(&lab, &user, "human");
    assert_eq!(code, 1, "{out}");
    assert_eq!(out.matches("not applied yet: `chaosc apply`").count(), 3, "{out}");
    assert_eq!(out.matches("MISSING").count(), 0, "{out}");

    apply(&lab, &user);
    let (code, out) = live(&lab, &user, "human");
    assert_eq!(code, 0, "{out}");
    assert!(out.ends_with("3 accounts, each with exactly the rights that are planned\n"), "{out}");
    let (code, document) = document(&lab, &user);
    assert_eq!((code, document["verdict"].as_str()), (0, Some("as-planned")));
    for account in 0..3 {
        assert!(answers(&document, account).iter().all(|answer| answer.ends_with(" allowed")), "{document:#}");
    }

    let events = asked(&log, &user.name);
    let reviews = events.iter().filter(|event| event["objectRef"]["resource"] == "selfsubjectaccessreviews");
    let mut who: Vec<&str> = reviews.map(|event| event["impersonatedUser"]["username"].as_str().unwrap()).collect();
    who.sort_unstable();
    who.dedup();
    assert_eq!(who.len(), 3, "each account was asked as itself: {who:?}");
    for event in &events {
        assert_eq!(judge(event), Ok(()), "{event:#}");
    }
}

#[test]
fn what_was_taken_away_by_hand_is_missing() {
    let lab = Lab::new("permissions-missing");
    let user = User::new(&format!("{}-reader", lab.namespace), "system:masters");
    apply(&lab, &user);
    let narrowed = r#"[{"op": "replace", "path": "/rules", "value": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}]"#;
    lab.kubectl(&["patch", "role", "shop-chaos-kill", "--type=json", "-p", narrowed]);
    lab.wait("the server knows the narrower role", |lab| {
        let (code, document) = document(lab, &user);
        code == 1 && answers(&document, 0) == ["delete pods missing", "list pods allowed"]
    });
    let (_, out) = live(&lab, &user, "human");
    let expected = format!(
        "    MISSING delete pods in namespace {}\n        kill / terminate  kill.yaml:4\n        the run is refused with 403",
        lab.namespace
    );
    assert!(out.contains(&expected), "{out}");
    assert!(out.contains("1 of 2 rights are known to be there"), "{out}");
    assert!(out.ends_with("1 account: 1 missing\n"), "{out}");
}

#[test]
fn what_other_bindings_give_is_excess() {
    let lab = Lab::new("permissions-excess");
    let user = User::new(&format!("{}-reader", lab.namespace), "system:masters");
    apply(&lab, &user);
    let namespace = lab.namespace.as_str();
    let account = format!("--serviceaccount={namespace}:shop-chaos-kill");
    let mut everywhere = Everywhere(Vec::new());

    // To the account: in its namespace and in another one, by a ClusterRole that is put together of others.
    lab.kubectl(&["create", "rolebinding", "editors", "--clusterrole=edit", &account]);
    // To groups that it is in.
    let (nodes, group) = (format!("{namespace}-nodes"), format!("--group=system:serviceaccounts:{namespace}"));
    everywhere.add("clusterrole", &nodes, &["--verb=get,list", "--resource=nodes"]);
    everywhere.add("clusterrolebinding", &nodes, &["--clusterrole", &nodes, &group]);
    let paths = format!("{namespace}-paths");
    everywhere.add("clusterrole", &paths, &["--verb=get", "--non-resource-url=/metrics,/version"]);
    everywhere.add(
        "clusterrolebinding",
        &paths,
        &["--clusterrole", &paths, &format!("--user=system:serviceaccount:{namespace}:shop-chaos-kill")],
    );
    // A role of nobody, and a binding of somebody else.
    lab.kubectl(&["create", "rolebinding", "dangling", "--role=none-such", &account]);
    lab.kubectl(&[
        "create",
        "rolebinding",
        "others",
        "--clusterrole=cluster-admin",
        &format!("--serviceaccount={namespace}:other"),
    ]);
    // The bundle's own role, widened by hand.
    let widened = r#"[{"op": "add", "path": "/rules/-", "value": {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["mine"]}}]"#;
    lab.kubectl(&["patch", "role", "shop-chaos-kill", "--type=json", "-p", widened]);

    let (code, document) = document(&lab, &user);
    assert_eq!((code, document["verdict"].as_str()), (1, Some("differs")));
    let excess = document["accounts"][0]["excess"].as_array().unwrap();
    let told: Vec<String> = excess
        .iter()
        .flat_map(|one| {
            let by = format!("{} {}", one["binding"].as_str().unwrap(), one["through"].as_str().unwrap());
            let rights = one["rights"].as_array().unwrap().iter();
            rights.map(move |right| {
                let list = |key: &str| texts(&right[key]).join(",");
                format!("{by} {} {} [{}]", list("verbs"), list("targets"), list("dangers"))
            })
        })
        .collect();
    let own = format!(
        "RoleBinding/{namespace}/shop-chaos-kill ServiceAccount/shop-chaos-kill get secrets mine [reads-secrets]"
    );
    let nodes =
        format!("ClusterRoleBinding/{nodes} Group/system:serviceaccounts:{namespace} get,list nodes [cluster-wide]");
    let paths = format!(
        "ClusterRoleBinding/{paths} User/system:serviceaccount:{namespace}:shop-chaos-kill get path /metrics [cluster-wide]"
    );
    for expected in [own, nodes, paths] {
        assert!(told.contains(&expected), "{expected} is not in {told:#?}");
    }
    let edit: Vec<&String> = told.iter().filter(|one| one.contains("/editors ")).collect();
    assert!(edit.iter().any(|one| one.contains("deployments.apps") && one.ends_with("[can-escalate]")), "{edit:#?}");
    assert!(edit.iter().any(|one| one.ends_with("[executes]")), "{edit:#?}");
    assert_eq!(told.len(), edit.len() + 3, "{told:#?}");
    assert!(told[0].ends_with("[can-escalate]"), "the worst first: {told:#?}");

    let (_, out) = live(&lab, &user, "human");
    assert!(out.contains("EXCESS in the whole cluster, by ClusterRoleBinding/"), "{out}");
    assert!(out.contains("\n        CLUSTER-WIDE get, list nodes\n"), "{out}");
    assert!(out.contains("\n        READS-SECRETS get secrets mine\n"), "{out}");
    assert!(out.ends_with("1 account: 4 bindings with more\n"), "{out}");
}

#[test]
fn who_may_not_impersonate_asks_about_the_account() {
    let log = of_plane("CHAOSC_TEST_AUDIT_LOG");
    let lab = Lab::new("permissions-about");
    lab.apply();
    let user = guest(&lab, "auditor");
    user.may(
        None,
        &["list"],
        &["rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"],
    );
    user.may(None, &["get"], &["roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"]);
    user.may(None, &["create"], &["subjectaccessreviews.authorization.k8s.io"]);
    user.may(Some(&lab.namespace), &["get"], &["serviceaccounts"]);
    lab.wait("the account has its rights", |lab| live(lab, &user, "json").0 == 0);
    let before = asked(&log, &user.name).len();
    let (code, out) = live(&lab, &user, "human");
    assert_eq!(code, 0, "{out}");
    let reviews = asked(&log, &user.name);
    let reviews = reviews[before..].iter().filter(|event| event["objectRef"]["resource"] == "subjectaccessreviews");
    assert_eq!(reviews.filter(|event| event["responseStatus"]["code"] == 201).count(), 3, "{out}");
}

#[test]
fn who_is_somebody_else_already_is_nobody_further() {
    let lab = Lab::new("permissions-as");
    let user = User::new(&format!("{}-admin", lab.namespace), "system:masters");
    apply(&lab, &user);
    let mut config: Value = serde_json::from_slice(&std::fs::read(user.kubeconfig()).unwrap()).unwrap();
    let other = format!("{}-other", lab.namespace);
    config["users"][0]["user"]["as"] = other.as_str().into();
    std::fs::write(user.kubeconfig(), config.to_string()).unwrap();
    let (code, out) = live(&lab, &user, "human");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("`as` of the kubeconfig leaves no other user to ask as, and no right to create"), "{out}");
    config["users"][0]["user"]["as-groups"] = serde_json::json!(["system:masters"]);
    std::fs::write(user.kubeconfig(), config.to_string()).unwrap();
    let (code, out) = live(&lab, &user, "human");
    assert_eq!(code, 0, "{out}");
}

#[test]
fn who_may_ask_nothing_is_not_told_that_all_is_well() {
    let lab = Lab::new("permissions-unknown");
    lab.apply();
    let user = guest(&lab, "nobody");
    let (code, document) = document(&lab, &user);
    assert_eq!((code, document["verdict"].as_str()), (1, Some("not-known")));
    assert_eq!(answers(&document, 0), ["delete pods not-known", "list pods not-known"]);
    let namespace = &lab.namespace;
    let group = "rbac.authorization.k8s.io";
    assert_eq!(
        texts(&document["accounts"][0]["not-known"]),
        [
            format!(
                "what ClusterRoleBindings give: no right to list `clusterrolebindings.{group}` in the whole cluster"
            ),
            format!(
                "what RoleBindings outside of `{namespace}` give: no right to list `rolebindings.{group}` in the whole cluster"
            ),
            format!(
                "what RoleBindings in `{namespace}` give: no right to list `rolebindings.{group}` in namespace `{namespace}`"
            ),
        ]
    );
    let (_, out) = live(&lab, &user, "human");
    assert!(out.contains("no right to impersonate the account, and no right to create `subjectaccessreviews"), "{out}");

    // Of its own namespace it may know everything, and of the others it does not.
    user.may(Some(namespace), &["list", "get"], &["rolebindings.rbac.authorization.k8s.io", "serviceaccounts"]);
    user.may(Some(namespace), &["impersonate"], &["serviceaccounts"]);
    lab.kubectl(&[
        "create",
        "rolebinding",
        "view",
        "--clusterrole=view",
        &format!("--serviceaccount={namespace}:shop-chaos-kill"),
    ]);
    let (code, document) = self::document(&lab, &user);
    assert_eq!((code, document["verdict"].as_str()), (1, Some("not-known")), "{document:#}");
    assert_eq!(answers(&document, 0), ["delete pods allowed", "list pods allowed"]);
    let unknown = texts(&document["accounts"][0]["not-known"]);
    assert!(
        unknown.iter().any(|one| one
            .starts_with(&format!("what ClusterRole/view allows by RoleBinding/{namespace}/view: no right to get"))),
        "{unknown:#?}"
    );
}
