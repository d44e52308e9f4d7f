//! Experiments leave marks: the real Chaos Toolkit injects and rolls back, and the diff knows that it was the experiment.

use std::path::PathBuf;
use std::process::Command;

use chaosc::diff::{Action, Cause, ChangeSet, DriftKind, Verdict};
use serde_json::{Value, json};

use crate::lab::{Lab, assert_nothing, fields, kubeconfig, row, rows};
use crate::tools::{parts, tool};

/// What the marks are on, beside the usual app.
const ROUTE: &str = r"
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop]
  http:
    - route: [{destination: {host: shop}}]
      timeout: 3s
";

/// The fields that the experiment patches, with their objects.
const MARKED: [(&str, &str); 2] = [("Deployment/shop", "spec.replicas"), ("VirtualService/shop", "spec.http[0].fault")];

/// The manager of Chaos Toolkit's extensions.
const MANAGER: &str = "OpenAPI-Generator";

/// Creates a lab whose experiment delays the requests to the app and scales it down, and undoes both.
fn lab(name: &str) -> Lab {
    let lab = Lab::new(name);
    let step = |module: &str, function: &str, arguments: Value| json!({"type": "action", "name": function, "provider": {"type": "python", "module": module, "func": function, "arguments": arguments}});
    let scale = |replicas: usize| {
        step(
            "chaosk8s.deployment.actions",
            "scale_deployment",
            json!({"name": "shop", "replicas": replicas, "ns": lab.namespace}),
        )
    };
    let fault = |function: &str, more: Value| {
        let mut arguments = json!({
            "virtual_service_name": "shop", "ns": lab.namespace, "version": "networking.istio.io/v1",
            "routes": [{"destination": {"host": "shop"}}],
        });
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step("chaosistio.fault.actions", function, arguments)
    };
    let experiment = json!({
        "title": "slow and few", "description": "both come back",
        "method": [fault("add_delay_fault", json!({"fixed_delay": "5s", "percentage": 20})), scale(0)],
        "rollbacks": [fault("remove_delay_fault", json!({})), scale(2)],
    });
    lab.write("slow.json", &experiment.to_string());
    lab.toml("[[experiments]]\nfile = \"slow.json\"\n[[schedules]]\nexperiments = [\"slow\"]\nmanual = true\n");
    let app = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    lab.write("app.yaml", &format!("{app}{ROUTE}"));
    lab
}

/// Runs the experiment of the bundle by Chaos Toolkit: only its method, or with its rollbacks.
fn play(lab: &Lab, rollbacks: bool) {
    let strategy = if rollbacks { "always" } else { "never" };
    let chaos: PathBuf = tool("CHAOSC_TEST_PYTHON").with_file_name("chaos");
    let mut command = Command::new(chaos);
    command.args(["--no-log-file", "run", "--rollback-strategy", strategy, "slow.json"]);
    command.current_dir(lab.folder.path()).env("KUBECONFIG", kubeconfig()).env("CHAOSTOOLKIT_CHECK_VERSION", "0");
    let (code, out, err) = parts(command.output().unwrap());
    assert!(code == 0 && !err.contains("failed"), "{out}\n{err}");
}

/// Where the live values stand: the replicas, and whether there is a fault.
fn live(lab: &Lab) -> (u64, bool) {
    let replicas = lab.live("deployment", "shop")["spec"]["replicas"].as_u64().unwrap();
    let route = lab.live("virtualservice", "shop");
    (replicas, route["spec"]["http"][0].get("fault").is_some())
}

