//! The door to changes files: reads them, and writes them whole, for their owner alone.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::whole_file;
use crate::apply::changes_file::ChangesFile;
use crate::apply::changes_file::error::ChangesError;
use crate::error::Error;
use crate::source::FileProblem;

/// Reads a changes file.
pub(super) fn read(path: &Path) -> Result<ChangesFile, ChangesError> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, error))?;
    let text = String::from_utf8(bytes).map_err(|_| ChangesError::Foreign { path: path.to_owned() })?;
    ChangesFile::from_json(&text, path)
}

/// Makes sure that nothing else is lost by writing a changes file; called before the cluster is asked.
pub(super) fn make_sure_of(path: &Path) -> Result<(), ChangesError> {
    let in_the_way = || ChangesError::InTheWay { path: path.to_owned() };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unreadable(path, error)),
        Ok(found) if !found.is_file() => Err(in_the_way()),
        Ok(_) => {
            let bytes = fs::read(path).map_err(|error| unreadable(path, error))?;
            if ChangesFile::is_replaceable(&bytes) { Ok(()) } else { Err(in_the_way()) }
        }
    }
}

/// Writes a changes file in one step: whoever reads it sees the old one or the new one.
pub(super) fn write(path: &Path, file: &ChangesFile) -> Result<(), Error> {
    make_sure_of(path)?;
    let failed = |source| Error::WriteFile { path: path.to_owned(), source };
    whole_file::write(path, file.to_json().as_bytes(), 0o600).map_err(failed)
}

fn unreadable(path: &Path, error: io::Error) -> ChangesError {
    ChangesError::Unreadable { path: path.to_owned(), reason: FileProblem::from(error).reason() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::apply::changes_file::key::Key;
    use crate::cluster::Identity;
    use crate::diff::ChangeSet;
    use crate::snapshot::Snapshot;

    #[test]
    fn only_a_changes_file_is_overwritten_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.changes");
        let cluster = Identity::KubeSystem("u".to_owned());
        let key = Key::random().unwrap();
        let file = ChangesFile::record(key, cluster, &Snapshot::default(), &ChangeSet::default(), false);
        fs::write(&path, "").unwrap();
        fs::write(folder.path().join(".a.changes.chaosc-new"), "left").unwrap();
        for _ in 0..2 {
            write(&path, &file).unwrap();
            assert_eq!(read(&path).unwrap(), file);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("a.changes", &link).unwrap();
        write(&link, &file).unwrap();
        assert!(link.is_symlink());
        let other = folder.path().join("chaos.toml");
        for (text, path) in [(Some("name = \"shop\"\n"), other.as_path()), (None, folder.path())] {
            if let Some(text) = text {
                fs::write(path, text).unwrap();
            }
            assert!(matches!(write(path, &file), Err(Error::Changes(ChangesError::InTheWay { .. }))));
        }
        assert_eq!(fs::read_to_string(&other).unwrap(), "name = \"shop\"\n");
        assert!(matches!(write(&folder.path().join("no/folder"), &file), Err(Error::WriteFile { .. })));
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.changes", "chaos.toml", "link"]);
    }
}
