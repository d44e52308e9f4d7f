//! Files and folders as bytes and paths, each failure with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::MAX_FILE_BYTES;
use super::address::{Address, Place};
use crate::diagnostic::{Code, Diagnostic};

/// Most entries of the folders of one walk: ten times a large bundle, and soon reached where a link leads to `/`.
pub(crate) const MAX_ENTRIES: usize = 100_000;

/// Why a file or folder could not be read.
#[derive(Debug)]
pub(crate) enum FileProblem {
    /// There is nothing at the path.
    Missing,
    /// The file is larger than [`MAX_FILE_BYTES`].
    TooLarge(u64),
    /// A folder holds more than [`MAX_ENTRIES`] entries, those of the folders below it included.
    TooMany,
    /// Symbolic links lead in a circle.
    Loop,
    /// A symbolic link leads to nothing.
    LinkToNothing,
    /// A folder, a device, a socket or a pipe, where a file is needed.
    NotAFile(&'static str),
    /// The operating system refused.
    Io(io::Error),
}

impl FileProblem {
    /// Says the problem in the words of a diagnostic, without the path.
    pub(crate) fn reason(&self) -> String {
        match self {
            FileProblem::Missing => "there is no such file".to_owned(),
            FileProblem::TooLarge(bytes) => {
                format!("it has {bytes} bytes, the limit is {MAX_FILE_BYTES}")
            }
            FileProblem::TooMany => format!("there are more than {MAX_ENTRIES} files and folders in it"),
            FileProblem::LinkToNothing => "it is a symbolic link to nothing".to_owned(),
            FileProblem::Loop => "its symbolic links lead in a circle".to_owned(),
            FileProblem::NotAFile(what) => format!("it is {what}, expected a file"),
            FileProblem::Io(error) => error.to_string(),
        }
    }

    /// Returns the diagnostic at the value of chaos.toml that names the path; `near` is a path that may be meant.
    pub(crate) fn diagnostic(&self, path: &str, near: Option<String>, at: &Address) -> Diagnostic {
        let place = Place::Value(at.clone());
        match self {
            FileProblem::Missing => Diagnostic::new(Code::FileNotFound, place, format!("`{path}` does not exist"))
                .help(match near.filter(|near| near != path) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "paths are relative to the folder of chaos.toml".to_owned(),
                }),
            FileProblem::TooLarge(_) => {
                Diagnostic::new(Code::FileTooLarge, place, format!("`{path}` is too large: {}", self.reason()))
                    .help("a ConfigMap holds 1 MiB at most; split the file")
            }
            FileProblem::TooMany => {
                Diagnostic::new(Code::UnreadableFile, place, format!("`{path}` cannot be read: {}", self.reason()))
                    .help("name the folder that holds nothing but the manifests")
            }
            FileProblem::Loop | FileProblem::LinkToNothing => {
                Diagnostic::new(Code::UnreadableFile, place, format!("`{path}` cannot be read: {}", self.reason()))
                    .help("point the link elsewhere, or remove it")
            }
            FileProblem::NotAFile(_) => {
                Diagnostic::new(Code::UnreadableFile, place, format!("`{path}` cannot be read: {}", self.reason()))
                    .help("name a regular file, or a link to one")
            }
            FileProblem::Io(_) => {
                Diagnostic::new(Code::UnreadableFile, place, format!("`{path}` cannot be read: {}", self.reason()))
                    .help("check the permissions of the file and of the folders above it")
            }
        }
    }
}

impl From<io::Error> for FileProblem {
    fn from(error: io::Error) -> FileProblem {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileProblem::Missing,
            // The kind for it is not stable yet; 40 is ELOOP on Linux, 62 on macOS and the BSDs.
            _ if matches!(error.raw_os_error(), Some(40 | 62)) => FileProblem::Loop,
            _ => FileProblem::Io(error),
        }
    }
}

/// Where files come from: [`Disk`], [`Memory`] or a [`Revision`](super::revision::Revision).
pub(crate) trait Files {
    /// Reads a file of at most [`MAX_FILE_BYTES`].
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem>;

    /// Returns whether a file has this content.
    fn has(&self, path: &Path, content: &str) -> bool {
        self.read(path).is_ok_and(|bytes| bytes == content.as_bytes())
    }

    /// Lists the manifest files below a folder, sorted, each below `path`; `None` if the path is no folder.
    fn list(&self, root: &Path, path: &str) -> Result<Option<Vec<String>>, FolderProblem>;

    /// Returns the path of the same folder that is nearest to one that leads nowhere.
    fn near(&self, root: &Path, path: &str) -> Option<String>;
}

