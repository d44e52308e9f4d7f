//! The change sets that are shown.

use chaosc::diff::fields::fields;
use chaosc::diff::{
    Action, Cause, Change, ChangeSet, Compared, Conflict, Drift, DriftKind, FieldChange, Origin, PermissionChange,
};
use chaosc::kubernetes::ObjectId;
use serde_json::{Value, json};

/// Returns all cases with their names.
pub(crate) fn all() -> Vec<(&'static str, ChangeSet)> {
    vec![
        ("first-apply", first_apply()),
        ("edited-experiment", edited_experiment()),
        ("permissions", permissions()),
        ("refusals", refusals()),
        ("drift", drift()),
        ("newer-chaosc", newer_chaosc()),
        ("hostile", hostile()),
        ("nothing", nothing()),
        ("too-large", too_large(2_000)),
    ]
}

/// Returns a change set of nothing.
pub(crate) fn nothing() -> ChangeSet {
    ChangeSet {
        bundle: "go-app".into(),
        namespace: "go-app".into(),
        compared: Compared {
            context: Some("kind-ci".into()),
            server: "https://127.0.0.1:6443".into(),
            user: "kubernetes-admin".into(),
            version: "v1.35.4".into(),
            against: None,
        },
        unchanged: 43,
        ..ChangeSet::default()
    }
}

/// Nothing is there yet, not even the namespace.
fn first_apply() -> ChangeSet {
    let unverified = Some("the namespace `go-app` does not exist yet".to_owned());
    let new = |object: Value, line| Change {
        unverified: unverified.clone(),
        ..change(Action::Create, None, Some(object), line)
    };
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "labels": {"app.kubernetes.io/part-of": "go-app", "istio-injection": "enabled"}, "name": "go-app",
    }});
    let account = json!({"apiVersion": "v1", "automountServiceAccountToken": false, "kind": "ServiceAccount",
        "metadata": {"name": "go-app-chaos-on-release", "namespace": "go-app"}});
    ChangeSet {
        permissions: vec![PermissionChange {
            is_cluster_wide: false,
            is_granted: true,
            account: "ServiceAccount/go-app-chaos-on-release".into(),
            namespace: Some("go-app".into()),
            verbs: vec!["delete".into(), "list".into()],
            target: "pods".into(),
            role: "Role/go-app-chaos-on-release".into(),
        }],
        runs: vec!["on-release".into()],
        changes: vec![
            change(Action::Create, None, Some(namespace), 3),
            new(account, 24),
            new(role(&["delete", "list"]), 24),
            new(experiment("5f6c8a90", 5, "0.1s"), 11),
            new(job("5f6c8a90"), 24),
        ],
        unchanged: 0,
        notes: vec!["the account may not list `deployments.apps`: what is no longer desired there is not shown".into()],
        ..nothing()
    }
}

/// One pause is longer, which gives the immutable ConfigMap another name.
fn edited_experiment() -> ChangeSet {
    let (old, new) = ("go-app-chaos-terminate-pod-5f6c8a90", "go-app-chaos-terminate-pod-9b1e2277");
    ChangeSet {
        changes: vec![
            Change {
                counterpart: Some(old.into()),
                fields: between(&experiment("5f6c8a90", 5, "0.1s"), &experiment("9b1e2277", 30, "0.5s")),
                ..change(Action::Create, None, Some(experiment("9b1e2277", 30, "0.5s")), 11)
            },
            Change {
                ends_run: Some("ends the run `go-app-chaos-on-release-x7k2p`, which began 3 minutes ago".into()),
                reasons: vec!["the template of a Job cannot be changed: `spec.template`".into()],
                ..change(Action::Replace, Some(job("5f6c8a90")), Some(job("9b1e2277")), 24)
            },
            Change { counterpart: Some(new.into()), ..delete(experiment("5f6c8a90", 5, "0.1s")) },
        ],
        runs: vec!["on-release".into()],
        unchanged: 40,
        ..nothing()
    }
}

