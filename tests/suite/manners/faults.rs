//! One fault each between here and an API server: one sentence, one hint, in time.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::access::kubeconfig;
use super::certificates::{Authority, Certificate};
use super::probe::{Question, Said};
use super::server::{Act, Deed, Server, bytes, half, json};

/// Asks a server that does one thing only, over HTTP.
fn asked(deed: impl Fn() -> Deed + Send + Sync + 'static, timeout: &str) -> (Said, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(move |_, _| deed());
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "token: CANARY");
    (Question::new(folder.path()).with("timeout", timeout).ask(), server)
}

#[test]
fn a_connection_that_is_refused_is_tried_again_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    kubeconfig(folder.path(), &format!("server: 'https://127.0.0.1:{port}'"), "");
    let said = Question::new(folder.path()).ask();
    assert_eq!(
        said.refusal(port),
        "error: `127.0.0.1:PORT` refused the connection, 5 times in SECONDS s\n\
         help: is the cluster running, and its address in the kubeconfig right?\n"
    );
    assert!(said.took >= Duration::from_secs(3), "{said:?}");
    let said = Question::new(folder.path()).with("timeout", "500ms").ask();
    assert!(said.err.contains("refused the connection, 2 times in 0."), "{said:?}");
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than a label may be, so that no name server is asked.
    let host = format!("{}.example", "a".repeat(64));
    kubeconfig(folder.path(), &format!("server: 'http://{host}:6443'"), "");
    assert_eq!(
        Question::new(folder.path()).ask().refusal(0),
        format!(
            "error: `{host}:6443` has a name that cannot be resolved\n\
             help: check the name in the kubeconfig, the network and the VPN\n"
        )
    );
}

#[test]
fn a_name_that_no_certificate_can_be_for_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let host = format!("{}.example", "a".repeat(64));
    kubeconfig(folder.path(), &format!("server: 'https://{host}'"), "");
    assert_eq!(
        Question::new(folder.path()).ask().refusal(0),
        format!(
            "error: `{host}` has a name that no certificate can be for\n\
             help: correct `server` in the kubeconfig, or set `tls-server-name` there\n"
        )
    );
}

#[test]
fn a_host_that_takes_no_connection_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // Nobody accepts, and one connection fills the queue: packets of others are dropped, as behind a firewall.
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let _queue: Vec<TcpStream> =
        (0..3).filter_map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()).collect();
    kubeconfig(folder.path(), &format!("server: 'https://{address}'"), "");
    let said = Question::new(folder.path()).with("timeout", "1s").ask();
    assert_eq!(
        said.refusal(address.port()),
        "error: `127.0.0.1:PORT` did not complete a connection within 900ms\n\
         help: check the network, the VPN and firewalls\n"
    );
    assert!(said.took < Duration::from_secs(10), "{said:?}");
}

