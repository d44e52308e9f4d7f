//! The prune preview: what would be deleted, and what never is.

use std::collections::BTreeSet;

use chaosc::diff::Action;

use crate::inventory::set;
use crate::lab::{Lab, assert_nothing, row, rows};

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
