//! An admission webhook: a small HTTPS server on loopback, and the configuration that makes the API server ask it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::lab::{Lab, kubeconfig, kubectl_with};
use crate::tools::{parts, tool};

/// What a webhook says about an object.
pub(crate) enum Review {
    /// It may pass, with these changes (JSON patch).
    Patch(Value),
    /// It may not pass.
    Deny(&'static str),
}

/// A server that answers as a webhook does.
pub(crate) struct Server {
    url: String,
    certificate: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server that asks a function about each object; it ends with the tests.
    pub(crate) fn start(review: impl Fn(&Value) -> Review + Send + Sync + 'static) -> Server {
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certified.key_pair.serialize_der());
        let chain = vec![certified.cert.der().clone()];
        let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key.into()).unwrap();
        let (config, review) = (Arc::new(config), Arc::new(review));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, review, counter) = (config.clone(), review.clone(), counter.clone());
                // A client that hangs up ends its own thread only.
                std::thread::spawn(move || serve(stream?, config, &*review, &counter));
            }
        });
        let body = STANDARD.encode(certified.cert.der());
        let certificate = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        Server { url, certificate, asked }
    }

    /// Returns the address of the server.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns a server that is not there.
    pub(crate) fn down() -> Server {
        let server = Server::start(|_| Review::Patch(json!([])));
        // The port is given back at once, and nothing listens on it.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Server { url: format!("https://{free}/"), ..server }
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    review: &dyn Fn(&Value) -> Review,
    asked: &AtomicUsize,
) -> std::io::Result<()> {
    let session = rustls::ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(rustls::StreamOwned::new(session, stream));
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let question: Value = serde_json::from_slice(&body)?;
        asked.fetch_add(1, Ordering::SeqCst);
        let answer = answer(&question["request"], review).to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", answer.len());
        stream.get_mut().write_all((head + &answer).as_bytes())?;
    }
}

fn answer(request: &Value, review: &dyn Fn(&Value) -> Review) -> Value {
    let mut response = json!({"uid": request["uid"], "allowed": true});
    match review(&request["object"]) {
        Review::Patch(patch) => {
            response["patchType"] = json!("JSONPatch");
            response["patch"] = json!(STANDARD.encode(patch.to_string()));
        }
        Review::Deny(message) => {
            response["allowed"] = json!(false);
            response["status"] = json!({"code": 403, "message": message});
        }
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

/// A webhook that the API server asks about a resource in the namespace of a lab; it goes with the value.
pub(crate) struct Webhook {
    kind: &'static str,
    name: String,
}

impl Webhook {
    /// Installs a webhook and waits until it is asked.
    ///
    /// `kind` is `Mutating` or `Validating`; `resource` stands in the plural, `*` for all; `more` are further fields.
    pub(crate) fn install(lab: &Lab, kind: &'static str, server: &Server, resource: &str, more: &Value) -> Webhook {
        let webhook = Webhook { kind, name: format!("{}-{}", lab.namespace, kind.to_lowercase()) };
        let mut one = json!({
            "name": format!("{}.example.com", webhook.name),
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "timeoutSeconds": 2,
            "clientConfig": {"url": server.url, "caBundle": STANDARD.encode(&server.certificate)},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": lab.namespace}},
            "rules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": [resource], "scope": "Namespaced"}],
        });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let object = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": format!("{kind}WebhookConfiguration"),
            "metadata": {"name": webhook.name},
            "webhooks": [one],
        });
        let before = server.asked.load(Ordering::SeqCst);
        kubectl_with(&["apply", "-f", "-"], &object.to_string());
        lab.wait("the webhook is asked", |lab| {
            let resource = if resource == "*" { "configmap" } else { resource.trim_end_matches('s') };
            let said = probe(lab, resource);
            server.asked.load(Ordering::SeqCst) > before || said.contains(&webhook.name)
        });
        webhook
    }

    /// Changes fields of the webhook.
    pub(crate) fn patch(&self, more: &Value) {
        let kind = format!("{}webhookconfiguration", self.kind.to_lowercase());
        let mut change = vec![];
        for (name, value) in more.as_object().unwrap() {
            change.push(json!({"op": "replace", "path": format!("/webhooks/0/{name}"), "value": value}));
        }
        kubectl_with(&["patch", &kind, &self.name, "--type=json", "-p", &Value::from(change).to_string()], "");
    }
}

/// Makes an object without effect, and returns what is said about that.
pub(crate) fn probe(lab: &Lab, kind: &str) -> String {
    let more: &[&str] = if kind == "deployment" { &["--image=registry.example/probe:1"] } else { &[] };
    let mut command = Command::new(tool("CHAOSC_TEST_KUBECTL"));
    command.args(["--namespace", &lab.namespace, "create", kind, "probe", "--dry-run=server"]).args(more);
    let (_, out, err) = parts(command.env("KUBECONFIG", kubeconfig()).output().unwrap());
    out + &err
}

impl Drop for Webhook {
    fn drop(&mut self) {
        let kind = format!("{}webhookconfiguration", self.kind.to_lowercase());
        let mut command = Command::new(tool("CHAOSC_TEST_KUBECTL"));
        let _ =
            command.args(["delete", &kind, &self.name, "--ignore-not-found"]).env("KUBECONFIG", kubeconfig()).output();
    }
}
