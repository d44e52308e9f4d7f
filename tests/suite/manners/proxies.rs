//! Proxies on the way: which one is used, and what is said where it does not let us through.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::access::kubeconfig;
use super::certificates::Authority;
use super::probe::Question;
use super::server::{Server, json};

/// A proxy that connects everybody to one server, or answers CONNECT with something else.
struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts a proxy that leads to a port on loopback, whatever name it is asked for.
    fn start(target: u16) -> Proxy {
        Proxy::answering(Some(target), "HTTP/1.1 200 Connection established\r\n\r\n")
    }

    fn answering(target: Option<u16>, answer: &'static str) -> Proxy {
        Proxy::serving(move |stream, asked| {
            asked.lock().unwrap().push(read_head(stream));
            stream.write_all(answer.as_bytes()).unwrap();
            if let Some(target) = target {
                join(stream, target);
            }
        })
    }

    /// Starts a SOCKS 5 proxy that leads to a port on loopback.
    fn socks(target: u16) -> Proxy {
        Proxy::serving(move |stream, asked| {
            let mut bytes = [0; 3];
            stream.read_exact(&mut bytes).unwrap();
            stream.write_all(&[5, 0]).unwrap();
            let mut head = [0; 5];
            stream.read_exact(&mut head).unwrap();
            let mut name = vec![0; usize::from(head[4]) + 2];
            stream.read_exact(&mut name).unwrap();
            name.truncate(name.len() - 2);
            asked.lock().unwrap().push(String::from_utf8(name).unwrap());
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
            join(stream, target);
        })
    }

    fn serving(serve: impl Fn(&mut TcpStream, &Mutex<Vec<String>>) + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy { port: listener.local_addr().unwrap().port(), asked: Arc::default() };
        let (asked, serve) = (Arc::clone(&proxy.asked), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (asked, serve) = (Arc::clone(&asked), Arc::clone(&serve));
                thread::spawn(move || serve(&mut stream.unwrap(), &asked));
            }
        });
        proxy
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Carries bytes to and fro until both sides are done.
fn join(stream: &mut TcpStream, target: u16) {
    let mut server = TcpStream::connect(("127.0.0.1", target)).unwrap();
    let (mut from, mut to) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
    let there = thread::spawn(move || std::io::copy(&mut from, &mut to));
    // Either side may have had enough.
    let _ = std::io::copy(&mut server, stream);
    let _ = stream.shutdown(std::net::Shutdown::Both);
    let _ = there.join();
}

/// Starts a server that only a proxy can reach: its name is `api.example`.
fn hidden(folder: &Path, cluster: &str) -> Server {
    let authority = Authority::new();
    let server = Server::with_tls(&authority.good(), |_, _| json(200, "", "{}"));
    let trusted = format!("certificate-authority-data: {}", authority.data());
    kubeconfig(folder, &format!("server: 'https://api.example:6443', {trusted}, {cluster}"), "token: CANARY");
    server
}

#[test]
fn a_proxy_of_the_environment_or_of_the_kubeconfig_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let server = hidden(folder.path(), "");
    let proxy = Proxy::start(server.port);
    let url = format!("http://me:CAN%40ARY@127.0.0.1:{}", proxy.port);
    Question::new(folder.path()).variable("HTTPS_PROXY", &url).ask().answers();
    // Names and commas in it are no reason to fail.
    let question = Question::new(folder.path()).variable("https_proxy", &url).variable("NO_PROXY", "localhost,.svc,");
    question.ask().answers();
    let server = hidden(folder.path(), &format!("proxy-url: '{url}'"));
    let of_kubeconfig = Proxy::start(server.port);
    let url = url.replace(&proxy.port.to_string(), &of_kubeconfig.port.to_string());
    let data = std::fs::read_to_string(folder.path().join("config")).unwrap();
    std::fs::write(
        folder.path().join("config"),
        data.replace(&proxy.port.to_string(), &of_kubeconfig.port.to_string()),
    )
    .unwrap();
    Question::new(folder.path())
        .variable("HTTPS_PROXY", "http://127.0.0.1:1")
        .variable("NO_PROXY", "*")
        .ask()
        .answers();
    assert!(url.contains(&of_kubeconfig.port.to_string()));
    let login = STANDARD.encode("me:CAN@ARY");
    assert_eq!((proxy.asked().len(), of_kubeconfig.asked().len()), (2, 1));
    for head in proxy.asked().iter().chain(&of_kubeconfig.asked()) {
        assert!(head.starts_with("CONNECT api.example:6443 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("Proxy-Authorization: Basic {login}\r\n")), "{head}");
        assert!(!head.contains("CANARY"), "the token is for the server alone: {head}");
    }
}

#[test]
fn a_proxy_may_speak_socks() {
    let folder = tempfile::tempdir().unwrap();
    let server = hidden(folder.path(), "");
    let proxy = Proxy::socks(server.port);
    for scheme in ["socks5", "socks5h"] {
        Question::new(folder.path())
            .variable("HTTPS_PROXY", format!("{scheme}://127.0.0.1:{}", proxy.port))
            .ask()
            .answers();
    }
    assert_eq!(proxy.asked(), ["api.example", "api.example"]);
}

#[test]
fn no_proxy_names_whom_to_reach_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = hidden(folder.path(), "");
    let proxy = Proxy::start(server.port);
    let through = format!("http://127.0.0.1:{}", proxy.port);
    let name = format!("{}.example", "a".repeat(64));
    kubeconfig(folder.path(), &format!("server: 'http://{name}'"), "");
    let said = Question::new(folder.path()).variable("HTTP_PROXY", &through).variable("NO_PROXY", ".example").ask();
    assert!(said.refusal(0).contains("has a name that cannot be resolved"), "{said:?}");
    // This machine is never behind a proxy.
    let server = super::access::version_server(folder.path());
    Question::new(folder.path()).variable("HTTP_PROXY", &through).variable("HTTPS_PROXY", &through).ask().answers();
    assert_eq!((proxy.asked().len(), server.received().len()), (0, 1));
}

