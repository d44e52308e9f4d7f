//! What docs/security.md says of the program: which commands open a connection, and what a chaos pod may do.

use std::fs;
use std::process::Command;

use crate::pages::{fields, lines_of};
use crate::tools::{run, succeed};

/// Commands that need no cluster ask nobody: no socket is opened, by git either.
#[test]
fn what_needs_no_cluster_opens_no_socket() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let traced = |command: &str| {
        let mut strace = Command::new(std::env::var_os("CHAOSC_TEST_STRACE").unwrap_or_else(|| "strace".into()));
        strace
            .args(["-f", "-qq", "-e", "trace=%network", "-e", "signal=none", "-o"])
            .arg(&log)
            .arg(env!("CARGO_BIN_EXE_chaosc"));
        // Where one would be, it has to leave it alone.
        strace.args(command.split(' ')).current_dir(folder.path()).env("HTTPS_PROXY", "http://127.0.0.1:9");
        succeed(&mut strace);
        assert_eq!(fs::read_to_string(&log).unwrap(), "", "{command}");
    };
    traced("init");
    for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "first"]] {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=ada", "-c", "user.email=ada@example.com"]).args(arguments);
        succeed(git.current_dir(folder.path()));
    }
    for command in ["check", "render", "render --check", "permissions", "diff --against HEAD", "explain", "schema"] {
        traced(command);
    }
    traced("completions bash");
    traced("man --out man");
}

#[test]
fn the_pod_is_as_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["init", "-q"][..], &["render", "-q"]] {
        assert_eq!(run(folder.path(), arguments).0, 0);
    }
    let rendered = lines_of(&folder.path().join("out/manifests/cronjob_go-app-chaos-every-five-minutes.yaml"));
    let said = fields("docs/security.md");
    assert_eq!(said.len(), 8);
    for (field, value) in said {
        assert!(rendered.contains(&format!("{field}: {value}")), "{field}: {value}");
    }
    for never in ["hostPath", "hostNetwork", "hostPort", "privileged", "hostPID", "hostIPC"] {
        assert!(!rendered.iter().any(|line| line.contains(never)), "{never}");
    }
    assert!(rendered.contains(&"\"sidecar.istio.io/inject\": \"false\"".to_owned()));
    let account = fs::read_dir(folder.path().join("out/manifests")).unwrap().map(|file| file.unwrap().path());
    let account = account.into_iter().find(|path| path.to_string_lossy().contains("serviceaccount")).unwrap();
    assert!(lines_of(&account).contains(&"automountServiceAccountToken: false".to_owned()));
}