#[test]
fn a_network_that_is_down_is_told() {
    let folder = tempfile::tempdir().unwrap();
    kubeconfig(folder.path(), "server: 'https://127.0.0.1:6443'", "");
    // In a network of its own, in which nothing is up.
    let said = Question::new(folder.path()).ask_below(&["unshare", "--map-root-user", "--net"]);
    assert_eq!(
        said.refusal(0),
        "error: `127.0.0.1:6443` cannot be reached: Network is unreachable (os error 101)\n\
         help: check the network, the VPN and firewalls\n"
    );
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    for begin in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"items\": ["] {
        let (said, server) = asked(|| Deed::Hang(begin.into()), "1s");
        assert_eq!(
            said.refusal(server.port),
            "error: `127.0.0.1:PORT` did not answer within 1s\nhelp: `--request-timeout DURATION` waits longer\n"
        );
        assert!(said.took < Duration::from_secs(10), "{said:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn a_server_that_closes_before_its_answer_is_complete_is_asked_five_times() {
    let deeds: [(&str, Act); 4] = [
        ("closes at once", || Deed::Close(Vec::new())),
        ("resets at once", || Deed::Reset(Vec::new())),
        ("closes in the middle", || Deed::Close(half())),
        ("resets in the middle", || Deed::Reset(half())),
    ];
    let judge = |what, deed| {
        let (said, server) = asked(deed, "10s");
        assert_eq!(
            said.refusal(server.port),
            "error: `127.0.0.1:PORT` closed the connection before it answered, 5 times in SECONDS s\n\
             help: is there an API server at this address? a load balancer without one closes, too\n",
            "{what}"
        );
        assert_eq!(server.received().len(), 5, "{what}");
    };
    std::thread::scope(|threads| {
        for (what, deed) in deeds {
            threads.spawn(move || judge(what, deed));
        }
    });
}

#[test]
fn what_speaks_something_else_is_told() {
    let (said, server) = asked(|| Deed::Close(b"SSH-2.0-OpenSSH_10.0\r\n".to_vec()), "10s");
    assert_eq!(
        said.refusal(server.port),
        "error: `127.0.0.1:PORT` does not speak HTTP\n\
         help: `server` in the kubeconfig may have to begin with `https://`, or another port is meant\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            // What a server says that reads a TLS greeting as HTTP.
            stream.unwrap().write_all(&bytes(400, "", "")).unwrap();
        }
    });
    kubeconfig(folder.path(), &format!("server: 'https://127.0.0.1:{port}'"), "");
    assert_eq!(
        Question::new(folder.path()).ask().refusal(port),
        "error: `127.0.0.1:PORT` does not speak TLS\n\
         help: `server` in the kubeconfig may have to begin with `http://`, or another port is meant\n"
    );
    // What Go's HTTPS servers answer to a request without TLS.
    let answer = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    let (said, server) = asked(|| Deed::Close(answer.into()), "10s");
    assert_eq!(
        said.refusal(server.port),
        "error: `http://127.0.0.1:PORT` answered 400 Bad Request with something instead of a JSON object\n\
         help: `server` in the kubeconfig may have to begin with `https://`, or another port is meant\n"
    );
    let server = Server::with_tls(&Authority::new().good(), |_, _| json(200, "", "{}"));
    kubeconfig(folder.path(), &format!("server: '{}'", server.url("http")), "");
    assert_eq!(
        Question::new(folder.path()).ask().refusal(server.port),
        "error: `127.0.0.1:PORT` does not speak HTTP\n\
         help: `server` in the kubeconfig may have to begin with `https://`, or another port is meant\n"
    );
}

/// Asks a server that shows a certificate; `cluster` is what the kubeconfig says besides its address.
fn asked_over_tls(certificate: &Certificate, cluster: &str, user: &str) -> (Said, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with_tls(certificate, |_, _| json(200, "", "{}"));
    kubeconfig(folder.path(), &format!("server: '{}', {cluster}", server.url("https")), user);
    (Question::new(folder.path()).ask(), server)
}

#[test]
fn a_certificate_with_a_fault_ends_it_at_once() {
    let authority = Authority::new();
    let trusted = format!("certificate-authority-data: {}", authority.data());
    let other = format!("certificate-authority-data: {}", Authority::new().data());
    let unknown = "shows a certificate of an authority that is not trusted\n\
                   help: check `certificate-authority` in the kubeconfig: the cluster may have been made anew, or \
                   something on the way opens TLS\n";
    for (certificate, cluster, expected) in [
        (authority.good(), &other, unknown),
        (authority.good(), &String::new(), unknown),
        (
            authority.issue(&["127.0.0.1"], (2000, 2001)),
            &trusted,
            "shows a certificate that has expired\n\
             help: renew the certificate of the API server; is the clock of this machine right?\n",
        ),
        (
            authority.issue(&["127.0.0.1"], (2099, 2100)),
            &trusted,
            "shows a certificate that is not valid yet\nhelp: is the clock of this machine right?\n",
        ),
        (
            authority.issue(&["api.example", "10.96.0.1"], (2000, 2100)),
            &trusted,
            "shows a certificate for other names: `api.example`, `10.96.0.1`\n\
             help: use one of these names in `server`, or set `tls-server-name` in the kubeconfig\n",
        ),
    ] {
        let (said, server) = asked_over_tls(&certificate, cluster, "token: CANARY");
        assert_eq!(said.refusal(server.port), format!("error: `127.0.0.1:PORT` {expected}"));
        assert_eq!((server.connections(), server.received().len()), (1, 0), "{expected}");
    }
}