#[test]
fn what_an_experiment_left_is_restored_and_no_conflict() {
    let lab = lab("marks-left");
    lab.apply();
    let changes = lab.diff();
    assert_nothing(&changes);
    assert_eq!(changes.drift, []);

    play(&lab, false);
    assert_eq!(live(&lab), (0, true));
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["update Deployment/shop", "update VirtualService/shop"]);
    assert_eq!(changes.verdict(), Verdict::Changes);
    for (id, path) in MARKED {
        let change = row(&changes, id);
        let [field] = change.fields.as_slice() else { panic!("{:?}", fields(change)) };
        assert_eq!((field.path.as_str(), &field.cause), (path, &Cause::Experiment));
        assert_eq!(change.conflicts, []);
        assert_eq!(change.reasons, ["experiment `slow` left other values, and no run is on: apply restores them"]);
        let left = DriftKind::LeftByExperiment { experiments: vec!["slow".to_owned()] };
        let drift = changes.drift.iter().find(|one| one.id == change.id).unwrap();
        assert_eq!((&drift.kind, drift.manager.as_deref(), drift.is_restored), (&left, Some(MANAGER), true));
    }
    assert_eq!(changes.drift.len(), 2, "{:#?}", changes.drift);

    // What is shown is what comes out of an apply.
    lab.apply();
    assert_eq!(live(&lab), (2, false));
    assert_nothing(&lab.diff());
}

#[test]
fn while_a_run_is_on_its_fields_are_left_to_it() {
    let lab = lab("marks-on");
    lab.apply();
    // A run that has not injected anything yet changes nothing.
    lab.kubectl(&["create", "job", "now", "--from=cronjob/shop-chaos-slow"]);
    assert_nothing(&lab.diff());

    play(&lab, false);
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["keep Deployment/shop", "keep VirtualService/shop"]);
    assert_eq!(changes.verdict(), Verdict::Nothing);
    for (id, _) in MARKED {
        let change = row(&changes, id);
        assert_eq!(change.reasons, ["an experiment that patches it is running (Job `now`)"]);
        assert_eq!(change.conflicts, []);
        let drift = changes.drift.iter().find(|one| one.id == change.id).unwrap();
        assert_eq!(drift.kind, DriftKind::ExperimentRuns { job: "now".to_owned() });
        assert!(!drift.is_restored);
    }

    // What the bundle changes in such an object has to wait, too; other objects need not.
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    lab.edit("app.yaml", "color: blue", "color: green");
    let changes = lab.diff();
    assert_eq!(row(&changes, "ConfigMap/settings").action, Action::Update);
    let change = row(&changes, "Deployment/shop");
    assert_eq!(change.action, Action::Keep);
    assert_eq!(
        change.reasons,
        [
            "an experiment that patches it is running (Job `now`)",
            "what the bundle changes in it waits for the end of the run"
        ]
    );

    // The run has ended and left its marks: now they are restored.
    lab.kubectl(&["delete", "job", "now"]);
    assert_eq!(row(&lab.diff(), "Deployment/shop").action, Action::Update);
}

