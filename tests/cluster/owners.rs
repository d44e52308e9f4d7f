//! Whose an object is: what belongs to somebody else is refused.

use std::process::Command;

use chaosc::diff::{Action, ChangeSet};
use chaosc::observe::Subject;
use chaosc::snapshot::Wishes;

use crate::doing::{carry_out, look, reason};
use crate::inventory::set;
use crate::lab::{Lab, assert_nothing, compare, documents, kubeconfig, row, rows};
use crate::tools::{succeed, tool};

fn adopting() -> Wishes {
    Wishes { adopt: true, ..Wishes::default() }
}

/// Asserts that an object's row is refused with a reason, and is an update with `--adopt`.
fn assert_refused(lab: &Lab, id: &str, whose: &str) {
    let changes = lab.diff();
    let refused = row(&changes, id);
    assert_eq!(refused.action, Action::Refused, "{id}");
    assert_eq!(refused.reasons[0], whose, "{id}");
    assert!(refused.hints[0].contains("`--adopt`"), "{id}: {:?}", refused.hints);
    let changes = lab.diff_with(adopting());
    assert_eq!(row(&changes, id).action, Action::Update, "{id}: {:?}", row(&changes, id).reasons);
}

#[test]
fn what_a_helm_release_made_is_refused() {
    let lab = Lab::new("helm");
    let chart = lab.folder.path().join("chart");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    lab.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    std::fs::copy(lab.folder.path().join("app.yaml"), chart.join("templates/app.yaml")).unwrap();
    succeed(
        Command::new(tool("CHAOSC_TEST_HELM"))
            .args(["install", "web", chart.to_str().unwrap(), "--create-namespace", "--namespace", &lab.namespace])
            .env("KUBECONFIG", kubeconfig()),
    );
    let whose = format!("it belongs to the Helm release `web` in namespace `{}`", lab.namespace);
    for id in ["ConfigMap/settings", "Service/shop", "Deployment/shop"] {
        assert_refused(&lab, id, &whose);
    }
    // The rest is nobody's.
    let changes = lab.diff();
    assert_eq!(changes.count(Action::Refused), 3, "{:?}", rows(&changes));
    assert_eq!(changes.count(Action::Create), lab.desired().0.len() - 4, "{:?}", rows(&changes));

    // A field that the release has with another value is a conflict all the same.
    lab.edit("app.yaml", "color: blue", "color: red");
    let changes = lab.diff_with(adopting());
    let settings = row(&changes, "ConfigMap/settings");
    assert_eq!((settings.action, settings.conflicts[0].manager.as_str()), (Action::Conflict, "helm"));
    let changes = lab.diff_with(Wishes { force_conflicts: true, ..adopting() });
    assert_eq!(row(&changes, "ConfigMap/settings").action, Action::Update);

    // Once adopted it is ours, although the release's marks are still on it.
    lab.apply();
    assert_nothing(&lab.diff());
}

#[test]
fn what_other_tools_keep_is_refused() {
    let lab = Lab::new("tools");
    lab.apply_text(&lab.documents().replace("applyset.kubernetes.io/part-of", "nobody"), "somebody");
    let other = format!("applyset-{}-v1", "x".repeat(43));
    for (kind, key, value, whose) in [
        (
            "annotate",
            "argocd.argoproj.io/tracking-id",
            "web:/ConfigMap:a/settings",
            "it belongs to the Argo CD application `web`",
        ),
        ("label", "argocd.argoproj.io/instance", "web", "it belongs to the Argo CD application `web`"),
        ("label", "kustomize.toolkit.fluxcd.io/name", "web", "it belongs to the Flux Kustomization `web`"),
        ("label", "helm.toolkit.fluxcd.io/name", "web", "it belongs to the Flux HelmRelease `web`"),
        ("label", "applyset.kubernetes.io/part-of", other.as_str(), &format!("it belongs to the set `{other}`")),
    ] {
        lab.kubectl(&[kind, "configmap", "settings", &format!("{key}={value}")]);
        let changes = lab.diff();
        let refused = row(&changes, "ConfigMap/settings");
        assert_eq!((refused.action, refused.reasons[0].as_str()), (Action::Refused, whose), "{key}");
        // Another set's label is a field that its owner has to be asked for.
        let changes = lab.diff_with(Wishes { force_conflicts: true, ..adopting() });
        assert_eq!(row(&changes, "ConfigMap/settings").action, Action::Update, "{key}");
        lab.kubectl(&[kind, "configmap", "settings", &format!("{key}-")]);
    }
    assert_ne!(row(&lab.diff(), "ConfigMap/settings").action, Action::Refused);
}

