//! The chart in a real cluster, with Helm 3 and with Helm 4: installed, upgraded with each value, rolled back, uninstalled.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use chaosc::bundle::helm as limits;
use chaosc::bundle::write::Files;
use serde_json::Value;

use crate::lab::{Lab, kubeconfig};
use crate::tools::{parts, succeed, tool};

/// What a release may set, one release a line; what each changes stands in `tests/chart/values.txt`.
const RELEASES: &str = include_str!("../chart/releases.txt");

/// A lab whose chart is rendered, with a schedule of each kind.
struct Release {
    lab: Lab,
    helm: PathBuf,
    name: &'static str,
}

impl Release {
    fn new(name: &'static str, variable: &str) -> Release {
        let lab = Lab::new(name);
        lab.toml(
            "[[schedules]]\nname = \"by-hand\"\nexperiments = [\"kill\"]\nmanual = true\n\
             [[schedules]]\nname = \"on-release\"\nexperiments = [\"kill\"]\nonce = true\n",
        );
        // As in the table of values.
        lab.edit("chaos.toml", "cron = \"0 0 29 2 *\"", "cron = \"0 2 * * *\"\nname = \"nightly\"");
        let release = Release { lab, helm: tool(variable), name };
        release.render();
        release
    }

    fn render(&self) {
        let (code, out, err) = self.lab.chaosc(&["render"]);
        assert_eq!(code, 0, "{out}{err}");
    }

    fn chart(&self) -> String {
        self.lab.folder.path().join("out/chart").to_str().unwrap().to_owned()
    }

    fn command(&self, namespace: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.helm);
        command
            .env_clear()
            .env("KUBECONFIG", kubeconfig())
            .env("HOME", self.lab.folder.path())
            .args(arguments)
            .args(["--namespace", namespace]);
        command
    }

    fn helm(&self, arguments: &[&str]) -> String {
        succeed(&mut self.command(&self.lab.namespace, arguments))
    }

    /// Returns the objects of the release, as they are in the cluster.
    fn live(&self) -> Vec<Value> {
        let kinds = "configmaps,serviceaccounts,roles,rolebindings,cronjobs,jobs,deployments,services";
        let list: Value = serde_json::from_str(&self.lab.kubectl(&["get", kinds, "-o", "json"])).unwrap();
        let mut objects = list["items"].as_array().unwrap().clone();
        objects.push(self.lab.live("namespace", &self.lab.namespace));
        objects.retain(|object| object.pointer("/metadata/annotations/meta.helm.sh~1release-name").is_some());
        objects
    }

    /// Returns the objects that Helm made of the chart for the release as it is.
    fn manifests(&self) -> Vec<Value> {
        let text = self.helm(&["get", "manifest", "shop"]);
        let (documents, errors) = chaosc::source::yaml::read(&text, chaosc::source::yaml::Dialect::Kubernetes);
        assert!(errors.is_empty(), "{errors:?}");
        documents.iter().map(chaosc::source::tree::Node::to_json).filter(|object| !object.is_null()).collect()
    }

    /// Holds the cluster against the release: the same objects, with every field that the chart says.
    fn holds(&self, what: &str) {
        let (said, live) = (self.manifests(), self.live());
        let names = |objects: &[Value]| {
            let mut names: Vec<String> =
                objects.iter().map(|one| format!("{} {}", one["kind"], one["metadata"]["name"])).collect();
            names.sort();
            names
        };
        assert_eq!(names(&live), names(&said), "{what}");
        for one in &said {
            let same =
                |other: &&Value| other["kind"] == one["kind"] && other["metadata"]["name"] == one["metadata"]["name"];
            missing(one, live.iter().find(same).unwrap(), what, "");
        }
    }

    fn job(&self) -> String {
        self.lab.kubectl(&["get", "jobs", "-l", "chaosc.dev/schedule=on-release", "-o", "name"]).trim().to_owned()
    }
}

