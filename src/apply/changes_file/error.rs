//! Why a changes file is not written, not read, or not applied.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::FORMAT;
use crate::cluster::Identity;
use crate::config::value_error::quoted;
use crate::kubernetes::ObjectId;
use crate::terminal::printable;

/// What differs from what a changes file recorded of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The object.
    pub id: ObjectId,
    /// A sentence without a full stop.
    pub reason: String,
}

/// Why a changes file is not written, not read, or not applied.
#[derive(Debug, Error)]
pub enum ChangesError {
    /// It cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, in a few words.
        reason: String,
    },
    /// It is something else.
    #[error("`{}` is no file that `chaosc diff --save` wrote", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later program wrote it.
    #[error("`{}` has the format {}, expected `{FORMAT}`: a newer chaosc wrote it", path.display(), quoted(format))]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format found.
        format: String,
    },
    /// It is cut off, or somebody has edited it.
    #[error("`{}` is broken at line {line}, column {column}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It is about another bundle, or the bundle has moved to another namespace.
    #[error(
        "nothing was done, because `{}` is about the bundle {} in namespace {}, and chaos.toml describes {} in {}",
        path.display(), quoted(&of.0), quoted(&of.1), quoted(&now.0), quoted(&now.1)
    )]
    OtherBundle {
        /// The file.
        path: PathBuf,
        /// Its bundle, and the namespace of that.
        of: (String, String),
        /// Those of chaos.toml.
        now: (String, String),
    },
    /// It is about another cluster.
    #[error("nothing was done, because `{}` is about another cluster: {} is another one", path.display(), mark(by, namespace))]
    OtherCluster {
        /// The file.
        path: PathBuf,
        /// By what it tells its cluster.
        by: Identity,
        /// The bundle's namespace.
        namespace: String,
    },
    /// Whether it is about this cluster cannot be told.
    #[error(
        "nothing was done, because nobody knows whether `{}` is about this cluster: {} cannot be read",
        path.display(), mark(by, namespace)
    )]
    UnknownCluster {
        /// The file.
        path: PathBuf,
        /// By what it tells its cluster.
        by: Identity,
        /// The bundle's namespace.
        namespace: String,
    },
    /// What would be done is not what was shown.
    #[error("nothing was done, because {} not what `{}` has recorded:{}", objects(refusals), path.display(), lines(refusals))]
    Differs {
        /// The file.
        path: PathBuf,
        /// What differs, object by object.
        refusals: Vec<Refusal>,
    },
    /// Something else stands where it would be written.
    #[error("nothing was saved, because `{}` is no changes file, and would be lost", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// The operating system gives no random key.
    #[error("nothing was saved, because this machine gives no random key")]
    NoRandomness(#[source] getrandom::Error),
}

impl ChangesError {
    /// Returns the next step.
    pub fn hint(&self) -> String {
        let again = |path: &Path| {
            format!("`chaosc diff --save {}` shows what would be done now, and records it", path.display())
        };
        match self {
            ChangesError::Unreadable { .. } | ChangesError::Foreign { .. } => {
                "`chaosc diff --save FILE` writes one; `--file FILE` names another chaos.toml".to_owned()
            }
            ChangesError::Newer { path, .. } => format!("take the newer chaosc here, too; or {}", again(path)),
            ChangesError::OtherBundle { .. } => {
                "`--file FILE` names the chaos.toml that it was made from; `chaosc diff --save FILE` makes one of this"
                    .to_owned()
            }
            ChangesError::OtherCluster { path, by: Identity::Namespace(_), .. } => {
                format!("`--context NAME` chooses another cluster; where the namespace was made anew, {}", again(path))
            }
            ChangesError::OtherCluster { path, .. } => {
                format!("`--context NAME` chooses another cluster; {} of this one", again(path))
            }
            ChangesError::UnknownCluster { path, by: Identity::KubeSystem(_) | Identity::Namespace(_), .. } => {
                format!("the account needs `get` on the namespace; or, as this account, {}", again(path))
            }
            ChangesError::Broken { path, .. }
            | ChangesError::Differs { path, .. }
            | ChangesError::UnknownCluster { path, .. } => again(path),
            ChangesError::InTheWay { .. } => "give another name; a changes file may be overwritten".to_owned(),
            ChangesError::NoRandomness(_) => "is `/dev/urandom` there?".to_owned(),
        }
    }
}

/// Says by what a cluster is told.
fn mark(by: &Identity, namespace: &str) -> String {
    match by {
        Identity::KubeSystem(_) => "the namespace `kube-system`".to_owned(),
        Identity::Namespace(_) => format!("the namespace {}", quoted(namespace)),
        Identity::Authority(_) => "the certificate authority of the kubeconfig".to_owned(),
        Identity::Server(_) => "the address of the server".to_owned(),
    }
}

fn objects(refusals: &[Refusal]) -> String {
    match refusals {
        [_] => "one object is".to_owned(),
        all => format!("{} objects are", all.len()),
    }
}

fn lines(refusals: &[Refusal]) -> String {
    refusals
        .iter()
        .map(|one| printable(&format!("{}: {}", one.id, one.reason)).into_owned())
        .fold(String::new(), |text, line| text + "\n  - " + &line)
}