/// Two accounts get more and less, one of them everywhere.
fn permissions() -> ChangeSet {
    let permission =
        |account: &str, is_granted, namespace: Option<&str>, verbs: &[&str], target: &str| PermissionChange {
            is_cluster_wide: namespace.is_none(),
            is_granted,
            account: account.into(),
            namespace: namespace.map(str::to_owned),
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            target: target.into(),
            role: if namespace.is_none() { "ClusterRole/go-app-chaos-drain.go-app" } else { "Role/go-app-chaos-drain" }
                .into(),
        };
    let (drain, pods) = ("ServiceAccount/go-app-chaos-drain", "ServiceAccount/go-app-chaos-every-five-minutes");
    ChangeSet {
        permissions: vec![
            permission(drain, true, None, &["get", "list", "patch"], "nodes"),
            permission(drain, false, None, &["list"], "pods"),
            permission(drain, true, Some("go-app"), &["create"], "pods/eviction"),
            permission(pods, true, Some("shop"), &["get", "patch"], "virtualservices.networking.istio.io/go-app"),
            permission(pods, false, Some("go-app"), &["deletecollection"], "pods"),
        ],
        changes: vec![change(
            Action::Update,
            Some(role(&["get", "list", "delete", "watch"])),
            Some(role(&["create", "get", "list"])),
            31,
        )],
        unchanged: 38,
        ..nothing()
    }
}

/// Three rows that apply would not write, and one that it leaves.
fn refusals() -> ChangeSet {
    let service = |port: i32| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "go-app", "namespace": "shop"},
            "spec": {"ports": [{"name": "http", "port": port, "protocol": "TCP"}], "selector": {"app": "go-app"}}})
    };
    ChangeSet {
        changes: vec![
            Change {
                reasons: vec!["`kubectl-edit` and 1 other own fields with other values".into()],
                hints: vec!["`--force-conflicts` takes the fields over".into()],
                conflicts: vec![
                    Conflict { path: "spec.replicas".into(), manager: "kubectl-edit".into() },
                    Conflict {
                        path: "spec.template.spec.containers[name=go-app].image".into(),
                        manager: "argocd-controller".into(),
                    },
                    Conflict { path: "metadata.annotations[\"a/b\"]".into(), manager: "kubectl-edit".into() },
                ],
                ..file(
                    "app/deployment.yaml",
                    change(
                        Action::Conflict,
                        Some(deployment(5, "registry.example/go-app:1.2.4", "512Mi")),
                        Some(deployment(3, "registry.example/go-app:1.2.3", "512Mi")),
                        1,
                    ),
                )
            },
            Change {
                reasons: vec!["it belongs to the Helm release `shop` in namespace `shop`".into()],
                hints: vec!["`--adopt Service/go-app` takes it over, if nothing else deploys it any more".into()],
                ..file("app/service.yaml", change(Action::Refused, Some(service(80)), Some(service(8080)), 1))
            },
            Change {
                reasons: vec![
                    "the server refuses it: `spec.template.spec.containers[0].resources.limits.memory`: expected a \
                     quantity, found \"64 MB\""
                        .into(),
                ],
                hints: vec!["write `64M` or `64Mi`".into()],
                unverified: None,
                ..file("app/worker.yaml", change(Action::Error, None, Some(deployment(1, "a", "64 MB")), 19))
            },
            Change {
                reasons: vec!["it ran already, and only the template of a newer chaosc differs".into()],
                ..change(Action::Keep, Some(job("5f6c8a90")), Some(job("9b1e2277")), 24)
            },
            Change {
                fields: vec![
                    FieldChange {
                        path: "spec.replicas".into(),
                        before: Some(json!(5)),
                        after: Some(json!(3)),
                        cause: Cause::Taken { from: "kubectl-edit".into() },
                    },
                    FieldChange {
                        path: "spec.template.spec.containers[name=go-app].resources.limits.memory".into(),
                        before: Some(json!("256Mi")),
                        after: Some(json!("512Mi")),
                        cause: Cause::Admission,
                    },
                ],
                ..file(
                    "app/deployment.yaml",
                    change(
                        Action::Update,
                        Some(deployment(5, "registry.example/go-app:1.2.3", "256Mi")),
                        Some(deployment(3, "registry.example/go-app:1.2.3", "512Mi")),
                        1,
                    ),
                )
            },
        ],
        unchanged: 12,
        ..nothing()
    }
}

