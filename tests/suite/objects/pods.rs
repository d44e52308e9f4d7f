//! Each Job and CronJob, and its pod.

use std::collections::{BTreeMap, BTreeSet};

use chaosc::plan::{Start, timing};

use super::{items, projects, text};

#[test]
fn a_run_is_never_repeated_and_never_overlaps() {
    for project in projects() {
        for workload in project.workloads() {
            let name = &project.name;
            assert_eq!(workload.pod["restartPolicy"], "Never", "{name}");
            assert_eq!(workload.job["backoffLimit"], 0, "{name}");
            assert_eq!(workload.job["podReplacementPolicy"], "Failed", "{name}");
            assert!(workload.job.get("parallelism").is_none() && workload.job.get("completions").is_none(), "{name}");
            // The finished Job of a `once` schedule is the record that it ran; the history limits end the others.
            assert!(workload.job.get("ttlSecondsAfterFinished").is_none(), "{name}");
            let spec = &workload.object["spec"];
            match &workload.plan.start {
                Start::Once { .. } => assert_eq!(workload.object["kind"], "Job", "{name}"),
                Start::Cron { expression, time_zone, suspend, history, .. } => {
                    assert_eq!(workload.object["kind"], "CronJob", "{name}");
                    assert_eq!(spec["concurrencyPolicy"], "Forbid", "{name}");
                    assert_eq!(
                        (text(spec, "/schedule"), text(spec, "/timeZone")),
                        (expression.as_str(), time_zone.as_str())
                    );
                    assert!(!time_zone.is_empty(), "{name}");
                    assert_eq!(spec["startingDeadlineSeconds"], 120, "{name}");
                    assert_eq!(spec.get("suspend").and_then(serde_json::Value::as_bool), *suspend, "{name}");
                    assert_eq!(spec["successfulJobsHistoryLimit"], history.successful, "{name}");
                    assert_eq!(spec["failedJobsHistoryLimit"], history.failed, "{name}");
                }
            }
        }
    }
}

/// The deadline is the sum of each experiment's time and grace, and one minute to start; the pod's grace is more than
/// the longest rollbacks need.
#[test]
fn the_times_leave_room_for_every_experiment_and_its_rollbacks() {
    for project in projects() {
        for workload in project.workloads() {
            let name = &project.name;
            let (mut deadline, mut longest) = (60, 0);
            for run in &workload.plan.experiments {
                let of_plan = project.plan.experiments.iter().find(|one| one.name == run.experiment).unwrap();
                let settings: serde_json::Value = serde_json::from_str(&of_plan.run).unwrap();
                let (timeout, grace) = (settings["timeout"].as_u64().unwrap(), settings["grace"].as_u64().unwrap());
                let of_config = project.config.experiments.iter().find(|one| one.name == run.experiment).unwrap();
                assert_eq!((timeout, grace), (timing::timeout_seconds(of_config), timing::grace_seconds(of_config)));
                deadline += timeout + grace;
                longest = longest.max(grace);
            }
            assert_eq!(workload.job["activeDeadlineSeconds"], deadline, "{name}");
            assert!(workload.pod["terminationGracePeriodSeconds"].as_u64().unwrap() > longest, "{name}");
        }
    }
}

#[test]
fn requests_and_limits_are_there() {
    for project in projects() {
        for workload in project.workloads() {
            let resources = &workload.pod["containers"][0]["resources"];
            for value in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
                assert!(!text(resources, value).is_empty(), "{}: {value}", project.name);
            }
        }
    }
}

/// Each volume is mounted, each mount has its volume, and no two mounts meet.
#[test]
fn volumes_match_mounts() {
    for project in projects() {
        let configs: BTreeSet<&str> = project.kind("ConfigMap").map(|one| text(one, "/metadata/name")).collect();
        let mut used = BTreeSet::new();
        for workload in project.workloads() {
            let volumes: BTreeMap<&str, &serde_json::Value> =
                items(workload.pod, "/volumes").map(|volume| (text(volume, "/name"), volume)).collect();
            let mounts: BTreeMap<&str, &str> = items(workload.pod, "/containers/0/volumeMounts")
                .map(|mount| (text(mount, "/mountPath"), text(mount, "/name")))
                .collect();
            assert_eq!(volumes.len(), items(workload.pod, "/volumes").count(), "{}", project.name);
            assert_eq!(mounts.len(), items(workload.pod, "/containers/0/volumeMounts").count(), "{}", project.name);
            let mounted: BTreeSet<&str> = mounts.values().copied().collect();
            assert_eq!(mounted, volumes.keys().copied().collect(), "{}", project.name);
            let mut expected = BTreeSet::from(["/work".to_owned(), "/etc/chaosc/runner".to_owned()]);
            for run in &workload.plan.experiments {
                let experiment = format!("/etc/chaosc/experiments/{}", run.experiment);
                let volume = volumes[mounts[experiment.as_str()]];
                assert_eq!(text(volume, "/configMap/name"), run.config_map, "{}", project.name);
                expected.insert(experiment);
                if !run.secrets.is_empty() {
                    expected.insert(format!("/etc/chaosc/secrets/{}", run.experiment));
                }
            }
            assert_eq!(
                mounts.keys().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>(),
                expected,
                "{}",
                project.name
            );
            used.extend(volumes.values().map(|volume| text(volume, "/configMap/name")).filter(|name| !name.is_empty()));
            let run: Vec<&str> = items(workload.pod, "/containers/0/args").map(|name| name.as_str().unwrap()).collect();
            let planned: Vec<&str> = workload.plan.experiments.iter().map(|run| run.experiment.as_str()).collect();
            assert_eq!(run, planned, "{}", project.name);
        }
        assert_eq!(
            used, configs,
            "{}: every ConfigMap is mounted somewhere, and every mounted one is there",
            project.name
        );
    }
}

/// An experiment sees the keys of Secrets that its own settings name, and no other; nothing comes by the environment.
#[test]
fn secrets_are_mounted_only_where_they_are_used() {
    let mut count = 0;
    for project in projects() {
        for workload in project.workloads() {
            let mounts: BTreeMap<&str, &str> = items(workload.pod, "/containers/0/volumeMounts")
                .map(|mount| (text(mount, "/name"), text(mount, "/mountPath")))
                .collect();
            let mut found = BTreeSet::new();
            for volume in items(workload.pod, "/volumes") {
                assert!(volume.get("secret").is_none(), "{}", project.name);
                for source in items(volume, "/projected/sources") {
                    for item in items(source, "/secret/items") {
                        let name = mounts[text(volume, "/name")].strip_prefix("/etc/chaosc/secrets/").unwrap();
                        found.insert(
                            [name, text(item, "/path"), text(source, "/secret/name"), text(item, "/key")]
                                .map(str::to_owned),
                        );
                        count += 1;
                    }
                }
            }
            let mut wanted = BTreeSet::new();
            for run in &workload.plan.experiments {
                let experiment = project.config.experiments.iter().find(|one| one.name == run.experiment).unwrap();
                for one in &experiment.settings.secrets {
                    wanted.insert([run.experiment.clone(), one.env.clone(), one.secret.clone(), one.key.clone()]);
                }
            }
            assert_eq!(found, wanted, "{}", project.name);
            let container = &workload.pod["containers"][0];
            assert!(container.get("envFrom").is_none(), "{}", project.name);
            assert!(items(container, "/env").all(|one| one.get("valueFrom").is_none()), "{}", project.name);
        }
    }
    assert!(count > 0, "no case has a Secret");
}
