//! Writes the output folder in one step, and touches nothing in it that is not ours.
//!
//! **Whole.** The new tree is built beside the folder, in `.NAME.chaosc-new`: what stays is linked into
//! it, not copied. Then the two are exchanged by one system call (`renameat2`, on macOS `renameatx_np`), so
//! a write that is killed at any moment leaves the folder wholly old or wholly new. Where folders cannot be
//! exchanged (an old kernel, some network file systems), two renames are needed; a kill between them leaves
//! *no* folder, and the next [`write()`] or [`compare()`] puts the old one back. What else a killed write leaves
//! beside the folder, the next one removes.
//!
//! **Only ours.** The ledger `.chaosc` in the folder lists our files and their SHA-256. What it lists is
//! generated: a hand edit of it is overwritten. What it does not list is foreign and kept: as a link to the
//! same file, so owner, mode, time and content stay. A file of ours that is no longer wanted is removed if
//! it has the content we gave it, or a conflict that git has left in it; otherwise somebody made it theirs.
//! A foreign file under a name that we need stops the write before anything is changed.
//!
//! **Only if needed.** Where the folder already has the wanted content, nothing is written, not even times.
//! The program version in the ledger alone is no reason to write: it names the program that made the last change.
//!
//! **Limits.** Killed means killed: a power loss shortly after a write may leave new files of ours empty,
//! as their content is not forced to the disk first (that waits for all that the machine writes). The next
//! write restores them; if the ledger is the empty one, it asks for it first. Foreign files are not
//! rewritten and so are not at risk. The folder is a new folder after each change: a shell that stands in
//! it must `cd` into it again, and it cannot be a mount point.

mod build;
mod error;
mod ledger;
mod name;
mod place;
mod rescue;
mod scaffold;
mod survey;

use std::collections::BTreeMap;
use std::path::Path;

pub use error::WriteError;
use place::Place;
use scaffold::Scaffold;
use survey::{LedgerState, Survey};

/// Path inside the folder (relative, `/`-separated, no `..`) to content; the ledger is not among them.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What a write did; the ledger is not counted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Files that are new or have new content.
    pub written: usize,
    /// Files that already had their content.
    pub unchanged: usize,
    /// Files of ours that are no longer wanted.
    pub removed: usize,
    /// What is not ours and was kept, sorted; a folder without anything of ours is named once, with a slash.
    pub foreign: Vec<String>,
}

/// How a folder differs from what would be written; all lists are sorted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Files that would be made; `.chaosc` among them.
    pub missing: Vec<String>,
    /// Files that would get new content; `.chaosc` among them.
    pub changed: Vec<String>,
    /// Files that would be removed.
    pub stale: Vec<String>,
    /// What is not ours and would be kept; it does not count as a difference.
    pub foreign: Vec<String>,
}

impl Comparison {
    /// Whether a write would change nothing.
    pub fn is_fresh(&self) -> bool {
        self.missing.is_empty() && self.changed.is_empty() && self.stale.is_empty()
    }
}

/// Makes the folder hold exactly these files, and what is foreign in it.
///
/// On an error the folder is as it was, except for [`WriteError::Leftover`] after the exchange, which names
/// the files that came into the old folder at the last moment and could not be moved into the new one.
pub fn write(folder: &Path, files: &Files) -> Result<Outcome, WriteError> {
    name::check_all(files)?;
    let place = Place::find(folder)?;
    let mut scaffold = Scaffold::leftover(&place)?;
    let mut survey = Survey::take(&place, files);
    if !survey.as_ref().is_ok_and(Survey::is_fresh) && scaffold.is_none() && survey.is_ok() {
        scaffold = Some(Scaffold::open(&place)?);
        // Another write may have ended while we waited for the lock.
        if !survey.as_ref().is_ok_and(|survey| survey.is_current(&place)) {
            survey = Survey::take(&place, files);
        }
    }
    let done = survey.and_then(|survey| match &scaffold {
        Some(scaffold) if !survey.is_fresh() => {
            build::build(&place, scaffold, &survey, files)?;
            let moved = build::replace(&place, scaffold, &survey, files)?;
            Ok(outcome(survey, moved, files))
        }
        _ => Ok(outcome(survey, Vec::new(), files)),
    });
    let closed = scaffold.map_or(Ok(()), Scaffold::close);
    // The first error is the cause; what could not be cleaned up, the next write removes.
    let outcome = done?;
    closed?;
    Ok(outcome)
}

/// What [`write()`] would change. Writes nothing, but puts back a folder that a killed write had parked.
pub fn compare(folder: &Path, files: &Files) -> Result<Comparison, WriteError> {
    name::check_all(files)?;
    let place = Place::find(folder)?;
    if !place.folder.exists()
        && let Some(scaffold) = Scaffold::leftover(&place)?
    {
        scaffold.close()?;
    }
    let survey = Survey::take(&place, files)?;
    let mut comparison = Comparison {
        missing: survey.missing,
        changed: survey.changed.into_iter().map(|(path, _)| path).collect(),
        stale: survey.stale,
        foreign: survey.foreign,
    };
    match survey.ledger {
        LedgerState::Missing => comparison.missing.insert(0, ledger::NAME.into()),
        LedgerState::Changed => comparison.changed.insert(0, ledger::NAME.into()),
        LedgerState::Fresh => {}
    }
    comparison.missing.sort();
    comparison.changed.sort();
    Ok(comparison)
}

fn outcome(survey: Survey, moved: Vec<String>, files: &Files) -> Outcome {
    let written = survey.missing.len() + survey.changed.len();
    let mut foreign = survey.foreign;
    foreign.extend(moved);
    foreign.sort();
    foreign.dedup();
    Outcome { written, unchanged: files.len() - written, removed: survey.stale.len(), foreign }
}
