//! Every chaos pod keeps the Pod Security Standard `restricted`.

use serde_json::{Value, json};

use super::{items, projects, text};

/// Says what a pod's specification has against the standard `restricted`, which includes `baseline` (Kubernetes
/// documentation, "Pod Security Standards"; the controls in the order of that page).
fn violations(pod: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut forbid = |is_wrong: bool, control: &str| {
        if is_wrong {
            found.push(control.to_owned());
        }
    };
    let of_pod = &pod["securityContext"];
    let containers =
        || items(pod, "/containers").chain(items(pod, "/initContainers")).chain(items(pod, "/ephemeralContainers"));
    let contexts = || containers().map(|container| &container["securityContext"]);
    let all = || std::iter::once(of_pod).chain(contexts());

    forbid(all().any(|one| one["windowsOptions"]["hostProcess"] == true), "HostProcess");
    for host in ["hostNetwork", "hostPID", "hostIPC"] {
        forbid(pod[host] == true, "Host Namespaces");
    }
    forbid(contexts().any(|one| one["privileged"] == true), "Privileged Containers");
    let dropped = |one: &Value| items(one, "/capabilities/drop").any(|name| name == "ALL");
    let added = |one: &Value| items(one, "/capabilities/add").all(|name| name == "NET_BIND_SERVICE");
    forbid(!contexts().all(|one| dropped(one) && added(one)), "Capabilities");
    let volumes =
        ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
    let of_allowed_type =
        |volume: &Value| volume.as_object().unwrap().keys().all(|key| key == "name" || volumes.contains(&key.as_str()));
    forbid(!items(pod, "/volumes").all(of_allowed_type), "Volume Types");
    forbid(
        containers().any(|one| items(one, "/ports").any(|port| port.get("hostPort").is_some_and(|port| *port != 0))),
        "Host Ports",
    );
    let probe_host = |one: &Value| one.to_string().contains("\"host\":");
    forbid(
        containers().any(|one| {
            ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"].iter().any(|probe| probe_host(&one[probe]))
        }),
        "Host Probes",
    );
    forbid(all().any(|one| one["appArmorProfile"]["type"] == "Unconfined"), "AppArmor");
    forbid(all().any(|one| one.get("seLinuxOptions").is_some()), "SELinux");
    forbid(contexts().any(|one| one.get("procMount").is_some_and(|mount| mount != "Default")), "/proc Mount Type");
    forbid(of_pod.get("sysctls").is_some(), "Sysctls");
    forbid(!contexts().all(|one| one["allowPrivilegeEscalation"] == false), "Privilege Escalation");
    let set = |one: &Value, key: &str, value: &Value| one.pointer(key).map(|found| found == value);
    let throughout = |key: &str, allowed: &dyn Fn(&Value) -> bool| {
        let pod = of_pod.pointer(key).map(allowed);
        contexts().all(|one| one.pointer(key).map(allowed).or(pod).unwrap_or(false)) && pod != Some(false)
    };
    forbid(!throughout("/runAsNonRoot", &|found| *found == true), "Running as Non-root");
    forbid(all().any(|one| set(one, "/runAsUser", &json!(0)) == Some(true)), "Running as Non-root user");
    let seccomp = |found: &Value| found == "RuntimeDefault" || found == "Localhost";
    forbid(!throughout("/seccompProfile/type", &seccomp), "Seccomp");
    found
}

#[test]
fn every_pod_keeps_the_standard_restricted() {
    for project in projects() {
        for workload in project.workloads() {
            assert_eq!(violations(workload.pod), Vec::<String>::new(), "{}", project.name);
            for container in items(workload.pod, "/containers") {
                assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{}", project.name);
                // All that is written goes to one volume; everything else is mounted for reading.
                for mount in items(container, "/volumeMounts") {
                    assert_eq!(mount["readOnly"] == true, text(mount, "/mountPath") != "/work", "{}", project.name);
                }
            }
        }
    }
}

/// The check itself notices each control that is broken.
#[test]
fn the_check_of_the_standard_notices_each_breach() {
    let project = projects().iter().find(|project| project.name == "the starter").unwrap();
    let pod = project.workloads()[0].pod.clone();
    let breaches = [
        ("/hostNetwork", json!(true), "Host Namespaces"),
        ("/containers/0/securityContext/privileged", json!(true), "Privileged Containers"),
        ("/containers/0/securityContext/capabilities", json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}), "Capabilities"),
        ("/containers/0/securityContext/capabilities", json!({}), "Capabilities"),
        ("/volumes/0", json!({"name": "work", "hostPath": {"path": "/"}}), "Volume Types"),
        ("/containers/0/ports", json!([{"hostPort": 80}]), "Host Ports"),
        ("/securityContext/sysctls", json!([]), "Sysctls"),
        ("/containers/0/securityContext/allowPrivilegeEscalation", json!(true), "Privilege Escalation"),
        ("/securityContext/runAsNonRoot", json!(false), "Running as Non-root"),
        ("/containers/0/securityContext/runAsUser", json!(0), "Running as Non-root user"),
        ("/securityContext/seccompProfile", json!({"type": "Unconfined"}), "Seccomp"),
        ("/containers/0/securityContext/seLinuxOptions", json!({"level": "s0"}), "SELinux"),
    ];
    for (pointer, value, control) in breaches {
        let mut broken = pod.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match broken.pointer_mut(parent).unwrap() {
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
            table => table[key] = value,
        }
        assert_eq!(violations(&broken), [control], "{pointer}");
    }
}
