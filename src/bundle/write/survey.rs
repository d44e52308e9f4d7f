//! What stands in the folder, set against what shall stand there. Reads only.

use std::collections::HashSet;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::ledger::{self, Fault, Ledger};
use super::place::Place;
use super::rescue::Seen;
use super::{Files, WriteError, error::cannot, name};

/// Each further look means that another write ended meanwhile.
const MOST_EXCHANGES: usize = 100;

/// A folder with all its entries sorted into kept, rewritten and removed.
#[derive(Default)]
pub(super) struct Survey {
    /// Open, so that its inode is not given to another folder; `None`: there is no folder yet.
    root: Option<(File, Metadata)>,
    /// Folders that stay, parents first, with their owner and mode.
    pub(super) folders: Vec<(PathBuf, Metadata)>,
    /// All else that stays as it is: unchanged files of ours and whatever is foreign.
    pub(super) kept: Vec<PathBuf>,
    /// Our files that need new content, with the mode they have.
    pub(super) changed: Vec<(String, u32)>,
    /// Our files that are not there.
    pub(super) missing: Vec<String>,
    /// Our files that are no longer wanted, with the content we gave them.
    pub(super) stale: Vec<String>,
    /// What is not ours and stays.
    pub(super) foreign: Vec<String>,
    /// Everything, by path.
    pub(super) seen: Seen,
    /// A folder on another file system: its content cannot be linked.
    mounted: Option<PathBuf>,
    /// The ledger is there and says what it shall.
    pub(super) ledger: LedgerState,
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
pub(super) enum LedgerState {
    #[default]
    Missing,
    Changed,
    Fresh,
}

impl Survey {
    /// Fails where something foreign is in the way, or where it cannot be known what is ours.
    pub(super) fn take(place: &Place, files: &Files) -> Result<Self, WriteError> {
        let folder = &place.folder;
        for _ in 0..MOST_EXCHANGES {
            let root = match File::open(folder) {
                Err(e) if e.kind() == ErrorKind::NotFound => None,
                root => Some(root.map_err(cannot("read", folder))?),
            };
            let Some(root) = root else { break };
            let meta = root.metadata().map_err(cannot("read", folder))?;
            let survey = Self::of_folder(folder, &meta, files);
            // Half of it may have been read before another write's exchange, and half after.
            if identity(folder) == Some((meta.dev(), meta.ino())) {
                return survey.map(|survey| Self { root: Some((root, meta)), ..survey });
            }
        }
        Ok(Self { missing: files.keys().cloned().collect(), ..Self::default() })
    }

    fn of_folder(folder: &Path, meta: &Metadata, files: &Files) -> Result<Self, WriteError> {
        let mut survey = Self::default();
        let ledger = read_ledger(&folder.join(ledger::NAME))?;
        if let Some(ledger) = &ledger {
            survey.ledger = if *ledger == Ledger::of(files) { LedgerState::Fresh } else { LedgerState::Changed };
        }
        let mut walk = Walk {
            folder,
            device: meta.dev(),
            files,
            ledger: &ledger.unwrap_or_default(),
            survey,
            present: HashSet::new(),
            clashes: Vec::new(),
            buffer: Vec::new(),
        };
        walk.folder(Path::new(""))?;
        let (mut survey, present, mut clashes) = (walk.survey, walk.present, walk.clashes);
        if !clashes.is_empty() {
            clashes.sort();
            clashes.dedup();
            return Err(WriteError::Clash { folder: folder.to_owned(), files: clashes });
        }
        let absent = files.keys().filter(|path| !present.contains(path.as_str()));
        survey.missing = absent.cloned().collect();
        survey.changed.sort();
        survey.stale.sort();
        survey.foreign.sort();
        Ok(survey)
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.ledger == LedgerState::Fresh && self.missing.is_empty() && self.changed.is_empty() && self.stale.is_empty()
    }

    /// Owner and mode of the folder, if there is one.
    pub(super) fn root(&self) -> Option<&Metadata> {
        self.root.as_ref().map(|(_, meta)| meta)
    }

    /// Whether the folder is still the one that was read: another write would have exchanged it.
    pub(super) fn is_current(&self, place: &Place) -> bool {
        identity(&place.folder) == self.root().map(|meta| (meta.dev(), meta.ino()))
    }

    /// The folder, or one in it, that is the root of a file system.
    pub(super) fn mount_point(&self, place: &Place) -> Option<PathBuf> {
        let above = place.folder.parent().and_then(identity);
        let differs = above.zip(self.root()).is_some_and(|(above, root)| above.0 != root.dev());
        if differs {
            return Some(place.folder.clone());
        }
        self.mounted.clone()
    }
}

/// Returns whether git has left a conflict in a file: two branches changed what we gave it, and nobody else did.
fn has_conflict(content: &[u8]) -> bool {
    let [ours, _, between, theirs] = ledger::CONFLICT;
    let begins = |mark: &str| content.split(|byte| *byte == b'\n').any(|line| line.starts_with(mark.as_bytes()));
    begins(ours) && begins(between) && begins(theirs)
}

/// Device and inode.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let meta = fs::symlink_metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

fn read_ledger(path: &Path) -> Result<Option<Ledger>, WriteError> {
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        meta if meta.as_ref().is_ok_and(|m| !m.is_file()) => {
            return Err(WriteError::Ledger { path: path.to_owned(), line: 1, reason: "it is not a regular file" });
        }
        _ => {}
    }
    let bytes = fs::read(path).map_err(cannot("read", path))?;
    let ledger = Ledger::parse(&bytes).map_err(|fault| match fault {
        Fault::Newer(format) => WriteError::NewerLedger { path: path.to_owned(), format },
        Fault::Damaged(line, reason) => WriteError::Ledger { path: path.to_owned(), line, reason },
    })?;
    Ok(Some(ledger))
}

