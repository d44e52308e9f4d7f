//! Where requests go, and as whom: what the kubeconfig or the pod says, as the client takes it.

use std::fs;
use std::time::Duration;

use http::header::{HeaderValue, USER_AGENT};
use kube::config::{ExecAuthCluster, KubeconfigError, LoadDataError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::address::read;
use super::credential::{self, Credential};
use super::error::{AccessError, ClusterError};
use super::kubeconfig::{self, Chosen};
use super::plugin::Plugin;
use super::proxy::proxy;
use super::{Access, Kubectl, pod};
use crate::source::FileProblem;

/// The longest wait for a connection: who does not answer in this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where requests go, and as whom.
pub(super) struct Target {
    /// The context of the kubeconfig; `None` in a pod.
    pub(super) context: Option<String>,
    /// The user's name in the kubeconfig, or the pod's account: whose credentials they are.
    pub(super) user: String,
    /// How to look at the same cluster as the same user.
    pub(super) kubectl: Kubectl,
    /// What shows the server that it is them.
    pub(super) credential: Credential,
    /// The client's settings; without what the plugin gives.
    pub(super) config: kube::Config,
    /// The plugin that gives the credentials.
    pub(super) plugin: Option<Plugin>,
}

impl Target {
    /// Finds out where to go from the files and variables of this machine.
    pub(super) fn find(access: &Access<'_>) -> Result<Target, ClusterError> {
        let files = match access.kubeconfig {
            Some(file) => {
                // A file that is asked for has to be there.
                let unreadable = |error| AccessError::UnreadableKubeconfig {
                    path: file.to_owned(),
                    reason: FileProblem::from(error).reason(),
                };
                fs::metadata(file).map_err(unreadable)?;
                vec![file.to_owned()]
            }
            None => kubeconfig::files_of_environment(),
        };
        let kubeconfig = kubeconfig::read(&files)?;
        let is_empty = kubeconfig.contexts.is_empty() && kubeconfig.current_context.is_none();
        let mut target = if !is_empty {
            let kubectl = Kubectl::new(access.kubeconfig);
            let chosen = kubeconfig::choose(kubeconfig, access.context, access.contexts, &kubectl)?;
            Target::of_context(chosen, access, &kubectl)?
        } else if access.kubeconfig.is_none() && access.context.is_none() && pod::is_here() {
            pod::target(access.contexts)?
        } else {
            return Err(AccessError::NoKubeconfig { looked: files }.into());
        };
        let config = &mut target.config;
        config.default_retry = false;
        // A little less than the whole, so that it can be told that it was the connection that took so long.
        config.connect_timeout = Some(CONNECT_TIMEOUT.min(access.request_timeout * 9 / 10));
        // The whole request has its limit; a part of it needs none.
        config.read_timeout = None;
        config.write_timeout = None;
        config.headers.push((USER_AGENT, HeaderValue::from_static(concat!("chaosc/", env!("CARGO_PKG_VERSION")))));
        Ok(target)
    }

    fn of_context(chosen: Chosen, access: &Access<'_>, file: &Kubectl) -> Result<Target, ClusterError> {
        let Chosen { context, cluster_name, mut cluster, user, mut login } = chosen;
        let kubectl = file.with_context(&context);
        for field in [
            &mut cluster.certificate_authority,
            &mut cluster.certificate_authority_data,
            &mut cluster.proxy_url,
            &mut cluster.tls_server_name,
            &mut login.client_certificate,
            &mut login.client_certificate_data,
            &mut login.client_key,
            &mut login.impersonate,
            &mut login.token_file,
            &mut login.username,
        ] {
            // kubectl takes an empty text for none.
            *field = field.take().filter(|text| !text.is_empty());
        }
        let server = read(cluster.server.as_deref().unwrap_or_default(), &["http", "https"])
            .ok_or(AccessError::InvalidServer { cluster: cluster_name, kubectl: file.clone() })?;
        let told = for_plugin(&cluster)?;
        let mut config = kube::Config::new(server);
        config.root_cert = authority(told.certificate_authority_data.as_deref())?;
        config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
        config.proxy_url = proxy(cluster.proxy_url.as_deref(), &config.cluster_url, |name| std::env::var(name).ok())?;
        config.tls_server_name = cluster.tls_server_name;
        let proxy_scheme = config.proxy_url.as_ref().and_then(http::Uri::scheme_str);
        let is_plain = config.cluster_url.scheme_str() == Some("http") && proxy_scheme != Some("https");
        if config.root_cert.is_none() && (config.accept_invalid_certs || is_plain) {
            // No certificate will be looked at, so it does not matter whether this machine knows any authority.
            config.root_cert = Some(Vec::new());
        }
        let credential = credential::find(&mut login, &user, &kubectl)?;
        let plugin = match (&credential, login.exec.take()) {
            (Credential::Plugin { .. }, Some(exec)) => {
                Some(Plugin::new(exec, told, kubectl.clone(), &user, access.request_timeout)?)
            }
            _ => None,
        };
        config.auth_info = login;
        Ok(Target { context: Some(context), user, kubectl, credential, config, plugin })
    }
}

/// Returns what a plugin may be told of the cluster, with its certificate authority from data or file.
fn for_plugin(cluster: &kube::config::Cluster) -> Result<ExecAuthCluster, AccessError> {
    ExecAuthCluster::try_from(cluster).map_err(|error| match error {
        KubeconfigError::LoadCertificateAuthority(LoadDataError::ReadFile(error, path)) => {
            AccessError::UnreadableAuthority { path, reason: FileProblem::from(error).reason() }
        }
        _ => AccessError::InvalidAuthority,
    })
}

/// Returns the certificates of a text in PEM.
fn authority(pem: Option<&[u8]>) -> Result<Option<Vec<Vec<u8>>>, AccessError> {
    let Some(pem) = pem else { return Ok(None) };
    let certificates: Result<Vec<Vec<u8>>, _> =
        CertificateDer::pem_slice_iter(pem).map(|one| one.map(|one| one.to_vec())).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(Some(certificates)),
        _ => Err(AccessError::InvalidAuthority),
    }
}
