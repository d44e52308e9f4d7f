//! The temporary folder beside the output, in which the new tree is built.
//!
//! It holds a marker file, by which it is known as ours and which carries the lock, and at most these
//! trees, whose names say what a killed write left:
//!
//! | tree | is | after a kill |
//! |---|---|---|
//! | `building` | a part of a new tree | removed: made by us, or links |
//! | `ready` | the whole new tree, or (once exchanged) the old one | removed after a check that nothing is lost |
//! | `parked` | the old tree, where folders cannot be exchanged | put back if the output is missing, else as `ready` |
//! | `old` | the old tree, everything foreign in it secured | removed |
//!
//! The lock is the kernel's (`flock`), so it ends with its process. Where a file system has no locks, the
//! write goes on without: two at once can then make each other fail, but not mix their output.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::place::Place;
use super::{WriteError, error::cannot, rescue};

const MARKER: &str = "chaosc-is-writing";
const TEXT: &str = "chaosc builds the next content of the folder beside this one here.\n\
    It is removed at the end of the write, or by the next one if a write was killed.\n";
/// Longer than the render of 10,000 experiments takes.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// The temporary folder, locked by this process.
pub(super) struct Scaffold<'a> {
    place: &'a Place,
    /// Keeps the lock.
    _marker: File,
}

impl<'a> Scaffold<'a> {
    /// What a killed write left, cleaned up; waits for a write that is under way.
    pub(super) fn leftover(place: &'a Place) -> Result<Option<Self>, WriteError> {
        if !is_folder(&place.beside) {
            return Ok(None);
        }
        match Self::open(place) {
            Ok(scaffold) => Ok(Some(scaffold)),
            // Somebody else's: it disturbs only when something is to be written.
            Err(WriteError::Occupied { .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Makes or takes over the folder, and holds its lock.
    pub(super) fn open(place: &'a Place) -> Result<Self, WriteError> {
        let start = Instant::now();
        loop {
            if let Some(marker) = take(&place.beside)? {
                let scaffold = Self { place, _marker: marker };
                scaffold.sweep()?;
                return Ok(scaffold);
            }
            if start.elapsed() > PATIENCE {
                return Err(WriteError::Busy { folder: place.folder.clone(), seconds: PATIENCE.as_secs() });
            }
            sleep(PAUSE);
        }
    }

    pub(super) fn building(&self) -> PathBuf {
        self.place.beside.join("building")
    }

    pub(super) fn ready(&self) -> PathBuf {
        self.place.beside.join("ready")
    }

    pub(super) fn parked(&self) -> PathBuf {
        self.place.beside.join("parked")
    }

    /// Removes an old tree of which everything foreign is secured.
    pub(super) fn discard(&self, tree: &Path) -> Result<(), WriteError> {
        let old = self.place.beside.join("old");
        fs::rename(tree, &old).map_err(cannot("rename", tree))?;
        remove(&old)
    }

    /// Brings every tree that a write left to its end, see the table above.
    fn sweep(&self) -> Result<(), WriteError> {
        remove(&self.place.beside.join("old"))?;
        remove(&self.building())?;
        let parked = self.parked();
        if is_folder(&parked) && fs::symlink_metadata(&self.place.folder).is_err() {
            fs::rename(&parked, &self.place.folder).map_err(cannot("put back", &parked))?;
        }
        for tree in [parked, self.ready()] {
            if is_folder(&tree) {
                rescue::nothing_lost(&tree, &self.place.folder)?;
                self.discard(&tree)?;
            }
        }
        Ok(())
    }

    /// Ends the write: the folder and its lock are gone.
    pub(super) fn close(self) -> Result<(), WriteError> {
        self.sweep()?;
        let marker = self.place.beside.join(MARKER);
        fs::remove_file(&marker).map_err(cannot("remove", &marker))?;
        match fs::remove_dir(&self.place.beside) {
            // The next write has already put its marker there.
            Err(e) if e.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            done => done.map_err(cannot("remove", &self.place.beside)),
        }
    }
}

/// One try to get the locked marker; `None`: another process has it or is just leaving.
fn take(beside: &Path) -> Result<Option<File>, WriteError> {
    let occupied = || WriteError::Occupied { path: beside.to_owned() };
    match DirBuilder::new().mode(0o755).create(beside) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => {
            return Err(cannot("make the temporary folder", beside)(e));
        }
        _ if !is_folder(beside) => return Err(occupied()),
        _ => {}
    }
    let path = beside.join(MARKER);
    let mut open = OpenOptions::new();
    open.read(true).write(true).mode(0o644);
    open.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let mut marker = match open.open(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            match fs::read_dir(beside).map(|mut inside| inside.next().is_none()) {
                // Made just now, or by a write that was killed before or after everything else.
                Ok(true) => {}
                // Another process has put its marker there in between.
                Ok(false) if path.exists() => return Ok(None),
                Ok(false) => return Err(occupied()),
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(cannot("read", beside)(e)),
            }
            match open.create(true).open(&path) {
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                opened => opened.map_err(cannot("make", &path))?,
            }
        }
        opened => opened.map_err(cannot("open", &path))?,
    };
    // Any other error: the file system has no locks.
    let lock = flock(&marker, FlockOperation::NonBlockingLockExclusive);
    if matches!(lock, Err(Errno::WOULDBLOCK | Errno::INTR)) {
        return Ok(None);
    }
    // Its last owner may have removed it between our opening and our locking.
    let ours = marker.metadata().map_err(cannot("read", &path))?;
    match fs::symlink_metadata(&path) {
        Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => {}
        _ => return Ok(None),
    }
    let mut text = String::new();
    let read = (&marker).take(4096).read_to_string(&mut text);
    read.map_err(cannot("read", &path))?;
    if text != TEXT {
        // A write that was killed while it wrote the marker has made nothing else yet.
        let alone = fs::read_dir(beside).is_ok_and(|inside| inside.count() == 1);
        if !(TEXT.starts_with(&text) && alone) {
            return Err(occupied());
        }
        let rest = &TEXT[text.len()..];
        let written = marker.write_all(rest.as_bytes());
        written.map_err(cannot("write", &path))?;
    }
    Ok(Some(marker))
}

pub(super) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())
}

/// Removes a tree, also one with folders that forbid it; a missing one is fine.
fn remove(tree: &Path) -> Result<(), WriteError> {
    let gone = |result: io::Result<()>| match result {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    };
    match gone(fs::remove_dir_all(tree)) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => unlock(tree).and_then(|()| gone(fs::remove_dir_all(tree))),
        result => result,
    }
    .map_err(cannot("remove", tree))
}

fn unlock(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            unlock(&entry.path())?;
        }
    }
    Ok(())
}
