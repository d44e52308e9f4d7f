//! What shows a server who asks: which of the many things in a kubeconfig, and whether it can be sent.

use std::fs;
use std::path::PathBuf;

use http::HeaderValue;
use kube::config::AuthInfo;
use secrecy::{ExposeSecret, SecretString};

use super::Kubectl;
use super::error::CredentialsError;
use crate::config::value_error::quoted;
use crate::source::FileProblem;

/// What shows a server who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// A token in the kubeconfig.
    Token,
    /// A token in a file.
    TokenFile(PathBuf),
    /// A client certificate.
    Certificate,
    /// A user name with a password.
    Password,
    /// What a plugin gave.
    Plugin {
        /// The program.
        command: String,
        /// How to call it by kubectl.
        kubectl: Kubectl,
    },
    /// The token of the pod.
    Pod,
}

impl Credential {
    /// Returns whether a server can know from it who asks; otherwise they are anonymous, where that is allowed.
    pub(super) fn is_proof(&self) -> bool {
        !matches!(self, Credential::None | Credential::Password)
    }

    /// Returns the next step where the server does not accept it.
    pub(super) fn hint(&self) -> String {
        match self {
            Credential::None => "the kubeconfig gives this user no credentials; log in to the cluster".to_owned(),
            Credential::Token => "the token in the kubeconfig has expired or was revoked; log in again".to_owned(),
            Credential::TokenFile(path) => {
                format!("the token in `{}` has expired or was revoked; renew it", path.display())
            }
            Credential::Certificate => {
                "the client certificate has expired or is of another cluster; fetch the kubeconfig anew".to_owned()
            }
            Credential::Password => {
                "Kubernetes takes no passwords since 1.19; use a token or a client certificate".to_owned()
            }
            Credential::Plugin { command, kubectl } => {
                let whoami = kubectl.command(&["auth", "whoami"]);
                format!("log in again with {}; {whoami} shows whether it worked", quoted(command))
            }
            Credential::Pod => "does the pod's ServiceAccount still exist? a new pod gets a new token".to_owned(),
        }
    }
}

/// Returns what the login shows a server, in kube's order, and makes a token fit for a header.
pub(super) fn find(login: &mut AuthInfo, user: &str, kubectl: &Kubectl) -> Result<Credential, CredentialsError> {
    let half = |has, lacks| CredentialsError::Half { has, lacks, user: user.to_owned() };
    let has_certificate = login.client_certificate.is_some() || login.client_certificate_data.is_some();
    let has_key = login.client_key.is_some() || login.client_key_data.is_some();
    // client-go refuses the first, whatever else there is, and kube the second.
    match (has_certificate, has_key) {
        (true, false) => return Err(half("certificate", "key")),
        (false, true) => return Err(half("key", "certificate")),
        _ => {}
    }
    let token = login.token.take().map(|token| token.expose_secret().trim().to_owned()).filter(|one| !one.is_empty());
    if let Some(mut provider) = login.auth_provider.take() {
        // client-go has given up all others, and cannot be asked to renew this one here.
        if provider.name != "oidc" {
            return Err(CredentialsError::Provider { user: user.to_owned(), provider: provider.name });
        }
        login.token = Some(in_header(provider.config.remove("id-token").unwrap_or_default(), user)?);
        return Ok(Credential::Token);
    }
    if login.username.is_some() && login.password.is_some() {
        return Ok(Credential::Password);
    }
    if let Some(token) = token {
        login.token = Some(in_header(token, user)?);
        return Ok(Credential::Token);
    }
    if let Some(file) = login.token_file.clone() {
        let unreadable = |error| CredentialsError::UnreadableFile {
            what: "token",
            path: file.clone().into(),
            user: user.to_owned(),
            reason: FileProblem::from(error).reason(),
        };
        let text = fs::read_to_string(&file).map_err(unreadable)?;
        let token = in_header(text.trim().to_owned(), user)?;
        // kube reads a token file anew each minute, and does not bear a line's end in it.
        if text != text.trim() {
            login.token = Some(token);
        }
        return Ok(Credential::TokenFile(file.into()));
    }
    Ok(match &login.exec {
        Some(exec) => {
            Credential::Plugin { command: exec.command.clone().unwrap_or_default(), kubectl: kubectl.clone() }
        }
        None if has_certificate => Credential::Certificate,
        None => Credential::None,
    })
}

/// Returns a token that can stand in a header; kube panics at any other.
pub(super) fn in_header(token: String, user: &str) -> Result<SecretString, CredentialsError> {
    if token.is_empty() || HeaderValue::from_str(&token).is_err() {
        return Err(CredentialsError::Invalid { what: "token", user: user.to_owned() });
    }
    Ok(token.into())
}
