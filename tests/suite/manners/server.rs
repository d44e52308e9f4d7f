//! Servers on loopback that answer as a test says, over TCP or TLS.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::certificates::Certificate;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Its first line and headers, in lower case except for the values.
    pub(crate) head: String,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Returns the path of the first line.
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

/// What a server does with a request.
pub(crate) enum Deed {
    /// Sends bytes and waits for the next request.
    Send(Vec<u8>),
    /// Sends bytes and closes the connection.
    Close(Vec<u8>),
    /// Sends bytes and resets the connection.
    Reset(Vec<u8>),
    /// Sends bytes, and then nothing more for a minute.
    Hang(Vec<u8>),
}

/// A deed that can be done over and over.
pub(crate) type Act = fn() -> Deed;

/// Answers with a status, headers and a body in JSON.
pub(crate) fn json(status: u16, headers: &str, body: &str) -> Deed {
    Deed::Send(bytes(status, &format!("content-type: application/json\r\n{headers}"), body))
}

/// Returns an answer as bytes; each header ends in a line's end.
pub(crate) fn bytes(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Whatever\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Returns the first half of an answer.
pub(crate) fn half() -> Vec<u8> {
    let whole = bytes(200, "", "{\"items\": []}");
    whole[..whole.len() - 6].to_vec()
}

/// A server that runs until the test ends.
pub(crate) struct Server {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<Mutex<usize>>,
}

type Behaviour = dyn Fn(usize, &Received) -> Deed + Send + Sync;

impl Server {
    /// Starts a server that answers the requests, counted from zero.
    pub(crate) fn start(behaviour: impl Fn(usize, &Received) -> Deed + Send + Sync + 'static) -> Server {
        Server::start_at(0, behaviour)
    }

    /// Starts a server on a port.
    pub(crate) fn start_at(port: u16, behaviour: impl Fn(usize, &Received) -> Deed + Send + Sync + 'static) -> Server {
        Server::listen(port, None, Arc::new(behaviour))
    }

    /// Starts a server that shows a certificate.
    pub(crate) fn with_tls(
        certificate: &Certificate,
        behaviour: impl Fn(usize, &Received) -> Deed + Send + Sync + 'static,
    ) -> Server {
        Server::listen(0, Some(Arc::new(certificate.server())), Arc::new(behaviour))
    }

    fn listen(port: u16, tls: Option<Arc<rustls::ServerConfig>>, behaviour: Arc<Behaviour>) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let server = Server {
            port: listener.local_addr().unwrap().port(),
            received: Arc::default(),
            connections: Arc::default(),
        };
        let (received, connections) = (Arc::clone(&server.received), Arc::clone(&server.connections));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (tls, behaviour, received) = (tls.clone(), Arc::clone(&behaviour), Arc::clone(&received));
                *connections.lock().unwrap() += 1;
                thread::spawn(move || {
                    let stream = stream?;
                    match tls {
                        Some(tls) => {
                            let connection = rustls::ServerConnection::new(tls).map_err(io::Error::other)?;
                            converse(
                                &mut rustls::StreamOwned::new(connection, &stream),
                                &stream,
                                &*behaviour,
                                &received,
                            )
                        }
                        None => converse(&mut &stream, &stream, &*behaviour, &received),
                    }
                });
            }
        });
        server
    }

    /// Returns its address.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Returns the requests that came so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Returns how many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

/// Answers the requests of one connection, until either side has enough.
fn converse(
    stream: &mut (impl Read + Write),
    socket: &TcpStream,
    behaviour: &Behaviour,
    received: &Mutex<Vec<Received>>,
) -> io::Result<()> {
    while let Some(request) = read(stream)? {
        let number = {
            let mut received = received.lock().unwrap();
            received.push(request.clone());
            received.len() - 1
        };
        match behaviour(number, &request) {
            Deed::Send(bytes) => stream.write_all(&bytes)?,
            Deed::Close(bytes) => return stream.write_all(&bytes),
            Deed::Reset(bytes) => {
                stream.write_all(&bytes)?;
                stream.flush()?;
                // The client must have the bytes before the reset takes them away.
                thread::sleep(Duration::from_millis(100));
                return reset(socket);
            }
            Deed::Hang(bytes) => {
                stream.write_all(&bytes)?;
                stream.flush()?;
                thread::sleep(Duration::from_mins(1));
                return Ok(());
            }
        }
        stream.flush()?;
    }
    Ok(())
}

/// Closes a socket in such a way that the other side gets a reset.
fn reset(socket: &TcpStream) -> io::Result<()> {
    rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO))?;
    Ok(())
}

/// Reads one request; `None` at the end of the connection.
fn read(stream: &mut impl Read) -> io::Result<Option<Received>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let mut request = Received { head: String::from_utf8_lossy(&head).into_owned(), body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body)?;
    Ok(Some(request))
}
