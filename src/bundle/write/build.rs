//! Builds the new tree beside the old one, and puts it in its place.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, symlink};
use std::path::Path;

use rayon::prelude::*;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::ledger::{self, Ledger};
use super::place::Place;
use super::scaffold::Scaffold;
use super::survey::Survey;
use super::{Files, WriteError, error::cannot, rescue};

/// Writes the tree that `survey` asks for; the folder itself is only read.
pub(super) fn build(place: &Place, scaffold: &Scaffold<'_>, survey: &Survey, files: &Files) -> Result<(), WriteError> {
    if let Some(path) = survey.mount_point(place) {
        return Err(WriteError::Mounted { path, source: None });
    }
    let tree = scaffold.building();
    make_folder(&tree)?;
    for (path, _) in &survey.folders {
        make_folder(&tree.join(path))?;
    }
    for path in &survey.kept {
        link(&place.folder.join(path), &tree.join(path))?;
    }
    // Hashing takes as long as a third of the writing, and waits for nothing.
    let (created, ledger) = rayon::join(|| create_all(&tree, survey, files), || Ledger::of(files).print());
    created?;
    create(&tree.join(ledger::NAME), ledger.as_bytes(), None)?;
    // Children first: a folder's mode may forbid to reach them.
    for (path, meta) in survey.folders.iter().rev() {
        dress(&tree.join(path), meta)?;
    }
    if let Some(meta) = survey.root() {
        dress(&tree, meta)?;
    }
    fs::rename(&tree, scaffold.ready()).map_err(cannot("rename", &tree))
}

/// Writes what the old tree does not have as it is to be.
fn create_all(tree: &Path, survey: &Survey, files: &Files) -> Result<(), WriteError> {
    let changed = survey.changed.iter().map(|(path, mode)| (path, Some(*mode)));
    let missing = survey.missing.iter().map(|path| (path, None));
    let wanted: Vec<(&String, Option<u32>)> = changed.chain(missing).collect();
    let mut last_folder = tree.to_owned();
    for (path, _) in &wanted {
        let disk = tree.join(path);
        if let Some(folder) = disk.parent().filter(|folder| *folder != last_folder) {
            fs::create_dir_all(folder).map_err(cannot("make", folder))?;
            folder.clone_into(&mut last_folder);
        }
    }
    // The system does much of it on all cores. Whatever fails first, the error is that of the first file.
    let failed = |(path, mode): &(&String, Option<u32>)| create(&tree.join(path), &files[*path], *mode).err();
    wanted.par_iter().filter_map(failed).find_first(|_| true).map_or(Ok(()), Err)
}

/// Puts the new tree in the folder's place, and removes the old one. Returns what it found only then.
pub(super) fn replace(
    place: &Place,
    scaffold: &Scaffold<'_>,
    survey: &Survey,
    files: &Files,
) -> Result<Vec<String>, WriteError> {
    let (folder, ready) = (&place.folder, scaffold.ready());
    if survey.root().is_none() {
        fs::rename(&ready, folder).map_err(cannot("write", folder))?;
        return Ok(Vec::new());
    }
    let old = match renameat_with(CWD, folder, CWD, &ready, RenameFlags::EXCHANGE) {
        Ok(()) => ready,
        // The file system or the system cannot exchange.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            let parked = scaffold.parked();
            fs::rename(folder, &parked).map_err(refused(folder))?;
            if let Err(e) = fs::rename(&ready, folder) {
                fs::rename(&parked, folder).map_err(cannot("put back", folder))?;
                return Err(refused(folder)(e));
            }
            parked
        }
        Err(e) => return Err(refused(folder)(e.into())),
    };
    let moved = rescue::move_newcomers(&old, folder, &survey.seen, files)?;
    scaffold.discard(&old)?;
    Ok(moved)
}

/// A mount point or a folder of a lower layer cannot be renamed at all.
fn refused(folder: &Path) -> impl FnOnce(io::Error) -> WriteError {
    move |e| match e.kind() {
        ErrorKind::ResourceBusy | ErrorKind::CrossesDevices => {
            WriteError::Mounted { path: folder.to_owned(), source: Some(e) }
        }
        _ => cannot("replace", folder)(e),
    }
}

fn make_folder(path: &Path) -> Result<(), WriteError> {
    let made = DirBuilder::new().mode(0o755).create(path);
    made.map_err(cannot("make", path))
}

fn create(path: &Path, content: &[u8], mode: Option<u32>) -> Result<(), WriteError> {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true).mode(0o644);
    let write = |mut file: File| {
        file.write_all(content)?;
        match mode {
            Some(mode) if file.metadata()?.mode() & 0o7777 != mode => {
                file.set_permissions(Permissions::from_mode(mode))
            }
            _ => Ok(()),
        }
    };
    open.open(path).and_then(write).map_err(cannot("write", path))
}

/// The same file in both trees; a copy where the file system or its owner allows no second link.
fn link(from: &Path, to: &Path) -> Result<(), WriteError> {
    match fs::hard_link(from, to) {
        Err(e) if e.kind() == ErrorKind::CrossesDevices => {
            Err(WriteError::Mounted { path: from.to_owned(), source: Some(e) })
        }
        Err(e) => copy(from, to, e).map_err(cannot("keep", from)),
        Ok(()) => Ok(()),
    }
}

/// Pipes, sockets and devices cannot be copied: then `why` there was no link is the error.
fn copy(from: &Path, to: &Path, why: io::Error) -> io::Result<()> {
    let limits = [Errno::PERM, Errno::NOTSUP, Errno::NOSYS, Errno::MLINK, Errno::ACCESS];
    if !limits.iter().any(|e| why.raw_os_error() == Some(e.raw_os_error())) {
        return Err(why);
    }
    let meta = fs::symlink_metadata(from)?;
    if meta.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if !meta.is_file() {
        return Err(why);
    }
    fs::copy(from, to)?;
    File::open(to)?.set_modified(meta.modified()?)
}

/// Owner and mode of the folder that this one replaces; the owner as far as the system permits.
fn dress(folder: &Path, like: &Metadata) -> Result<(), WriteError> {
    let meta = fs::metadata(folder).map_err(cannot("read", folder))?;
    if (meta.uid(), meta.gid()) != (like.uid(), like.gid()) {
        match chown(folder, Some(like.uid()), Some(like.gid())) {
            Err(e) if e.kind() != ErrorKind::PermissionDenied => {
                return Err(cannot("change the owner of", folder)(e));
            }
            _ => {}
        }
    }
    let mode = like.mode() & 0o7777;
    if meta.mode() & 0o7777 != mode {
        fs::set_permissions(folder, Permissions::from_mode(mode)).map_err(cannot("change the mode of", folder))?;
    }
    Ok(())
}