/// Finds every field that is said in what is there.
fn missing(said: &Value, live: &Value, what: &str, path: &str) {
    match (said, live) {
        // Helm puts its own name here.
        _ if path == "/metadata/labels/app.kubernetes.io~1managed-by" => assert_eq!(live, "Helm", "{what}"),
        (Value::Object(said), Value::Object(live)) => {
            for (key, value) in said {
                let path = format!("{path}/{}", key.replace('/', "~1"));
                let there = live.get(key).unwrap_or_else(|| panic!("{what}: {path} is not there"));
                missing(value, there, what, &path);
            }
        }
        (Value::Array(said), Value::Array(live)) => {
            assert_eq!(said.len(), live.len(), "{what}: {path}");
            for (index, (said, live)) in said.iter().zip(live).enumerate() {
                missing(said, live, what, &format!("{path}/{index}"));
            }
        }
        // A quantity may be given as a number, and is kept as a text.
        (Value::Number(said), Value::String(live)) => assert_eq!(&said.to_string(), live, "{what}: {path}"),
        _ => assert_eq!(said, live, "{what}: {path}"),
    }
}

fn lives(name: &'static str, variable: &str) {
    let release = Release::new(name, variable);
    let (chart, namespace) = (release.chart(), release.lab.namespace.clone());

    // Elsewhere nothing is made; the namespace is somebody else's to make.
    let (code, _, error) = parts(release.command("default", &["install", "shop", &chart]).output().unwrap());
    assert_eq!(code, 1, "{error}");
    assert!(error.contains(&format!("this chart is compiled for the namespace {namespace}")), "{error}");
    release.lab.kubectl(&["create", "namespace", &namespace]);
    let notes = release.helm(&["install", "shop", &chart]);
    for line in [
        format!("The chaos experiments of shop are in the namespace {namespace}."),
        "  nightly: at \"0 2 * * *\", Etc/UTC".to_owned(),
        format!("  by-hand: by hand, kubectl -n {namespace} create job by-hand-1 --from=cronjob/shop-chaos-by-hand"),
        format!("  on-release: once, when Job {} is made", release.job().trim_start_matches("job.batch/")),
    ] {
        assert!(notes.lines().any(|found| found == line), "`{line}` is not in\n{notes}");
    }
    release.holds("installed");
    let (objects, job) = (release.manifests(), release.job());

    // Each value alone, on what the one before has left.
    for line in RELEASES.lines().filter(|line| !line.starts_with("namespace.")) {
        let values: Vec<&str> = line.split("  ").flat_map(|value| ["--set-json", value]).collect();
        let notes = release.helm(&[&["upgrade", "shop", &chart, "--history-max=0"], values.as_slice()].concat());
        release.holds(line);
        let is_another = release.job() != job;
        assert_eq!(notes.contains("another one because values change its pod"), is_another, "{line}\n{notes}");
        assert_ne!(release.manifests(), objects, "{line}");
    }

    // And all the way back.
    release.helm(&["rollback", "shop", "1"]);
    release.holds("rolled back");
    assert_eq!((release.manifests(), release.job()), (objects, job));
    release.helm(&["uninstall", "shop", "--wait"]);
    assert!(release.live().is_empty(), "{:#?}", release.live());
    assert_eq!(release.lab.kubectl(&["get", "namespace", &namespace, "-o", "jsonpath={.status.phase}"]), "Active");
}

#[test]
fn helm_3_lives_with_the_chart() {
    lives("charts-3", "CHAOSC_TEST_HELM");
}

#[test]
fn helm_4_lives_with_the_chart() {
    lives("charts-4", "CHAOSC_TEST_HELM4");
}

