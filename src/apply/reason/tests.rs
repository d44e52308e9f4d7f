use super::{Surroundings, clean, reason, without_pod_name};
use serde_json::{Value, json};

/// A pod of the Deployment `shop`, of the replica set `set`.
fn pod(name: &str, set: &str, spec: &Value, status: &Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "a", "labels": {"pod-template-hash": set},
                     "ownerReferences": [{"kind": "ReplicaSet", "name": format!("shop-{set}"), "uid": set, "controller": true}]},
        "spec": spec, "status": status,
    })
}

fn set(name: &str, revision: &str) -> Value {
    json!({"metadata": {"uid": name, "annotations": {"deployment.kubernetes.io/revision": revision},
           "ownerReferences": [{"kind": "Deployment", "name": "shop", "uid": "u", "controller": true}]}})
}

fn deployment(spec: &Value, status: &Value) -> Value {
    json!({"kind": "Deployment", "spec": spec, "status": status,
           "metadata": {"name": "shop", "namespace": "a", "uid": "u",
                        "annotations": {"deployment.kubernetes.io/revision": "2"}}})
}

fn around(pods: Vec<Value>) -> Surroundings {
    Surroundings { pods: Some(pods), sets: vec![set("new", "2"), set("old", "1")], events: Vec::new() }
}

fn found(live: &Value, around: &Surroundings) -> Option<(String, Option<String>)> {
    reason(live, around).map(|reason| (reason.text, reason.hint))
}

#[test]
fn what_a_pod_says() {
    let waiting = |reason: &str, message: &str| {
        json!({"containerStatuses": [{"name": "shop", "image": "r/shop:1", "ready": false, "restartCount": 0,
               "state": {"waiting": {"reason": reason, "message": message}}}]})
    };
    let crashed = |state: &Value, reason: &str| {
        json!({"containerStatuses": [{"name": "shop", "image": "r/shop:1", "ready": false, "restartCount": 4,
               "state": state, "lastState": {"terminated": {"exitCode": 137, "reason": reason}}}]})
    };
    let unscheduled = json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/3 nodes are available: 3 Insufficient cpu."}]});
    let running = json!({"running": {}});
    let unready = |started: bool| json!({"containerStatuses": [{"name": "shop", "ready": false, "started": started, "state": running.clone()}]});
    let on_node = json!({"nodeName": "n"});
    for (spec, status, expected) in [
        (json!({}), json!({}), "waits for a node"),
        (json!({}), unscheduled, "no node takes it: 0/3 nodes are available: 3 Insufficient cpu."),
        (on_node.clone(), json!({}), "its containers are being made"),
        (on_node.clone(), waiting("ContainerCreating", ""), "its containers are being made"),
        (
            on_node.clone(),
            waiting("ErrImagePull", "r/shop:1: not found"),
            "image `r/shop:1` cannot be pulled (ImagePullBackOff: r/shop:1: not found)",
        ),
        (
            on_node.clone(),
            waiting("ImagePullBackOff", "Back-off pulling image \"r/shop:1\": ErrImagePull: r/shop:1: not found"),
            "image `r/shop:1` cannot be pulled (ImagePullBackOff: r/shop:1: not found)",
        ),
        (
            on_node.clone(),
            waiting("ImagePullBackOff", "Back-off pulling image \"r/shop:1\""),
            "image `r/shop:1` cannot be pulled (ImagePullBackOff)",
        ),
        (
            on_node.clone(),
            waiting("InvalidImageName", "no reference"),
            "image `r/shop:1` cannot be pulled (InvalidImageName: no reference)",
        ),
        (
            on_node.clone(),
            waiting("CreateContainerConfigError", "secret \"x\" not found"),
            "container `shop` cannot be made (CreateContainerConfigError: secret \"x\" not found)",
        ),
        (
            on_node.clone(),
            crashed(&json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}), "Error"),
            "container `shop` crashes, its last exit code is 137",
        ),
        (
            on_node.clone(),
            crashed(&running, "OOMKilled"),
            "container `shop` crashes, its last exit code is 137 (OOMKilled)",
        ),
        (on_node.clone(), unready(true), "readiness of container `shop` does not pass"),
        (on_node.clone(), unready(false), "the startup probe of container `shop` does not pass"),
        (
            on_node.clone(),
            json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}),
            "it has failed (Evicted: low on memory)",
        ),
        (
            on_node,
            json!({"initContainerStatuses": [{"name": "first", "ready": false, "state": running}]}),
            "init container `first` runs",
        ),
    ] {
        let one = around(vec![pod("shop-1", "new", &spec, &status)]);
        let (text, hint) = found(&deployment(&json!({}), &json!({})), &one).unwrap();
        assert_eq!(text, format!("pod `shop-1`: {expected}"), "{status}");
        let is_crash = expected.contains("crashes");
        let command = if is_crash { "`kubectl logs shop-1 --container shop" } else { "`kubectl describe pod shop-1" };
        assert!(hint.unwrap().starts_with(command), "{status}");
    }
}

