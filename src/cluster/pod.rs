//! A pod's own account: where no kubeconfig is, and Kubernetes has given the program a token.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kube::config::InClusterError;

use super::Kubectl;
use super::credential::Credential;
use super::error::AccessError;
use super::proxy::proxy;
use super::target::Target;
use crate::source::FileProblem;

/// Returns whether the program runs in a pod.
pub(super) fn is_here() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some_and(|host| !host.is_empty())
}

/// Returns the cluster of the pod, unless chaos.toml allows certain contexts alone: here is none.
pub(super) fn target(allowed: &[String]) -> Result<Target, AccessError> {
    if !allowed.is_empty() {
        return Err(AccessError::NoContextInPod { allowed: allowed.to_vec() });
    }
    let mut config = kube::Config::incluster().map_err(|error| AccessError::Pod { problem: problem(error) })?;
    config.proxy_url = proxy(None, &config.cluster_url, |name| std::env::var(name).ok())?;
    let token = config.auth_info.token_file.as_ref().map(fs::read_to_string);
    let token = match token {
        Some(Ok(token)) => token,
        Some(Err(error)) => {
            return Err(AccessError::Pod { problem: format!("its token: {}", FileProblem::from(error).reason()) });
        }
        None => String::new(),
    };
    let user = account(&token).unwrap_or_else(|| "the pod's ServiceAccount".to_owned());
    Ok(Target { context: None, user, kubectl: Kubectl::default(), credential: Credential::Pod, config, plugin: None })
}

fn problem(error: InClusterError) -> String {
    match error {
        InClusterError::ReadDefaultNamespace(error) => {
            format!("its namespace: {}", FileProblem::from(error).reason())
        }
        InClusterError::ReadCertificateBundle(error) => {
            format!("its certificate authority: {}", FileProblem::from(error).reason())
        }
        InClusterError::ParseCertificates(_) => "its certificate authority holds no certificate".to_owned(),
        InClusterError::ReadEnvironmentVariable(_) | InClusterError::ParseClusterPort(_) => {
            "KUBERNETES_SERVICE_PORT is no port".to_owned()
        }
        InClusterError::ParseClusterUrl(_) => "KUBERNETES_SERVICE_HOST is no host".to_owned(),
    }
}

/// Returns whom a token names (`sub` of a JWT); nobody checks its signature here, it is only shown.
fn account(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let payload: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(payload.get("sub")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::account;

    #[test]
    fn a_token_tells_whose_it_is() {
        // {"alg":"RS256"} . {"sub":"system:serviceaccount:shop:ci"} . nothing
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6c2hvcDpjaSJ9.x";
        assert_eq!(account(token).as_deref(), Some("system:serviceaccount:shop:ci"));
        for broken in ["", "abc", "a.b.c", "a.eyJzdWIiOjF9.c"] {
            assert_eq!(account(broken), None, "{broken}");
        }
    }
}