/// As the comment in values.yaml says; the namespace stays when the release goes.
#[test]
fn a_release_can_have_its_namespace() {
    for (name, variable) in [("charts-own-3", "CHAOSC_TEST_HELM"), ("charts-own-4", "CHAOSC_TEST_HELM4")] {
        let release = Release::new(name, variable);
        release.lab.edit("chaos.toml", "[[apps]]", "istio = \"disabled\"\nlabels = { team = \"shop\" }\n[[apps]]");
        release.render();
        let chart = release.chart();
        release.lab.kubectl(&["create", "namespace", &release.lab.namespace]);
        let make = ["--take-ownership", "--set=namespace.create=true"];
        release.helm(&[&["install", "shop", &chart], make.as_slice()].concat());
        let labels_of = |lab: &Lab| -> Value {
            let namespace = lab.live("namespace", &lab.namespace);
            namespace["metadata"]["labels"].clone()
        };
        let new = labels_of(&release.lab);
        assert_eq!((&new["istio-injection"], &new["team"]), (&"disabled".into(), &"shop".into()), "{variable}");
        release.holds("with its namespace");
        // Taken back, it only is no longer the release's.
        release.helm(&["upgrade", "shop", &chart]);
        assert_eq!(labels_of(&release.lab)["team"], "shop", "{variable}");
        release.helm(&["uninstall", "shop"]);
        assert_eq!(labels_of(&release.lab)["team"], "shop", "{variable}");
    }
}

/// Experiments that change give new objects, and the old ones go with the release's next revision.
#[test]
fn an_upgrade_to_another_bundle_leaves_nothing_behind() {
    for (name, variable) in [("charts-next-3", "CHAOSC_TEST_HELM"), ("charts-next-4", "CHAOSC_TEST_HELM4")] {
        let release = Release::new(name, variable);
        release.lab.kubectl(&["create", "namespace", &release.lab.namespace]);
        release.helm(&["install", "shop", &release.chart()]);
        let before = release.manifests().len();
        release.lab.edit("kill.yaml", "qty: 1", "qty: 2");
        release.lab.edit("chaos.toml", "manual = true", "cron = \"0 3 * * *\"");
        release.render();
        release.helm(&["upgrade", "shop", &release.chart()]);
        release.holds(release.name);
        assert_eq!(release.manifests().len(), before);
    }
}

/// The size that a warning is about is the one that the cluster sees.
#[test]
fn the_size_of_a_release_is_known() {
    for (name, variable) in [("charts-size-3", "CHAOSC_TEST_HELM"), ("charts-size-4", "CHAOSC_TEST_HELM4")] {
        let release = Release::new(name, variable);
        for number in 0..60 {
            release.lab.write(
                &format!("more-{number}.yaml"),
                &crate::lab::experiment(&release.lab.namespace, &format!("tags: [t{number}]\n")),
            );
            let config = fs::read_to_string(release.lab.folder.path().join("chaos.toml")).unwrap();
            let more = format!(
                "[[experiments]]\nfile = \"more-{number}.yaml\"\n[[schedules]]\nexperiments = [\"more-{number}\"]\ncron = \"0 1 * * *\"\n"
            );
            release.lab.write("chaos.toml", &(config + &more));
        }
        release.render();
        release.lab.kubectl(&["create", "namespace", &release.lab.namespace]);
        release.helm(&["install", "shop", &release.chart()]);
        let record = release.lab.live("secret", "sh.helm.release.v1.shop.v1");
        let kept = record["data"]["release"].as_str().unwrap().len() / 4 * 3;
        let mut files = Files::new();
        for folder in ["chart", "chart/templates", "manifests"] {
            for entry in fs::read_dir(release.lab.folder.path().join("out").join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let name = path.strip_prefix(release.lab.folder.path().join("out")).unwrap();
                    files.insert(name.to_str().unwrap().to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        let estimated = limits::release_bytes(&files).unwrap();
        println!("{variable}: {kept} bytes kept, {estimated} expected, {} files", files.len());
        assert!(estimated.abs_diff(kept) * 20 < kept, "{variable}: {kept} bytes kept, {estimated} expected");
    }
}
