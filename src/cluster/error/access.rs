//! Which cluster: nothing says it, or it may not be touched.

use std::path::PathBuf;

use thiserror::Error;

use super::answer::HttpStatus;
use super::list;
use crate::cluster::Kubectl;
use crate::config::value_error::quoted;

/// Why no cluster was found to ask.
#[derive(Debug, Error)]
pub enum AccessError {
    /// No kubeconfig names a context, and the program does not run in a pod.
    #[error("there is no kubeconfig that names a context, looked for {}", paths(looked))]
    NoKubeconfig {
        /// The files that would have been read.
        looked: Vec<PathBuf>,
    },
    /// A kubeconfig is there and cannot be read.
    #[error("cannot read the kubeconfig `{}`: {reason}", path.display())]
    UnreadableKubeconfig {
        /// The file.
        path: PathBuf,
        /// Why, in a few words.
        reason: String,
    },
    /// A kubeconfig is no YAML, or not the YAML of a kubeconfig.
    #[error("the kubeconfig `{}` is broken{}", path.display(), place(*at))]
    BrokenKubeconfig {
        /// The file.
        path: PathBuf,
        /// Line and column, where they are known.
        at: Option<(u64, u64)>,
    },
    /// Two kubeconfigs do not go together.
    #[error("the kubeconfig `{}` has another `kind` or `apiVersion` than those before it in KUBECONFIG", path.display())]
    MismatchedKubeconfig {
        /// The later file.
        path: PathBuf,
    },
    /// The kubeconfig has no context of this name.
    #[error("the kubeconfig has no context {}", quoted(name))]
    UnknownContext {
        /// The name.
        name: String,
        /// The nearest one that there is.
        near: Option<String>,
        /// Those that there are.
        contexts: Vec<String>,
    },
    /// The kubeconfig does not say which of its contexts is in use.
    #[error("the kubeconfig has no current context")]
    NoCurrentContext {
        /// Those that there are.
        contexts: Vec<String>,
    },
    /// The cluster is another one than chaos.toml names.
    #[error(
        "this cluster is not the one of chaos.toml: its uid is {}, and `cluster-uid` says {}",
        quoted(found),
        quoted(expected)
    )]
    OtherCluster {
        /// The uid that chaos.toml names.
        expected: String,
        /// The uid of the cluster.
        found: String,
    },
    /// chaos.toml names a cluster, and which one this is cannot be read.
    #[error(
        "`cluster-uid` in chaos.toml cannot be checked: the server answered {status} for the namespace `kube-system`"
    )]
    UnreadableUid {
        /// The status.
        status: HttpStatus,
    },
    /// chaos.toml does not allow the context.
    #[error("`contexts` in chaos.toml does not allow the context {}", quoted(name))]
    ContextNotAllowed {
        /// The context.
        name: String,
        /// Those that are allowed.
        allowed: Vec<String>,
    },
    /// chaos.toml allows some contexts, and in a pod there is none.
    #[error("`contexts` in chaos.toml allows {} alone, and inside a cluster there is no context", list(allowed))]
    NoContextInPod {
        /// Those that are allowed.
        allowed: Vec<String>,
    },
    /// A context names a cluster that the kubeconfig does not have.
    #[error("the kubeconfig has no cluster {}, which its context {} names", quoted(cluster), quoted(context))]
    UnknownCluster {
        /// The context.
        context: String,
        /// The cluster.
        cluster: String,
        /// How to look at the kubeconfig.
        kubectl: Kubectl,
    },
    /// A context names a user that the kubeconfig does not have.
    #[error("the kubeconfig has no user {}, which its context {} names", quoted(user), quoted(context))]
    UnknownUser {
        /// The context.
        context: String,
        /// The user.
        user: String,
        /// How to look at the kubeconfig.
        kubectl: Kubectl,
    },
    /// A context says nothing of where it leads.
    #[error("the context {} of the kubeconfig names no cluster", quoted(context))]
    ContextWithoutCluster {
        /// The context.
        context: String,
        /// How to change the kubeconfig.
        kubectl: Kubectl,
    },
    /// The address of a cluster is missing or no URL.
    #[error("the `server` of the cluster {} in the kubeconfig is no URL of a server", quoted(cluster))]
    InvalidServer {
        /// The cluster.
        cluster: String,
        /// How to change the kubeconfig.
        kubectl: Kubectl,
    },
    /// The certificate authority of a cluster cannot be read.
    #[error("cannot read the certificate authority `{}`: {reason}", path.display())]
    UnreadableAuthority {
        /// The file.
        path: PathBuf,
        /// Why, in a few words.
        reason: String,
    },
    /// The certificate authority of a cluster is none.
    #[error("the certificate authority of the cluster in the kubeconfig holds no certificate that can be read")]
    InvalidAuthority,
    /// There is no certificate authority to trust.
    #[error("the kubeconfig names no certificate authority for the cluster, and this machine trusts none")]
    NoAuthority,
    /// The name for the server's certificate is none.
    #[error("the `tls-server-name` of the cluster in the kubeconfig is no name of a server")]
    InvalidServerName,
    /// The address of a proxy is no URL that can be used.
    #[error("the proxy in {setting} is no URL of a proxy")]
    InvalidProxy {
        /// The variable or the key that names it.
        setting: String,
    },
    /// The files that a pod gets are not there, or not what they should be.
    #[error("the pod has no account that can be used: {problem}")]
    Pod {
        /// What is wrong, in a few words.
        problem: String,
    },
}

