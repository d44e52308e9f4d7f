//! A changes file: what `diff --save` has shown, so that `apply FILE` does exactly that and nothing else.
//!
//! The file holds no object and no value. It says which cluster, bundle and wishes it is about, and for each row of the
//! change set the object's identity, the action, the state that was seen and the state that is to come, as hashes
//! ([`row`]). The apply goes the whole line again, and compares ([`super::agree`]).
//!
//! # Format
//!
//! JSON, as the private type `Form` has it:
//!
//! | key | holds |
//! |---|---|
//! | `format` | [`FORMAT`]; another version is refused, and so is a key that nobody knows |
//! | `tool` | the program that wrote it, such as `chaosc/0.1.0` |
//! | `key` | the random key of the hashes ([`key`]) |
//! | `cluster` | what tells the cluster from others: `by` says what that `is` ([`Identity`]) |
//! | `bundle`, `namespace` | the bundle |
//! | `wishes` | the options of the diff, which become those of the apply |
//! | `rows` | the rows of the change set |
//!
//! Hashes are keyed because a plain one of a short value can be looked up in a table made beforehand. The key stands beside
//! them: who has the file can still try values one by one, so it is for its owner alone.

pub mod error;
pub mod key;
pub mod row;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cluster::Identity;
use crate::diff::ChangeSet;
use crate::inventory::MANAGER;
use crate::snapshot::{Snapshot, Wishes};
use error::ChangesError;
use key::Key;
use row::{Row, Subjects};

/// The name of the format and its version.
pub const FORMAT: &str = "chaosc.dev/changes/v1";

/// The name of the format in every version.
const FAMILY: &str = "chaosc.dev/changes/";

/// What a changes file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesFile {
    /// The program that wrote it, such as `chaosc/0.1.0`.
    pub tool: String,
    /// The key of its hashes.
    pub key: Key,
    /// Which cluster was looked at.
    pub cluster: Identity,
    /// The bundle's name.
    pub bundle: String,
    /// The bundle's namespace.
    pub namespace: String,
    /// What the user wanted done where the answer is not obvious.
    pub wishes: Wishes,
    /// Whether the server was asked about every object.
    pub is_thorough: bool,
    /// The rows that were shown.
    pub rows: Vec<Row>,
}

/// The file as it is written; serde knows its keys from here.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    tool: String,
    key: Key,
    cluster: Identity,
    bundle: String,
    namespace: String,
    wishes: WishesForm,
    rows: Vec<Row>,
}

/// The options of `diff` that an apply has, too.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(clippy::struct_excessive_bools)] // Each is an option of its own.
struct WishesForm {
    force_conflicts: bool,
    adopt: bool,
    replace: Vec<String>,
    end_runs: bool,
    thorough: bool,
}

/// The one key that every version has.
#[derive(Deserialize)]
struct AnyForm {
    format: String,
}

/// Returns the program as files name it.
pub fn tool() -> String {
    format!("{MANAGER}/{}", env!("CARGO_PKG_VERSION"))
}

impl ChangesFile {
    /// Records what was shown.
    pub fn record(
        key: Key,
        cluster: Identity,
        snapshot: &Snapshot,
        changes: &ChangeSet,
        is_thorough: bool,
    ) -> ChangesFile {
        let subjects = Subjects::of(snapshot);
        let rows = changes.changes.iter().map(|change| subjects.row(&key, change, None)).collect();
        ChangesFile {
            tool: tool(),
            key,
            cluster,
            bundle: changes.bundle.clone(),
            namespace: changes.namespace.clone(),
            wishes: snapshot.wishes.clone(),
            is_thorough,
            rows,
        }
    }

    /// Returns the text of the file.
    ///
    /// # Panics
    ///
    /// Never: texts, flags and lists of them always serialise.
    pub fn to_json(&self) -> String {
        let form = Form {
            format: FORMAT.to_owned(),
            tool: self.tool.clone(),
            key: self.key.clone(),
            cluster: self.cluster.clone(),
            bundle: self.bundle.clone(),
            namespace: self.namespace.clone(),
            wishes: WishesForm {
                force_conflicts: self.wishes.force_conflicts,
                adopt: self.wishes.adopt,
                replace: self.wishes.replace.clone(),
                end_runs: self.wishes.end_runs,
                thorough: self.is_thorough,
            },
            rows: self.rows.clone(),
        };
        serde_json::to_string_pretty(&form).expect("texts, flags and lists of them serialise") + "\n"
    }

    /// Reads the text of a file; `path` is what errors call it.
    ///
    /// # Errors
    ///
    /// [`ChangesError`] if it is no changes file, one of another version, or broken. What stands in it is not repeated:
    /// the wrong file may hold anything.
    pub fn from_json(text: &str, path: &Path) -> Result<ChangesFile, ChangesError> {
        let path = || path.to_owned();
        let broken = |error: serde_json::Error| ChangesError::Broken {
            path: path(),
            line: error.line(),
            column: error.column(),
        };
        let format = match serde_json::from_str::<AnyForm>(text) {
            Ok(any) if any.format.starts_with(FAMILY) => any.format,
            // Cut off or mixed up, it still begins as we write it.
            Err(error) if text.starts_with('{') && text.contains(FAMILY) => return Err(broken(error)),
            _ => return Err(ChangesError::Foreign { path: path() }),
        };
        if format != FORMAT {
            return Err(ChangesError::Newer { path: path(), format });
        }
        let form: Form = serde_json::from_str(text).map_err(broken)?;
        let WishesForm { force_conflicts, adopt, replace, end_runs, thorough } = form.wishes;
        Ok(ChangesFile {
            tool: form.tool,
            key: form.key,
            cluster: form.cluster,
            bundle: form.bundle,
            namespace: form.namespace,
            wishes: Wishes { force_conflicts, adopt, replace, end_runs, ..Wishes::default() },
            is_thorough: thorough,
            rows: form.rows,
        })
    }

    /// Returns whether a text may be overwritten by a changes file: it is one, of whatever version, or broken, or nothing.
    pub fn is_replaceable(text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        text.trim().is_empty() || (text.starts_with('{') && text.contains(FAMILY))
    }

    /// Makes sure that the file is about this bundle; `path` is what the error calls the file.
    ///
    /// # Errors
    ///
    /// [`ChangesError::OtherBundle`].
    pub fn require_bundle(&self, bundle: &str, namespace: &str, path: &Path) -> Result<(), ChangesError> {
        if (self.bundle.as_str(), self.namespace.as_str()) == (bundle, namespace) {
            return Ok(());
        }
        Err(ChangesError::OtherBundle {
            path: path.to_owned(),
            of: (self.bundle.clone(), self.namespace.clone()),
            now: (bundle.to_owned(), namespace.to_owned()),
        })
    }

    /// Makes sure that the file is about this cluster, by what identifies it now in the same way.
    ///
    /// # Errors
    ///
    /// [`ChangesError::OtherCluster`]; [`ChangesError::UnknownCluster`] where it cannot be told, because what cannot be
    /// checked is not allowed.
    pub fn require_cluster(&self, now: Option<Identity>, path: &Path) -> Result<(), ChangesError> {
        let path = path.to_owned();
        let namespace = self.namespace.clone();
        match now {
            Some(now) if now == self.cluster => Ok(()),
            Some(_) => Err(ChangesError::OtherCluster { path, by: self.cluster.clone(), namespace }),
            None => Err(ChangesError::UnknownCluster { path, by: self.cluster.clone(), namespace }),
        }
    }
}

#[cfg(test)]
mod tests;
