//! A gate between the program and the API server: each request passes it, and a test says what becomes of it there.
//!
//! TLS ends here, by a certificate of the control plane's own authority, and begins anew as the user of the gate.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::{self, Message};
use crate::tools::succeed;
use crate::user::{User, of_plane};

/// Longer than anything that is waited for here: nothing hangs for good.
const PATIENCE: Duration = Duration::from_secs(30);

/// What becomes of a request.
pub(super) enum Deed {
    /// It is forwarded, and its answer comes back.
    Pass,
    /// It is answered with a status, perhaps with a time to wait, and not forwarded.
    Answer(u16, Option<u8>),
    /// It is done, and answered with a status as if it were not.
    Lose(u16),
    /// It is not forwarded, and the connection is reset.
    ResetBefore,
    /// It is done, and the connection is reset.
    ResetAfter,
    /// It is done, and the connection is reset in the middle of the answer.
    ResetWithin,
    /// It is not forwarded, and not answered.
    Stall,
    /// It is done, and not answered.
    StallAfter,
    /// It is not answered, and forwarded only when the program waits no longer.
    Late,
    /// It is done, then something happens, and it is not answered.
    Then(Box<dyn FnOnce() + Send>),
}

/// One request of the program.
pub(super) struct Asked<'r> {
    pub(super) method: &'r str,
    pub(super) path: &'r str,
    pub(super) body: &'r [u8],
}

type Act = dyn Fn(&Asked<'_>) -> Deed + Send + Sync;

/// What all gates share: certificates, and where the API server is.
pub(super) struct Way {
    folder: TempDir,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    upstream: SocketAddr,
}

impl Way {
    /// Makes what is needed to forward requests as a user.
    pub(super) fn new(user: &User) -> Arc<Way> {
        let folder = TempDir::new().unwrap();
        let path = |file: &str| folder.path().join(file);
        let (certificate, key) = (path("gate.crt"), path("gate.key"));
        issue(&certificate, &key);
        let server = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain(&certificate), PrivateKeyDer::from_pem_file(&key).unwrap())
            .unwrap();
        let config: Value = serde_json::from_str(&std::fs::read_to_string(user.kubeconfig()).unwrap()).unwrap();
        let file = |name: &str| PathBuf::from(config["users"][0]["user"][name].as_str().unwrap());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(chain(Path::new(&of_plane("CHAOSC_TEST_CA"))));
        let client = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(
                chain(&file("client-certificate")),
                PrivateKeyDer::from_pem_file(file("client-key")).unwrap(),
            )
            .unwrap();
        let address = config["clusters"][0]["cluster"]["server"].as_str().unwrap();
        let upstream = address.trim_start_matches("https://").parse().unwrap();
        Arc::new(Way { folder, server: Arc::new(server), client: Arc::new(client), upstream })
    }
}

/// Makes a certificate for a server on loopback.
fn issue(certificate: &Path, key: &Path) {
    let mut openssl = Command::new("openssl");
    let fixed = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=gate";
    openssl.args(fixed.split(' ')).args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE", "-CA", &of_plane("CHAOSC_TEST_CA")]);
    openssl.args(["-CAkey", &of_plane("CHAOSC_TEST_CA_KEY")]).arg("-keyout").arg(key).arg("-out").arg(certificate);
    succeed(&mut openssl);
}

fn chain(file: &Path) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(file).unwrap().map(Result::unwrap).collect()
}