#[test]
fn the_worst_of_the_newest_pods_counts() {
    let on_node = json!({"nodeName": "n"});
    let pulling =
        json!({"containerStatuses": [{"name": "c", "image": "i", "state": {"waiting": {"reason": "ErrImagePull"}}}]});
    let ready = json!({"conditions": [{"type": "Ready", "status": "True"}]});
    let mut ending = pod("shop-0", "old", &on_node, &pulling);
    ending["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z".into();
    let pulls = "pod `shop-2`: image `i` cannot be pulled (ImagePullBackOff)";
    for (pods, expected) in [
        (vec![pod("shop-1", "new", &json!({}), &json!({})), pod("shop-2", "new", &on_node, &pulling)], Some(pulls)),
        (vec![pod("shop-3", "new", &on_node, &pulling), pod("shop-2", "new", &on_node, &pulling)], Some(pulls)),
        (vec![pod("shop-1", "old", &on_node, &pulling), pod("shop-2", "new", &on_node, &ready)], None),
        (vec![ending, pod("shop-2", "new", &on_node, &ready)], Some("pod `shop-0` is ending")),
        (vec![], None),
    ] {
        let found = found(&deployment(&json!({}), &json!({})), &around(pods)).map(|(text, _)| text);
        assert_eq!(found.as_deref(), expected);
    }
    let settling = around(vec![pod("shop-1", "new", &on_node, &ready)]);
    let (text, _) = found(&deployment(&json!({"minReadySeconds": 30}), &json!({})), &settling).unwrap();
    assert_eq!(text, "its pods have to stay ready for 30 s");
}

#[test]
fn a_pod_is_found_without_its_replica_set() {
    let hidden = Surroundings { sets: Vec::new(), ..around(vec![pod("shop-1", "any", &json!({}), &json!({}))]) };
    let live = deployment(&json!({}), &json!({}));
    assert_eq!(found(&live, &hidden).unwrap().0, "pod `shop-1`: waits for a node");
    let nothing = Surroundings::default();
    assert_eq!(found(&live, &nothing).unwrap().0, "pods may not be read, so that the reason is not known");
}

#[test]
fn pods_that_are_refused_come_first() {
    let failure = |message: &str| json!({"conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}]});
    for (message, text, hint) in [
        (
            "pods \"shop-7d-x2\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1",
            "no pod can be made: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1",
            Some("`kubectl describe resourcequota --namespace a` shows what is used"),
        ),
        (
            "pods \"shop-7d-x2\" is forbidden: violates PodSecurity \"restricted:latest\": no",
            "no pod can be made: violates PodSecurity \"restricted:latest\": no",
            Some("set the `securityContext` that the namespace's label `pod-security.kubernetes.io/enforce` asks for"),
        ),
        (
            "admission webhook \"x\" denied the request: no",
            "no pod can be made: admission webhook \"x\" denied the request: no",
            None,
        ),
    ] {
        let pods = around(vec![pod("shop-1", "new", &json!({}), &json!({}))]);
        let found = found(&deployment(&json!({}), &failure(message)), &pods).unwrap();
        assert_eq!((found.0.as_str(), found.1.as_deref()), (text, hint));
    }
    let paused = deployment(&json!({"paused": true}), &failure("any"));
    let hint = "`kubectl rollout resume deployment shop --namespace a` lets it go on";
    assert_eq!(found(&paused, &around(vec![])), Some(("it is paused".to_owned(), Some(hint.to_owned()))));
}

#[test]
fn events_tell_of_a_stateful_set() {
    let live = |replicas: i64| {
        json!({"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "a", "uid": "s"},
               "spec": {"replicas": 2}, "status": {"replicas": replicas}})
    };
    let event = |uid: &str, at: &str, message: &str| json!({"involvedObject": {"uid": uid}, "lastTimestamp": at, "message": message});
    let events = vec![
        event(
            "s",
            "2026-01-02T03:04:06Z",
            "create Pod db-0 in StatefulSet db failed error: pods \"db-0\" is forbidden: no",
        ),
        event("s", "2026-01-02T03:04:05Z", "create Pod db-0 in StatefulSet db failed error: earlier"),
        event("other", "2026-01-02T03:04:07Z", "Error creating: not ours"),
    ];
    let around = Surroundings { pods: Some(Vec::new()), sets: Vec::new(), events };
    assert_eq!(found(&live(0), &around).unwrap().0, "no pod can be made: no");
    assert_eq!(found(&live(2), &around), None, "it has them now");
}

#[test]
fn a_message_of_somebody_else_is_one_short_line() {
    assert_eq!(clean("a\n\u{1b}[31mb"), "a\\n\\u{1b}[31mb");
    assert_eq!(clean(&"x".repeat(400)).chars().count(), 301);
    for (message, expected) in [
        ("Error creating: pods \"a-\" is forbidden: no", "no"),
        ("Error creating: Pod \"a\" is invalid", "Pod \"a\" is invalid"),
        ("create Pod db-0 in StatefulSet db failed error: Pod \"db-0\" is invalid", "Pod \"db-0\" is invalid"),
        ("anything", "anything"),
    ] {
        assert_eq!(without_pod_name(message), expected);
    }
}
