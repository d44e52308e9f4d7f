//! Ctrl-C: what is under way comes to its end, the report says what was not done, and the next apply finishes it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::lab::{Lab, assert_nothing, kubeconfig};
use crate::tools;

/// Starts an apply that waits for an app which never becomes ready, because there is no node.
fn waiting(lab: &Lab) -> Child {
    let mut command: Command = tools::chaosc(lab.folder.path());
    command.args(["apply", "--yes"]).env("KUBECONFIG", kubeconfig()).env("PATH", std::env::var_os("PATH").unwrap());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

fn end(mut child: Child) -> (Option<i32>, String) {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    (child.wait().unwrap().code(), out)
}

#[test]
fn an_interrupted_apply_tells_what_is_left_and_the_next_one_does_it() {
    for name in ["-INT", "-TERM"] {
        let lab = Lab::new("interrupt");
        let mut child = waiting(&lab);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("Deployment/shop"));
        assert!(line.is_some(), "it waits for the app");
        signal(&child, name);
        let said = lines.by_ref().map_while(Result::ok).find(|line| line.contains("once more ends it at once"));
        assert!(said.is_some());
        let (code, out) = end(child);
        assert_eq!(code, Some(130), "{out}");
        assert!(out.contains("created    Deployment/shop"), "{out}");
        assert!(out.contains("not tried  CronJob/shop-chaos-kill"), "{out}");
        assert!(out.contains("interrupted: run it again to finish"), "{out}");
        let left = lab.diff();
        assert_eq!(
            crate::lab::rows(&left),
            ["update ConfigMap/shop-chaos", "create CronJob/shop-chaos-kill"],
            "{:#?}",
            left.changes
        );
        let (code, out, err) = lab.chaosc(&["apply", "--yes", "--no-wait"]);
        assert_eq!(code, 0, "{out}{err}");
        assert_nothing(&lab.diff());
    }
}

#[test]
fn a_question_that_is_not_answered_with_yes_is_a_no() {
    let lab = Lab::new("question");
    // util-linux's `script` is a terminal for the program.
    let ask = |answer: &str| {
        let program = tools::chaosc(lab.folder.path());
        let line = format!("{} apply --no-wait", program.get_program().to_str().unwrap());
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(lab.folder.path()).env("KUBECONFIG", kubeconfig());
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), answer.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for answer in ["n\n", "\n", "maybe\n"] {
        let (code, out) = ask(answer);
        assert_eq!(code, Some(1), "{out}");
        assert!(
            out.contains("do this to https://") && out.contains("[y/N]") && out.contains("nothing was done"),
            "{out}"
        );
        assert_eq!(lab.kubectl(&["get", "namespace", &lab.namespace, "--ignore-not-found"]), "");
    }
    let (code, out) = ask("y\n");
    assert_eq!(code, Some(0), "{out}");
    assert_nothing(&lab.diff());
}
