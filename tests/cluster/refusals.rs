//! What the server refuses: said with the field and the line, beside all that it takes.

use chaosc::diff::{Action, Verdict};

use crate::judge::kubectl_diff;
use crate::lab::{Lab, row, rows};

/// Objects that the server refuses: a value, two values together, a field and a type that only its own schema knows.
const INVALID: &str = "
apiVersion: v1
kind: Service
metadata: {name: port}
spec: {ports: [{port: 70000, targetPort: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: selector}
spec:
  selector: {matchLabels: {app: a}}
  template: {metadata: {labels: {app: b}}, spec: {containers: [{name: a, image: registry.example/a:1.0.0}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: field}
spec: {hosts: [shop], htttp: []}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: type}
spec: {hosts: shop}
";

#[test]
fn what_the_server_refuses_is_an_error_and_hides_nothing() {
    let lab = Lab::new("invalid");
    lab.write("app.yaml", INVALID);
    lab.kubectl(&["create", "namespace", &lab.namespace]);
    let changes = lab.diff();
    for (id, line, field) in [
        ("Service/port", 2, "spec.ports[0].port"),
        ("Deployment/selector", 7, "spec.template.metadata.labels"),
        ("VirtualService/field", 14, "spec.htttp"),
        ("VirtualService/type", 19, "spec.hosts"),
    ] {
        let row = row(&changes, id);
        assert_eq!((row.action, row.unverified.as_deref()), (Action::Error, None), "{id}");
        let [reason] = row.reasons.as_slice() else { panic!("{id}: {:#?}", row.reasons) };
        assert!(reason.starts_with(&format!("`{field}`: ")), "{id}: {reason}");
        let origin = row.origin.as_ref().unwrap();
        assert_eq!((origin.file.ends_with("/app.yaml"), origin.line), (true, line), "{id}: {origin:?}");
        assert!(row.after.is_some(), "{id} is not shown");
    }
    assert_eq!(changes.verdict(), Verdict::Errors);
    let others = changes.changes.iter().filter(|change| change.action != Action::Error);
    assert_eq!(others.clone().count(), lab.desired().0.len() - 4);
    assert!(others.clone().all(|change| change.unverified.is_none() && change.action.writes()), "{:?}", rows(&changes));
    assert!(kubectl_diff(&lab, &[]).is_err());
}
