//! Servers that answer with success, in JSON, and not as an API server: no diff comes of it.

use std::time::{Duration, Instant};

use super::access::kubeconfig;
use super::server::{Deed, Received, Server, json};
use crate::folders::{copy, project};
use crate::tools::{chaosc, in_time};

/// What a diff came to.
pub(super) struct Diffed {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
    pub(super) server: Server,
    took: Duration,
}

/// Runs `chaosc diff` of the smallest bundle; `arguments` are further ones.
pub(super) fn diff(arguments: &[&str], behaviour: impl Fn(usize, &Received) -> Deed + Send + Sync + 'static) -> Diffed {
    diff_as("token: CANARY", arguments, behaviour)
}

/// The same as a user of whom the kubeconfig says this.
fn diff_as(
    user: &str,
    arguments: &[&str],
    behaviour: impl Fn(usize, &Received) -> Deed + Send + Sync + 'static,
) -> Diffed {
    let folder = tempfile::tempdir().unwrap();
    copy(&project("tests/render/smallest"), folder.path());
    let server = Server::start(behaviour);
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), user);
    let started = Instant::now();
    let (code, out, err) = in_time(chaosc(folder.path()).args(["diff", "--kubeconfig", "config"]).args(arguments));
    Diffed { code, out, err, took: started.elapsed(), server }
}

impl Diffed {
    /// Checks that nothing but one error was said, and returns its line.
    pub(super) fn error(&self) -> &str {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{}", self.err);
        let errors: Vec<&str> = self.err.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        let [error] = errors.as_slice() else { panic!("{}", self.err) };
        error
    }
}

/// Answers as a server with an empty namespace does.
pub(super) fn empty(request: &Received) -> Deed {
    match request.path().split('?').next().unwrap_or_default() {
        "/version" => json(200, "", "{\"gitVersion\": \"v1.35.4\"}"),
        "/api/v1/namespaces/go-app" => json(
            200,
            "",
            "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"go-app\", \"uid\": \"1\"}}",
        ),
        _ => json(404, "", "{\"kind\": \"Status\", \"reason\": \"NotFound\"}"),
    }
}

#[test]
fn what_is_no_api_server_gives_no_diff() {
    let wrong = |path: &str| format!("`{path}` of the API server does not hold what it should: ");
    for (path, body, expected) in [
        ("/", "{\"hello\": \"world\"}", wrong("/version") + "there is no `gitVersion`"),
        ("/api", "{\"error\": \"login\"}", wrong("/api/v1/namespaces/go-app") + "it is nothing that the API holds"),
        (
            "/api/v1/namespaces/go-app/configmaps?",
            "{\"apiVersion\": \"v1\", \"kind\": \"SecretList\", \"items\": []}",
            wrong("/api/v1/namespaces/go-app/configmaps") + "it is no list of `configmaps`",
        ),
        (
            "/api/v1/namespaces/go-app/configmaps/",
            "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"other\"}}",
            wrong("/api/v1/namespaces/go-app/configmaps/go-app-chaos") + "it is not `ConfigMap/go-app-chaos`",
        ),
    ] {
        let diffed = diff(
            &[],
            move |_, request| {
                if request.path().starts_with(path) { json(200, "", body) } else { empty(request) }
            },
        );
        assert_eq!(diffed.error(), expected);
    }
}

/// A request that the server will not answer is the last one: the next would take as long.
#[test]
fn a_server_that_is_down_ends_it_within_the_time_of_one_request() {
    for (status, headers) in [(503, ""), (429, "retry-after: 1\r\n")] {
        let diffed = diff(&["--request-timeout", "4s"], move |_, _| {
            json(status, headers, "{\"kind\": \"Status\", \"message\": \"not now\"}")
        });
        assert!(diffed.error().ends_with("for `/version`: not now"), "{}", diffed.err);
        assert!(diffed.server.received().len() <= 5 && diffed.took < Duration::from_secs(5), "{:?}", diffed.took);
    }
}

