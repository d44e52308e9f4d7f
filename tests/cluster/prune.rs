//! The prune preview: what would be deleted, and what never is.

use std::collections::BTreeSet;

use chaosc::diff::Action;
use serde_json::json;

use crate::absent::definition;
use crate::inventory::set;
use crate::lab::{Lab, assert_nothing, kubectl_with, row, rows};

const SECOND: &str =
    "[[experiments]]\nfile = \"more.yaml\"\n[[schedules]]\nexperiments = [\"more\"]\ncron = \"0 3 * * *\"\n";

#[test]
fn what_leaves_chaos_toml_is_shown_as_deleted_and_nothing_else() {
    let lab = Lab::new("prune");
    let other = format!("{}-b", lab.namespace);
    lab.kubectl(&["create", "namespace", &other]);
    let far = format!("[[apps]]\nname = \"far\"\nmanifests = [\"far.yaml\"]\nnamespace = \"{other}\"\n");
    lab.write("far.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: far}, data: {a: b}}\n");
    lab.write("more.yaml", &crate::lab::experiment(&lab.namespace, ""));
    lab.toml(&(SECOND.to_owned() + &far));
    let before = lab.desired().0;
    lab.apply();
    // Neighbours that look alike are nobody's business, though they carry every label but that of the set.
    lab.kubectl(&["create", "configmap", "stranger"]);
    lab.kubectl(&[
        "label",
        "configmap",
        "stranger",
        "app.kubernetes.io/managed-by=chaosc",
        "app.kubernetes.io/instance=shop-chaos",
    ]);
    assert_nothing(&lab.diff());

    lab.toml("");
    let after = lab.desired().0;
    let gone: BTreeSet<String> = before
        .iter()
        .filter(|one| !after.iter().any(|other| other.id == one.id))
        .map(|one| format!("delete {}", one.id))
        .collect();
    let changes = lab.diff();
    let mut found = rows(&changes);
    assert_eq!(found.remove(0), "update ConfigMap/shop-chaos");
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), gone);
    let kinds: BTreeSet<&str> = changes.changes.iter().skip(1).map(|one| one.id.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["ConfigMap", "CronJob", "Role", "RoleBinding", "ServiceAccount"]));
    // In the reverse of the order of apply, so that nothing runs without its account.
    assert_eq!(found[0], "delete CronJob/shop-chaos-more");
    assert!(
        found.iter().position(|one| one.contains("RoleBinding"))
            < found.iter().position(|one| one.contains("ServiceAccount"))
    );
    for change in changes.changes.iter().skip(1) {
        assert!(change.before.is_some() && change.after.is_none(), "{}", change.id);
    }
    assert!(changes.permissions.iter().all(|one| !one.is_granted && one.account == "ServiceAccount/shop-chaos-more"));
    assert!(!changes.permissions.is_empty());
    lab.kubectl(&["delete", "namespace", &other, "--wait=false"]);
}

/// Objects from which controllers make others of the same kinds as the bundle's own.
const MAKERS: &str = "
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: store}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: store, image: registry.example/store:1.0.0}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: own}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: own}
addressType: IPv4
endpoints: []
---
apiVersion: v1
kind: Endpoints
metadata: {name: own}
---
apiVersion: v1
kind: Pod
metadata: {name: own}
spec: {containers: [{name: a, image: registry.example/a:1.0.0}]}
";

