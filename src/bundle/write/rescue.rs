//! The last look into a tree before it is removed: nothing that only stands there may go with it.

use std::collections::HashMap;
use std::fs::{self, DirEntry};
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::ledger::{self, Ledger};
use super::{Files, WriteError, error::cannot};

/// Everything found in the old tree when it was surveyed, by its path in the folder, with its inode.
pub(super) type Seen = HashMap<PathBuf, u64>;

/// Moves into the new tree what has come into the old one since it was surveyed.
///
/// An editor may save into the folder while the new tree is built. What it saved is foreign if the new
/// tree has no file of ours of that name. Returns the paths that were moved.
pub(super) fn move_newcomers(old: &Path, new: &Path, seen: &Seen, files: &Files) -> Result<Vec<String>, WriteError> {
    let mut moved = Vec::new();
    let mut stuck = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in entries(&old.join(&folder))? {
            let path = folder.join(entry.file_name());
            let inode = seen.get(&path).copied();
            if inode.is_some() && entry.file_type().is_ok_and(|t| t.is_dir()) {
                folders.push(path);
                continue;
            }
            let ours = |p: &str| p == ledger::NAME || files.contains_key(p);
            if inode == Some(entry.ino()) || path.to_str().is_some_and(ours) {
                continue;
            }
            let shown = path.to_string_lossy().into_owned();
            let target = new.join(&path);
            let there = target.parent().map_or(Ok(()), fs::create_dir_all);
            match there.and_then(|()| fs::rename(entry.path(), &target)) {
                Ok(()) => moved.push(shown),
                Err(_) => stuck.push(shown),
            }
        }
    }
    if stuck.is_empty() {
        return Ok(moved);
    }
    stuck.sort();
    Err(WriteError::Leftover { path: old.to_owned(), files: stuck })
}

/// Checks a tree that a killed write left: each file in it is ours, or stands elsewhere too.
///
/// Ours is what the tree's own ledger names. What is foreign was linked from one tree into the other, so
/// it has a second link, or was copied, so it is in `folder` with the same content.
pub(super) fn nothing_lost(tree: &Path, folder: &Path) -> Result<(), WriteError> {
    let ledger = fs::read(tree.join(ledger::NAME)).unwrap_or_default();
    let ledger = Ledger::parse(&ledger).unwrap_or_default();
    let mut only_here = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        for entry in entries(&tree.join(&inside))? {
            let path = inside.join(entry.file_name());
            let meta = entry.metadata().map_err(cannot("read", &entry.path()))?;
            if meta.is_dir() {
                folders.push(path);
                continue;
            }
            let ours = path.to_str().is_some_and(|p| p == ledger::NAME || ledger.has(p));
            if !ours && meta.nlink() < 2 && !same(&entry.path(), &folder.join(&path)) {
                only_here.push(path.to_string_lossy().into_owned());
            }
        }
    }
    if only_here.is_empty() {
        return Ok(());
    }
    only_here.sort();
    Err(WriteError::Leftover { path: tree.to_owned(), files: only_here })
}

fn same(a: &Path, b: &Path) -> bool {
    if let (Ok(a), Ok(b)) = (fs::read_link(a), fs::read_link(b)) {
        return a == b;
    }
    // Only regular files: reading a pipe would wait for its writer.
    let regular = |path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
    regular(a) && regular(b) && fs::read(a).ok().is_some_and(|a| fs::read(b).is_ok_and(|b| a == b))
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, WriteError> {
    fs::read_dir(folder).and_then(Iterator::collect).map_err(cannot("read", folder))
}
