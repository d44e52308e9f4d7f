//! What docs/ci.md and docs/gitops.md show: the manifests are read, and the commands of the jobs are run.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::folders::{project, put};
use crate::tools::{parts, run, succeed, tool};

/// The YAML blocks of a page.
fn blocks(page: &str) -> Vec<Value> {
    let text = fs::read_to_string(project(page)).unwrap();
    let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.map(|block| read(&block)).collect()
}

/// Reads YAML as PyYAML does.
fn read(yaml: &str) -> Value {
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout, default=str)";
    let mut python = Command::new(tool("CHAOSC_TEST_PYTHON"));
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("block.yaml"), yaml);
    python.args(["-c", program]).stdin(fs::File::open(folder.path().join("block.yaml")).unwrap());
    serde_json::from_str(&succeed(&mut python)).unwrap()
}

/// Runs a line of a job where `chaosc` is on the path.
fn line(folder: &Path, script: &str) -> (i32, String, String) {
    let programs = Path::new(env!("CARGO_BIN_EXE_chaosc")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", script]).current_dir(folder).env("PATH", path).env("BASE", "origin/main");
    parts(shell.env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main").output().unwrap())
}

#[test]
fn the_jobs_fail_where_they_should_and_nowhere_else() {
    let jobs = blocks("docs/ci.md");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let github = jobs[0]["jobs"]["chaos"]["steps"].as_array().unwrap().iter().filter_map(|step| text(&step["run"]));
    let gitlab = jobs[1]["chaos"]["script"].as_array().unwrap().iter().filter_map(text);
    // What talks to a forge needs one.
    let lines: Vec<String> = github.chain(gitlab).filter(|line| !line.contains("gh pr ")).collect();
    assert_eq!(lines.len(), 7, "{lines:?}");

    let upstream = tempfile::tempdir().unwrap();
    let git = |folder: &Path, arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=ada", "-c", "user.email=ada@example.com"]).args(arguments).current_dir(folder);
        succeed(&mut command)
    };
    for arguments in [&["init", "-q"][..], &["render", "-q"]] {
        assert_eq!(run(upstream.path(), arguments).0, 0);
    }
    git(upstream.path(), &["init", "-q", "-b", "main"]);
    git(upstream.path(), &["add", "-A"]);
    git(upstream.path(), &["commit", "-q", "-m", "first"]);
    let clones = tempfile::tempdir().unwrap();
    git(clones.path(), &["clone", "-q", upstream.path().to_str().unwrap(), "clone"]);
    let clone = clones.path().join("clone");

    let experiment = clone.join("experiments/terminate-pod.yaml");
    let before = fs::read_to_string(&experiment).unwrap();
    put(&experiment, before.replace("qty: 1", "qty: 2"));
    assert_eq!(run(&clone, &["render", "-q"]).0, 0);
    for script in &lines {
        let (code, _, err) = line(&clone, script);
        assert_eq!(code, 0, "{script}\n{err}");
    }
    let comment = fs::read_to_string(clone.join("chaos.md")).unwrap();
    assert!(comment.contains("qty"), "{comment}");

    // Stale, then wrong.
    put(&experiment, before.replace("qty: 1", "qty: 3"));
    let codes = |part: &str| -> Vec<i32> {
        lines.iter().filter(|line| line.contains(part)).map(|script| line(&clone, script).0).collect()
    };
    assert_eq!((codes("chaosc check"), codes("render --check")), (vec![0, 0], vec![2, 2]));
    put(&experiment, before.replace("qty: 1", "qyt: 1"));
    assert_eq!(codes("chaosc check"), [1, 1]);
}

#[test]
fn the_gitops_manifests_take_the_folder() {
    let manifests = blocks("docs/gitops.md");
    let [application, kustomization] = manifests.as_slice() else { panic!("{manifests:?}") };
    assert_eq!(application["kind"], "Application");
    assert_eq!(application["spec"]["source"]["path"], "out");
    assert_eq!(kustomization["kind"], "Kustomization");
    assert_eq!(kustomization["spec"]["path"], "./out");
    assert!(project("out/kustomization.yaml").exists());
}
