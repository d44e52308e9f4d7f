//! Few rights: what may not be asked or read is named, and hides nothing else.

use chaosc::diff::{Action, ChangeSet, Verdict};
use chaosc::snapshot::Wishes;

use crate::lab::{Lab, fields, row, rows};
use crate::user::User;

/// Every kind of the lab in its namespace.
pub(crate) const KINDS: [&str; 9] = [
    "services",
    "configmaps",
    "serviceaccounts",
    "deployments.apps",
    "cronjobs.batch",
    "jobs.batch",
    "roles.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "secrets",
];

fn user(lab: &Lab) -> User {
    User::new(&format!("{}-user", lab.namespace), "guests")
}

fn diff_as(lab: &Lab, user: &User) -> ChangeSet {
    lab.diff_as(&user.kubeconfig(), Wishes::default(), false)
}

/// Edits the lab so that something is to be made, changed and removed.
fn edit(lab: &Lab) {
    lab.edit("app.yaml", "color: blue, size: large", "color: green, shape: round");
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    lab.edit("kill.yaml", "qty: 1", "qty: 2");
}

#[test]
fn who_may_read_but_not_patch_gets_a_comparison_of_ours() {
    let lab = Lab::new("rights-reader");
    lab.apply();
    let user = user(&lab);
    user.may(None, &["get", "list"], &["namespaces"]);
    user.may(Some(&lab.namespace), &["get", "list"], &KINDS);
    let changes = diff_as(&lab, &user);
    assert_eq!((rows(&changes), &changes.drift, &changes.notes), (vec![], &vec![], &vec![]));
    let thorough = lab.diff_as(&user.kubeconfig(), Wishes::default(), true);
    assert_eq!(rows(&thorough), [""; 0], "{:#?}", thorough.changes);

    edit(&lab);
    let (ours, theirs) = (diff_as(&lab, &user), lab.diff());
    assert_eq!(rows(&ours), rows(&theirs), "the same as with all rights");
    for (change, asked) in ours.changes.iter().zip(&theirs.changes) {
        assert_eq!(fields(change), fields(asked), "{}", change.id);
        assert_eq!((&change.before, &change.after), (&asked.before, &asked.after), "{}", change.id);
        let is_asked = change.action == Action::Delete;
        assert_eq!(change.unverified.is_none(), is_asked, "{}", change.id);
    }
    assert_eq!(
        row(&ours, "Deployment/shop").unverified.as_deref(),
        Some(
            format!(
                "no right to patch `deployments.apps` in namespace `{}`, so that the server was not asked",
                lab.namespace
            )
            .as_str()
        )
    );
    let settings = ["data.color: \"blue\" -> \"green\"", "data.shape: - -> \"round\"", "data.size: \"large\" -> -"];
    assert_eq!(fields(row(&ours, "ConfigMap/settings")), settings);
    assert_eq!(ours.verdict(), Verdict::Changes);

    // What is owned as a whole is written as a whole, and what is filled in there is no change.
    lab.edit("app.yaml", "selector: {app: shop}\n  ports", "selector: {app: shop, tier: web}\n  ports");
    lab.edit("app.yaml", "    spec:\n", "    spec:\n      nodeSelector: {disk: fast, zone: a}\n");
    lab.apply();
    lab.edit("app.yaml", "selector: {app: shop, tier: web}\n  ports", "selector: {app: shop}\n  ports");
    lab.edit("app.yaml", "{disk: fast, zone: a}", "{disk: fast}");
    let (ours, theirs) = (diff_as(&lab, &user), lab.diff());
    for id in ["Service/shop", "Deployment/shop"] {
        assert_eq!(fields(row(&ours, id)), fields(row(&theirs, id)), "{id}");
        assert_eq!(row(&ours, id).after, row(&theirs, id).after, "{id}");
    }
    assert_eq!(fields(row(&ours, "Service/shop")), ["spec.selector.tier: \"web\" -> -"]);
    lab.apply();

    // A conflict is known from who owns what, without the server.
    lab.kubectl(&["set", "image", "deployment/shop", "shop=registry.example/shop:1.5.0"]);
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"color":"red"}}"#]);
    let (ours, theirs) = (diff_as(&lab, &user), lab.diff());
    for id in ["Deployment/shop", "ConfigMap/settings"] {
        let (ours, theirs) = (row(&ours, id), row(&theirs, id));
        assert_eq!((ours.action, &ours.conflicts), (Action::Conflict, &theirs.conflicts), "{id}");
        assert_eq!((&ours.reasons, &ours.fields), (&theirs.reasons, &theirs.fields), "{id}");
    }

    // What only the server finds stays unknown, and what the files tell is found all the same.
    lab.edit("app.yaml", "kind: ConfigMap", "kind: ConfigMap\nimmutable: true");
    lab.kubectl(&["patch", "configmap", "settings", "-p", r#"{"immutable":true}"#]);
    let force = Wishes { force_conflicts: true, ..Wishes::default() };
    let changes = lab.diff_as(&user.kubeconfig(), force, false);
    assert_eq!(row(&changes, "ConfigMap/settings").action, Action::Replace);
}

#[test]
fn who_may_patch_some_kinds_is_asked_about_the_others() {
    let lab = Lab::new("rights-some");
    lab.apply();
    let user = user(&lab);
    user.may(None, &["get"], &["namespaces"]);
    user.may(Some(&lab.namespace), &["get", "list"], &KINDS);
    user.may(Some(&lab.namespace), &["create", "patch"], &["configmaps"]);
    edit(&lab);
    let changes = diff_as(&lab, &user);
    assert_eq!(rows(&changes), rows(&lab.diff()));
    for change in changes.changes.iter().filter(|change| change.action != Action::Delete) {
        assert_eq!(
            change.unverified.is_none(),
            change.id.kind == "ConfigMap",
            "{}: {:?}",
            change.id,
            change.unverified
        );
    }
}

#[test]
fn who_may_patch_and_not_create_is_told_which_right_is_missing() {
    let lab = Lab::new("rights-patcher");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let user = user(&lab);
    user.may(None, &["get"], &["namespaces"]);
    user.may(Some(&lab.namespace), &["get", "list"], &KINDS);
    user.may(Some(&lab.namespace), &["patch"], &["configmaps"]);
    let changes = diff_as(&lab, &user);
    for (id, verbs, resource) in
        [("ConfigMap/settings", "create", "configmaps"), ("Deployment/shop", "patch and create", "deployments.apps")]
    {
        let place = format!("in namespace `{}`, so that the server was not asked", lab.namespace);
        let expected = format!("no right to {verbs} `{resource}` {place}");
        assert_eq!(row(&changes, id).unverified.as_deref(), Some(expected.as_str()));
    }
}

#[test]
fn who_may_get_but_not_list_is_told_which_right_is_missing() {
    let lab = Lab::new("rights-getter");
    lab.apply();
    let user = user(&lab);
    user.may(None, &["get"], &["namespaces"]);
    user.may(Some(&lab.namespace), &["get", "patch"], &KINDS);
    user.may(Some(&lab.namespace), &["list"], &["deployments.apps"]);
    edit(&lab);
    let changes = diff_as(&lab, &user);
    let missing: Vec<String> = KINDS
        .iter()
        .filter(|kind| !["deployments.apps", "secrets", "jobs.batch"].contains(kind))
        .map(|kind| format!("`{kind}` in namespace `{}`", lab.namespace))
        .map(|what| format!("what no longer belongs to the bundle was not looked for: no right to list {what}"))
        .collect();
    for note in &missing {
        assert!(changes.notes.contains(note), "{note} is not in {:#?}", changes.notes);
    }
    let runs = format!(
        "whether an experiment is running, and which Jobs no longer belong to the bundle, is not known: no right to list `jobs.batch` in namespace `{}`",
        lab.namespace
    );
    assert!(changes.notes.contains(&runs), "{:#?}", changes.notes);
    assert_eq!(changes.notes.len(), missing.len() + 1, "{:#?}", changes.notes);

    // The objects themselves are compared all the same; only what is to be removed is not known.
    let expected = rows(&lab.diff()).into_iter().filter(|row| !row.starts_with("delete")).collect::<Vec<_>>();
    assert_eq!(rows(&changes), expected);
    assert_eq!(fields(row(&changes, "Deployment/shop")).len(), 1);
}

#[test]
fn a_user_of_one_namespace_sees_what_is_in_it() {
    let lab = Lab::new("rights-tenant");
    lab.apply();
    // Who may do everything in a namespace may read the namespace itself.
    let owner = User::new(&format!("{}-owner", lab.namespace), "guests");
    owner.may(Some(&lab.namespace), &["*"], &["*.*"]);
    let changes = diff_as(&lab, &owner);
    assert_eq!(rows(&changes), [""; 0]);
    assert_eq!(changes.notes, [""; 0]);

    let user = user(&lab);
    user.may(Some(&lab.namespace), &["*"], &KINDS);
    let changes = diff_as(&lab, &user);
    let namespace = format!("Namespace/{}", lab.namespace);
    assert_eq!(rows(&changes), [format!("error {namespace}")]);
    let change = row(&changes, &namespace);
    assert_eq!(change.reasons.len(), 1);
    assert!(change.reasons[0].contains("cannot get resource \"namespaces\""), "{:?}", change.reasons);
    assert_eq!(
        change.hints,
        [
            "the user needs the right to read it; `--context NAME` chooses another user",
            "where somebody else makes the namespace, `create = false` under `[namespace]` leaves it to them",
        ]
    );
    assert_eq!(changes.verdict(), Verdict::Errors);

    edit(&lab);
    let changes = diff_as(&lab, &user);
    let others =
        |changes: &ChangeSet| rows(changes).into_iter().filter(|row| !row.contains("Namespace/")).collect::<Vec<_>>();
    assert_eq!(others(&changes), others(&lab.diff()));
    assert!(changes.changes.iter().all(|change| change.unverified.is_none()), "{:#?}", changes.changes);

    // Where the namespace is somebody else's, nothing is missing.
    lab.edit("chaos.toml", "[namespace]\n", "[namespace]\ncreate = false\n");
    let changes = diff_as(&lab, &user);
    assert_eq!(others(&changes), rows(&changes));
    assert_eq!(changes.verdict(), Verdict::Changes);
}

#[test]
fn who_may_do_nothing_gets_one_sentence() {
    let lab = Lab::new("rights-nobody");
    lab.apply();
    let user = user(&lab);
    let config = user.kubeconfig();
    let (code, out, err) = lab.chaosc(&["diff", "--exit-code", "--kubeconfig", config.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert_eq!(err.matches("error").count(), 1, "{err}");
    let expected =
        format!("error: `{}` may not read anything of the bundle in namespace `{}`\n", user.name, lab.namespace);
    assert!(err.contains(&expected), "{err}");
    assert!(err.contains(&format!(" auth can-i --list --namespace {}` shows", lab.namespace)), "{err}");
}

#[test]
fn a_role_that_gives_more_than_its_giver_has_is_refused_by_the_server() {
    let lab = Lab::new("rights-escalate");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let user = user(&lab);
    user.may(None, &["get", "patch"], &["namespaces"]);
    user.may(Some(&lab.namespace), &["get", "list", "create", "patch"], &KINDS);
    let changes = diff_as(&lab, &user);
    let role = row(&changes, "Role/shop-chaos-kill");
    assert_eq!(role.action, Action::Error);
    let [reason] = role.reasons.as_slice() else { panic!("{:?}", role.reasons) };
    assert!(reason.contains("is attempting to grant RBAC permissions not currently held"), "{reason}");
    assert!(reason.contains("\"delete\""), "{reason}");
    assert_eq!(
        role.hints,
        ["who grants rights needs each of them, or the verb `escalate` on `roles` or `clusterroles`"]
    );
    assert!(role.origin.is_some());
    // The binding names a Role that is not there yet, which is all that the server says about it.
    let binding = row(&changes, "RoleBinding/shop-chaos-kill");
    assert_eq!(binding.action, Action::Create);
    assert!(binding.unverified.as_deref().is_some_and(|reason| reason.contains("shop-chaos-kill")), "{binding:#?}");
    // It hides nothing else.
    assert_eq!(row(&changes, "Deployment/shop").action, Action::Create);
    assert_eq!(row(&changes, "Deployment/shop").unverified, None);

    lab.apply();
    assert_eq!(rows(&diff_as(&lab, &user)), [""; 0], "what is there already needs no right");
}

#[test]
fn what_may_not_be_looked_for_is_not_forgotten() {
    let lab = Lab::new("rights-forgotten");
    lab.edit("app.yaml", "kind: ConfigMap\nmetadata: {name: settings}", "kind: Secret\nmetadata: {name: settings}");
    lab.edit("app.yaml", "data: {color: blue, size: large}", "stringData: {color: blue}");
    assert_eq!(lab.chaosc(&["apply", "--yes", "--no-wait"]).0, 0);
    let manifest = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    lab.write("app.yaml", manifest.rsplit_once("---").unwrap().0);
    let user = user(&lab);
    user.may(None, &["*"], &["namespaces"]);
    let others: Vec<&str> = KINDS.into_iter().filter(|kind| *kind != "secrets").collect();
    user.may(Some(&lab.namespace), &["*"], &others);
    user.may(Some(&lab.namespace), &["get", "create", "update", "patch", "delete"], &["secrets"]);
    let as_user = |arguments: &[&str]| {
        let kubeconfig = user.kubeconfig();
        lab.chaosc(&[arguments, &["--kubeconfig", kubeconfig.to_str().unwrap()]].concat())
    };

    let (code, out, err) = as_user(&["apply", "--yes", "--no-wait", "--force-conflicts"]);
    assert!(
        out.contains("no right to list `secrets`") || err.contains("no right to list `secrets`"),
        "{code} {out} {err}"
    );
    let seen = ["update ConfigMap/shop-chaos", "delete Secret/settings"];
    assert_eq!(rows(&lab.diff()), seen, "the one secret that is left is still known: {code} {out}{err}");

    let before = lab.kubectl(&["get", "configmap,deployment,cronjob", "-o", "name"]);
    let (code, out, err) = as_user(&["delete", "--yes"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    let place = format!("in namespace `{}`", lab.namespace);
    assert!(
        err.contains(&format!("what belongs to the bundle {place} is not known: no right to list `secrets` {place}")),
        "{err}"
    );
    assert_eq!(lab.kubectl(&["get", "configmap,deployment,cronjob", "-o", "name"]), before);
}