impl AccessError {
    /// Returns the next step.
    pub fn hint(&self) -> String {
        match self {
            AccessError::NoKubeconfig { .. } => {
                "`--kubeconfig FILE` or the variable KUBECONFIG names one; in a pod its account is used".to_owned()
            }
            AccessError::UnreadableKubeconfig { .. } => "`--kubeconfig FILE` reads another one".to_owned(),
            AccessError::BrokenKubeconfig { path, .. } => {
                let view = Kubectl::new(Some(path)).command(&["config", "view"]);
                format!("{view} says what is wrong with it")
            }
            AccessError::MismatchedKubeconfig { .. } => "`--kubeconfig FILE` reads one file alone".to_owned(),
            AccessError::UnknownContext { near: Some(near), contexts, .. } => {
                format!("did you mean {}? there are {}", quoted(near), list(contexts))
            }
            AccessError::UnknownContext { contexts, .. } if contexts.is_empty() => {
                "`--kubeconfig FILE` reads another one; this one has no context at all".to_owned()
            }
            AccessError::UnknownContext { contexts, .. } => format!("there are {}", list(contexts)),
            AccessError::NoCurrentContext { contexts } => {
                format!("`--context NAME` chooses one of {}", list(contexts))
            }
            AccessError::ContextNotAllowed { allowed, .. } => {
                format!("`--context NAME` chooses one of {}; or add this one to `contexts`", list(allowed))
            }
            AccessError::NoContextInPod { .. } => {
                "replace `contexts` by `cluster-uid`, which holds for whoever asks and from wherever".to_owned()
            }
            AccessError::OtherCluster { .. } => {
                "`--context NAME` chooses another cluster; where the cluster was built anew, change `cluster-uid`"
                    .to_owned()
            }
            AccessError::UnreadableUid { .. } => {
                "the account needs `get` on the namespace `kube-system`; or take `cluster-uid` out of chaos.toml"
                    .to_owned()
            }
            AccessError::UnknownCluster { kubectl, .. } => {
                format!("{} lists those that there are", kubectl.command(&["config", "get-clusters"]))
            }
            AccessError::UnknownUser { kubectl, .. } => {
                format!("{} lists those that there are", kubectl.command(&["config", "get-users"]))
            }
            AccessError::ContextWithoutCluster { context, kubectl } => {
                let words = ["config", "set-context", context, "--cluster=NAME"];
                format!("{} sets it", kubectl.command(&words))
            }
            AccessError::InvalidServer { cluster, kubectl } => {
                let words = ["config", "set-cluster", cluster, "--server=https://HOST:PORT"];
                format!("{} sets it", kubectl.command(&words))
            }
            AccessError::UnreadableAuthority { .. } | AccessError::InvalidAuthority => {
                "fetch the kubeconfig anew from whoever runs the cluster".to_owned()
            }
            AccessError::NoAuthority => {
                "install the package `ca-certificates`, or name the cluster's `certificate-authority` in the kubeconfig"
                    .to_owned()
            }
            AccessError::InvalidServerName => "it is a DNS name or an IP address, without a port".to_owned(),
            AccessError::InvalidProxy { .. } => {
                "expected `http://HOST:PORT`, `https://HOST:PORT` or `socks5://HOST:PORT`, \
                 special characters of a password escaped as in `%40`"
                    .to_owned()
            }
            AccessError::Pod { .. } => {
                "`automountServiceAccountToken: true` gives a pod the files; `--kubeconfig FILE` goes without them"
                    .to_owned()
            }
        }
    }
}

fn paths(looked: &[PathBuf]) -> String {
    list(&looked.iter().map(|path| path.display().to_string()).collect::<Vec<_>>())
}

fn place(at: Option<(u64, u64)>) -> String {
    at.map(|(line, column)| format!(" at line {line}, column {column}")).unwrap_or_default()
}
