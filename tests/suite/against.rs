//! `chaosc diff --against`: what a change comes to, compared with what git or another folder has; no cluster is asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::folders::{copy, put};
use crate::tools::{chaosc, parts, run, succeed};

/// A repository whose first commit is the starter, rendered.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["init", "-q"][..], &["render", "-q"]] {
        assert_eq!(run(folder.path(), arguments).0, 0);
    }
    git(folder.path(), &["init", "-q"]);
    commit(folder.path());
    folder
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=ada", "-c", "user.email=ada@example.com"]).args(arguments).current_dir(folder);
    succeed(&mut command)
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "a step"]);
}

fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(&path, text.replace(from, to)).unwrap();
}

const EXPERIMENT: &str = "experiments/terminate-pod.yaml";

#[test]
fn a_change_is_shown_as_it_would_be_against_a_cluster() {
    let folder = repository();
    let against = |options: &[&str]| run(folder.path(), &[&["diff", "--against", "HEAD"], options].concat());
    let (code, out, _) = against(&["--exit-code"]);
    assert!(code == 0 && out.contains("no changes; 10 objects are as they should be"), "{out}");

    edit(folder.path(), EXPERIMENT, "qty: 1", "qty: 2");
    let more = "\
rollbacks:
  - name: scale up
    type: action
    provider:
      type: python
      module: chaosk8s.deployment.actions
      func: scale_deployment
      arguments: {name: go-app, replicas: 2, ns: go-app}
";
    let text = fs::read_to_string(folder.path().join(EXPERIMENT)).unwrap();
    put(&folder.path().join(EXPERIMENT), text + more);
    let (code, out, err) = against(&["--exit-code"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(out.starts_with("`go-app` in namespace `go-app`, compared with the git revision `HEAD` ("), "{out}");
    let place = |part: &str| out.find(part).unwrap_or_else(|| panic!("no `{part}` in\n{out}"));
    assert!(place("may now patch `deployments.apps go-app`") < place("~ update Role/"), "{out}");
    assert!(place("-             qty: 1") < place("+             qty: 2"), "{out}");
    assert!(!out.contains("inventory") && !out.contains("drift"), "{out}");

    // Every format, and the schema of the one for programs.
    let (_, json, _) = against(&["--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let schema: Value = serde_json::from_str(&run(folder.path(), &["schema", "diff"]).1).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    assert!(schema.is_valid(&json), "{json:#}");
    assert!(json["compared"]["against"].as_str().unwrap().starts_with("the git revision `HEAD` ("));
    assert!(against(&["--format", "markdown"]).1.contains("deployments.<wbr>apps go-app"));
    assert!(against(&["--format", "summary"]).1.contains("create"));

    // Nothing of the revision has to be in the work tree, and no kubeconfig is read.
    commit(folder.path());
    git(folder.path(), &["rm", "-q", "-r", "out"]);
    let mut command = chaosc(folder.path());
    command.args(["diff", "--against", "HEAD~1", "-q"]).env("KUBECONFIG", "/nowhere");
    let (code, after, err) = parts(command.output().unwrap());
    let rows = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!((code, rows(&after), err.as_str()), (0, rows(&out), ""));
}

#[test]
fn a_folder_is_the_same_as_a_revision() {
    let folder = repository();
    let earlier = tempfile::tempdir().unwrap();
    copy(folder.path(), earlier.path());
    edit(folder.path(), "chaos.toml", "*/5 * * * *", "0 3 * * *");
    let with =
        |against: &str| run(folder.path(), &["diff", "--against", against]).1.split_once('\n').unwrap().1.to_owned();
    let shown = with("HEAD");
    assert!(shown.contains("0 3 * * *"), "{shown}");
    assert_eq!(with(earlier.path().to_str().unwrap()), shown);
}

#[test]
fn of_many_schedules_only_what_has_changed_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut chaos = "name = \"many\"\n[namespace]\nname = \"many\"\n".to_owned();
    for number in 0..5 {
        chaos += &format!("[[experiments]]\nfile = \"e{number}.yaml\"\n");
        chaos += &format!("[[schedules]]\nname = \"s{number}\"\nexperiments = [\"e{number}\"]\nmanual = true\n");
        put(&folder.path().join(format!("e{number}.yaml")), "title: t\ndescription: d\nmethod: []\n");
    }
    put(&folder.path().join("chaos.toml"), chaos);
    assert_eq!(run(folder.path(), &["render", "-q"]).0, 0);
    git(folder.path(), &["init", "-q"]);
    commit(folder.path());
    let earlier = tempfile::tempdir().unwrap();
    copy(folder.path(), earlier.path());
    let with =
        |against: &str| run(folder.path(), &["diff", "--against", against]).1.split_once('\n').unwrap().1.to_owned();

    edit(folder.path(), "e2.yaml", "title: t", "title: another");
    let shown = with("HEAD");
    assert!(shown.contains("\n1 to create, 1 to update, 1 to delete, 15 unchanged\n"), "{shown}");
    assert!(!shown.contains("note:"), "what is common counts where `out/` of the revision is looked at:\n{shown}");
    assert_eq!(with(earlier.path().to_str().unwrap()), shown);

    // A fault between what has changed and what has not.
    edit(folder.path(), "chaos.toml", "file = \"e3.yaml\"", "file = \"e3.yaml\"\nname = \"e4\"");
    edit(folder.path(), "chaos.toml", "[\"e3\"]", "[\"e4\"]");
    commit(folder.path());
    edit(folder.path(), "chaos.toml", "file = \"e3.yaml\"\nname = \"e4\"", "file = \"e3.yaml\"");
    edit(folder.path(), "chaos.toml", "name = \"s3\"\nexperiments = [\"e4\"]", "name = \"s3\"\nexperiments = [\"e3\"]");
    let (code, out, err) = run(folder.path(), &["diff", "--against", "HEAD"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("chaos.toml:30: two experiments are called `e4`"), "{err}");

    // What cannot be read was not absent.
    fs::remove_file(earlier.path().join("chaos.toml")).unwrap();
    fs::create_dir(earlier.path().join("chaos.toml")).unwrap();
    let (code, out, err) = run(folder.path(), &["diff", "--against", earlier.path().to_str().unwrap()]);
    assert!(code == 1 && out.is_empty() && err.contains("it is a folder, expected a file"), "{out}{err}");
}

#[test]
fn a_renamed_bundle_deletes_nothing_of_the_one_before() {
    let name = "name = \"go-app\"\n";
    for (from, to) in [
        (format!("{name}\n[namespace]"), "name = \"other\"\n\n[namespace]"),
        (format!("[namespace]\n{name}"), "[permissions]\nnamespaces = [\"go-app\"]\n[namespace]\nname = \"other\"\n"),
    ] {
        let folder = repository();
        edit(folder.path(), "chaos.toml", &from, to);
        let (code, out, err) = run(folder.path(), &["diff", "--against", "HEAD", "--format", "summary"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("the bundle is `go-app` in the namespace `go-app`: for an apply another one"), "{out}");
        assert!(!out.contains("no longer") && !out.contains("to delete"), "{out}");
    }
}

#[test]
fn nobody_else_has_a_hand_in_what_files_say() {
    let folder = repository();
    edit(folder.path(), "chaos.toml", "[[schedules]]\n", "[[schedules]]\nsuspend = true\n");
    commit(folder.path());
    edit(folder.path(), "chaos.toml", "suspend = true\n", "");
    edit(folder.path(), EXPERIMENT, "chaosk8s.pod.actions", "chaosk8s.pod.probes");
    edit(folder.path(), EXPERIMENT, "func: terminate_pods", "func: count_pods");
    edit(folder.path(), EXPERIMENT, "        qty: 1\n        rand: true\n", "");
    let (_, out, err) = run(folder.path(), &["diff", "--against", "HEAD"]);
    assert!(out.contains("-       - delete\n") && out.contains("-   suspend: true\n"), "{out}{err}");
    assert!(!out.contains("admission"), "{out}");
}

#[test]
fn what_has_to_be_made_anew_is_known() {
    let folder = repository();
    edit(folder.path(), "chaos.toml", "cron = \"*/5 * * * *\"", "once = true");
    commit(folder.path());
    put(
        &folder.path().join("chaos.toml"),
        fs::read_to_string(folder.path().join("chaos.toml")).unwrap()
            + "\n[image]\nrepository = \"registry.example/chaos\"\ntag = \"2\"\n",
    );
    let (_, out, _) = run(folder.path(), &["diff", "--against", "HEAD", "--format", "summary"]);
    assert!(
        out.contains("runs every-five-minutes now") && out.contains("one that has run what it says is left"),
        "{out}"
    );

    let manifest = "app/go-app.yaml";
    let selector = "matchLabels:\n      app: go-app";
    edit(folder.path(), manifest, selector, "matchLabels:\n      app: go-app\n      tier: web");
    edit(folder.path(), manifest, "labels:\n        app: go-app", "labels:\n        app: go-app\n        tier: web");
    let (code, out, err) = run(folder.path(), &["diff", "--against", "HEAD"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("replace Deployment/go-app") && out.contains("spec.selector"), "{out}");
}

#[test]
fn what_there_is_to_know_of_the_revision_is_said() {
    let folder = repository();
    git(folder.path(), &["mv", "chaos.toml", "other.toml"]);
    let (code, out, _) = run(folder.path(), &["diff", "-f", "other.toml", "--against", "HEAD", "--format", "summary"]);
    assert!(code == 0 && out.contains("has no chaos.toml: everything is new") && out.contains("10 to create"), "{out}");
    git(folder.path(), &["mv", "other.toml", "chaos.toml"]);

    // The folder that was committed is another than this program would write.
    edit(folder.path(), "out/bundle.yaml", "startingDeadlineSeconds: 120", "startingDeadlineSeconds: 60");
    commit(folder.path());
    let (_, out, _) = run(folder.path(), &["diff", "--against", "HEAD"]);
    assert!(out.contains("note: `out/` as it stands in the git revision `HEAD`"), "{out}");
    assert!(out.contains("no changes"), "{out}");

    edit(folder.path(), "chaos.toml", "*/5 * * * *", "*/5 * * *");
    commit(folder.path());
    edit(folder.path(), "chaos.toml", "*/5 * * *", "*/5 * * * *");
    let (code, out, err) = run(folder.path(), &["diff", "--against", "HEAD"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("there are errors in the git revision `HEAD`") && err.contains("found 4 fields"), "{err}");

    for (revision, expected) in [("nowhere", "neither a folder nor a revision"), ("--all", "neither a folder")] {
        let (code, _, err) = run(folder.path(), &["diff", &format!("--against={revision}")]);
        assert!(code == 1 && err.contains(expected), "{err}");
    }
    assert_eq!(run(folder.path(), &["diff", "--against", "HEAD", "--save", "x"]).0, 64);
}

#[test]
fn an_answer_of_git_that_is_no_commit_is_not_believed() {
    let folder = repository();
    let tools = tempfile::tempdir().unwrap();
    let git = tools.path().join("git");
    put(&git, "#!/bin/sh\necho garbage\n");
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = chaosc(folder.path());
    command.env("PATH", tools.path()).args(["diff", "--against", "HEAD"]);
    let (code, out, err) = parts(command.output().unwrap());
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("neither a folder nor a revision") && err.contains("`git fetch --unshallow`"), "{err}");
}

/// Names end in hashes, so that two branches which change one experiment rename one file differently.
#[test]
fn a_render_settles_what_two_branches_have_rendered() {
    let folder = repository();
    let step = |from: &str, to: &str| {
        edit(folder.path(), EXPERIMENT, from, to);
        assert_eq!(run(folder.path(), &["render", "-q"]).0, 0);
        commit(folder.path());
    };
    git(folder.path(), &["checkout", "-q", "-b", "other"]);
    step("qty: 1", "qty: 2");
    git(folder.path(), &["checkout", "-q", "-"]);
    step("title: ", "title: So, ");
    let merge = Command::new("git").args(["merge", "-q", "other"]).current_dir(folder.path()).output().unwrap();
    assert!(!merge.status.success(), "the two renders are in conflict");
    assert_eq!(run(folder.path(), &["render"]).0, 0);
    let out = crate::folders::contents(&folder.path().join("out"));
    let marked: Vec<&String> =
        out.iter().filter(|(_, text)| text.windows(7).any(|part| part == b"<<<<<<<")).map(|(path, _)| path).collect();
    assert!(marked.is_empty(), "{marked:?}");
    let listed = out.keys().filter(|path| path.contains("configmap_go-app-chaos-terminate-pod")).count();
    assert_eq!(listed, 2, "one among the manifests, one in the chart: {:?}", out.keys());
    assert_eq!(run(folder.path(), &["render", "--check"]).0, 0);
}

/// The folder is exchanged as a whole, and what is in it with it.
#[test]
fn no_output_takes_the_place_of_what_is_read() {
    let folder = repository();
    for (out, within) in
        [(".", "chaos.toml"), ("experiments", EXPERIMENT), ("app", "app/go-app.yaml"), ("../", "chaos.toml")]
    {
        let out = if out == "../" { folder.path().parent().unwrap().to_str().unwrap() } else { out };
        let (code, _, error) = run(folder.path(), &["render", "--out", out]);
        assert_eq!(code, 1, "{out}: {error}");
        assert!(
            error.contains(&format!("error: nothing was written, because `{within}` is in the folder `{out}`")),
            "{error}"
        );
    }
}