/// Fields that somebody else changed, of each kind.
fn drift() -> ChangeSet {
    let origin = |line| Some(Origin { file: "chaos.toml".into(), pointer: "/schedules/0".into(), line });
    let suspended = Drift {
        id: id(&json!({"apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "go-app-chaos-every-five-minutes", "namespace": "go-app"}})),
        origin: origin(14),
        path: "spec.suspend".into(),
        desired: None,
        live: Some(json!(true)),
        manager: Some("kubectl-patch".into()),
        time: Some("2026-09-01T03:12:44Z".into()),
        kind: DriftKind::Changed,
        is_restored: false,
    };
    let route = |path: &str, kind, is_restored| Drift {
        id: id(&json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
            "metadata": {"name": "go-app", "namespace": "shop"}})),
        origin: origin(3),
        path: path.into(),
        desired: None,
        live: Some(json!({"delay": {"fixedDelay": "5s", "percentage": {"value": 100}}})),
        manager: Some("OpenAPI-Generator".into()),
        time: None,
        kind,
        is_restored,
    };
    ChangeSet {
        changes: vec![Change {
            fields: vec![FieldChange {
                path: "spec.replicas".into(),
                before: Some(json!(0)),
                after: Some(json!(3)),
                cause: Cause::Experiment,
            }],
            ..change(Action::Update, Some(deployment(0, "a", "1Gi")), Some(deployment(3, "a", "1Gi")), 1)
        }],
        drift: vec![
            suspended.clone(),
            Drift {
                path: "spec.schedule".into(),
                desired: Some(json!("*/5 * * * *")),
                live: Some(json!("0 3 * * *")),
                is_restored: true,
                ..suspended.clone()
            },
            Drift {
                path: "metadata.labels[\"chaosc.dev/schedule\"]".into(),
                desired: Some(json!("every-five-minutes")),
                live: None,
                manager: None,
                time: None,
                is_restored: true,
                ..suspended
            },
            route(
                "spec.http[0].fault",
                DriftKind::LeftByExperiment { experiments: vec!["network-delay".into()] },
                true,
            ),
            route(
                "spec.http[1].fault",
                DriftKind::LeftByExperiment { experiments: vec!["network-delay".into(), "network-abort".into()] },
                true,
            ),
            route(
                "spec.http[2].fault",
                DriftKind::ExperimentRuns { job: "go-app-chaos-network-delay-29381".into() },
                false,
            ),
        ],
        unchanged: 42,
        ..nothing()
    }
}

/// Beside a change of the author's, two of a newer chaosc.
fn newer_chaosc() -> ChangeSet {
    let runner = |name: &str, text: &str| {
        json!({"apiVersion": "v1", "data": {"runner.py": text}, "immutable": true, "kind": "ConfigMap",
            "metadata": {"name": format!("go-app-chaos-runner-{name}"), "namespace": "go-app"}})
    };
    let (old, new) = (
        runner("11111111", "import os\n\n\ndef main():\n\tstop(30)\n    exit(0)\n"),
        runner("22222222", "import os\nimport sys\n\n\ndef main():\n\tstop(45)\n    exit(0)\n"),
    );
    let newer = |change: Change| Change { from_newer_chaosc: true, ..change };
    ChangeSet {
        changes: vec![
            Change {
                counterpart: Some("go-app-chaos-runner-11111111".into()),
                ..newer(change(Action::Create, None, Some(new), 1))
            },
            change(Action::Update, Some(role(&["list"])), Some(role(&["delete", "list"])), 24),
            newer(change(Action::Update, Some(cron_job("11111111", "5s")), Some(cron_job("22222222", "5s")), 14)),
            Change { counterpart: Some("go-app-chaos-runner-22222222".into()), ..newer(delete(old)) },
        ],
        unchanged: 39,
        ..nothing()
    }
}

/// Texts that try to leave their place.
pub(crate) fn hostile() -> ChangeSet {
    let texts = [
        "\u{1b}[2J\u{1b}[31mred",
        "a\r\n+ create Namespace/kube-system\n",
        "| pipe | `tick` ``` <img src=x onerror=alert(1)> </details> @everyone #1 $x$",
        "```\n</details>\n# heading\n@everyone\n````",
        "*/ --> <!-- ![x](https://evil.example/x.png) [y](javascript:alert(1)) ~~z~~ www.evil.example",
        "left\u{202e}thgir\u{202c} \u{200b}zero\u{feff}width \u{9b}31m \u{7f}",
        "",
    ];
    let (file, long) = (texts[2], "long ".repeat(200));
    let object = |salt: &str| {
        let data: serde_json::Map<String, Value> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| (format!("{index} {text}"), json!(format!("{text}{salt}"))))
            .collect();
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data, "long": format!("{long}{salt}{long}"),
            "metadata": {"name": "`a`|<b>", "namespace": "x\u{1b}[1m@ns"}})
    };
    let said: Vec<String> = texts.iter().map(|text| (*text).to_owned()).chain([long.clone()]).collect();
    let one = Change {
        reasons: said.clone(),
        hints: said.clone(),
        unverified: Some(texts[0].into()),
        ends_run: Some(texts[1].into()),
        conflicts: vec![Conflict { path: texts[0].into(), manager: texts[1].into() }],
        fields: vec![FieldChange {
            path: "long".into(),
            before: None,
            after: None,
            cause: Cause::Taken { from: texts[0].into() },
        }],
        ..self::file(file, change(Action::Conflict, Some(object("")), Some(object("x")), 7))
    };
    ChangeSet {
        bundle: texts[0].into(),
        namespace: texts[1].into(),
        compared: Compared {
            context: Some(texts[3].into()),
            server: texts[4].into(),
            user: texts[5].into(),
            version: texts[2].into(),
            against: None,
        },
        permissions: vec![PermissionChange {
            is_cluster_wide: true,
            is_granted: true,
            account: texts[2].into(),
            namespace: Some(texts[3].into()),
            verbs: said.clone(),
            target: texts[1].into(),
            role: texts[5].into(),
        }],
        runs: said.clone(),
        drift: vec![Drift {
            id: one.id.clone(),
            origin: one.origin.clone(),
            path: texts[2].into(),
            desired: Some(json!(texts[3])),
            live: Some(json!({texts[0]: texts[5]})),
            manager: Some(texts[2].into()),
            time: Some(texts[1].into()),
            kind: DriftKind::LeftByExperiment { experiments: said.clone() },
            is_restored: true,
        }],
        changes: vec![one],
        notes: said,
        unchanged: 1,
    }
}