/// As in a small container image.
#[test]
fn a_machine_that_trusts_nobody_is_told() {
    let authority = Authority::new();
    let ask = |cluster: &str| {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::with_tls(&authority.good(), |_, _| json(200, "", "{}"));
        kubeconfig(folder.path(), &format!("server: '{}', {cluster}", server.url("https")), "");
        let question = Question::new(folder.path()).variable("SSL_CERT_FILE", "/dev/null");
        question.variable("SSL_CERT_DIR", folder.path().display().to_string()).ask()
    };
    assert_eq!(
        ask("").refusal(0),
        "error: the kubeconfig names no certificate authority for the cluster, and this machine trusts none\n\
         help: install the package `ca-certificates`, or name the cluster's `certificate-authority` in the kubeconfig\n"
    );
    ask("insecure-skip-tls-verify: true").answers();
    ask(&format!("certificate-authority-data: {}", authority.data())).answers();
}

#[test]
fn a_certificate_may_be_for_the_name_that_the_kubeconfig_says_or_not_be_looked_at() {
    let authority = Authority::new();
    let trusted = format!("certificate-authority-data: {}", authority.data());
    let elsewhere = authority.issue(&["api.example"], (2000, 2100));
    asked_over_tls(&elsewhere, &format!("{trusted}, tls-server-name: api.example"), "").0.answers();
    asked_over_tls(&elsewhere, "insecure-skip-tls-verify: true", "").0.answers();
    let (said, _) = asked_over_tls(&elsewhere, &format!("{trusted}, tls-server-name: 'a b'"), "");
    assert_eq!(
        said.refusal(0),
        "error: the `tls-server-name` of the cluster in the kubeconfig is no name of a server\n\
         help: it is a DNS name or an IP address, without a port\n"
    );
}

#[test]
fn a_client_certificate_that_the_server_does_not_take_is_told() {
    let authority = Authority::new();
    let trusted = format!("certificate-authority-data: {}", authority.data());
    let certificate = authority.good().asking_clients(&authority);
    let (client, key) = Authority::new().issue(&["me"], (2000, 2100)).data();
    for user in ["", &format!("client-certificate-data: {client}, client-key-data: {key}")] {
        let (said, server) = asked_over_tls(&certificate, &trusted, user);
        assert_eq!(
            said.refusal(server.port),
            "error: `127.0.0.1:PORT` did not accept the client certificate\n\
             help: the client certificate has expired or is of another cluster; log in again\n"
        );
    }
}

/// An answer that is no API server's: the page's title and nothing else of it.
#[test]
fn what_is_no_json_is_told_with_its_title() {
    let page = "<html><head><title>Sign in\nto \u{1b}[31mExample</title></head>Bearer CANARY</html>";
    let gateway = "help: is this the address of an API server? a gateway or a login page may stand before it\n";
    for (status, headers, body, expected, requests) in [
        (200, "content-type: text/html\r\n", page, "200 OK with a page `Sign in to \\u{1b}[31mExample` instead", 1),
        (403, "content-type: text/plain\r\n", "no, Bearer CANARY", "403 Forbidden with `text/plain` instead", 1),
        (
            502,
            "content-type: text/html\r\n",
            page,
            "502 Bad Gateway with a page `Sign in to \\u{1b}[31mExample` instead",
            5,
        ),
        (200, "content-type: application/json\r\n", "{\"CANARY\"", "200 OK with broken JSON instead", 1),
        (200, "content-type: application/json\r\n", "[1, 2]", "200 OK with a JSON array instead", 1),
        (302, "content-type: application/json\r\n", "{\"CANARY\": 1}", "302 Found with a redirect instead", 1),
        (204, "", "", "204 No Content with nothing instead", 1),
        // Every server written in Go says so of what it does not have, and every API server has its version.
        (404, "content-type: text/plain\r\n", "404 page not found\n", "404 Not Found with `text/plain` instead", 1),
    ] {
        let (said, server) = asked(move || Deed::Send(bytes(status, headers, body)), "10s");
        assert_eq!(
            said.refusal(server.port),
            format!("error: `http://127.0.0.1:PORT` answered {expected} of a JSON object\n{gateway}")
        );
        assert_eq!(server.received().len(), requests, "{expected}");
    }
    let (said, server) = asked(|| Deed::Send(bytes(429, "", "Too many requests, please try again later.")), "10s");
    assert_eq!(
        said.refusal(server.port),
        "error: `http://127.0.0.1:PORT` answered 429 Too Many Requests with something instead of a JSON object\n\
         help: the server has more requests than it takes; try again later\n"
    );
}
