//! What shows a server who asks: which of the many things in a kubeconfig, and whether it can be sent.

use std::fs;
use std::path::PathBuf;

use http::HeaderValue;
use kube::config::AuthInfo;
use secrecy::{ExposeSecret, SecretString};

use super::error::CredentialsError;
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
        /// The context that leads to it.
        context: String,
    },
    /// The token of the pod.
    Pod,
}

/// Returns what the login shows a server, in kube's order, and makes a token fit for a header.
pub(super) fn find(login: &mut AuthInfo, user: &str, context: &str) -> Result<Credential, CredentialsError> {
    let has_certificate = login.client_certificate.is_some() || login.client_certificate_data.is_some();
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
            Credential::Plugin { command: exec.command.clone().unwrap_or_default(), context: context.to_owned() }
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
