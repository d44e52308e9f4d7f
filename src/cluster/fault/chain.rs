//! Chains of nested errors: which of them tells what went wrong.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter;
use std::time::Duration;

use rustls::pki_types::InvalidDnsNameError;
use rustls::{AlertDescription, CertificateError};

use super::NetworkFault;

/// Returns an error and all those below it.
pub(in crate::cluster) fn chain<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> + Clone {
    iter::successors(Some(error), |one| below(*one))
}

/// An `io::Error` hides the error that it wraps: its `source` is the one below that.
fn below<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// Returns what an error of the client comes to; `connect_timeout` is how long it waits for a connection.
///
/// TLS knows most, then the operating system, then HTTP; where none of them says anything, what is left is a proxy.
pub(crate) fn fault(error: &(dyn Error + 'static), connect_timeout: Duration, has_proxy: bool) -> NetworkFault {
    let errors = chain(error);
    let is_connecting = errors.clone().any(|one| {
        one.downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    });
    if let Some(error) = errors.clone().find_map(|one| one.downcast_ref::<rustls::Error>()) {
        // hyper's errors about tunnels have no public type.
        let is_of_proxy = errors.clone().any(|one| one.to_string().starts_with("tunnel error: "));
        return if is_of_proxy { NetworkFault::OfProxy(Box::new(tls(error))) } else { tls(error) };
    }
    if errors.clone().any(<dyn Error>::is::<InvalidDnsNameError>) {
        return NetworkFault::InvalidName;
    }
    if let Some(error) = errors.clone().filter_map(|one| one.downcast_ref::<io::Error>()).last() {
        return system(error, connect_timeout);
    }
    match errors.clone().find_map(|one| one.downcast_ref::<hyper::Error>()) {
        Some(error) if error.is_parse() => NetworkFault::NotHttp,
        Some(error) if error.is_user() => NetworkFault::Unsendable,
        Some(_) => NetworkFault::Closed,
        None if is_connecting && has_proxy => NetworkFault::NoTunnel,
        None => NetworkFault::Other("the client failed".to_owned()),
    }
}

fn tls(error: &rustls::Error) -> NetworkFault {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage};
    match error {
        InvalidCertificate(error) => certificate(error),
        InvalidMessage(_) => NetworkFault::NotTls,
        AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate,
        ) => NetworkFault::ClientRejected,
        other => NetworkFault::Handshake(other.to_string()),
    }
}

fn certificate(error: &CertificateError) -> NetworkFault {
    use CertificateError as E;
    match error {
        E::UnknownIssuer | E::BadSignature => NetworkFault::UnknownIssuer,
        E::Expired | E::ExpiredContext { .. } => NetworkFault::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => NetworkFault::NotYetValid,
        E::NotValidForName => NetworkFault::WrongName { names: Vec::new() },
        E::NotValidForNameContext { presented, .. } => {
            NetworkFault::WrongName { names: presented.iter().map(|name| plain(name)).collect() }
        }
        other => NetworkFault::Untrusted(other.to_string()),
    }
}

/// Returns the name in `DnsName("api.example")` or `IpAddress(10.96.0.1)`, as rustls passes it on.
fn plain(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner.strip_suffix(')').unwrap_or(inner));
    inner.trim_matches('"').to_owned()
}

fn system(error: &io::Error, connect_timeout: Duration) -> NetworkFault {
    match error.kind() {
        ErrorKind::ConnectionRefused => NetworkFault::Refused,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::NotConnected => NetworkFault::Closed,
        ErrorKind::TimedOut if error.raw_os_error().is_none() => NetworkFault::NoConnection(connect_timeout),
        ErrorKind::TimedOut
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => NetworkFault::Unreachable(error.to_string()),
        _ => NetworkFault::Other(error.to_string()),
    }
}