#[test]
fn while_a_run_is_on_what_it_patches_is_neither_made_anew_nor_deleted() {
    let lab = lab("marks-stay");
    lab.apply();
    lab.kubectl(&["create", "job", "now", "--from=cronjob/shop-chaos-slow"]);
    play(&lab, false);
    let app = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    let is_kept = |kind: &str, reason: &str| {
        let uid = lab.live(kind, "shop")["metadata"]["uid"].clone();
        let (_, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
        assert!(out.contains(reason), "{out}\n{err}");
        assert_eq!((lab.live(kind, "shop")["metadata"]["uid"].clone(), live(&lab)), (uid, (0, true)));
    };

    // Its selector cannot be changed.
    lab.edit("app.yaml", "app: shop", "app: new");
    assert_eq!(row(&lab.diff(), "Deployment/shop").action, Action::Keep);
    is_kept("deployment", "an experiment that patches it is running (Job `now`)");

    // The author takes it out of the bundle.
    lab.write("app.yaml", app.split(ROUTE).next().unwrap());
    assert_eq!(row(&lab.diff(), "VirtualService/shop").action, Action::Keep);
    is_kept("virtualservice", "the running experiment of `slow` patches it (Job `now`)");

    // When the run has ended, both go their way.
    lab.kubectl(&["delete", "job", "now"]);
    assert_eq!(row(&lab.diff(), "VirtualService/shop").action, Action::Delete);
}

#[test]
fn after_a_rollback_nothing_is_to_be_done_and_edits_go_through() {
    let lab = lab("marks-back");
    lab.apply();
    play(&lab, true);
    assert_eq!(live(&lab), (2, false));
    // The fields are the experiment's by their manager now; their values are ours.
    let owners = lab.live("deployment", "shop")["metadata"]["managedFields"].to_string();
    assert!(owners.contains(MANAGER), "{owners}");
    assert_settled(&lab.diff());

    // The author changes these very fields, and nothing else: that is the bundle's change, and nobody's conflict.
    let before = std::fs::read_to_string(lab.folder.path().join("app.yaml")).unwrap();
    lab.edit("app.yaml", "replicas: 2", "replicas: 4");
    lab.edit("app.yaml", "timeout: 3s", "timeout: 9s");
    let changes = lab.diff();
    for (id, expected) in [
        ("Deployment/shop", "spec.replicas: 2 -> 4"),
        ("VirtualService/shop", "spec.http[0].timeout: \"3s\" -> \"9s\""),
    ] {
        let change = row(&changes, id);
        assert_eq!(change.action, Action::Update);
        assert_eq!(fields(change), [expected]);
        assert_eq!((&change.fields[0].cause, change.conflicts.len()), (&Cause::Bundle, 0));
        assert_eq!(change.reasons, [""; 0]);
    }
    assert_eq!(changes.drift, []);

    // Another field of the same object is only that, and an apply makes the values ours again.
    lab.write("app.yaml", &before);
    lab.edit("app.yaml", "shop:1.0.0", "shop:2.0.0");
    let changes = lab.diff();
    let change = row(&changes, "Deployment/shop");
    assert_eq!(
        fields(change),
        [
            r#"spec.template.spec.containers[name=shop].image: "registry.example/shop:1.0.0" -> "registry.example/shop:2.0.0""#
        ]
    );
    assert_eq!(changes.drift, []);
    lab.apply();
    assert_eq!(live(&lab), (2, false));
    assert_settled(&lab.diff());
}

/// The server's own word on it: an apply without force goes through after a rollback, and both own the fields.
#[test]
fn after_a_rollback_an_apply_needs_no_force() {
    let lab = lab("marks-force");
    lab.apply();
    play(&lab, true);
    let (desired, _) = lab.desired();
    for one in desired.iter().filter(|one| MARKED.iter().any(|(id, _)| *id == one.id.to_string())) {
        let arguments = ["apply", "--server-side", "--field-manager", "chaosc", "-f", "-"];
        crate::lab::kubectl_with(&arguments, &one.object.to_string());
    }
    let owners = chaosc::kubernetes::managed_fields::entries(&lab.live("deployment", "shop"))
        .filter(|entry| chaosc::kubernetes::managed_fields::touches(entry.fields, "/spec/replicas"))
        .map(|entry| entry.manager.to_owned())
        .collect::<Vec<_>>();
    assert_eq!(owners, ["chaosc", MANAGER]);
    assert_settled(&lab.diff());
}

#[test]
fn what_somebody_does_to_the_same_field_by_hand_is_theirs() {
    let lab = lab("marks-hand");
    lab.apply();
    play(&lab, true);
    lab.kubectl(&["patch", "deployment", "shop", "-p", r#"{"spec":{"replicas":5}}"#]);
    let fault = r#"[{"op":"replace","path":"/spec/http/0/timeout","value":"7s"}]"#;
    lab.kubectl(&["patch", "virtualservice", "shop", "--type=json", "-p", fault]);
    let changes = lab.diff();
    assert_eq!(rows(&changes), ["conflict Deployment/shop", "conflict VirtualService/shop"]);
    for (id, _) in MARKED {
        let change = row(&changes, id);
        assert_eq!(change.conflicts[0].manager, "kubectl-patch");
        assert_eq!(change.reasons, ["fields of it are owned by `kubectl-patch` with other values"]);
        let drift = changes.drift.iter().find(|one| one.id == change.id).unwrap();
        assert_eq!((&drift.kind, drift.manager.as_deref()), (&DriftKind::Changed, Some("kubectl-patch")));
        assert!(!drift.is_restored);
    }
}

/// Asserts that nothing is to be done and nothing has drifted.
fn assert_settled(changes: &ChangeSet) {
    assert_nothing(changes);
    assert_eq!(changes.drift, []);
}
