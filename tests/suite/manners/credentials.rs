//! Who asks: tokens, certificates, plugins; and what is said where they do not do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::access::{kubeconfig, version_server};
use super::certificates::Authority;
use super::probe::Question;
use super::server::{Server, json};
use crate::folders::put;

/// Writes a plugin, a script of the shell, and returns its path.
fn plugin(folder: &Path, script: &str) -> String {
    let path = folder.join("plugin");
    put(&path, format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// Returns the line that prints a token that expires in the future, or has no end.
fn printed(token: &str, more: &str) -> String {
    format!(
        "echo '{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \
         \"status\": {{\"token\": \"{token}\"{more}}}}}'"
    )
}

#[test]
fn each_kind_of_login_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    put(&folder.path().join("token"), "of-file\n");
    put(&folder.path().join("clean"), "of-file");
    let cluster = format!("server: '{}'", server.url("http"));
    for (user, header, value) in [
        ("token: inline", "authorization", Some("Bearer inline")),
        ("token: '', tokenFile: token", "authorization", Some("Bearer of-file")),
        ("auth-provider: {name: oidc, config: {id-token: of-oidc}}", "authorization", Some("Bearer of-oidc")),
        ("tokenFile: clean", "authorization", Some("Bearer of-file")),
        ("username: me, password: hush", "authorization", Some("Basic bWU6aHVzaA==")),
        ("token: inline, as: you", "impersonate-user", Some("you")),
        ("", "authorization", None),
    ] {
        kubeconfig(folder.path(), &cluster, user);
        Question::new(folder.path()).ask().answers();
        assert_eq!(server.received().last().unwrap().header(header), value, "{user}");
    }
}

/// Whoever is impersonated is who asks; the others are there to be told from.
#[test]
fn whom_requests_come_from_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    kubeconfig(
        folder.path(),
        &format!("server: '{}'", server.url("http")),
        "token: inline, as: bob, as-uid: '7', as-groups: [staff]",
    );
    let said = Question::new(folder.path()).ask();
    assert!(said.answers().ends_with("Some(\"dev\") bob (impersonated by u) 1\n"), "{said:?}");
    let received = server.received();
    for (header, value) in [("impersonate-user", "bob"), ("impersonate-uid", "7"), ("impersonate-group", "staff")] {
        assert_eq!(received[0].header(header), Some(value));
    }
}

#[test]
fn a_client_certificate_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let server = Server::with_tls(&authority.good().asking_clients(&authority), |_, _| json(200, "", "{}"));
    let client = authority.issue(&["me"], (2000, 2100));
    let (certificate, key) = client.pem();
    put(&folder.path().join("me.crt"), &certificate);
    put(&folder.path().join("me.key"), &key);
    put(&folder.path().join("ca.crt"), authority.pem());
    let cluster = format!("server: '{}', certificate-authority: ca.crt", server.url("https"));
    let (certificate_data, key_data) = client.data();
    let status = serde_json::json!({ "status": { "clientCertificateData": certificate, "clientKeyData": key } });
    put(&folder.path().join("credential.json"), status.to_string());
    let plugin = plugin(folder.path(), &format!("cat {}", folder.path().join("credential.json").display()));
    for user in [
        "client-certificate: me.crt, client-key: me.key".to_owned(),
        format!("client-certificate-data: {certificate_data}, client-key-data: {key_data}"),
        format!("exec: {{command: {plugin}}}"),
    ] {
        kubeconfig(folder.path(), &cluster, &user);
        Question::new(folder.path()).ask().answers();
    }
    assert_eq!(server.received().len(), 3);
}

#[test]
fn a_plugin_runs_once_with_what_it_is_to_know() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    let script = "echo \"$1 $ZONE $KUBERNETES_EXEC_INFO\" >> called\n".to_owned() + &printed("given", "");
    plugin(folder.path(), &script);
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [login], \
                env: [{name: ZONE, value: b}], provideClusterInfo: true, interactiveMode: IfAvailable}";
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), exec);
    let said = Question::new(folder.path()).with("paths", vec!["/a", "/b", "/c"]).ask();
    assert!(said.answers().ends_with("Some(\"dev\") u 3\n"), "{said:?}");
    assert!(server.received().iter().all(|request| request.header("authorization") == Some("Bearer given")));
    let called = std::fs::read_to_string(folder.path().join("called")).unwrap();
    let info = called.strip_prefix("login b ").unwrap();
    let info: serde_json::Value = serde_json::from_str(info).unwrap();
    let expected = serde_json::json!({
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": { "interactive": false, "cluster": { "server": server.url("http") } },
    });
    assert_eq!(info, expected);
}

