//! Credential plugins: programs that the kubeconfig names, and that print a token or a certificate (`exec`).
//!
//! kube would run one twice for each client, let it hang for ever, and stop all requests meanwhile.

mod group;

use std::io::{self, IsTerminal};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::Kubectl;
use super::credential::in_header;
use super::error::CredentialsError;
use group::Group;
pub(crate) use group::end_all;

/// A credential plugin, ready to run.
pub(super) struct Plugin {
    command: String,
    exec: ExecConfig,
    /// What it is told on `KUBERNETES_EXEC_INFO`.
    info: String,
    is_interactive: bool,
    kubectl: Kubectl,
    user: String,
    timeout: Duration,
}

/// What goes to a plugin and comes back (`client.authentication.k8s.io ExecCredential`).
#[derive(Serialize, Deserialize)]
struct ExecCredential {
    #[serde(rename = "apiVersion", default)]
    api_version: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    spec: Option<Spec>,
    #[serde(default, skip_serializing)]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Spec {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ExecAuthCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

impl Plugin {
    /// Creates a plugin from what the kubeconfig says; `timeout` holds where nobody is asked anything.
    pub(super) fn new(
        exec: ExecConfig,
        cluster: ExecAuthCluster,
        kubectl: Kubectl,
        user: &str,
        timeout: Duration,
    ) -> Result<Plugin, CredentialsError> {
        let user = user.to_owned();
        let Some(command) = exec.command.clone().filter(|command| !command.is_empty()) else {
            return Err(CredentialsError::PluginWithoutCommand { user, kubectl });
        };
        let has_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        let is_interactive = match exec.interactive_mode {
            Some(ExecInteractiveMode::Always) if !has_terminal => {
                return Err(CredentialsError::PluginNeedsTerminal { command, user });
            }
            Some(ExecInteractiveMode::Never) => false,
            _ => has_terminal,
        };
        let told = ExecCredential {
            api_version: exec.api_version.clone(),
            kind: Some("ExecCredential".to_owned()),
            spec: Some(Spec { interactive: is_interactive, cluster: exec.provide_cluster_info.then_some(cluster) }),
            status: None,
        };
        let info = serde_json::to_string(&told).unwrap_or_default();
        Ok(Plugin { command, exec, info, is_interactive, kubectl, user, timeout })
    }

    /// Runs the plugin, adds what it gives to a login, and returns when that expires.
    pub(super) async fn run(&self, login: &mut AuthInfo) -> Result<Option<Timestamp>, CredentialsError> {
        let status = self.credentials().await?;
        let rubbish = |problem| self.rubbish(problem);
        match (status.client_certificate_data, status.client_key_data) {
            (Some(certificate), Some(key)) => {
                login.client_certificate_data = Some(STANDARD.encode(certificate));
                login.client_key_data = Some(STANDARD.encode(key).into());
            }
            (None, None) if status.token.is_some() => {}
            (None, None) => return Err(rubbish("neither a token nor a certificate")),
            _ => return Err(rubbish("a certificate without its key, or a key without its certificate")),
        }
        if let Some(token) = status.token {
            login.token = Some(in_header(token, &self.user)?);
        }
        let expires = status.expiration_timestamp.as_deref().map(str::parse).transpose();
        expires.map_err(|_| rubbish("an `expirationTimestamp` that is no time"))
    }

    async fn credentials(&self) -> Result<Status, CredentialsError> {
        let mut command = Command::new(&self.command);
        command.args(self.exec.args.iter().flatten()).env("KUBERNETES_EXEC_INFO", &self.info).kill_on_drop(true);
        for variable in self.exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
                command.env(name, value);
            }
        }
        if self.is_interactive {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        } else {
            command.stdin(Stdio::null()).stderr(Stdio::null());
            Group::lead(&mut command);
        }
        command.stdout(Stdio::piped());
        let output = async {
            let child = command.spawn()?;
            let group = (!self.is_interactive).then(|| Group::of(&child));
            let output = child.wait_with_output().await;
            if let Some(group) = group {
                group.leave();
            }
            output
        };
        let output = if self.is_interactive {
            // Somebody may be typing.
            output.await
        } else {
            tokio::time::timeout(self.timeout, output).await.map_err(|_| CredentialsError::PluginTimeout {
                command: self.command.clone(),
                user: self.user.clone(),
                kubectl: self.kubectl.clone(),
                after: self.timeout,
            })?
        };
        let output = output.map_err(|error| CredentialsError::PluginMissing {
            command: self.command.clone(),
            user: self.user.clone(),
            reason: error.to_string(),
            install_hint: self.exec.install_hint.clone(),
        })?;
        if !output.status.success() {
            return Err(CredentialsError::PluginFailed {
                command: self.command.clone(),
                user: self.user.clone(),
                kubectl: self.kubectl.clone(),
                status: words(output.status),
            });
        }
        if output.stdout.trim_ascii().is_empty() {
            return Err(self.rubbish("nothing at all"));
        }
        let answer: ExecCredential =
            serde_saphyr::from_slice(&output.stdout).map_err(|_| self.rubbish("no ExecCredential"))?;
        // kubectl reads the answer as the version that the kubeconfig names.
        if let (Some(named), Some(given)) = (&self.exec.api_version, &answer.api_version)
            && named != given
        {
            return Err(self.rubbish("an ExecCredential of another `apiVersion` than the kubeconfig names"));
        }
        answer.status.ok_or_else(|| self.rubbish("an ExecCredential without `status`"))
    }

    fn rubbish(&self, problem: &'static str) -> CredentialsError {
        CredentialsError::PluginRubbish {
            command: self.command.clone(),
            user: self.user.clone(),
            kubectl: self.kubectl.clone(),
            problem,
        }
    }
}

fn words(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        // `signal: 9 (SIGKILL)`
        None => status.to_string(),
    }
}
