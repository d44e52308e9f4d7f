//! Names that end in a hash: they change with what they stand for, and with nothing else.

use std::collections::BTreeMap;

use super::{Project, projects, text};

#[test]
fn every_config_map_is_immutable_and_its_name_ends_in_a_hash() {
    // The same name means the same content, throughout all projects.
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    for project in projects() {
        for object in project.kind("ConfigMap") {
            assert_eq!(object["immutable"], true, "{}", project.name);
            let name = text(object, "/metadata/name");
            let hash = name.rsplit('-').next().unwrap();
            assert!(hash.len() == 10 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{}: {name}", project.name);
            let data = object["data"].to_string();
            assert_eq!(
                contents.entry(name.to_owned()).or_insert_with(|| data.clone()),
                &data,
                "{}: {name}",
                project.name
            );
        }
    }
}

const CHAOS_TOML: &str = r#"
name = "shop"
[namespace]
name = "shop"

[[experiments]]
name = "kill"
variables = { count = 1 }
env = { MODE = "a" }
secrets = [{ env = "TOKEN", secret = "api", key = "token" }]
timeout = "3m"
[experiments.spec]
title = "kill"
description = "d"
method = []
configuration = { count = 2 }

[[schedules]]
name = "release"
experiments = ["kill"]
once = true
"#;

/// The names of the experiment's ConfigMap and of the Job.
fn names(chaos_toml: &str) -> (String, String) {
    let project = Project::of(&[("chaos.toml", chaos_toml)]);
    let workload = &project.plan.workloads[0];
    (workload.experiments[0].config_map.clone(), workload.object_name().to_owned())
}

#[test]
fn what_runs_changes_both_names() {
    let (config_map, job) = names(CHAOS_TOML);
    let edits = [
        ("title = \"kill\"", "title = \"kilL\""),
        ("count = 1", "count = 3"),
        ("MODE = \"a\"", "MODE = \"b\""),
        ("MODE =", "MODES ="),
        ("env = \"TOKEN\"", "env = \"KEY\""),
        ("secret = \"api\"", "secret = \"apis\""),
        ("key = \"token\"", "key = \"tokens\""),
        ("\"3m\"", "\"4m\""),
        ("name = \"kill\"", "name = \"slay\""),
    ];
    for (from, to) in edits {
        let changed = CHAOS_TOML
            .replacen(from, to, 1)
            .replace("[\"kill\"]", if to.contains("slay") { "[\"slay\"]" } else { "[\"kill\"]" });
        assert_ne!(changed, CHAOS_TOML, "{from}");
        let (other_config_map, other_job) = names(&changed);
        assert_ne!(other_config_map, config_map, "{to}");
        assert_ne!(other_job, job, "{to}");
    }
}

/// The image, the pod and everything else that is not the experiment: a finished Job stays finished.
#[test]
fn how_it_runs_changes_neither_name() {
    let before = names(CHAOS_TOML);
    for addition in
        ["[image]\nrepository = \"registry.example/chaos\"\ntag = \"2\"\n", "[pod]\nlabels = { team = \"shop\" }\n"]
    {
        assert_eq!(names(&format!("{CHAOS_TOML}\n{addition}")), before, "{addition}");
    }
    // What is equal stays equal, however it is written.
    let spelt = CHAOS_TOML
        .replace("\"3m\"", "\"180s\"")
        .replace("title = \"kill\"\ndescription = \"d\"", "description = \"d\"\ntitle = \"kill\"");
    assert_eq!(names(&spelt), before);
}

/// A Job's name depends on what its author wrote alone. If this fails although neither the text above nor the canonical
/// form was meant to change, every finished `once` Job out there would run again with the next version.
#[test]
fn the_name_of_a_job_is_the_same_in_every_version() {
    assert_eq!(names(CHAOS_TOML).1, "shop-chaos-release-fe930b722a");
}
