//! Files and folders as bytes and paths, each failure with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::MAX_FILE_BYTES;
use super::address::{Address, Place};
use crate::diagnostic::{Code, Diagnostic};

/// Why a file or folder could not be read.
#[derive(Debug)]
pub(crate) enum FileProblem {
    /// There is nothing at the path.
    Missing,
    /// The file is larger than [`MAX_FILE_BYTES`].
    TooLarge(u64),
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

/// Reads a regular file of at most [`MAX_FILE_BYTES`]; a pipe or device is refused before it could block.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileProblem> {
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

/// Lists the manifest files below a folder, sorted; `None` if the path is no folder. A failure comes with the path of
/// the folder that it is about.
pub(crate) fn list(root: &Path, path: &str) -> Result<Option<Vec<String>>, (String, FileProblem)> {
    // What cannot be looked at is no folder: reading it says why.
    if !root.join(path).is_dir() {
        return Ok(None);
    }
    let mut found = BTreeSet::new();
    walk(root, Path::new(path), &mut Vec::new(), &mut found)?;
    Ok(Some(found.into_iter().collect()))
}

/// Walks one folder; `above` holds the real paths of the folders that lead here, so that a circle of links is seen.
fn walk(
    root: &Path,
    folder: &Path,
    above: &mut Vec<PathBuf>,
    found: &mut BTreeSet<String>,
) -> Result<(), (String, FileProblem)> {
    let wrong = |problem| (folder.to_string_lossy().into_owned(), problem);
    let real = fs::canonicalize(root.join(folder)).map_err(|error| wrong(error.into()))?;
    if above.contains(&real) {
        return Err(wrong(FileProblem::Loop));
    }
    above.push(real);
    for entry in fs::read_dir(root.join(folder)).map_err(|error| wrong(error.into()))? {
        let name = entry.map_err(|error| wrong(error.into()))?.file_name();
        let path = folder.join(&name);
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        // What a link leads to may not be there: then reading it says so, with its name.
        if root.join(&path).is_dir() {
            walk(root, &path, above, found)?;
        } else if matches!(ending, "yaml" | "yml" | "json") {
            found.insert(path.to_string_lossy().into_owned());
        }
    }
    above.pop();
    Ok(())
}

/// Returns a path as a person would write it: without the `.` that a folder of its own would be.
pub(crate) fn shown(path: &Path) -> String {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.collect::<PathBuf>().display().to_string()
}

/// Returns the path of the same folder that is nearest to one that leads nowhere.
pub(crate) fn near(root: &Path, path: &str) -> Option<String> {
    let missing = Path::new(path);
    let folder = missing.parent()?;
    let entries = fs::read_dir(root.join(folder)).ok()?;
    let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    let near = similar::get_close_matches(missing.file_name()?.to_str()?, &names, 1, 0.8);
    near.first().map(|near| folder.join(near).to_string_lossy().into_owned())
}
