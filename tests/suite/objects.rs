//! What every bundle promises, asserted over the objects of every case under `tests/render/`, of the example and of the
//! starter: whatever chaos.toml says, these hold.

mod every;
mod hashes;
mod pod_security;
mod pods;
mod rbac;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chaosc::bundle::Bundle;
use chaosc::config::Config;
use chaosc::plan::Plan;
use chaosc::source::Source;
use serde_json::Value;

use crate::folders::{cases, project};

/// One project, as far as the line goes.
struct Project {
    name: String,
    config: Config,
    plan: Plan,
    bundle: Bundle,
}

impl Project {
    fn read(name: &str, chaos_toml: &std::path::Path) -> Project {
        let source = Source::read(chaos_toml).unwrap();
        let checked = chaosc::check::check(&source);
        let config = checked.config.unwrap_or_else(|| panic!("{name}: {:?}", checked.diagnostics));
        let plan = chaosc::plan::plan(&config);
        let bundle = chaosc::render::render(&plan).unwrap();
        Project { name: name.to_owned(), config, plan, bundle }
    }

    /// Reads a project whose files are given as text.
    fn of(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            crate::folders::put(&folder.path().join(path), text);
        }
        Project::read("a project in the test", &folder.path().join("chaos.toml"))
    }

    fn objects(&self) -> impl Iterator<Item = &Value> {
        self.bundle.manifests.iter().map(|manifest| &manifest.object)
    }

    /// The objects that chaosc makes itself, without those of the apps.
    fn own(&self) -> impl Iterator<Item = &Value> {
        let apps: BTreeSet<_> = self.plan.apps.iter().map(|app| &app.id).collect();
        self.bundle.manifests.iter().filter(move |one| !apps.contains(&one.id)).map(|manifest| &manifest.object)
    }

    fn kind<'p>(&'p self, kind: &'p str) -> impl Iterator<Item = &'p Value> {
        self.own().filter(move |object| object["kind"] == kind)
    }

    /// Each workload with its object, the specification of its Job and the specification of its pod.
    fn workloads(&self) -> Vec<Workload<'_>> {
        let found: Vec<Workload<'_>> = self
            .plan
            .workloads
            .iter()
            .map(|plan| {
                let find = |object: &&Value| {
                    ["Job", "CronJob"].contains(&text(object, "/kind"))
                        && text(object, "/metadata/name") == plan.object_name()
                };
                let object =
                    self.own().find(find).unwrap_or_else(|| panic!("{}: no {}", self.name, plan.object_name()));
                let job = object.pointer("/spec/jobTemplate/spec").unwrap_or(&object["spec"]);
                Workload { plan, object, job, pod: &job["template"]["spec"] }
            })
            .collect();
        assert_eq!(found.len(), self.kind("Job").count() + self.kind("CronJob").count(), "{}", self.name);
        found
    }
}

struct Workload<'p> {
    plan: &'p chaosc::plan::Workload,
    object: &'p Value,
    job: &'p Value,
    pod: &'p Value,
}

/// All projects that the promises are held against.
fn projects() -> &'static [Project] {
    static PROJECTS: LazyLock<Vec<Project>> = LazyLock::new(|| {
        let mut projects: Vec<Project> = cases("tests/render")
            .iter()
            .map(|case| Project::read(&case.display().to_string(), &case.join("chaos.toml")))
            .collect();
        projects.push(Project::read("the example", &project("chaos.toml.example")));
        projects.push(Project::read("the starter", &project("templates/starter/chaos.toml")));
        projects
    });
    assert!(PROJECTS.len() > 30);
    &PROJECTS
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// A mapping of texts, such as labels.
fn texts(value: &Value) -> BTreeMap<&str, &str> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect()
}
