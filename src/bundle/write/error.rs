//! Why a folder could not be written, and what to do about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the folder was not written; it is then as it was, unless the variant says otherwise.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The bundle names a file that cannot stand in the folder: a bug of chaosc.
    #[error("`{path}` cannot be a file of the output: {reason}")]
    Name {
        /// The path inside the folder.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The output is to go into a folder that does not exist.
    #[error("the folder `{}` for the output does not exist", parent.display())]
    NoParent {
        /// The missing parent.
        parent: PathBuf,
    },
    /// Something else stands where the folder should be.
    #[error("`{}` is not a folder", path.display())]
    NotAFolder {
        /// The path of the output.
        path: PathBuf,
    },
    /// Files that chaosc did not write stand where it would write; none was touched.
    #[error("not made by chaosc, and in the way, in `{}`: {}", folder.display(), list(files))]
    Clash {
        /// The folder of the output.
        folder: PathBuf,
        /// Paths inside the folder, sorted; a folder ends in a slash.
        files: Vec<String>,
    },
    /// The ledger cannot be read, so nothing in the folder can be proved to be ours.
    #[error("`{}` is damaged in line {line}: {reason}", path.display())]
    Ledger {
        /// The ledger.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Found or expected.
        reason: &'static str,
    },
    /// A later program wrote the ledger.
    #[error("`{}` has format {format}, expected 1: a newer chaosc wrote it", path.display())]
    NewerLedger {
        /// The ledger.
        path: PathBuf,
        /// The format found.
        format: String,
    },
    /// A mount point, or a layer of a container image: it cannot be exchanged for another folder.
    #[error("`{}` cannot be replaced in one step: it is mounted, or part of a container image's layer", path.display())]
    Mounted {
        /// The output or a folder in it.
        path: PathBuf,
        /// What the system said, where it was asked.
        source: Option<io::Error>,
    },
    /// Another process writes this folder and did not end in time.
    #[error("another chaosc has been writing `{}` for {seconds} seconds", folder.display())]
    Busy {
        /// The folder of the output.
        folder: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// The name of our temporary folder is taken by something that chaosc did not make.
    #[error("`{}` is needed for writing, and was not made by chaosc", path.display())]
    Occupied {
        /// The temporary folder's path.
        path: PathBuf,
    },
    /// A stopped write left files behind that stand nowhere else; they were not touched.
    #[error("a stopped write left files in `{}` that are found nowhere else: {}", path.display(), list(files))]
    Leftover {
        /// The old content of the output.
        path: PathBuf,
        /// Paths inside it, sorted.
        files: Vec<String>,
    },
    /// The system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// A verb: `read`, `write` …
        action: &'static str,
        /// What it was about.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl WriteError {
    /// The next step for the user.
    pub fn hint(&self) -> String {
        match self {
            Self::Name { .. } => "this is a bug of chaosc; please report it with the chaos.toml".into(),
            Self::NoParent { parent } => format!("`mkdir -p {}` makes it", parent.display()),
            Self::NotAFolder { .. } => "move it away, or render into another folder".into(),
            Self::Clash { .. } => "move them out of the folder, or render into another one".into(),
            Self::Ledger { path, .. } => format!(
                "bring it back from version control (`git checkout -- {}`), or move the folder away and render anew",
                path.display()
            ),
            Self::NewerLedger { .. } => "use that chaosc, or move the folder away and render anew".into(),
            Self::Mounted { .. } => {
                "mount the folder above it instead; if it came with a container image, remove it first".into()
            }
            Self::Busy { .. } => "wait for it to end, then render again".into(),
            Self::Occupied { .. } => "move it away, then render again".into(),
            Self::Leftover { path, .. } => {
                format!("keep what you need of them, remove `{}`, then render again", path.display())
            }
            Self::Io { source, .. } => match source.kind() {
                ErrorKind::PermissionDenied => "check who owns it and its permissions",
                ErrorKind::ReadOnlyFilesystem => "render into a folder on a writable file system",
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    "free some space, then render again; the output is as it was"
                }
                ErrorKind::InvalidFilename => "render into a folder with a shorter path",
                _ => "render again; the output is whole, either as it was or new",
            }
            .into(),
        }
    }
}

/// For `map_err`: what was tried, and on which path.
pub(super) fn cannot(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    move |source| WriteError::Io { action, path: path.to_owned(), source }
}

fn list(files: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut text: Vec<String> = files.iter().take(SHOWN).map(|f| format!("`{f}`")).collect();
    if files.len() > SHOWN {
        text.push(format!("and {} more", files.len() - SHOWN));
    }
    text.join(", ")
}