/// Who may read nothing is told whether the server knows them at all.
#[test]
fn who_may_read_nothing_is_told_as_whom_they_asked() {
    let refuse = |_: usize, request: &Received| match request.path() {
        "/version" => empty(request),
        _ => json(403, "", "{\"kind\": \"Status\", \"reason\": \"Forbidden\"}"),
    };
    let may = "is it the right cluster and user? `--context NAME` chooses others; `kubectl --kubeconfig config --context \
               dev auth can-i --list --namespace go-app` shows what the user may do";
    for (user, name, hint) in [
        ("token: CANARY", "u", may),
        ("token: CANARY, as: bob", "bob (impersonated by u)", may),
        ("", "u", "the kubeconfig gives this user no credentials; log in to the cluster"),
        (
            "username: me, password: CANARY",
            "u",
            "Kubernetes takes no passwords since 1.19; use a token or a client certificate",
        ),
    ] {
        let diffed = diff_as(user, &[], refuse);
        assert_eq!(diffed.error(), format!("`{name}` may not read anything of the bundle in namespace `go-app`"));
        assert!(diffed.err.ends_with(&format!("help: {hint}\n")), "{}", diffed.err);
    }
}

/// Whoever asks as somebody else, and may not, is not told that somebody else lacks rights.
#[test]
fn who_may_not_ask_as_another_is_told_so() {
    let refuse = |_: usize, _: &Received| {
        let message = "users \\\"bob\\\" is forbidden: User \\\"me\\\" cannot impersonate resource \\\"users\\\" in API group \\\"\\\"";
        json(403, "", &format!("{{\"kind\": \"Status\", \"reason\": \"Forbidden\", \"message\": \"{message}\"}}"))
    };
    let diffed = diff_as("token: CANARY, as: bob", &[], refuse);
    assert_eq!(
        diffed.error(),
        "`u` may not act as `bob`: users \"bob\" is forbidden: User \"me\" cannot impersonate resource \"users\" in API group \"\""
    );
    assert!(
        diffed.err.ends_with(
            "help: `as` in the kubeconfig needs the verb `impersonate`; `--context NAME` chooses another user\n"
        ),
        "{}",
        diffed.err
    );
}

/// A server that has no words names its status at least, for the whole and for one object.
#[test]
fn a_status_is_named_where_the_server_says_little() {
    let diffed = diff(&["--request-timeout", "1s"], |_, _| json(503, "", "{\"kind\": \"Status\"}"));
    assert_eq!(diffed.error(), "the API server answered 503 Service Unavailable for `/version`");
    let diffed = diff(&["--request-timeout", "1s", "--format", "summary"], |_, request| {
        if request.head.starts_with("PATCH") && request.path().contains("/configmaps/go-app-chaos?") {
            return json(429, "retry-after: 1\r\n", "{\"kind\": \"Status\", \"message\": \"slow\"}");
        }
        empty(request)
    });
    let said =
        "the API server answered 429 Too Many Requests for `/api/v1/namespaces/go-app/configmaps/go-app-chaos`: slow";
    assert!(diffed.code == 1 && diffed.out.contains(said), "{} {}", diffed.out, diffed.err);
}

/// A warning of a list is about the kind, one of a dry-run about the object; no secret of it is shown.
#[test]
fn what_the_server_warns_of_is_said_once() {
    let diffed = diff(&["--format", "summary"], |_, request| {
        let path = request.path().split('?').next().unwrap_or_default();
        let (collection, name) = path.rsplit_once('/').unwrap_or_default();
        if request.head.starts_with("PATCH") && name.starts_with("go-app-chaos-terminate-pod-") {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let text = "see https://me:CANARY@example.com";
            return json(200, &format!("warning: 299 - \"about \\\"it\\\": {text}\"\r\n"), &body);
        }
        if request.head.starts_with("GET") && collection.ends_with("/go-app") {
            let kind = match name {
                "configmaps" => "v1\", \"kind\": \"ConfigMapList",
                "jobs" => "batch/v1\", \"kind\": \"JobList",
                _ => return empty(request),
            };
            let list = format!("{{\"apiVersion\": \"{kind}\", \"items\": null}}");
            return json(200, "warning: 299 - \"it goes away\"\r\n", &list);
        }
        empty(request)
    });
    let notes: Vec<&str> = diffed.out.lines().filter_map(|line| line.strip_prefix("note ")).collect();
    assert_eq!(notes.len(), 2, "{} {}", diffed.out, diffed.err);
    assert_eq!(notes[1], "the server warns: it goes away");
    let about = "the server warns about `ConfigMap/go-app-chaos-terminate-pod-";
    assert!(notes[0].starts_with(about) && notes[0].contains("`: about \"it\": see https://"), "{}", notes[0]);
    assert!(!diffed.out.contains("CANARY"), "{}", diffed.out);
}