#[test]
fn a_proxy_that_lets_nobody_through_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let _server = hidden(folder.path(), "");
    for answer in [
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\n\r\n<title>CANARY</title>",
        "SSH-2.0-OpenSSH_10.0\r\n",
        "",
    ] {
        let proxy = Proxy::answering(None, answer);
        let url = format!("http://CANARY:CANARY@127.0.0.1:{}", proxy.port);
        let said = Question::new(folder.path()).variable("HTTPS_PROXY", url).ask();
        assert_eq!(
            said.refusal(proxy.port),
            "error: the proxy `http://127.0.0.1:PORT` opened no connection to `api.example:6443`\n\
             help: the proxy has to allow CONNECT to this host and port; check its rules, user and password\n",
            "{answer}"
        );
    }
}

#[test]
fn a_proxy_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let _server = hidden(folder.path(), "");
    let hint = "help: the proxy comes from `proxy-url` in the kubeconfig or from HTTPS_PROXY; NO_PROXY names hosts to \
                reach without it\n";
    let said = Question::new(folder.path()).variable("HTTPS_PROXY", "http://CANARY:CANARY@127.0.0.1:1").ask();
    assert_eq!(
        said.refusal(0),
        format!("error: the proxy `http://127.0.0.1:1` refused the connection, 5 times in SECONDS s\n{hint}")
    );
    let name = format!("{}.example", "a".repeat(64));
    let said = Question::new(folder.path()).variable("HTTPS_PROXY", format!("http://CANARY@{name}:3128")).ask();
    assert_eq!(
        said.refusal(0),
        format!("error: the proxy `http://{name}:3128` has a name that cannot be resolved\n{hint}")
    );
    let said = Question::new(folder.path()).variable("HTTPS_PROXY", "ftp://CANARY@proxy").ask();
    assert_eq!(
        said.refusal(0),
        "error: the proxy in HTTPS_PROXY is no URL of a proxy\n\
         help: expected `http://HOST:PORT`, `https://HOST:PORT` or `socks5://HOST:PORT`, special characters of a \
         password escaped as in `%40`\n"
    );
}

/// A proxy that is spoken to by TLS and speaks none is not taken for the server.
#[test]
fn a_proxy_without_tls_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // What a server says that reads a TLS greeting as HTTP.
    let proxy = Proxy::serving(|stream, _| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap());
    let _server = hidden(folder.path(), &format!("proxy-url: 'https://CANARY:CANARY@127.0.0.1:{}'", proxy.port));
    assert_eq!(
        Question::new(folder.path()).ask().refusal(proxy.port),
        "error: the proxy `https://127.0.0.1:PORT` does not speak TLS\n\
         help: its address in `proxy-url` of the kubeconfig or in HTTPS_PROXY may have to begin with `http://`\n"
    );
}

/// The fault of a server behind a proxy is told of the server.
#[test]
fn a_proxy_that_works_is_not_blamed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let server = Server::with_tls(&authority.issue(&["api.example"], (2000, 2001)), |_, _| json(200, "", "{}"));
    let trusted = format!("certificate-authority-data: {}", authority.data());
    kubeconfig(folder.path(), &format!("server: 'https://api.example:6443', {trusted}"), "");
    let proxy = Proxy::start(server.port);
    let said = Question::new(folder.path()).variable("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)).ask();
    assert!(
        said.refusal(0).starts_with("error: `api.example:6443` shows a certificate that has expired\n"),
        "{said:?}"
    );
}
