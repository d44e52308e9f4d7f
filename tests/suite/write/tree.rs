//! Pictures of folders.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use chaosc::bundle::write::Files;

/// Kind, mode and content (of a link: its target) of one entry.
pub(super) type Entry = (&'static str, u32, Vec<u8>);
/// Everything below a folder by its path, and the folder itself as the empty path.
pub(super) type Picture = BTreeMap<OsString, Entry>;

pub(super) fn files(list: &[(&str, &str)]) -> Files {
    let own = |(path, content): &(&str, &str)| (String::from(*path), content.as_bytes().into());
    list.iter().map(own).collect()
}

pub(super) fn picture(folder: &Path) -> Picture {
    let mut picture = Picture::new();
    if fs::symlink_metadata(folder).is_ok() {
        add(folder, folder, &mut picture);
    }
    picture
}

fn add(top: &Path, path: &Path, picture: &mut Picture) {
    let meta = fs::symlink_metadata(path).unwrap();
    let kind = meta.file_type();
    let (kind, content) = if kind.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            add(top, &entry.unwrap().path(), picture);
        }
        ("folder", Vec::new())
    } else if kind.is_file() {
        ("file", fs::read(path).unwrap())
    } else if kind.is_symlink() {
        let target = fs::read_link(path).unwrap();
        ("link", target.into_os_string().into_vec())
    } else if kind.is_fifo() {
        ("pipe", Vec::new())
    } else {
        ("socket", Vec::new())
    };
    let name = path.strip_prefix(top).unwrap().as_os_str().to_owned();
    picture.insert(name, (kind, meta.mode() & 0o7777, content));
}

/// The regular files of a folder without the ledger.
pub(super) fn contents(folder: &Path) -> Files {
    let mut files = Files::new();
    for (path, (kind, _, content)) in picture(folder) {
        if kind == "file" && path != ".chaosc" {
            files.insert(path.into_string().unwrap(), content);
        }
    }
    files
}
