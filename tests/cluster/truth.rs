//! The server's answer: what it fills in and what others own is no change.

use chaosc::diff::{Action, Cause};
use chaosc::snapshot::Wishes;
use serde_json::{Value, json};

use crate::judge::assert_agreed;
use crate::lab::{Lab, assert_nothing, fields, kubeconfig, row, rows};

/// Kinds with many defaults, and a quantity in a form that the server does not keep.
const DEFAULTED: &str = "
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80, name: http}, {port: 53, protocol: UDP, name: dns}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      volumes: [{name: settings, configMap: {name: settings}}, {name: scratch, emptyDir: {sizeLimit: 1024Mi}}]
      containers:
        - name: shop
          image: registry.example/shop:1.0.0
          ports: [{containerPort: 8080}]
          env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
          livenessProbe: {httpGet: {port: 8080}}
          resources: {requests: {cpu: 1000m, memory: 0.5Gi}, limits: {cpu: '2.0'}}
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
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup}
spec:
  schedule: '0 3 * * *'
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: b, image: registry.example/b:1.0.0}]}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shop}
spec: {podSelector: {matchLabels: {app: shop}}, ingress: [{ports: [{port: 8080}]}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: shop}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec: {hosts: [shop], http: [{route: [{destination: {host: shop}}]}]}
";

#[test]
fn what_the_server_fills_in_is_no_change() {
    let lab = Lab::new("defaults");
    lab.write("app.yaml", DEFAULTED);
    lab.kubectl(&["create", "namespace", &lab.namespace]);

    // What is new is shown as it was written.
    let changes = lab.diff();
    let (desired, _) = lab.desired();
    for change in &changes.changes {
        let sent = desired.iter().find(|one| one.id == change.id).unwrap();
        assert_eq!(change.unverified, None, "{}", change.id);
        if change.id.kind != "Namespace" {
            assert_eq!((change.action, fields(change)), (Action::Create, vec![]), "{}", change.id);
        }
        // Of the inventory, whose hashes tell nobody anything, only their number is shown.
        if !["Namespace/", "ConfigMap/shop-chaos"].iter().any(|other| change.id.to_string().starts_with(other)) {
            assert_eq!(change.after.as_ref(), Some(&sent.object), "{}", change.id);
        }
    }
    assert_eq!(changes.changes.len(), desired.len());
    assert_agreed(&lab, &changes, &[]);

    lab.apply();
    assert_nothing(&lab.diff());
    assert_nothing(&lab.diff_as(&kubeconfig(), Wishes::default(), true));
    assert_eq!(lab.diff().drift, []);
    assert_agreed(&lab, &lab.diff(), &[]);

    // The same quantity in other words: only the inventory notes that the text is another.
    lab.edit("app.yaml", "cpu: 1000m, memory: 0.5Gi", "cpu: 1, memory: 512Mi");
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["update ConfigMap/shop-chaos"]);
    assert_agreed(&lab, &changes, &[]);
}

/// Fields that another manager adds to the app's Deployment.
fn added_by_others(namespace: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "shop", "namespace": namespace,
            "labels": {"mesh": "on"}, "annotations": {"mesh.example/revision": "7"},
        },
        "spec": {"template": {"spec": {"containers": [
            {"name": "shop", "env": [{"name": "MESH", "value": "on"}]},
            {"name": "proxy", "image": "registry.example/proxy:1.0.0"},
        ]}}},
    })
}