/// Returns the content of a file that nobody parses, whatever its size; nothing if it cannot be read.
pub(crate) fn content(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// The path of the folder that could not be listed, and why.
pub(crate) type FolderProblem = (String, FileProblem);

/// The file system.
pub(crate) struct Disk;

impl Files for Disk {
    /// Only regular files: a pipe or device is refused before it could block.
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem> {
        let metadata = fs::metadata(path).map_err(|error| match FileProblem::from(error) {
            FileProblem::Missing if path.is_symlink() => FileProblem::LinkToNothing,
            problem => problem,
        })?;
        if metadata.is_dir() {
            return Err(FileProblem::NotAFile("a folder"));
        }
        if !metadata.is_file() {
            return Err(FileProblem::NotAFile("a device, socket or pipe"));
        }
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(FileProblem::TooLarge(metadata.len().max(bytes.len() as u64)));
        }
        Ok(bytes)
    }

    fn list(&self, root: &Path, path: &str) -> Result<Option<Vec<String>>, FolderProblem> {
        // What cannot be looked at is no folder: reading it says why.
        if !root.join(path).is_dir() {
            return Ok(None);
        }
        let mut walk = Walk { root, seen: 0, above: Vec::new(), found: BTreeSet::new() };
        walk.folder(Path::new(path))?;
        Ok(Some(walk.found.into_iter().collect()))
    }

    fn near(&self, root: &Path, path: &str) -> Option<String> {
        let entries = fs::read_dir(root.join(Path::new(path).parent()?)).ok()?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        nearest(path, &names.collect())
    }
}

/// Returns the path beside `path` whose name is the nearest of these.
pub(super) fn nearest(path: &str, names: &BTreeSet<String>) -> Option<String> {
    let missing = Path::new(path);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let near = similar::get_close_matches(missing.file_name()?.to_str()?, &names, 1, 0.8);
    near.first().map(|near| missing.with_file_name(near).to_string_lossy().into_owned())
}

/// Files in memory by their paths, which are compared part by part.
pub(crate) struct Memory<'m>(pub(crate) &'m BTreeMap<String, Vec<u8>>);

impl Files for Memory<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem> {
        let found = self.0.iter().find(|(name, _)| Path::new(name) == path);
        let (_, bytes) = found.ok_or(FileProblem::Missing)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(FileProblem::TooLarge(bytes.len() as u64));
        }
        Ok(bytes.clone())
    }

    fn near(&self, root: &Path, path: &str) -> Option<String> {
        let folder = root.join(Path::new(path).parent()?);
        let beside = self.0.keys().map(Path::new).filter(|name| name.parent() == Some(&folder));
        let names = beside.filter_map(|name| name.file_name()?.to_str().map(str::to_owned));
        nearest(path, &names.collect())
    }

    fn list(&self, root: &Path, path: &str) -> Result<Option<Vec<String>>, FolderProblem> {
        let folder = root.join(path);
        let mut below = self.0.keys().filter(|name| Path::new(name).starts_with(&folder)).peekable();
        if below.peek().is_none() {
            return Err((path.to_owned(), FileProblem::Missing));
        }
        if self.0.keys().any(|name| Path::new(name) == folder) {
            return Ok(None);
        }
        let is_hidden = |name: &str| name.split('/').any(|part| part.starts_with('.'));
        Ok(Some(below.filter(|name| is_manifest(Path::new(name)) && !is_hidden(name)).cloned().collect()))
    }
}

/// Returns whether a file in a folder is a manifest, by its ending.
pub(super) fn is_manifest(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    matches!(ending, "yaml" | "yml" | "json")
}

/// Decodes UTF-8; where it is not, returns the text with replacements, and the offset and value of the first bad byte.
pub(crate) fn decode(bytes: Vec<u8>) -> (String, Option<(usize, u8)>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            (String::from_utf8_lossy(bytes).into_owned(), Some((at, bytes[at])))
        }
    }
}

/// A walk through a folder and those below it.
struct Walk<'w> {
    root: &'w Path,
    /// How many entries it has come by.
    seen: usize,
    /// The real paths of the folders that lead here, so that a circle of links is seen.
    above: Vec<PathBuf>,
    found: BTreeSet<String>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path) -> Result<(), FolderProblem> {
        let failed = |problem: FileProblem| (folder.to_string_lossy().into_owned(), problem);
        let real = fs::canonicalize(self.root.join(folder)).map_err(|error| failed(error.into()))?;
        if self.above.contains(&real) {
            return Err(failed(FileProblem::Loop));
        }
        self.above.push(real);
        for entry in fs::read_dir(self.root.join(folder)).map_err(|error| failed(error.into()))? {
            let name = entry.map_err(|error| failed(error.into()))?.file_name();
            self.seen += 1;
            if self.seen > MAX_ENTRIES {
                return Err(failed(FileProblem::TooMany));
            }
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let path = folder.join(&name);
            // A link that leads nowhere is no folder; if its name is that of a manifest, reading it says why.
            if fs::metadata(self.root.join(&path)).is_ok_and(|metadata| metadata.is_dir()) {
                self.folder(&path)?;
            } else if is_manifest(&path) {
                self.found.insert(path.to_string_lossy().into_owned());
            }
        }
        self.above.pop();
        Ok(())
    }
}

/// Returns a path as a person would write it: without the `.` that a folder of its own would be.
pub(crate) fn shown(path: &Path) -> String {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.collect::<PathBuf>().display().to_string()
}