struct Walk<'a> {
    folder: &'a Path,
    device: u64,
    files: &'a Files,
    ledger: &'a Ledger,
    survey: Survey,
    /// Our files that are there, whatever their content.
    present: HashSet<&'a str>,
    clashes: Vec<String>,
    buffer: Vec<u8>,
}

/// What a folder turned out to hold.
#[derive(Default)]
struct Inside {
    /// Something that we wrote or want to write.
    ours: bool,
    /// Something that stays.
    kept: bool,
    empty: bool,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path) -> Result<Inside, WriteError> {
        let disk = self.folder.join(path);
        let mut inside = Inside { empty: true, ..Inside::default() };
        for entry in fs::read_dir(&disk).map_err(cannot("read", &disk))? {
            let entry = entry.map_err(cannot("read", &disk))?;
            let path = path.join(entry.file_name());
            let kind = entry.file_type().map_err(cannot("read", &entry.path()))?;
            self.survey.seen.insert(path.clone(), entry.ino());
            if path.as_os_str() == ledger::NAME {
                continue;
            }
            inside.empty = false;
            let (ours, kept) =
                if kind.is_dir() { self.subfolder(&path)? } else { self.file(path, kind.is_file(), &entry)? };
            inside.ours |= ours;
            inside.kept |= kept;
        }
        Ok(inside)
    }

    /// Whether it is ours, and whether it stays.
    fn subfolder(&mut self, path: &Path) -> Result<(bool, bool), WriteError> {
        let disk = self.folder.join(path);
        let meta = fs::symlink_metadata(&disk).map_err(cannot("read", &disk))?;
        if meta.dev() != self.device {
            self.survey.mounted = Some(disk);
        }
        let (first_folder, first_foreign) = (self.survey.folders.len(), self.survey.foreign.len());
        self.survey.folders.push((path.to_owned(), meta));
        let inside = self.folder(path)?;
        let key = path.to_str();
        let wanted = key.is_some_and(|key| name::any_below(self.files, key));
        let ours = inside.ours || wanted || key.is_some_and(|key| self.ledger.has_below(key));
        // An empty folder that we did not make is somebody's.
        let kept = inside.kept || wanted || (inside.empty && !ours);
        let foreign = &mut self.survey.foreign;
        if kept && !ours {
            foreign.truncate(first_foreign);
            foreign.push(format!("{}/", path.display()));
        }
        if kept && key.is_some_and(|key| self.files.contains_key(key)) {
            self.clashes.extend_from_slice(&foreign[first_foreign..]);
        }
        if !kept {
            self.survey.folders.truncate(first_folder);
        }
        Ok((ours, kept))
    }

    /// Whether it is ours, and whether it stays or gets new content.
    fn file(&mut self, path: PathBuf, regular: bool, entry: &DirEntry) -> Result<(bool, bool), WriteError> {
        let shown = || path.to_string_lossy().into_owned();
        let wanted = path.to_str().and_then(|key| self.files.get_key_value(key));
        let claimed = path.to_str().filter(|key| self.ledger.has(key));
        if let Some((key, content)) = wanted {
            self.present.insert(key);
            if regular && self.same(&entry.path(), content)? {
                self.survey.kept.push(path);
            } else if regular && claimed.is_some() {
                let meta = entry.metadata().map_err(cannot("read", &entry.path()))?;
                self.survey.changed.push((key.clone(), meta.mode() & 0o7777));
            } else {
                self.clashes.push(key.clone());
            }
            return Ok((true, true));
        }
        if let Some(key) = claimed.filter(|_| regular) {
            let content = fs::read(entry.path()).map_err(cannot("read", &entry.path()))?;
            if self.ledger.proves(key, &content) || has_conflict(&content) {
                self.survey.stale.push(key.to_owned());
                return Ok((true, false));
            }
        }
        // A file or a link where we need a folder.
        if path.to_str().is_some_and(|key| name::any_below(self.files, key)) {
            self.clashes.push(shown());
        }
        self.survey.foreign.push(shown());
        let ours = claimed.is_some();
        self.survey.kept.push(path);
        Ok((ours, true))
    }

    /// Compares without holding more than the expected length, into one buffer for all files.
    fn same(&mut self, disk: &Path, content: &[u8]) -> Result<bool, WriteError> {
        self.buffer.clear();
        let most = content.len() as u64 + 1;
        File::open(disk)
            .and_then(|file| file.take(most).read_to_end(&mut self.buffer))
            .map_err(cannot("read", disk))?;
        Ok(self.buffer == content)
    }
}