#[test]
fn what_controllers_made_is_never_deleted_and_what_holds_data_is_kept() {
    let lab = Lab::new("makers");
    lab.write("app.yaml", MAKERS);
    lab.apply();
    let made = |kind: &str| -> Vec<String> {
        lab.kubectl(&["get", kind, "-o", "name"])
            .lines()
            .filter(|name| !name.ends_with("/own"))
            .map(str::to_owned)
            .collect()
    };
    for kind in ["persistentvolumeclaims", "endpointslices", "endpoints", "pods"] {
        lab.wait(kind, |_| !made(kind).is_empty());
    }
    // The claim and the pod of the StatefulSet as if its author had copied the label into the templates.
    let label = format!("applyset.kubernetes.io/part-of={}", set(&lab));
    for object in [made("pods"), made("persistentvolumeclaims")].concat() {
        lab.kubectl(&["label", &object, &label]);
    }
    let changes = lab.diff();
    let going: Vec<String> =
        rows(&changes).into_iter().filter(|row| !row.starts_with("keep PersistentVolumeClaim")).collect();
    assert_eq!(going, [""; 0]);

    // What holds data is not deleted because a line has left a file.
    lab.write(
        "app.yaml",
        &MAKERS.replace(
            "kind: PersistentVolumeClaim\nmetadata: {name: own}",
            "kind: PersistentVolumeClaim\nmetadata: {name: two}",
        ),
    );
    lab.edit("chaos.toml", "[[apps]]", "create = false\n[[apps]]");
    let changes = lab.diff();
    let claim = row(&changes, "PersistentVolumeClaim/own");
    assert_eq!((claim.action, &claim.before), (Action::Keep, &claim.after));
    assert!(claim.hints[0].contains(&format!("`kubectl delete persistentvolumeclaim own -n {}`", lab.namespace)));
    let namespace = row(&changes, &format!("Namespace/{}", lab.namespace));
    assert_eq!(namespace.action, Action::Keep);
    assert!(!namespace.hints.concat().contains("kubectl delete"), "the bundle lives there: {:?}", namespace.hints);
    let release = namespace.hints[0].split('`').nth(1).unwrap().strip_prefix("kubectl ").unwrap().to_owned();
    lab.kubectl(&release.split(' ').collect::<Vec<_>>());
    assert!(!rows(&lab.diff()).concat().contains("Namespace/"), "the hint has not helped");
    assert_eq!(changes.count(Action::Delete), 0, "{:?}", rows(&changes));
}

