//! The server was not reached, or not understood.

use std::fmt;
use std::time::Duration;

use crate::cluster::fault::NetworkFault;

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionError {
    /// The host and port of the server.
    pub server: String,
    /// The proxy on the way, if any.
    pub proxy: Option<String>,
    /// What went wrong at last.
    pub fault: NetworkFault,
    /// How many times the request was sent.
    pub attempts: usize,
    /// How long all of it took.
    pub elapsed: Duration,
}

impl std::error::Error for ConnectionError {}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) if self.fault == NetworkFault::NoTunnel => {
                write!(f, "the proxy `{proxy}` opened no connection to `{}`", self.server)
            }
            Some(proxy) if self.fault.is_of_next_hop() => write!(f, "the proxy `{proxy}` {}", self.fault),
            _ => write!(f, "`{}` {}", self.server, self.fault),
        }?;
        if self.attempts > 1 {
            write!(f, ", {} times in {:.1} s", self.attempts, self.elapsed.as_secs_f64())?;
        }
        Ok(())
    }
}

impl ConnectionError {
    /// Returns the next step.
    pub fn hint(&self) -> String {
        if let NetworkFault::OfProxy(fault) = &self.fault
            && **fault == NetworkFault::NotTls
        {
            return "its address in `proxy-url` of the kubeconfig or in HTTPS_PROXY may have to begin with `http://`"
                .to_owned();
        }
        if let (Some(_), true) = (&self.proxy, self.fault.is_of_next_hop()) {
            return "the proxy comes from `proxy-url` in the kubeconfig or from HTTPS_PROXY; NO_PROXY names hosts \
                    to reach without it"
                .to_owned();
        }
        match &self.fault {
            NetworkFault::Unresolved => "check the name in the kubeconfig, the network and the VPN",
            NetworkFault::Refused => "is the cluster running, and its address in the kubeconfig right?",
            NetworkFault::Closed => "is there an API server at this address? a load balancer without one closes, too",
            NetworkFault::Unreachable(_) | NetworkFault::NoConnection(_) => "check the network, the VPN and firewalls",
            NetworkFault::NoAnswer(_) => "`--request-timeout DURATION` waits longer",
            NetworkFault::NoTunnel => {
                "the proxy has to allow CONNECT to this host and port; check its rules, user and password"
            }
            NetworkFault::InvalidName => "correct `server` in the kubeconfig, or set `tls-server-name` there",
            NetworkFault::UnknownIssuer => {
                "check `certificate-authority` in the kubeconfig: the cluster may have been made anew, or something \
                 on the way opens TLS"
            }
            NetworkFault::Expired => "renew the certificate of the API server; is the clock of this machine right?",
            NetworkFault::NotYetValid => "is the clock of this machine right?",
            NetworkFault::WrongName { .. } => {
                "use one of these names in `server`, or set `tls-server-name` in the kubeconfig"
            }
            NetworkFault::Untrusted(_) | NetworkFault::Handshake(_) => {
                "what answers at this address may be no API server"
            }
            NetworkFault::ClientRejected => "the client certificate has expired or is of another cluster; log in again",
            NetworkFault::NotTls => {
                "`server` in the kubeconfig may have to begin with `http://`, or another port is meant"
            }
            NetworkFault::NotHttp => {
                "`server` in the kubeconfig may have to begin with `https://`, or another port is meant"
            }
            NetworkFault::OfProxy(_) => "check the certificate of the proxy",
            NetworkFault::Unsendable => "this is a fault of chaosc; please report it",
            NetworkFault::Other(_) => "check the address in the kubeconfig and the network",
        }
        .to_owned()
    }
}