#[test]
fn what_others_own_is_no_change() {
    let lab = Lab::new("others");
    lab.apply();
    lab.apply_text(&added_by_others(&lab.namespace).to_string(), "mesh");
    let changes = lab.diff();
    assert_nothing(&changes);
    assert_agreed(&lab, &changes, &[]);
    // It is no change of the bundle, but somebody did it since.
    assert!(
        changes.drift.iter().all(|one| one.manager.as_deref() == Some("mesh") && !one.is_restored),
        "{:#?}",
        changes.drift
    );
    let mut places: Vec<&str> = changes.drift.iter().map(|one| one.path.as_str()).collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            "metadata.annotations[\"mesh.example/revision\"]",
            "metadata.labels.mesh",
            "spec.template.spec.containers[name=proxy]",
            "spec.template.spec.containers[name=shop].env[name=MESH]",
        ]
    );

    // Nor is it told beside a change of the bundle.
    lab.edit("app.yaml", "shop:1.0.0", "shop:1.1.0");
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["update ConfigMap/shop-chaos", "update Deployment/shop"]);
    let image = "spec.template.spec.containers[name=shop].image: \"registry.example/shop:1.0.0\" -> \"registry.example/shop:1.1.0\"";
    let deployment = row(&changes, "Deployment/shop");
    assert_eq!(fields(deployment), [image]);
    assert_eq!(deployment.fields[0].cause, Cause::Bundle);
    assert_agreed(&lab, &changes, &[]);
}

#[test]
fn a_secret_written_as_texts_is_compared_like_any_other() {
    let lab = Lab::new("truth-texts");
    let secret =
        |texts: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{{texts}}}\n");
    let path = r"data.token";
    lab.write("app.yaml", &secret("token: one, other: two"));
    lab.apply();
    assert_nothing(&lab.diff());

    // The author changes it.
    lab.write("app.yaml", &secret("token: three, other: two"));
    let changes = lab.diff();
    let [field] = row(&changes, "Secret/s").fields.as_slice() else { panic!("{changes:#?}") };
    assert_eq!((field.path.as_str(), &field.cause), (path, &Cause::Bundle));
    lab.apply();

    // Somebody else does, and apply restores it.
    lab.kubectl(&["patch", "secret", "s", "-p", r#"{"stringData": {"token": "by hand"}}"#]);
    let changes = lab.diff_with(Wishes { force_conflicts: true, ..Wishes::default() });
    let [drift] = changes.drift.as_slice() else { panic!("{changes:#?}") };
    assert_eq!((drift.path.as_str(), drift.is_restored, drift.desired.is_some()), (path, true, true));
    assert_eq!(lab.chaosc(&["apply", "--yes", "--no-wait", "--force-conflicts"]).0, 0);
    assert_eq!(lab.live("secret", "s")["data"]["token"], "dGhyZWU=");

    // What is taken out goes.
    lab.write("app.yaml", &secret("token: three"));
    assert_eq!(lab.chaosc(&["apply", "--yes", "--no-wait"]).0, 0);
    assert_eq!(lab.live("secret", "s")["data"], json!({"token": "dGhyZWU="}));
}

#[test]
fn owners_of_an_object_are_fields_like_others() {
    let lab = Lab::new("truth-owners");
    lab.apply();
    let uid = lab.live("deployment", "shop")["metadata"]["uid"].as_str().unwrap().to_owned();
    let app = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    let owned = |more: &str| {
        let owner = format!("{{apiVersion: apps/v1, kind: Deployment, name: shop, uid: {uid}{more}}}");
        app.replace("metadata: {name: settings}", &format!("metadata: {{name: settings, ownerReferences: [{owner}]}}"))
    };
    lab.write("app.yaml", &owned(""));
    let changes = lab.diff();
    assert_eq!(row(&changes, "ConfigMap/settings").fields[0].path, "metadata.ownerReferences");
    lab.apply();
    assert_nothing(&lab.diff());
    lab.write("app.yaml", &owned(", blockOwnerDeletion: true"));
    let changes = lab.diff();
    let change = row(&changes, "ConfigMap/settings");
    assert!(change.fields[0].path.ends_with(".blockOwnerDeletion") && change.reasons.is_empty(), "{change:#?}");
}

#[test]
fn what_the_server_warns_of_is_a_note() {
    let lab = Lab::new("truth-warning");
    lab.edit(
        "app.yaml",
        "apiVersion: v1\nkind: ConfigMap",
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: old}\n---\napiVersion: v1\nkind: ConfigMap",
    );
    lab.apply();
    lab.edit("app.yaml", "metadata: {name: old}", "metadata: {name: old, labels: {a: b}}");
    let changes = lab.diff();
    let text = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    assert_eq!(changes.notes, [format!("the server warns: {text}")], "once, from a list and a dry-run");
}