#[test]
fn a_kind_that_leaves_the_bundle_stays_with_all_its_objects() {
    let lab = Lab::new("kind-stays");
    let other = format!("{}-b", lab.namespace);
    let group = format!("{}.example", lab.namespace);
    let thing = format!("{{apiVersion: {group}/v1, kind: Thing, metadata: {{name: one}}, spec: {{color: red}}}}\n");
    lab.write("app.yaml", &(definition(&group) + &thing));
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
    assert_eq!(code, 0, "{out}{err}");
    lab.kubectl(&["create", "namespace", &other]);
    let theirs = json!({"apiVersion": format!("{group}/v1"), "kind": "Thing", "metadata": {"name": "theirs", "namespace": other}});
    kubectl_with(&["apply", "-f", "-"], &theirs.to_string());
    let things = || {
        let found = lab.kubectl(&["get", &format!("things.{group}"), "-A", "-o", "name"]);
        found.lines().filter_map(|line| line.split('/').nth(1)).map(str::to_owned).collect::<BTreeSet<_>>()
    };

    // Its objects are still asked for, and others have some, too.
    lab.write("app.yaml", &thing);
    let id = format!("CustomResourceDefinition/things.{group}");
    let changes = lab.diff();
    let kind = row(&changes, &id);
    assert_eq!(kind.action, Action::Keep);
    assert!(kind.reasons[0].contains("all objects of its kind, in the whole cluster, would go with it"));
    assert!(kind.hints[0].contains(&format!("`kubectl delete customresourcedefinition things.{group}`")));
    assert_eq!(changes.count(Action::Delete), 0, "{:?}", rows(&changes));
    for arguments in [&["apply", "--yes", "--no-wait"][..], &["apply", "--yes", "--no-wait", "--adopt"]] {
        let (code, out, err) = lab.chaosc(arguments);
        assert_eq!(code, 0, "{out}{err}");
        assert_eq!(things(), BTreeSet::from(["one", "theirs"].map(str::to_owned)), "{out}");
    }
    assert_eq!(rows(&lab.diff()), [format!("keep {id}")], "it is not forgotten");

    // When everything goes, the kind stays, too.
    let (code, out, err) = lab.chaosc(&["delete", "--yes", "--include-namespace", "--include-volumes"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains(&format!("kept     {id}")), "{out}");
    assert_eq!(things(), BTreeSet::from(["theirs".to_owned()]));
    lab.kubectl(&["delete", "crd", &format!("things.{group}"), "--wait=false"]);
    lab.kubectl(&["delete", "namespace", &other, "--wait=false"]);
}

#[test]
fn a_volume_that_leaves_the_bundle_stays_until_it_is_asked_for() {
    let lab = Lab::new("volume-stays");
    let volume = format!("volume-{}", lab.namespace);
    lab.write(
        "app.yaml",
        &format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: {volume}}}\nspec: {{capacity: {{storage: 1Gi}}, accessModes: \
             [ReadWriteOnce], hostPath: {{path: /data}}}}\n---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: settings}}}}\n"
        ),
    );
    let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
    assert_eq!(code, 0, "{out}{err}");
    lab.write("app.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}\n");
    let is_there = || !kubectl_with(&["get", "pv", &volume, "--ignore-not-found", "-o", "name"], "").is_empty();
    let changes = lab.diff();
    let kept = row(&changes, &format!("PersistentVolume/{volume}"));
    assert_eq!(kept.action, Action::Keep);
    assert!(kept.hints[0].contains(&format!("`kubectl delete persistentvolume {volume}`")));
    for (arguments, expected) in [
        (&["apply", "--yes", "--no-wait"][..], true),
        (&["delete", "--yes"], true),
        // Its inventory is gone by now.
        (&["delete", "--yes", "--include-volumes"], false),
    ] {
        let (code, out, err) = lab.chaosc(arguments);
        assert_eq!(code, 0, "{out}{err}");
        assert_eq!(is_there(), expected, "{arguments:?}\n{out}");
    }
}

#[test]
fn what_a_finalizer_holds_is_deleted_once_and_told_until_it_is_gone() {
    let lab = Lab::new("held");
    let held = "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [example.com/hold]}}\n";
    let rest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}\n";
    lab.write("app.yaml", &format!("{rest}---\n{held}"));
    let chaosc = |arguments: &[&str], expected: i32| {
        let (code, out, err) = lab.chaosc(arguments);
        assert_eq!(code, expected, "{arguments:?}\n{out}{err}");
        out
    };
    chaosc(&["apply", "--yes", "--no-wait"], 0);
    lab.write("app.yaml", rest);
    let waits = "it waits for example.com/hold";
    let out = chaosc(&["apply", "--yes", "--no-wait"], 0);
    assert!(out.contains("deleting  ConfigMap/held") && out.contains(waits), "{out}");

    // There is nothing left to do about it, and it is not forgotten.
    let since = lab.live("configmap", "held")["metadata"]["deletionTimestamp"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let changes = lab.diff();
        assert_eq!(rows(&changes), ["keep ConfigMap/held"]);
        let reason = format!("it is no longer desired, and it is being deleted since {since}; {waits}");
        assert_eq!(row(&changes, "ConfigMap/held").reasons, [reason]);
        chaosc(&["diff", "--exit-code"], 0);
        chaosc(&["apply", "--yes", "--no-wait"], 0);
    }
    // When everything goes, it is waited for.
    let out = chaosc(&["delete", "--yes", "--timeout=1s"], 1);
    assert!(out.contains(&format!("it is being deleted since {since}; {waits}")), "{out}");
    assert!(out.contains(&format!("it was not gone after 1 s; {waits}")), "{out}");
    lab.kubectl(&["patch", "configmap", "held", "--type=merge", "-p", r#"{"metadata":{"finalizers":null}}"#]);
    chaosc(&["delete", "--yes", "--include-namespace"], 0);
}