/// A token that is refused or about to expire is fetched anew, once for all requests.
#[test]
fn what_a_plugin_gave_is_renewed() {
    let script = |more: &str| {
        format!(
            "echo x >> called; token=$(wc -l < called)\n{}",
            printed("'$token'", more).replace("'$token'", "'\"$token\"'")
        )
    };
    let calls = |folder: &Path| std::fs::read_to_string(folder.join("called")).unwrap().lines().count();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, request| match request.header("authorization") {
        Some("Bearer 1") => json(401, "", "{\"kind\": \"Status\"}"),
        _ => json(200, "", "{}"),
    });
    plugin(folder.path(), &script(""));
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "exec: {command: ./plugin}");
    Question::new(folder.path()).with("paths", vec!["/a", "/b", "/c"]).ask().answers();
    assert_eq!(calls(folder.path()), 2, "the first token was refused");

    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), &script(", \"expirationTimestamp\": \"2020-01-01T00:00:00Z\""));
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "exec: {command: ./plugin}");
    Question::new(folder.path()).ask().answers();
    assert_eq!(calls(folder.path()), 2, "the first token had expired");

    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), &script(", \"expirationTimestamp\": \"2100-01-01T00:00:00Z\""));
    kubeconfig(
        folder.path(),
        &format!("server: '{}'", version_server(folder.path()).url("http")),
        "exec: {command: ./plugin}",
    );
    Question::new(folder.path()).with("paths", vec!["/a", "/b"]).ask().answers();
    assert_eq!(calls(folder.path()), 1);
}

#[test]
fn credentials_that_cannot_be_had_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    let cluster = format!("server: '{}'", server.url("http"));
    let here = folder.path().display().to_string();
    let ask = |user: &str, timeout: &str| {
        kubeconfig(folder.path(), &cluster, user);
        Question::new(folder.path())
            .with("timeout", timeout)
            .ask()
            .refusal(server.port)
            .replace(&here, "HERE")
            .replace("/./", "/")
    };
    let again = "help: log in to the cluster again, or fetch the kubeconfig anew\n";
    for (user, expected) in [
        ("tokenFile: gone", "cannot read the token `HERE/gone` of the user `u`: there is no such file"),
        (
            "client-certificate: gone, client-key: gone",
            "cannot read the client certificate `HERE/gone` of the user `u`: there is no such file",
        ),
        (
            "client-certificate-data: Q0FOQVJZ, client-key: gone",
            "cannot read the client key `HERE/gone` of the user `u`: there is no such file",
        ),
        (
            "client-certificate-data: '%CANARY', client-key-data: Q0FOQVJZ",
            "the client certificate of the user `u` cannot be used",
        ),
        (
            "client-certificate-data: Q0FOQVJZ, client-key-data: Q0FOQVJZ",
            "the client certificate or key of the user `u` cannot be used",
        ),
        ("token: \"CANARY\\u0001\"", "the token of the user `u` cannot be used"),
        ("auth-provider: {name: oidc, config: {refresh-token: CANARY}}", "the token of the user `u` cannot be used"),
        (
            "auth-provider: {name: oidc, config: {id-token: \"CANARY\\u0001\"}}",
            "the token of the user `u` cannot be used",
        ),
        ("as: \"CANARY\\u0001\"", "the name under `as` of the user `u` cannot be used"),
    ] {
        assert_eq!(ask(user, "10s"), format!("error: {expected}\n{again}"));
    }
    for (user, has, lacks) in [
        ("client-certificate-data: Q0FOQVJZ", "certificate", "key"),
        ("client-certificate: me.crt, token: CANARY", "certificate", "key"),
        ("client-key-data: Q0FOQVJZ", "key", "certificate"),
    ] {
        assert_eq!(
            ask(user, "10s"),
            format!(
                "error: the user `u` has a client {has} and no client {lacks}\n\
                 help: the kubeconfig needs `client-{lacks}` or `client-{lacks}-data`, too; fetch it anew\n"
            )
        );
    }
    assert_eq!(
        ask("auth-provider: {name: azure, config: {token: CANARY}}", "10s"),
        "error: the user `u` logs in by `auth-provider: azure`, which does not work any more\n\
         help: log in again with a newer tool of the provider: it writes `exec` into the kubeconfig\n"
    );
    assert_eq!(
        ask("auth-provider: {name: \"a\\e[31m\"}", "10s"),
        "error: the user `u` logs in by `auth-provider: a\\u{1b}[31m`, which does not work any more\n\
         help: log in again with a newer tool of the provider: it writes `exec` into the kubeconfig\n"
    );
    assert_eq!(
        ask("exec: {args: [CANARY]}", "10s"),
        "error: the user `u` logs in by `exec`, without a `command`\n\
         help: `kubectl --kubeconfig HERE/config --context dev config set-credentials u --exec-command=PROGRAM` names it\n"
    );
    assert_eq!(
        ask("exec: {command: gone-login, args: [CANARY]}", "10s"),
        "error: the credential plugin `gone-login` of the user `u` cannot be started: No such file or directory (os \
         error 2)\nhelp: is `gone-login` installed, executable, and in a folder of PATH?\n"
    );
    assert_eq!(
        ask("exec: {command: gone-login, installHint: \"brew install gone\\nor so\"}", "10s"),
        "error: the credential plugin `gone-login` of the user `u` cannot be started: No such file or directory (os \
         error 2)\nhelp: the kubeconfig says: `brew install gone\\nor so`\n"
    );
    assert_eq!(
        ask("exec: {command: sh, interactiveMode: Always}", "10s"),
        "error: the credential plugin `sh` of the user `u` needs a terminal, and there is none\n\
         help: run chaosc in a terminal, or use a kubeconfig that needs no login\n"
    );
    let by_hand = "help: `kubectl --kubeconfig HERE/config --context dev get --raw /version` runs it, too, and shows what it says\n";
    for (script, expected) in [
        ("echo CANARY; echo CANARY >&2; exit 3", "failed with exit code 3"),
        ("kill -9 $$", "failed with signal: 9 (SIGKILL)"),
        ("echo CANARY", "printed no credentials: no ExecCredential"),
        ("true", "printed no credentials: nothing at all"),
        ("echo '{}'", "printed no credentials: an ExecCredential without `status`"),
        ("echo '{\"status\": {}}'", "printed no credentials: neither a token nor a certificate"),
        (
            "echo '{\"status\": {\"token\": \"CANARY\", \"clientKeyData\": \"CANARY\"}}'",
            "printed no credentials: a certificate without its key, or a key without its certificate",
        ),
        (
            "echo '{\"status\": {\"token\": \"CANARY\", \"expirationTimestamp\": \"CANARY\"}}'",
            "printed no credentials: an `expirationTimestamp` that is no time",
        ),
        ("echo CANARY >&2; exec sleep 60", "did not end within 1s"),
    ] {
        plugin(folder.path(), script);
        let expected = format!("error: the credential plugin `HERE/plugin` of the user `u` {expected}\n{by_hand}");
        assert_eq!(ask("exec: {command: ./plugin, args: [--secret=CANARY]}", "1s"), expected, "{script}");
    }
    plugin(folder.path(), &printed("CANARY", ""));
    let other = "exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1beta1}";
    let problem = "printed no credentials: an ExecCredential of another `apiVersion` than the kubeconfig names";
    assert_eq!(
        ask(other, "1s"),
        format!("error: the credential plugin `HERE/plugin` of the user `u` {problem}\n{by_hand}")
    );
    assert_eq!(server.connections(), 0, "nothing was sent");
}