#[test]
fn what_another_tool_has_taken_over_is_not_deleted_when_it_leaves_the_bundle() {
    let lab = Lab::new("taken-over");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.edit("chaos.toml", "[[apps]]", "create = false\n[[apps]]");
    lab.apply();
    // The settings move into a chart, the service to Argo CD; our label stays on both.
    let settings =
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: blue, size: large}\n";
    std::fs::create_dir_all(lab.folder.path().join("chart/templates")).unwrap();
    lab.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    lab.write("chart/templates/settings.yaml", settings);
    succeed(
        Command::new(tool("CHAOSC_TEST_HELM"))
            .args(["install", "web", lab.folder.path().join("chart").to_str().unwrap(), "--take-ownership"])
            .args(["--namespace", &lab.namespace])
            .env("KUBECONFIG", kubeconfig()),
    );
    lab.kubectl(&["annotate", "service", "shop", "argocd.argoproj.io/tracking-id=web:/Service:a/shop"]);
    lab.edit("app.yaml", settings, "");
    lab.edit("app.yaml", "kind: Service\nmetadata: {name: shop}", "kind: Service\nmetadata: {name: other}");

    let whose = [
        ("ConfigMap/settings", format!("it belongs to the Helm release `web` in namespace `{}`", lab.namespace)),
        ("Service/shop", "it belongs to the Argo CD application `web`".to_owned()),
    ];
    let (changes, adopted) = (lab.diff(), lab.diff_with(adopting()));
    for (id, whose) in &whose {
        let kept = row(&changes, id);
        assert_eq!((kept.action, &kept.before), (Action::Keep, &kept.after), "{id}");
        assert_eq!(kept.reasons, [format!("it is no longer desired, but {whose}")]);
        assert!(kept.hints[0].contains("`--adopt`") && kept.hints[1].contains("gives it up"), "{:?}", kept.hints);
        let deleted = row(&adopted, id);
        assert_eq!((deleted.action, &deleted.reasons[1]), (Action::Delete, whose));
    }
    let there = || lab.kubectl(&["get", "configmap/settings", "service/shop", "-o", "name"]);
    for arguments in [&["apply", "--yes", "--no-wait"][..], &["delete", "--yes", "--include-namespace"]] {
        let (code, out, err) = lab.chaosc(arguments);
        assert_eq!(code, 0, "{out}{err}");
        assert!(whose.iter().all(|(_, whose)| out.contains(whose)), "{out}");
        assert_eq!(there(), "configmap/settings\nservice/shop\n");
    }
}

#[test]
fn what_is_taken_over_between_the_diff_and_the_deletion_is_not_deleted() {
    let lab = Lab::new("taken-late");
    lab.apply();
    lab.edit("app.yaml", "kind: Service\nmetadata: {name: shop}", "kind: Service\nmetadata: {name: other}");
    let shown = look(&lab, Wishes::default());
    assert_eq!(row(&shown.changes, "Service/shop").action, Action::Delete);
    let mark = "meta.helm.sh/release-name=web";
    lab.kubectl(&["annotate", "service", "shop", mark, "--field-manager=helm"]);
    let reason = reason(&carry_out(&shown), "Service/shop");
    assert!(reason.contains("`helm`"), "{reason}");
    assert_eq!(lab.kubectl(&["get", "service", "shop", "-o", "name"]), "service/shop\n");
}

#[test]
fn an_object_of_another_bundle_is_refused_and_named() {
    let lab = Lab::new("bundles");
    let other = Lab::new("neighbours");
    // Both mean the same account in the first one's namespace.
    let more = format!("[[apps]]\nname = \"far\"\nmanifests = [\"far.yaml\"]\nnamespace = \"{}\"\n", lab.namespace);
    other.toml(&more);
    other.write("far.yaml", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: shop-chaos-kill}}\n");
    lab.apply();
    let changes = other.diff();
    let refused = changes.changes.iter().find(|one| one.action == Action::Refused).unwrap();
    assert_eq!(refused.id.namespace.as_ref(), Some(&lab.namespace));
    let set = set(&lab);
    assert_eq!(refused.reasons[0], format!("it belongs to the bundle of `shop-chaos`, set `{set}`"));
    assert!(refused.hints.concat().contains(&format!("-l applyset.kubernetes.io/id={set}`")), "{:?}", refused.hints);
}

/// Returns the change set of a bundle that comes from a repository.
fn diff_from(lab: &Lab, repository: &str, wishes: Wishes) -> ChangeSet {
    compare(&kubeconfig(), Subject { wishes, desired: desired_from(lab, repository), ..lab.subject() })
}

fn desired_from(lab: &Lab, repository: &str) -> Vec<chaosc::observe::desired::Desired> {
    lab.desired_from(Some(repository)).0
}

