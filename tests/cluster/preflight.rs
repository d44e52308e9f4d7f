//! Before the first write: everything that is missing is said at once, and nothing is written.

use chaosc::snapshot::Wishes;

use crate::doing::settle;
use crate::lab::Lab;
use crate::user::User;

/// Every kind of the lab in its namespace.
const KINDS: [&str; 8] = [
    "services",
    "configmaps",
    "serviceaccounts",
    "deployments.apps",
    "cronjobs.batch",
    "jobs.batch",
    "roles.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
];

fn apply(lab: &Lab, user: &User) -> (i32, String) {
    let config = user.kubeconfig();
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait", "--kubeconfig", config.to_str().unwrap()]);
    println!("{out}");
    (code, err)
}

fn user(lab: &Lab) -> User {
    User::new(&format!("{}-user", lab.namespace), "guests")
}

#[test]
fn who_may_not_make_the_namespace_is_told_everything_at_once() {
    let lab = Lab::new("preflight-new");
    let user = user(&lab);
    user.may(None, &["get", "list"], &["namespaces"]);
    let (code, err) = apply(&lab, &user);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("no right to create `namespaces` in the whole cluster"), "{err}");
    assert!(err.contains("no right to patch `deployments.apps` in namespace"), "{err}");
    assert!(err.contains("`create = false` under `[namespace]`"), "{err}");
    assert_eq!(lab.kubectl(&["get", "namespace", &lab.namespace, "--ignore-not-found"]), "");
}

#[test]
fn a_namespaced_user_can_do_it_all_in_a_namespace_of_somebody_else() {
    let lab = Lab::new("preflight-own");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.edit("chaos.toml", "[[apps]]", "create = false\n[[apps]]");
    let user = user(&lab);
    user.may(Some(&lab.namespace), &["get", "list", "create", "patch", "delete"], &KINDS);

    // Who grants rights has to have them.
    let (code, err) = apply(&lab, &user);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("no right to grant what Role/shop-chaos-kill grants"), "{err}");
    assert!(err.contains("`escalate`"), "{err}");
    assert_eq!(lab.kubectl(&["get", "configmap", "shop-chaos", "--ignore-not-found"]), "", "nothing was written");

    user.may(Some(&lab.namespace), &["list", "delete"], &["pods"]);
    let (code, err) = apply(&lab, &user);
    assert_eq!(code, 0, "{err}");
    crate::lab::assert_nothing(&lab.diff_as(&user.kubeconfig(), Wishes::default(), false));
    lab.edit("app.yaml", "metadata: {name: settings}", "metadata: {name: others}");
    let (code, err) = apply(&lab, &user);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn who_may_not_delete_is_told_before_anything_else_is_written() {
    let lab = Lab::new("preflight-delete");
    settle(&lab);
    let user = user(&lab);
    user.may(None, &["get", "list"], &["namespaces"]);
    user.may(Some(&lab.namespace), &["get", "list", "create", "patch"], &KINDS);
    user.may(Some(&lab.namespace), &["list", "delete"], &["pods"]);
    lab.edit("app.yaml", "metadata: {name: settings}", "metadata: {name: others}");
    let (code, err) = apply(&lab, &user);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("no right to delete `configmaps` in namespace"), "{err}");
    assert_eq!(lab.kubectl(&["get", "configmap", "others", "--ignore-not-found"]), "");
}

#[test]
fn what_pods_name_has_to_be_there() {
    let lab = Lab::new("preflight-needs");
    lab.edit(
        "app.yaml",
        "      containers:\n",
        "      priorityClassName: none-such\n      imagePullSecrets: [{name: regcred}]\n      containers:\n",
    );
    // In a namespace that is only made now, nothing can be there yet.
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(err.contains("need the PriorityClass `none-such`, which does not exist"), "{err}");
    assert!(err.contains("need the Secret `regcred`") && err.contains("as soon as the namespace is there"), "{err}");
    lab.edit("app.yaml", "      priorityClassName: none-such\n", "");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let (code, _, err) = lab.chaosc(&["apply", "--yes", "--no-wait", "--adopt"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("need the Secret `regcred` in namespace") && err.contains("which does not exist"), "{err}");
    lab.kubectl(&["create", "secret", "generic", "regcred"]);
    let (code, _, err) = lab.chaosc(&["apply", "--yes", "--no-wait", "--adopt"]);
    assert_eq!(code, 0, "{err}");

    // Who may not read it is not told that it is missing.
    let user = user(&lab);
    user.may(None, &["get", "list"], &["namespaces"]);
    user.may(Some(&lab.namespace), &["get", "list", "create", "patch", "delete"], &KINDS);
    user.may(Some(&lab.namespace), &["list", "delete"], &["pods"]);
    lab.edit("app.yaml", "shop:1.0.0", "shop:1.0.1");
    let (code, err) = apply(&lab, &user);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("the Secret `regcred` in namespace") && err.contains("was not checked"), "{err}");
}
