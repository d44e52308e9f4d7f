//! Writes a file in one step: whoever reads it sees the old one or the new one.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes a file whole, with the permissions that a new one gets. Whether one that is there may go, the caller knows.
pub(super) fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // A link stays, and what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = beside(&target).ok_or(ErrorKind::IsADirectory)?;
    let written = write_beside(&beside, bytes, mode).and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        // The first error is the cause.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // What a write that was killed has left.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Returns `.NAME.chaosc-new` in the folder of a file: on the same file system, hidden.
fn beside(path: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".");
    name.push(path.file_name()?);
    name.push(".chaosc-new");
    Some(path.with_file_name(name))
}
