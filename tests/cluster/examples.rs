//! The examples of the help that need a cluster are run, each on a bundle of its own.

use std::process::{Command, Stdio};

use crate::help_examples::{Example, examples};
use crate::lab::{Lab, kubeconfig};
use crate::tools::{parts, succeed, tool};

/// Runs an example on a terminal, where somebody answers with yes.
fn run(lab: &Lab, example: &Example) -> (i32, String, String) {
    // The administrator's kubeconfig, with the context that the examples name.
    let here = lab.folder.path().join("kubeconfig");
    std::fs::copy(kubeconfig(), &here).unwrap();
    let mut kubectl = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    let current = succeed(kubectl.args(["config", "current-context"]).env("KUBECONFIG", &here));
    let mut kubectl = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    succeed(kubectl.args(["config", "rename-context", current.trim(), "staging"]).env("KUBECONFIG", &here));
    let shell = example.shell(lab.folder.path());
    let path = shell.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
    let mut script = Command::new("script");
    script.args(["-qec", &example.line, "/dev/null"]).current_dir(lab.folder.path());
    script.env("PATH", path).env("KUBECONFIG", &here).env("SHELL", "/bin/bash");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"y\n").unwrap();
    parts(child.wait_with_output().unwrap())
}

#[test]
fn each_example_that_needs_a_cluster_runs() {
    let mut commands = Vec::new();
    for example in examples().iter().filter(|example| example.needs_cluster()) {
        let lab = Lab::new("examples");
        // No node makes an app ready here: one that there is nothing to wait for.
        lab.write("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: blue}\n");
        if ["permissions", "delete"].contains(&example.command.as_str()) {
            let (code, out, err) = lab.chaosc(&["apply", "--yes"]);
            assert_eq!(code, 0, "{out}{err}");
        }
        let (code, out, err) = run(&lab, example);
        assert_eq!(code, 0, "{}\n{out}{err}", example.line);
        assert!(!out.contains("nothing was done"), "{}\n{out}", example.line);
        commands.push(example.command.clone());
    }
    commands.dedup();
    assert_eq!(commands, ["permissions", "diff", "apply", "delete"]);
}
