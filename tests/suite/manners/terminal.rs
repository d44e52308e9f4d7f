//! What those see who wait: the line of progress, Ctrl-C, details; and what nobody ever sees.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::access::{kubeconfig, version_server};
use super::probe::Question;
use super::server::{Deed, Server, bytes, json};
use crate::folders::put;
use crate::tools::in_time;

/// What stands before the text of each line of progress, and after the last.
const ERASE: &str = "\r\u{1b}[K";

/// Returns what a real terminal, made by script(1), gets of a process.
fn on_terminal(question: &Question) -> String {
    let words: Vec<String> = Question::words().iter().map(|word| format!("'{word}'")).collect();
    let (code, out, _) = in_time(&mut question.command(&["script", "-qec", &words.join(" "), "/dev/null"]));
    assert_eq!(code, 0, "{out}");
    out
}

fn slow(milliseconds: u64) -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(move |number, _| {
        std::thread::sleep(Duration::from_millis(milliseconds));
        if number == 0 { json(503, "retry-after: 2\r\n", "{}") } else { json(200, "", "{}") }
    });
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "");
    (folder, server)
}

#[test]
fn after_two_seconds_a_line_says_how_far_it_is() {
    let (folder, _server) = slow(1200);
    let question = || Question::new(folder.path()).with("paths", vec!["/a"]);
    let seen = on_terminal(&question());
    let lines: Vec<&str> = seen.split(ERASE).collect();
    let line = "0 of 1 requests answered; attempt 2 of 5: 503 Service Unavailable";
    // 1.2 s, a pause of 2 s, and 1.2 s again: after 2, 3 and 4 seconds, and an end.
    let [_, shown @ .., end] = lines.as_slice() else { panic!("{seen:?}") };
    assert!((2..=4).contains(&shown.len()) && shown.iter().all(|shown| *shown == line), "{seen:?}");
    assert!(end.starts_with("=> 200 {}"), "erased before the result: {seen:?}");
}

/// A plugin may be asking something: one line below it, and nothing is erased.
#[test]
fn a_plugin_that_takes_long_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    let script = "sleep 4; echo '{\"kind\": \"ExecCredential\", \"status\": {\"token\": \"a\"}}'";
    put(&folder.path().join("plugin"), script);
    let exec = "exec: {command: sh, args: [plugin]}";
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), exec);
    let seen = on_terminal(&Question::new(folder.path()));
    let told = "\r\nwaiting for the credential plugin of the kubeconfig\r\n";
    assert_eq!(seen.matches(told).count(), 1, "{seen:?}");
    assert!(!seen.split("=> ").next().unwrap().replace(told, "").contains("waiting"), "{seen:?}");
}

#[test]
fn nobody_who_does_not_look_sees_a_line_of_progress() {
    let (folder, _server) = slow(1200);
    let question = || Question::new(folder.path()).with("paths", vec!["/a"]);
    assert_eq!(question().ask().err, "", "a pipe is no terminal");
    for (setting, value) in [("quiet", true), ("progress", false)] {
        let (folder, _server) = slow(1200);
        let seen = on_terminal(&Question::new(folder.path()).with(setting, value));
        assert!(!seen.contains("answered"), "{setting}: {seen:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let _server = version_server(folder.path());
    let seen = on_terminal(&Question::new(folder.path()));
    assert!(!seen.contains("answered"), "it was quick: {seen:?}");
}

#[test]
fn interrupting_ends_it_at_once_whatever_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let hanging = Server::start(|_, _| Deed::Hang(Vec::new()));
    let quick = Server::start(|_, _| json(200, "", "{}"));
    for (server, what) in [(&hanging, "waits"), (&quick, "computes")] {
        kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "");
        let mut command = Question::new(folder.path()).with("wait", 60_000).process();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let started = Instant::now();
        while server.received().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(20), "{what}: no request");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(200));
        let interrupted = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{what}");
        assert!(interrupted.elapsed() < Duration::from_secs(2), "{what}: {:?}", interrupted.elapsed());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(err, "", "{what}");
    }
}

#[test]
fn details_are_for_those_who_ask() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|number, _| if number == 0 { json(503, "", "{}") } else { json(200, "", "{}") });
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "token: CANARY");
    let said = Question::new(folder.path()).with("verbose", 2).ask();
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines[0], format!("cluster `{}`, context `dev`, user `u`", server.url("http")));
    assert!(lines[1].starts_with("GET /version: 503 Service Unavailable ("), "{said:?}");
    assert!(lines[2].starts_with("GET /version: 200 OK ("), "{said:?}");
    assert!(lines[3].starts_with("2 requests in 0."), "{said:?}");
    assert_eq!(lines.len(), 4, "{said:?}");
    let said = Question::new(folder.path()).with("verbose", 1).ask();
    assert_eq!(said.err.lines().count(), 2, "{said:?}");
    let said = Question::new(folder.path()).with("verbose", 2).with("quiet", true).ask();
    assert_eq!(said.err, "");
}

/// Tokens, passwords and what answers hold are in no text, however much is asked for.
#[test]
fn no_secret_is_ever_seen() {
    let folder = tempfile::tempdir().unwrap();
    let echo = |_: usize, request: &super::server::Received| {
        let page = format!("<html>{}</html>", request.head);
        Deed::Send(bytes(200, "content-type: text/html\r\n", &page))
    };
    let server = Server::start(echo);
    let port = server.port;
    let hanging = Server::start(|_, _| Deed::Hang(Vec::new()));
    let http = |port: u16| format!("server: 'http://CANARY:CANARY@127.0.0.1:{port}'");
    let proxied = "server: 'https://api.example', proxy-url: 'http://CANARY:CANARY@127.0.0.1:1'".to_owned();
    let clusters = [
        http(port),
        http(1),
        http(hanging.port),
        http(port).replace(":CANARY", ":CANARY#1"),
        proxied.replace("http:", "ftp:"),
        proxied.replace(":CANARY", ":CANARY#1"),
        proxied,
    ];
    for cluster in clusters {
        for user in [
            "token: CANARY",
            "username: me, password: CANARY",
            "tokenFile: token",
            "exec: {command: cat, args: [token]}",
        ] {
            std::fs::write(folder.path().join("token"), "CANARY").unwrap();
            kubeconfig(folder.path(), &cluster, user);
            let said = Question::new(folder.path()).with("verbose", 2).with("timeout", "500ms").ask();
            assert_eq!(said.code, 1, "{said:?}");
            assert!(said.err.contains("error: ") && said.err.contains("help: "), "{said:?}");
            assert!(!(said.err + &said.out).contains("CANARY"), "{cluster} {user}");
        }
    }
}
