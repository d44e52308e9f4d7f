//! The checks of apps: against servers of our own, and against Services through the real API server.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chaosc::apply::wait::{Line, Outcome, Waited, wait};

use crate::lab::{Lab, connect, kubeconfig, run};
use crate::node::{Fate, Node};
use crate::user::User;

/// A server that answers with one status after the other, the last one for ever, and keeps what it was asked.
struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(host: IpAddr, statuses: &'static [u16]) -> Server {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, number) = (heard.clone(), AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut lines = String::new();
                while stream.read_line(&mut lines).is_ok_and(|read| read > 2) {}
                let status = statuses[number.fetch_add(1, Ordering::Relaxed).min(statuses.len() - 1)];
                kept.lock().unwrap().push(lines);
                let answer = format!(
                    "HTTP/1.1 {status} So\r\nLocation: /elsewhere\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
                );
                // Whoever hangs up has heard enough.
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        });
        Server { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn local() -> IpAddr {
    [127, 0, 0, 1].into()
}

/// Creates a lab with an app that is deployed elsewhere and has one check.
fn lab(check: &str) -> Lab {
    let lab = Lab::new("checks");
    let text = format!("deploy = false\n[[apps.checks]]\nname = \"answers\"\n{check}\n[image]");
    lab.edit("chaos.toml", "[image]", &text);
    lab
}

fn asked_as(lab: &Lab, kubeconfig: &std::path::Path) -> (Waited, Vec<String>) {
    let rollouts = lab.desired().1.rollouts;
    let lines = Mutex::new(Vec::new());
    let mut waited = run(async {
        let cluster = connect(kubeconfig).await;
        let tell = |line: &Line| lines.lock().unwrap().push(line.to_string());
        let variable = |name: &str| (name == "SHOP_HOST").then(|| "127.0.0.1".to_owned());
        wait(&cluster, &rollouts, None, &variable, &tell).await
    });
    (waited.remove(0), lines.into_inner().unwrap())
}

fn asked(lab: &Lab) -> (Waited, Vec<String>) {
    asked_as(lab, &kubeconfig())
}

#[test]
fn an_address_is_asked_until_it_answers_as_expected() {
    let server = Server::start(local(), &[503, 503, 200]);
    let port = server.port;
    let lab = lab(&format!(
        "url = \"http://${{SHOP_HOST}}:{port}?to=a#b\"\nheaders = {{ Host = \"shop.example\", X-Token = \"abc\" }}"
    ));
    let (waited, lines) = asked(&lab);
    let shown = format!("`http://${{SHOP_HOST}}:{port}?to=a#b`");
    assert_eq!(waited.outcome, Outcome::Done(format!("{shown} answers 200")));
    let busy = format!("shop: check `answers`: {shown} answers 503 Service Unavailable, expected 200");
    assert_eq!(lines, [busy, format!("shop: check `answers`: {shown} answers 200")]);
    let requests = server.heard();
    assert_eq!(requests.len(), 3);
    let head = requests[0].to_ascii_lowercase();
    assert!(head.starts_with("get /?to=a http/1.1\r\n"), "{head}");
    assert!(head.contains("host: shop.example\r\n") && head.contains("x-token: abc\r\n"), "{head}");
    assert_eq!(head.matches("host:").count(), 1, "{head}");
    assert!(head.contains("user-agent: chaosc/") && !head.contains("authorization"), "{head}");
}

#[test]
fn an_address_that_never_answers_so_fails_with_the_reason() {
    let moved = Server::start(local(), &[302]).port;
    let plain = Server::start(local(), &[200]).port;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (check, expected) in [
        // A redirect is an answer, and not followed.
        (
            format!("url = \"http://127.0.0.1:{moved}/\"\ntimeout = \"500ms\""),
            format!("no after 500ms (`timeout`): `http://127.0.0.1:{moved}/` answers 302 Found, expected 200"),
        ),
        (
            format!("url = \"http://127.0.0.1:{free}/\"\ntimeout = \"500ms\""),
            format!("no after 500ms (`timeout`): `http://127.0.0.1:{free}/` refused the connection"),
        ),
        (
            format!("url = \"https://127.0.0.1:{plain}/\"\ntimeout = \"2s\""),
            format!("no after 2s (`timeout`): `https://127.0.0.1:{plain}/` does not speak TLS"),
        ),
        (
            "url = \"http://${NOT_SET}/\"".to_owned(),
            "the environment variable `NOT_SET` is not set, which `http://${NOT_SET}/` needs".to_owned(),
        ),
        (
            "url = \"http://${SHOP_HOST}x y/\"".replace("x y", ":port"),
            "`http://${SHOP_HOST}:port/` is no address once its variables are filled in".to_owned(),
        ),
    ] {
        let (waited, lines) = asked(&lab(&check));
        assert_eq!(waited.outcome.to_string(), expected);
        assert!(lines.iter().all(|line| !line.contains("SHOP_HOST") || !line.contains("127.0.0.1")), "{lines:#?}");
        let Outcome::Failed { hint, .. } = waited.outcome else { panic!("{:?}", waited.outcome) };
        assert!(!hint.is_empty());
    }
    let found = Server::start(local(), &[302]).port;
    let (waited, _) = asked(&lab(&format!("url = \"http://127.0.0.1:{found}/\"\nstatus = 302")));
    assert!(waited.is_success(), "{waited}");
}

#[test]
fn a_certificate_has_to_be_trusted() {
    let server = crate::webhook::Server::start(|_| panic!("nobody trusts it"));
    let (waited, _) = asked(&lab(&format!("url = \"{}\"\ntimeout = \"2s\"", server.url())));
    let text = waited.outcome.to_string();
    assert!(text.contains("shows a certificate of an authority that is not trusted"), "{text}");
}

#[test]
fn a_service_is_asked_through_the_api_server() {
    let lab = lab("service = \"front:http\"\npath = \"/demo?a=b\"\ntimeout = \"1s\"");
    lab.apply();
    let (waited, _) = asked(&lab);
    assert_eq!(
        waited.outcome.to_string(),
        "no after 1s (`timeout`): the API server answers 404 Not Found: services \"front\" not found"
    );

    // The API server connects to no loopback address, so the server stands at another one of this machine, and to none but
    // those of pods.
    let Some(host) = own_address() else { panic!("this machine has no address besides loopback: `ip addr`") };
    let server = Server::start(host, &[500, 200]);
    let objects = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: front}}\n\
         spec: {{selector: {{app: front}}, ports: [{{port: 80, name: http, targetPort: {}}}]}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: front, labels: {{app: front}}}}\n\
         spec: {{containers: [{{name: front, image: 'registry.example/front:1'}}]}}\n",
        server.port
    );
    let (code, _, err) = lab.try_kubectl(&["apply", "-f", "-"], &objects);
    assert_eq!(code, 0, "{err}");
    lab.wait("the Service has its empty list of endpoints", |lab| {
        lab.try_kubectl(&["get", "endpoints", "front"], "").0 == 0
    });
    let (waited, lines) = asked(&lab);
    assert_eq!(
        waited.outcome.to_string(),
        "no after 1s (`timeout`): the API server answers 503 Service Unavailable: no endpoints available for service \"front\"",
        "{lines:#?}"
    );
    // The API server speaks for the Service: its 503 is not the app's.
    lab.edit("chaos.toml", "timeout = \"1s\"", "timeout = \"500ms\"\nstatus = 503");
    assert!(!asked(&lab).0.is_success());
    lab.edit("chaos.toml", "timeout = \"500ms\"\nstatus = 503", "timeout = \"20s\"");

    let user = User::new(&format!("asker-{}", lab.namespace), "askers");
    user.may(Some(&lab.namespace), &["get"], &["services"]);
    let (waited, _) = asked_as(&lab, &user.kubeconfig());
    assert!(
        waited
            .outcome
            .to_string()
            .starts_with("the API server answers 403 Forbidden: services \"front:http\" is forbidden"),
        "{waited}"
    );

    Node::of(&lab).all("front", 1, Fate::ReadyAt(host));
    let (waited, lines) = asked(&lab);
    assert_eq!(waited.outcome, Outcome::Done("`front:http/demo?a=b` answers 200".to_owned()), "{lines:#?}");
    assert!(server.heard()[0].starts_with("GET /demo?a=b HTTP/1.1"), "{:?}", server.heard());
}

/// Returns an address of this machine that others could reach; nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

#[test]
fn no_check_is_asked_of_an_app_that_is_not_ready() {
    let server = Server::start(local(), &[200]);
    let lab = Lab::new("unready");
    lab.edit(
        "chaos.toml",
        "[image]",
        &format!(
            "rollout-timeout = \"300ms\"\n[[apps.checks]]\nname = \"answers\"\nurl = \"http://127.0.0.1:{}/\"\n[image]",
            server.port
        ),
    );
    lab.apply();
    let rollouts = lab.desired().1.rollouts;
    let waited = run(async {
        wait(&connect(&kubeconfig()).await, &rollouts, Some(Duration::from_secs(9)), &|_| None, &|_| {}).await
    });
    assert!(waited[0].outcome.to_string().starts_with("not ready after 300ms (`rollout-timeout`): "), "{waited:#?}");
    assert_eq!(waited[1].outcome, Outcome::Skipped("not asked, because its app is not ready".to_owned()));
    assert_eq!(server.heard().len(), 0);
}
