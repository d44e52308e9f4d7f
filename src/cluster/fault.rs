//! What went wrong on the way to the server, found out from the types of nested errors.

mod chain;

pub(super) use chain::chain;
pub(crate) use chain::fault;

use std::fmt;
use std::time::Duration;

use crate::config::value_error::quoted;

/// What went wrong on the way to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkFault {
    /// No name server knows the host.
    Unresolved,
    /// Nothing listens there.
    Refused,
    /// The connection ended before the answer did.
    Closed,
    /// There is no way to the host: what the operating system says.
    Unreachable(String),
    /// Nobody took the connection within this time.
    NoConnection(Duration),
    /// The connection stands, and no answer came within this time.
    NoAnswer(Duration),
    /// The proxy did not connect us.
    NoTunnel,
    /// The host has a name that no certificate can have.
    InvalidName,
    /// The certificate is signed by an authority that is not trusted.
    UnknownIssuer,
    /// The certificate has expired.
    Expired,
    /// The certificate is of the future.
    NotYetValid,
    /// The certificate is for others.
    WrongName {
        /// Whom it is for.
        names: Vec<String>,
    },
    /// The certificate is wrong in another way.
    Untrusted(String),
    /// The other side ended TLS because of our certificate.
    ClientRejected,
    /// TLS failed in another way.
    Handshake(String),
    /// The other side speaks no TLS.
    NotTls,
    /// The other side speaks no HTTP.
    NotHttp,
    /// The proxy, to which TLS was spoken, did one of these.
    OfProxy(Box<NetworkFault>),
    /// The request is none.
    Unsendable,
    /// Something that has no name here: what the operating system says.
    Other(String),
}

impl NetworkFault {
    /// Returns whether the same request may fare better soon.
    ///
    /// Whoever has a wrong certificate or no name now has the same in a second.
    pub fn is_passing(&self) -> bool {
        matches!(self, NetworkFault::Refused | NetworkFault::Closed)
    }

    /// Returns whether it is the fault of whoever is connected to directly, which is the proxy if there is one.
    pub fn is_of_next_hop(&self) -> bool {
        matches!(
            self,
            NetworkFault::Unresolved
                | NetworkFault::Refused
                | NetworkFault::Unreachable(_)
                | NetworkFault::NoConnection(_)
                | NetworkFault::OfProxy(_)
        )
    }
}

impl fmt::Display for NetworkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetworkFault::Unresolved => f.write_str("has a name that cannot be resolved"),
            NetworkFault::Refused => f.write_str("refused the connection"),
            NetworkFault::Closed => f.write_str("closed the connection before it answered"),
            NetworkFault::Unreachable(reason) => write!(f, "cannot be reached: {reason}"),
            NetworkFault::NoConnection(after) => write!(f, "did not complete a connection within {after:?}"),
            NetworkFault::NoAnswer(after) => write!(f, "did not answer within {after:?}"),
            NetworkFault::NoTunnel => f.write_str("was not reached through the proxy"),
            NetworkFault::InvalidName => f.write_str("has a name that no certificate can be for"),
            NetworkFault::UnknownIssuer => f.write_str("shows a certificate of an authority that is not trusted"),
            NetworkFault::Expired => f.write_str("shows a certificate that has expired"),
            NetworkFault::NotYetValid => f.write_str("shows a certificate that is not valid yet"),
            NetworkFault::WrongName { names } if names.is_empty() => {
                f.write_str("shows a certificate for another name")
            }
            NetworkFault::WrongName { names } => {
                let names: Vec<String> = names.iter().take(5).map(|name| quoted(name)).collect();
                write!(f, "shows a certificate for other names: {}", names.join(", "))
            }
            NetworkFault::Untrusted(reason) => write!(f, "shows a certificate that cannot be trusted: {reason}"),
            NetworkFault::ClientRejected => f.write_str("did not accept the client certificate"),
            NetworkFault::Handshake(reason) => write!(f, "failed at TLS: {reason}"),
            NetworkFault::NotTls => f.write_str("does not speak TLS"),
            NetworkFault::NotHttp => f.write_str("does not speak HTTP"),
            NetworkFault::OfProxy(fault) => fault.fmt(f),
            NetworkFault::Unsendable => f.write_str("cannot be asked in this way"),
            NetworkFault::Other(reason) => write!(f, "was not reached: {reason}"),
        }
    }
}