#[test]
fn a_bundle_of_the_same_name_from_another_repository_is_refused_as_a_whole() {
    let (theirs, ours) = ("forge.example/team/shop:chaos.toml", "forge.example/fork/shop:chaos.toml");
    let lab = Lab::new("fork");
    lab.apply_text(&documents(&desired_from(&lab, theirs)), "chaosc");
    assert_nothing(&diff_from(&lab, theirs, Wishes::default()));

    // Of the fork, one object is new, one is another, and one is gone.
    lab.edit("app.yaml", "color: blue", "color: red");
    lab.edit("app.yaml", "kind: Service\nmetadata: {name: shop}", "kind: Service\nmetadata: {name: web}");
    let changes = diff_from(&lab, ours, Wishes::default());
    assert_eq!(rows(&changes), ["refused ConfigMap/shop-chaos", "refused ConfigMap/settings", "refused Service/web"]);
    for change in &changes.changes {
        assert!(change.reasons[0].contains(theirs) && change.reasons[0].contains(ours), "{:?}", change.reasons);
        assert!(change.hints[0].contains("`--adopt`"), "{:?}", change.hints);
    }
    let changes = diff_from(&lab, ours, adopting());
    assert_eq!(
        rows(&changes),
        ["update ConfigMap/shop-chaos", "update ConfigMap/settings", "create Service/web", "delete Service/shop"]
    );
    // The same repository, and one that nobody knows, are no reason.
    for changes in [diff_from(&lab, theirs, Wishes::default()), lab.diff()] {
        assert_eq!(changes.count(Action::Refused), 0, "{:?}", rows(&changes));
    }
}

#[test]
fn a_config_map_that_has_the_name_of_the_inventory_is_not_taken_for_it() {
    let lab = Lab::new("namesake");
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    lab.kubectl(&["create", "configmap", "shop-chaos", "--from-literal=a=b"]);
    let changes = lab.diff();
    assert!(changes.changes.iter().all(|change| change.action == Action::Refused), "{:?}", rows(&changes));
    let whose = "the inventory would be the ConfigMap `shop-chaos`: somebody else has made it, by `kubectl-create`";
    assert_eq!(row(&changes, "ConfigMap/shop-chaos").reasons[0], whose);
    let (code, _, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
    assert_eq!(code, 1, "{err}");
    let (code, _, err) = lab.chaosc(&["delete", "--yes"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(lab.live("configmap", "shop-chaos")["data"], serde_json::json!({"a": "b"}));

    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait", "--adopt"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_nothing(&lab.diff());
    // What a hand takes away does not make it a stranger's.
    for taken in [
        &["label", "configmap", "shop-chaos", "applyset.kubernetes.io/id-"][..],
        &["annotate", "configmap", "shop-chaos", "applyset.kubernetes.io/tooling-"],
    ] {
        lab.kubectl(taken);
        let changes = lab.diff();
        assert_eq!(rows(&changes), ["update ConfigMap/shop-chaos"], "{taken:?}");
        assert!(!row(&changes, "ConfigMap/shop-chaos").from_newer_chaosc, "{taken:?}");
    }
}

#[test]
fn a_bundle_of_another_name_from_the_same_chaos_toml_is_told() {
    let lab = Lab::new("renamed");
    let source = "forge.example/team/shop:chaos.toml";
    lab.apply_text(&documents(&desired_from(&lab, source)), "chaosc");
    lab.edit("chaos.toml", "name = \"shop\"\n[namespace]", "name = \"mall\"\n[namespace]");
    let notes_from = |from: &str| {
        let subject = Subject { desired: desired_from(&lab, from), ..lab.subject() };
        compare(&kubeconfig(), subject).notes
    };
    let told = format!(
        "the bundle `shop` from the same chaos.toml is in the namespace `{}`: for an apply another one, of which it deletes \
         nothing and whose schedules go on; `chaosc delete` with the chaos.toml from before ends them",
        lab.namespace
    );
    assert_eq!(notes_from(source), [told]);
    assert_eq!(notes_from("forge.example/team/shop:other/chaos.toml"), [""; 0]);
    assert_eq!(lab.diff().notes, [""; 0]);
}

#[test]
fn where_the_repository_cannot_be_told_the_recorded_one_stays() {
    let lab = Lab::new("copy");
    let recorded = "forge.example/team/shop:chaos.toml";
    lab.apply_text(&documents(&desired_from(&lab, recorded)), "chaosc");
    assert_nothing(&lab.diff());
    lab.edit("app.yaml", "color: blue", "color: red");
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(lab.live("configmap", "shop-chaos")["metadata"]["annotations"]["chaosc.dev/source"], recorded);
    let fork = diff_from(&lab, "forge.example/fork/shop:chaos.toml", Wishes::default());
    assert_eq!(rows(&fork), ["refused ConfigMap/shop-chaos"]);
}