/// Neither a plugin that hangs nor what it has started goes on when the program has given up, or is interrupted.
#[test]
fn a_plugin_that_hangs_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    kubeconfig(folder.path(), "server: 'http://127.0.0.1:1'", "exec: {command: ./plugin}");
    plugin(folder.path(), "sleep 60 & echo $! $$ > pids; sleep 60");
    let pids = || std::fs::read_to_string(folder.path().join("pids")).unwrap_or_default();
    let within = |is_so: &dyn Fn() -> bool| {
        (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            is_so()
        })
    };
    let have_ended = || {
        pids()
            .split_whitespace()
            .all(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z ")))
    };
    let said = Question::new(folder.path()).with("timeout", "3s").ask();
    assert_eq!(said.code, 1);
    assert!(said.took < Duration::from_secs(10), "{said:?}");
    assert_eq!(pids().split_whitespace().count(), 2);
    assert!(within(&have_ended));

    std::fs::remove_file(folder.path().join("pids")).unwrap();
    let mut child = Question::new(folder.path()).with("timeout", "30s").process().spawn().unwrap();
    assert!(within(&|| pids().ends_with('\n')));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(within(&have_ended));
}

#[test]
fn whoever_is_not_accepted_is_told_what_to_renew() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| json(401, "", "{\"kind\": \"Status\", \"message\": \"Unauthorized CANARY\"}"));
    put(&folder.path().join("token"), "CANARY");
    plugin(folder.path(), &printed("CANARY", ""));
    let here = folder.path().display().to_string();
    for (user, hint, requests) in [
        ("", "the kubeconfig gives this user no credentials; log in to the cluster", 1),
        ("token: CANARY", "the token in the kubeconfig has expired or was revoked; log in again", 1),
        ("tokenFile: token", "the token in `HERE/token` has expired or was revoked; renew it", 1),
        (
            "username: me, password: CANARY",
            "Kubernetes takes no passwords since 1.19; use a token or a client certificate",
            1,
        ),
        (
            "exec: {command: ./plugin}",
            "log in again with `HERE/plugin`; `kubectl --kubeconfig HERE/config --context dev auth whoami` shows whether it worked",
            2,
        ),
    ] {
        kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), user);
        let before = server.received().len();
        assert_eq!(
            Question::new(folder.path()).ask().refusal(server.port).replace(&here, "HERE").replace("/./", "/"),
            format!("error: `http://127.0.0.1:PORT` does not accept the credentials of `u`\nhelp: {hint}\n")
        );
        assert_eq!(server.received().len() - before, requests, "{user}");
    }
}
