//! Who asks: what should prove it cannot be had.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::cluster::Kubectl;
use crate::config::value_error::quoted;

/// Why the credentials of the user could not be had.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// A file that the kubeconfig names cannot be read.
    #[error("cannot read the {what} `{}` of the user {}: {reason}", path.display(), quoted(user))]
    UnreadableFile {
        /// What is in it, such as `token`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The user.
        user: String,
        /// Why, in a few words.
        reason: String,
    },
    /// The kubeconfig or a file of it holds something else than it should.
    #[error("the {what} of the user {} cannot be used", quoted(user))]
    Invalid {
        /// What it should be, such as `token`.
        what: &'static str,
        /// The user.
        user: String,
    },
    /// A client certificate or its key is of a kind that the TLS library does not know.
    #[error("the client {what} of the user {} is of a kind that this program does not know", quoted(user))]
    Unknown {
        /// What it is: `certificate` or `key`.
        what: &'static str,
        /// The user.
        user: String,
    },
    /// Of a client certificate and its key, one is missing.
    #[error("the user {} has a client {has} and no client {lacks}", quoted(user))]
    Half {
        /// What there is: `certificate` or `key`.
        has: &'static str,
        /// The other one.
        lacks: &'static str,
        /// The user.
        user: String,
    },
    /// The user logs in by a way that was given up.
    #[error("the user {} logs in by {}, which does not work any more", quoted(user), quoted(&format!("auth-provider: {provider}")))]
    Provider {
        /// The user.
        user: String,
        /// The provider's name.
        provider: String,
    },
    /// The kubeconfig names a plugin without saying which.
    #[error("the user {} logs in by `exec`, without a `command`", quoted(user))]
    PluginWithoutCommand {
        /// The user.
        user: String,
        /// How to change the kubeconfig.
        kubectl: Kubectl,
    },
    /// The plugin is not on this machine, or cannot be started.
    #[error("the credential plugin {} of the user {} cannot be started: {reason}", quoted(command), quoted(user))]
    PluginMissing {
        /// The program.
        command: String,
        /// The user.
        user: String,
        /// What the operating system says.
        reason: String,
        /// What the kubeconfig says about how to get it.
        install_hint: Option<String>,
    },
    /// The plugin needs a terminal.
    #[error(
        "the credential plugin {} of the user {} needs a terminal, and there is none",
        quoted(command),
        quoted(user)
    )]
    PluginNeedsTerminal {
        /// The program.
        command: String,
        /// The user.
        user: String,
    },
    /// The plugin failed.
    #[error("the credential plugin {} of the user {} failed with {status}", quoted(command), quoted(user))]
    PluginFailed {
        /// The program.
        command: String,
        /// The user.
        user: String,
        /// How to call it by kubectl.
        kubectl: Kubectl,
        /// Its exit code or signal, in words.
        status: String,
    },
    /// The plugin did not come to an end.
    #[error("the credential plugin {} of the user {} did not end within {after:?}", quoted(command), quoted(user))]
    PluginTimeout {
        /// The program.
        command: String,
        /// The user.
        user: String,
        /// How to call it by kubectl.
        kubectl: Kubectl,
        /// How long it was given.
        after: Duration,
    },
    /// The plugin printed something else than credentials.
    #[error("the credential plugin {} of the user {} printed no credentials: {problem}", quoted(command), quoted(user))]
    PluginRubbish {
        /// The program.
        command: String,
        /// The user.
        user: String,
        /// How to call it by kubectl.
        kubectl: Kubectl,
        /// What was found, in a few words.
        problem: &'static str,
    },
}

impl CredentialsError {
    /// Returns the next step.
    pub fn hint(&self) -> String {
        match self {
            CredentialsError::UnreadableFile { .. } | CredentialsError::Invalid { .. } => {
                "log in to the cluster again, or fetch the kubeconfig anew".to_owned()
            }
            CredentialsError::Unknown { .. } => {
                "it knows certificates of X.509 version 3 with keys of RSA, Ed25519, or ECDSA on P-256 and P-384; where `openssl x509 -req` \
                 makes version 1, `-extfile` with a file of extensions makes version 3"
                    .to_owned()
            }
            CredentialsError::Provider { .. } => {
                "log in again with a newer tool of the provider: it writes `exec` into the kubeconfig".to_owned()
            }
            CredentialsError::Half { lacks, .. } => {
                format!("the kubeconfig needs `client-{lacks}` or `client-{lacks}-data`, too; fetch it anew")
            }
            CredentialsError::PluginWithoutCommand { user, kubectl } => {
                let words = ["config", "set-credentials", user, "--exec-command=PROGRAM"];
                format!("{} names it", kubectl.command(&words))
            }
            CredentialsError::PluginMissing { install_hint: Some(hint), .. } => {
                format!("the kubeconfig says: {}", quoted(hint))
            }
            CredentialsError::PluginMissing { command: program, .. } => {
                format!("is {} installed, executable, and in a folder of PATH?", quoted(program))
            }
            CredentialsError::PluginNeedsTerminal { .. } => {
                "run chaosc in a terminal, or use a kubeconfig that needs no login".to_owned()
            }
            // What it said itself is not repeated: it may be a secret.
            CredentialsError::PluginFailed { kubectl, .. }
            | CredentialsError::PluginTimeout { kubectl, .. }
            | CredentialsError::PluginRubbish { kubectl, .. } => {
                let words = ["get", "--raw", "/version"];
                format!("{} runs it, too, and shows what it says", kubectl.command(&words))
            }
        }
    }
}