/// More than a comment takes.
pub(crate) fn too_large(rows: usize) -> ChangeSet {
    let settings = |index: usize, value: &str| {
        json!({"apiVersion": "v1", "data": {"address": "http://go-app", "level": value, "zone": "eu-1"},
            "kind": "ConfigMap", "metadata": {"name": format!("settings-{index}"), "namespace": "go-app"}})
    };
    let change = |index: usize| {
        let (before, after) = (settings(index, "info"), settings(index, "debug"));
        let fields = between(&before, &after);
        Change { fields, ..file("app/settings.yaml", change(Action::Update, Some(before), Some(after), 9 * index + 1)) }
    };
    ChangeSet { changes: (0..rows).map(change).collect(), permissions: permissions().permissions, ..nothing() }
}

fn id(object: &Value) -> ObjectId {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ObjectId {
        api_version: text(&object["apiVersion"]),
        kind: text(&object["kind"]),
        namespace: object["metadata"]["namespace"].as_str().map(str::to_owned),
        name: text(&object["metadata"]["name"]),
    }
}

fn change(action: Action, before: Option<Value>, after: Option<Value>, line: usize) -> Change {
    let fields = match (&before, &after) {
        (Some(before), Some(after)) => between(before, after),
        _ => Vec::new(),
    };
    Change {
        id: id(after.as_ref().or(before.as_ref()).unwrap()),
        action,
        reasons: Vec::new(),
        hints: Vec::new(),
        origin: Some(Origin { file: "chaos.toml".into(), pointer: String::new(), line }),
        before,
        after,
        fields,
        conflicts: Vec::new(),
        unverified: None,
        counterpart: None,
        from_newer_chaosc: false,
        ends_run: None,
    }
}

