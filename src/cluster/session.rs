//! Clients that follow their credentials: what a plugin gives expires, and is fetched anew.

use std::time::Duration;

use jiff::Timestamp;
use kube::client::{AuthError, RustlsTlsError};
use kube::config::{KubeconfigError, LoadDataError};
use tokio::sync::Mutex;

use super::error::{AccessError, ClusterError, CredentialsError};
use super::plugin::Plugin;
use crate::source::FileProblem;

/// Credentials that hold no longer than this are fetched anew.
const LEEWAY: Duration = Duration::from_secs(10);

/// The one client that is in use, and how the next one is made.
pub(super) struct Sessions {
    config: kube::Config,
    plugin: Option<Plugin>,
    user: String,
    current: Mutex<Session>,
}

/// A client with its credentials.
#[derive(Clone)]
pub(super) struct Session {
    /// The client.
    pub(super) client: kube::Client,
    number: usize,
    expires: Option<Timestamp>,
}

impl Sessions {
    /// Makes the first client; nothing is sent.
    pub(super) async fn open(
        config: kube::Config,
        plugin: Option<Plugin>,
        user: String,
    ) -> Result<Sessions, ClusterError> {
        let first = open(&config, plugin.as_ref(), &user, 0).await?;
        Ok(Sessions { config, plugin, user, current: Mutex::new(first) })
    }

    /// Returns the client to use.
    pub(super) async fn current(&self) -> Result<Session, ClusterError> {
        let mut current = self.current.lock().await;
        if current.expires.is_some_and(|expires| expires < Timestamp::now() + LEEWAY) {
            *current = open(&self.config, self.plugin.as_ref(), &self.user, current.number + 1).await?;
        }
        Ok(current.clone())
    }

    /// Returns a client with new credentials, after a server has refused those of `refused`; `None` if there are none.
    pub(super) async fn renewed(&self, refused: &Session) -> Result<Option<Session>, ClusterError> {
        if self.plugin.is_none() {
            return Ok(None);
        }
        let mut current = self.current.lock().await;
        // Of many requests that were refused, the first one asks the plugin.
        if current.number == refused.number {
            *current = open(&self.config, self.plugin.as_ref(), &self.user, current.number + 1).await?;
        }
        Ok(Some(current.clone()))
    }
}

async fn open(
    config: &kube::Config,
    plugin: Option<&Plugin>,
    user: &str,
    number: usize,
) -> Result<Session, ClusterError> {
    let mut config = config.clone();
    let expires = match plugin {
        Some(plugin) => plugin.run(&mut config.auth_info).await?,
        None => None,
    };
    let has_authority = config.root_cert.is_some();
    let client = kube::Client::try_from(config).map_err(|error| unusable(error, user, has_authority))?;
    Ok(Session { client, number, expires })
}

fn is_mismatch(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InconsistentKeys(_))
}

/// Returns what is wrong with the credentials, from the client's refusal of them.
fn unusable(error: kube::Error, user: &str, has_authority: bool) -> ClusterError {
    let invalid = |what| CredentialsError::Invalid { what, user: user.to_owned() };
    let unreadable = |what, error: std::io::Error, path| CredentialsError::UnreadableFile {
        what,
        path,
        user: user.to_owned(),
        reason: FileProblem::from(error).reason(),
    };
    match error {
        kube::Error::InferKubeconfig(KubeconfigError::LoadClientCertificate(LoadDataError::ReadFile(error, path))) => {
            unreadable("client certificate", error, path).into()
        }
        kube::Error::InferKubeconfig(KubeconfigError::LoadClientKey(LoadDataError::ReadFile(error, path))) => {
            unreadable("client key", error, path).into()
        }
        kube::Error::InferKubeconfig(KubeconfigError::LoadClientCertificate(_)) => invalid("client certificate").into(),
        kube::Error::InferKubeconfig(KubeconfigError::LoadClientKey(_)) => invalid("client key").into(),
        kube::Error::RustlsTls(RustlsTlsError::InvalidServerName(_)) => AccessError::InvalidServerName.into(),
        kube::Error::RustlsTls(RustlsTlsError::AddRootCertificate(_) | RustlsTlsError::NoValidNativeRootCA(_)) => {
            if has_authority {
                AccessError::InvalidAuthority.into()
            } else {
                AccessError::NoAuthority.into()
            }
        }
        kube::Error::RustlsTls(RustlsTlsError::InvalidPrivateKey(error)) if !is_mismatch(&error) => {
            let is_certificate = matches!(error, rustls::Error::InvalidCertificate(_));
            let what = if is_certificate { "certificate" } else { "key" };
            CredentialsError::Unknown { what, user: user.to_owned() }.into()
        }
        kube::Error::RustlsTls(_) => invalid("client certificate or key").into(),
        kube::Error::Auth(AuthError::ReadTokenFile(error, path)) => unreadable("token", error, path).into(),
        kube::Error::HttpError(_) => invalid("name under `as`").into(),
        _ => invalid("login").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{CertificateError, InconsistentKeys};

    #[test]
    fn what_this_program_does_not_know_is_told_from_what_is_broken() {
        let told = |error| {
            let error = kube::Error::RustlsTls(RustlsTlsError::InvalidPrivateKey(error));
            unusable(error, "u", true).to_string()
        };
        for (error, expected) in [
            (
                rustls::Error::InvalidCertificate(CertificateError::BadEncoding),
                "the client certificate of the user `u` is of a kind that this program does not know",
            ),
            (
                rustls::Error::General("failed to parse private key".to_owned()),
                "the client key of the user `u` is of a kind that this program does not know",
            ),
            (
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch),
                "the client certificate or key of the user `u` cannot be used",
            ),
        ] {
            assert_eq!(told(error), expected);
        }
    }
}
