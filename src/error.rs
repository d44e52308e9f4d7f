//! Errors about the world, one at a time, with their cause and the next step; never about the content of a file.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::apply::changes_file::error::ChangesError;
use crate::bundle::write::WriteError;
use crate::cluster::ClusterError;
use crate::diagnostic::code::UnknownCode;
use crate::source::FileProblem;
use crate::source::revision::RevisionError;

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub enum Error {
    /// chaos.toml could not be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    ChaosToml {
        /// The path that was asked for.
        path: PathBuf,
        /// Why.
        reason: String,
        /// The next step.
        hint: String,
    },
    /// The output folder could not be written or compared.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The cluster could not be asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// chaos.toml describes no object any more, and an apply would delete all of the bundle.
    #[error("nothing was applied, because chaos.toml describes no object: everything of the bundle would be deleted")]
    NothingDesired,
    /// Whether to write has to be asked, and there is no terminal to ask at.
    #[error("nothing was done, because there is no terminal to ask whether it shall be")]
    NobodyToAsk,
    /// A changes file could not be written or read, or what would be done is not what it has recorded.
    #[error(transparent)]
    Changes(#[from] ChangesError),
    /// The revision or folder to compare with cannot be read.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// What is to be compared with has errors of its own.
    #[error("there are errors in {name}, so that there is nothing to compare with: {first}{}", and_more(*more))]
    EarlierFaults {
        /// The words for where it stands.
        name: String,
        /// The first error.
        first: String,
        /// How many more there are.
        more: usize,
    },
    /// Something is missing that an apply would stop at in the middle.
    #[error("nothing was done, because {} missing:{}", things(missing), lines(missing))]
    Unprepared {
        /// What is missing, each with the next step.
        missing: Vec<(String, String)>,
    },
    /// There is no such diagnostic.
    #[error(transparent)]
    UnknownCode(#[from] UnknownCode),
    /// `init` found files that it would have to overwrite.
    #[error("nothing was written, because {} already here: {}", are(existing), list(existing))]
    StarterExists {
        /// The files that are in the way.
        existing: Vec<String>,
    },
    /// The output folder holds what is read.
    #[error("nothing was written, because `{within}` is in the folder `{}`", folder.display())]
    SourceInOutput {
        /// The output folder.
        folder: PathBuf,
        /// A file or folder in it.
        within: String,
    },
    /// `man` found files of others where its pages would be.
    #[error("nothing was written, because {} not written by chaosc: {}", are(foreign), list(foreign))]
    ForeignPages {
        /// The files that are in the way.
        foreign: Vec<String>,
    },
    /// A file of the starter, a man page or the standard output could not be written.
    #[error("cannot write `{}`", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The operating system does not give what is needed to wait for a network.
    #[error("cannot wait for the network")]
    Runtime(#[source] std::io::Error),
    /// A template of ours is wrong.
    #[error("the template `{template}` is wrong")]
    Template {
        /// Its name.
        template: String,
        /// What the template engine or the reader of its output says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Creates the error for a chaos.toml that cannot be read.
    pub(crate) fn chaos_toml(path: &Path, problem: &FileProblem) -> Error {
        let hint = match problem {
            FileProblem::Missing => "`chaosc init` writes a starter; `--file FILE` reads another file".to_owned(),
            _ => "`--file FILE` reads another file".to_owned(),
        };
        Error::ChaosToml { path: path.to_owned(), reason: problem.reason(), hint }
    }

    /// Returns the next steps.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Error::ChaosToml { hint, .. } => vec![hint.clone()],
            Error::Write(error) => vec![error.hint()],
            Error::Cluster(error) => vec![error.hint()],
            Error::Changes(error) => vec![error.hint()],
            Error::Revision(error) => vec![error.hint()],
            Error::EarlierFaults { .. } => {
                vec![
                    "compare with what `chaosc check` lets pass; in a fresh clone, which lacks what git ignores, it says each error"
                        .to_owned(),
                ]
            }
            Error::NothingDesired => vec!["`--prune-all` deletes it; `chaosc delete` does the same".to_owned()],
            Error::NobodyToAsk => {
                vec!["`--yes` does it without asking; `chaosc diff` shows what it would do".to_owned()]
            }
            Error::Unprepared { missing } => {
                let mut hints: Vec<String> = Vec::new();
                for (_, hint) in missing {
                    if !hints.contains(hint) {
                        hints.push(hint.clone());
                    }
                }
                hints
            }
            Error::UnknownCode(error) => vec![match &error.suggestion {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`chaosc explain` lists the diagnostics".to_owned(),
            }],
            Error::StarterExists { .. } => {
                vec!["run `chaosc init` in an empty folder, or move these files away".to_owned()]
            }
            Error::SourceInOutput { .. } => {
                vec!["name a folder for the output alone: it is exchanged as a whole".to_owned()]
            }
            Error::ForeignPages { .. } => vec!["name another folder, or move these files away".to_owned()],
            Error::WriteFile { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => vec!["free some space".to_owned()],
                std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
                    vec!["a file stands where a folder has to be, or was just made: name another folder".to_owned()]
                }
                _ => vec!["check the permissions of the folder".to_owned()],
            },
            Error::Runtime(_) => {
                vec!["is the limit of open files or of processes reached? `ulimit -a` shows them".to_owned()]
            }
            Error::Template { .. } => {
                vec!["this is a fault of chaosc; please report it with your chaos.toml".to_owned()]
            }
        }
    }

    /// Returns the exit code: 64 wrong usage, 70 a bug of ours, 1 all else (sysexits.h).
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::UnknownCode(_) | Error::NobodyToAsk => 64,
            Error::Template { .. } => 70,
            _ => 1,
        }
    }
}

fn things(missing: &[(String, String)]) -> String {
    if missing.len() == 1 { "one thing is".to_owned() } else { format!("{} things are", missing.len()) }
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" (and {more} more)") }
}

fn lines(missing: &[(String, String)]) -> String {
    missing.iter().map(|(what, _)| format!("\n  - {what}")).collect()
}

fn are(existing: &[String]) -> &'static str {
    if existing.len() == 1 { "this is" } else { "these are" }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
