//! Where the output really is: its links resolved, its parent known.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{WriteError, error::cannot};

/// As many links as Linux follows in one path.
const MOST_LINKS: usize = 40;
/// The longest name of a file on the usual file systems, in bytes.
const LONGEST_NAME: usize = 255;

/// The folder of the output and the name of its temporary sibling.
pub(super) struct Place {
    /// The output itself, never a link; it may not exist yet.
    pub(super) folder: PathBuf,
    /// `.NAME.chaosc-new` beside it: on the same file system, hidden.
    pub(super) beside: PathBuf,
}

impl Place {
    pub(super) fn find(path: &Path) -> Result<Self, WriteError> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            match fs::canonicalize(&path) {
                Ok(folder) => return Self::of_folder(folder),
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) if e.kind() == ErrorKind::NotADirectory => {
                    return Err(WriteError::NotAFolder { path });
                }
                Err(e) => return Err(cannot("find", &path)(e)),
            }
            let Some(name) = path.file_name().map(OsStr::to_owned) else {
                return Err(WriteError::NoParent { parent: path });
            };
            let above = match path.parent() {
                Some(above) if above != Path::new("") => above,
                _ => Path::new("."),
            };
            let parent = fs::canonicalize(above).map_err(|e| match e.kind() {
                ErrorKind::NotFound => WriteError::NoParent { parent: above.to_owned() },
                _ => cannot("find", above)(e),
            })?;
            // A link that leads nowhere is followed: the folder is made where it points to.
            match fs::read_link(&path) {
                Ok(target) => path = parent.join(target),
                Err(_) if parent.is_dir() => return Ok(Self::new(&parent, &name)),
                Err(_) => return Err(WriteError::NotAFolder { path: parent }),
            }
        }
        let source = io::Error::from(ErrorKind::InvalidInput);
        Err(cannot("follow the links of", &path)(source))
    }

    fn of_folder(folder: PathBuf) -> Result<Self, WriteError> {
        let meta = fs::metadata(&folder).map_err(cannot("read", &folder))?;
        if !meta.is_dir() {
            return Err(WriteError::NotAFolder { path: folder });
        }
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
            return Err(WriteError::Mounted { path: folder, source: None });
        };
        Ok(Self::new(parent, name))
    }

    fn new(parent: &Path, name: &OsStr) -> Self {
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(".chaosc-new");
        if beside.len() > LONGEST_NAME {
            let hash = Sha256::digest(name.as_bytes());
            let [a, b, c, d, ..]: [u8; 32] = hash.into();
            let short = u32::from_be_bytes([a, b, c, d]);
            beside = OsString::from(format!(".{short:08x}.chaosc-new"));
        }
        Self { folder: parent.join(name), beside: parent.join(beside) }
    }
}
