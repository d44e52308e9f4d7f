//! What is sent again, how often and when.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use chaosc::cluster::{Access, Cluster, Request};

use super::access::kubeconfig;
use super::probe::{Question, Said};
use super::server::{Act, Deed, Server, bytes, half, json};

const STATUS: &str = "{\"kind\": \"Status\"}";

/// Asks a server that does this with the requests, counted from zero.
fn asked(deed: impl Fn(usize) -> Deed + Send + Sync + 'static, timeout: &str) -> (Said, usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(move |number, _| deed(number));
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "");
    let said = Question::new(folder.path()).with("timeout", timeout).ask();
    (said, server.received().len())
}

/// What goes wrong once or twice is not seen, but in the count of requests.
#[test]
fn what_passes_is_asked_for_again() {
    let cases: [(&str, usize, Act); 8] = [
        ("503", 2, || json(503, "", STATUS)),
        ("500", 1, || json(500, "", STATUS)),
        ("504", 1, || json(504, "", STATUS)),
        ("502 of a gateway", 2, || Deed::Close(bytes(502, "", "<title>Bad Gateway</title>"))),
        ("429", 1, || json(429, "", STATUS)),
        ("closed", 1, || Deed::Close(Vec::new())),
        ("reset", 1, || Deed::Reset(Vec::new())),
        ("reset in the body", 2, || Deed::Reset(half())),
    ];
    let judge = |what, times, deed: Act| {
        let (said, requests) = asked(move |number| if number < times { deed() } else { json(200, "", "{}") }, "10s");
        assert_eq!(said.answers(), format!("200 {{}}\nSome(\"dev\") u {}\n", times + 1), "{what}");
        assert_eq!(requests, times + 1, "{what}");
    };
    std::thread::scope(|threads| {
        for (what, times, deed) in cases {
            threads.spawn(move || judge(what, times, deed));
        }
    });
}

#[test]
fn what_stays_is_asked_for_five_times_at_most() {
    let (said, requests) = asked(|_| json(503, "", STATUS), "30s");
    assert!(said.answers().starts_with("503 {"), "{said:?}");
    assert_eq!(requests, 5);
    assert!(said.took >= Duration::from_secs(3), "{said:?}");
}

#[test]
fn a_dry_run_is_sent_again_with_its_body() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|number, _| {
        json(if number == 0 { 503 } else { 200 }, "", if number == 0 { STATUS } else { "{\"kind\": \"ConfigMap\"}" })
    });
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "");
    let access = Access {
        kubeconfig: Some(&folder.path().join("config")),
        context: None,
        contexts: &[],
        request_timeout: Duration::from_secs(30),
    };
    let request = Request {
        method: http::Method::PATCH,
        path: "/api/v1/namespaces/shop/configmaps/a?dryRun=All&fieldManager=chaosc".to_owned(),
        body: Some(("application/apply-patch+yaml", b"{\"kind\": \"ConfigMap\"}".to_vec())),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async { Cluster::connect(&access).await.unwrap().send(request).await.unwrap() });
    assert!(answer.is_success());
    let received = server.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert!(request.head.starts_with("PATCH /api/v1/namespaces/shop/configmaps/a?dryRun=All&fieldManager=chaosc "));
        assert_eq!(request.header("content-type"), Some("application/apply-patch+yaml"));
        assert_eq!(request.body, b"{\"kind\": \"ConfigMap\"}");
    }
}

#[test]
fn what_is_an_answer_is_asked_for_once() {
    for status in [200, 201, 400, 403, 404, 409, 410, 415, 422, 501] {
        let (said, requests) = asked(move |_| json(status, "", STATUS), "10s");
        assert!(said.answers().starts_with(&format!("{status} {{")), "{said:?}");
        assert_eq!(requests, 1, "{status}");
    }
}

#[test]
fn the_server_says_how_long_to_wait() {
    let later =
        |header: String| move |number| if number == 0 { json(429, &header, STATUS) } else { json(200, "", "{}") };
    let (said, requests) = asked(later("retry-after: 1\r\n".to_owned()), "10s");
    assert_eq!((said.answers().lines().next(), requests), (Some("200 {}"), 2));
    assert!(said.took >= Duration::from_secs(1), "{said:?}");
    let date = jiff::Timestamp::now() + Duration::from_secs(3);
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let (said, requests) = asked(later(format!("retry-after: {date}\r\n")), "10s");
    assert_eq!((said.answers().lines().next(), requests), (Some("200 {}"), 2));
    assert!(said.took >= Duration::from_millis(1500), "{said:?}");
}

/// What cannot come in time is not waited for: the last answer is better than none.
#[test]
fn all_attempts_share_the_time_of_one_request() {
    let (said, requests) = asked(|_| json(429, "retry-after: 3600\r\n", STATUS), "30s");
    assert!(said.answers().starts_with("429 {"), "{said:?}");
    assert_eq!(requests, 1);
    assert!(said.took < Duration::from_secs(10), "{said:?}");
    let (said, requests) = asked(|_| json(429, "retry-after: 18446744073709551615\r\n", STATUS), "30s");
    assert!(said.answers().starts_with("429 {"), "{said:?}");
    assert_eq!(requests, 1);
    let (said, requests) = asked(|_| json(503, "retry-after: 1\r\n", STATUS), "2500ms");
    assert!(said.answers().starts_with("503 {"), "{said:?}");
    assert_eq!(requests, 3);
    assert!(said.took < Duration::from_secs(10), "{said:?}");
    let hangs = |number| if number == 0 { json(503, "", STATUS) } else { Deed::Hang(Vec::new()) };
    let (said, requests) = asked(hangs, "1s");
    assert!(said.answers().starts_with("503 {"), "{said:?}");
    assert_eq!(requests, 2);
    assert!(said.took < Duration::from_secs(10), "{said:?}");
}

#[test]
fn a_server_that_is_just_starting_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    kubeconfig(folder.path(), &format!("server: 'http://127.0.0.1:{port}'"), "");
    let mut child = Question::new(folder.path()).process().stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let _server = Server::start_at(port, |_, _| json(200, "", "{}"));
    assert!(child.wait().unwrap().success());
}

#[test]
fn many_requests_at_once_share_connections() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, request| {
        std::thread::sleep(Duration::from_millis(10));
        json(200, "", &format!("{{\"kind\": \"Node\", \"path\": \"{}\"}}", request.path()))
    });
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "");
    let paths: Vec<String> = (0..320).map(|number| format!("/api/v1/nodes/{number}")).collect();
    let said = Question::new(folder.path()).with("paths", paths.clone()).ask();
    let expected: Vec<String> =
        paths.iter().map(|path| format!("200 {{\"kind\": \"Node\", \"path\": \"{path}\"}}")).collect();
    assert_eq!(said.answers().lines().take(320).collect::<Vec<_>>(), expected);
    assert_eq!(server.received().len(), 320);
    assert!(server.connections() <= 40, "{} connections", server.connections());
}