fn delete(object: Value) -> Change {
    Change { origin: None, ..change(Action::Delete, Some(object), None, 0) }
}

fn file(file: &str, change: Change) -> Change {
    let origin = change.origin.map(|origin| Origin { file: file.into(), ..origin });
    Change { origin, ..change }
}

fn between(before: &Value, after: &Value) -> Vec<FieldChange> {
    let change = |(path, before, after): (chaosc::diff::path::Path, _, _)| FieldChange {
        path: path.to_string(),
        before,
        after,
        cause: Cause::Bundle,
    };
    fields(before, after).into_iter().map(change).collect()
}

fn role(verbs: &[&str]) -> Value {
    let rule = |verb: &&str| json!({"apiGroups": [""], "resources": ["pods"], "verbs": [verb]});
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"annotations": {"argocd.argoproj.io/sync-wave": "-1"}, "name": "go-app-chaos-on-release",
            "namespace": "go-app"},
        "rules": verbs.iter().map(rule).collect::<Vec<_>>()})
}

fn experiment(hash: &str, pause: u32, wait: &str) -> Value {
    let text = json!({
        "description": "Whether the app survives the loss of one pod.",
        "method": [
            {"name": "wait", "provider": {"arguments": {"seconds": wait}, "func": "sleep", "module": "time", "type": "python"}, "type": "action"},
            {"name": "terminate one go-app pod", "pauses": {"after": pause}, "provider": {"arguments": {"label_selector": "app=go-app", "ns": "go-app", "qty": 1}, "func": "terminate_pods", "module": "chaosk8s.pod.actions", "type": "python"}, "type": "action"},
        ],
        "title": "What happens if we terminate a pod?",
    });
    json!({"apiVersion": "v1", "data": {"experiment.json": text.to_string()}, "immutable": true, "kind": "ConfigMap",
        "metadata": {"labels": {"app.kubernetes.io/part-of": "go-app", "chaosc.dev/experiment": "terminate-pod"},
            "name": format!("go-app-chaos-terminate-pod-{hash}"), "namespace": "go-app"}})
}

fn pod(hash: &str) -> Value {
    json!({
        "containers": [{
            "args": ["terminate-pod"],
            "command": ["python3", "/chaosc/runner.py"],
            "env": [{"name": "CHAOSC_TIMEOUT", "value": "120"}],
            "image": "registry.example/chaos@sha256:0f1e2d3c",
            "name": "chaos",
            "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
            "volumeMounts": [{"mountPath": "/experiments/terminate-pod", "name": "terminate-pod", "readOnly": true}],
        }],
        "restartPolicy": "Never",
        "serviceAccountName": "go-app-chaos-on-release",
        "volumes": [{"configMap": {"name": format!("go-app-chaos-terminate-pod-{hash}")}, "name": "terminate-pod"}],
    })
}

fn job(hash: &str) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "go-app-chaos-on-release", "namespace": "go-app"},
        "spec": {"backoffLimit": 0, "template": {"spec": pod(hash)}}})
}

fn cron_job(hash: &str, schedule: &str) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "go-app-chaos-every-five-minutes", "namespace": "go-app"},
        "spec": {"concurrencyPolicy": "Forbid", "jobTemplate": {"spec": {"template": {"spec": pod(hash)}}},
            "schedule": schedule, "timeZone": "Etc/UTC"}})
}

fn deployment(replicas: u32, image: &str, memory: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"labels": {"app": "go-app"}, "name": "go-app", "namespace": "go-app"},
    "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "go-app"}}, "template": {
        "metadata": {"labels": {"app": "go-app"}},
        "spec": {"containers": [{
            "image": image, "name": "go-app", "ports": [{"containerPort": 8080}],
            "resources": {"limits": {"memory": memory}},
        }]},
    }}})
}