/// A gate for one run of the program.
pub(super) struct Gate {
    way: Arc<Way>,
    address: SocketAddr,
    is_closed: Arc<AtomicBool>,
    porter: JoinHandle<()>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Gate {
    /// Opens a gate; `act` is asked about each request, in the order in which they come.
    pub(super) fn open(way: &Arc<Way>, act: impl Fn(&Asked<'_>) -> Deed + Send + Sync + 'static) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_closed = Arc::new(AtomicBool::new(false));
        let connections: Arc<Mutex<Vec<JoinHandle<()>>>> = Arc::default();
        let act: Arc<Act> = Arc::new(act);
        let porter = {
            let (way, is_closed, connections) = (Arc::clone(way), Arc::clone(&is_closed), Arc::clone(&connections));
            thread::spawn(move || {
                for stream in listener.incoming() {
                    if is_closed.load(Ordering::SeqCst) {
                        return;
                    }
                    let (way, act) = (Arc::clone(&way), Arc::clone(&act));
                    // A connection that breaks ends its own thread only; the program is what notices.
                    let connection = thread::spawn(move || drop(stream.and_then(|stream| serve(&stream, &way, &*act))));
                    connections.lock().unwrap().push(connection);
                }
            })
        };
        Gate { way: Arc::clone(way), address, is_closed, porter, connections }
    }

    /// Writes the kubeconfig by which a program comes through the gate, and returns where it is.
    pub(super) fn kubeconfig(&self, folder: &Path) -> PathBuf {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": format!("https://{}", self.address), "certificate-authority": of_plane("CHAOSC_TEST_CA"),
            }}],
            "users": [{"name": "gate", "user": {"token": "gate"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "gate"}}],
        });
        let path = folder.join("kubeconfig");
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// Waits until everything that was under way has come to its end; the program has to be gone by now.
    pub(super) fn close(self) {
        self.is_closed.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.porter.join().unwrap();
        let connections = std::mem::take(&mut *self.connections.lock().unwrap());
        for connection in connections {
            connection.join().unwrap();
        }
        assert!(self.way.folder.path().exists());
    }
}

/// Serves one connection, until either side has enough.
fn serve(socket: &TcpStream, way: &Way, act: &Act) -> io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    let session = ServerConnection::new(Arc::clone(&way.server)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, socket);
    let mut upstream = Upstream { way, stream: None };
    while let Some(request) = http::read(&mut stream, true)? {
        let (method, path) = request.asked();
        let deed = act(&Asked { method, path, body: &request.body });
        match deed {
            Deed::Pass => {
                let answer = upstream.forward(&request)?;
                stream.write_all(&answer.answer())?;
            }
            Deed::Answer(status, after) => stream.write_all(&refusal(status, after))?,
            Deed::Lose(status) => {
                upstream.forward(&request)?;
                stream.write_all(&refusal(status, None))?;
            }
            Deed::ResetBefore => return reset(socket),
            Deed::ResetAfter => {
                upstream.forward(&request)?;
                return reset(socket);
            }
            Deed::ResetWithin => {
                let answer = upstream.forward(&request)?;
                let whole = answer.answer();
                stream.write_all(&whole[..whole.len() - answer.body.len().div_ceil(2)])?;
                stream.flush()?;
                // The program must have the bytes before the reset takes them away.
                thread::sleep(Duration::from_millis(20));
                return reset(socket);
            }
            Deed::Stall => return wait_for_end(&mut stream),
            Deed::StallAfter => {
                upstream.forward(&request)?;
                return wait_for_end(&mut stream);
            }
            Deed::Then(happens) => {
                upstream.forward(&request)?;
                happens();
                return Ok(());
            }
            Deed::Late => {
                // However the program leaves, the request is still on its way.
                let _ = wait_for_end(&mut stream);
                return upstream.forward(&request).map(drop);
            }
        }
        stream.flush()?;
    }
    Ok(())
}

/// Closes a socket in such a way that the other side gets a reset.
fn reset(socket: &TcpStream) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO))?)
}

/// Waits until the other side hangs up.
fn wait_for_end(stream: &mut impl Read) -> io::Result<()> {
    while stream.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// Returns an answer of the API server that says no.
fn refusal(status: u16, after: Option<u8>) -> Vec<u8> {
    let said = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": status,
        "message": "bad weather", "reason": "BadWeather",
    });
    let after = after.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    http::bytes(
        &format!("HTTP/1.1 {status} Whatever"),
        &format!("Content-Type: application/json\r\n{after}"),
        said.to_string().as_bytes(),
    )
}

/// The way from the gate to the API server, for one connection of the program.
struct Upstream<'w> {
    way: &'w Way,
    stream: Option<StreamOwned<ClientConnection, TcpStream>>,
}

impl Upstream<'_> {
    /// Sends a request on, and returns its answer.
    fn forward(&mut self, request: &Message) -> io::Result<Message> {
        if self.stream.is_none() {
            let socket = TcpStream::connect(self.way.upstream)?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            let name = ServerName::from(self.way.upstream.ip());
            let session = ClientConnection::new(Arc::clone(&self.way.client), name).map_err(io::Error::other)?;
            self.stream = Some(StreamOwned::new(session, socket));
        }
        let Some(stream) = &mut self.stream else { return Err(io::ErrorKind::NotConnected.into()) };
        stream.write_all(&request.request(&self.way.upstream.to_string()))?;
        stream.flush()?;
        http::read(stream, false)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
