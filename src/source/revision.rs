//! The files of a git revision, read from git's objects: nothing is checked out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use sha1::Sha1;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::MAX_FILE_BYTES;
use super::files::{self, Disk, FileProblem, Files, FolderProblem, MAX_ENTRIES, is_manifest, nearest};
use super::git::{ask, folder, git};

/// How many symbolic links one path may lead over, as on Linux.
const MAX_LINKS: usize = 40;

/// Why a revision cannot be read.
#[derive(Debug, Error)]
pub enum RevisionError {
    /// There is no git, or no repository.
    #[error(
        "`{revision}` is no folder, and git finds no repository around chaos.toml that could have it as a revision"
    )]
    NoRepository {
        /// What was given.
        revision: String,
    },
    /// The repository has no such revision.
    #[error("`{revision}` is neither a folder nor a revision of the git repository")]
    Unknown {
        /// What was given.
        revision: String,
    },
    /// git failed.
    #[error("cannot read the git revision `{revision}`")]
    Git {
        /// What was given.
        revision: String,
        /// What happened.
        source: io::Error,
    },
}

impl RevisionError {
    /// Returns the next step.
    pub(crate) fn hint(&self) -> String {
        match self {
            RevisionError::NoRepository { .. } => {
                "is git installed, and is this a clone? of a repository of another user `git status` says how git may trust it; a \
                 folder that holds another chaos.toml needs none of this".to_owned()
            }
            RevisionError::Unknown { .. } => {
                "`git fetch origin NAME` brings a branch that a clone lacks, `origin/NAME` is then its name; `git fetch --unshallow` \
                 brings the older commits"
                    .to_owned()
            }
            RevisionError::Git { .. } => "`git fsck` says whether the repository is whole".to_owned(),
        }
    }
}

/// The files of one commit.
pub(crate) struct Revision {
    /// The commit, abbreviated.
    pub(crate) commit: String,
    /// The folder of chaos.toml on the disk; the paths of files begin with it.
    folder: PathBuf,
    /// The same folder in the repository.
    prefix: PathBuf,
    /// Every file and link of the commit by its path in the repository.
    entries: BTreeMap<PathBuf, Entry>,
    folders: BTreeSet<PathBuf>,
    objects: Mutex<Objects>,
}

struct Entry {
    object: String,
    is_link: bool,
}

impl Revision {
    /// Opens a revision of the repository that chaos.toml is in.
    pub(crate) fn open(chaos_toml: &Path, revision: &str) -> Result<Revision, RevisionError> {
        let here = folder(chaos_toml);
        let named = || revision.to_owned();
        let prefix =
            ask(here, &["rev-parse", "--show-prefix"]).ok_or(RevisionError::NoRepository { revision: named() })?;
        let commit = format!("{revision}^{{commit}}");
        let commit = ask(here, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
            .ok_or(RevisionError::Unknown { revision: named() })?;
        // `--end-of-options` is repeated in the answer by some versions of git.
        let commit = commit.lines().last().unwrap_or_default().to_owned();
        if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(RevisionError::Unknown { revision: named() });
        }
        let failed = |source| RevisionError::Git { revision: named(), source };
        let entries = entries(here, &commit).map_err(failed)?;
        let folders = entries.keys().flat_map(|path| path.ancestors().skip(1)).map(Path::to_path_buf).collect();
        Ok(Revision {
            commit: commit.chars().take(12).collect(),
            folder: chaos_toml.parent().map(Path::to_path_buf).unwrap_or_default(),
            prefix: PathBuf::from(prefix),
            entries,
            folders,
            objects: Mutex::new(Objects::open(here).map_err(failed)?),
        })
    }

    /// Returns the content of a file that nobody parses, whatever its size; nothing if it cannot be read.
    pub(crate) fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let entry = self.entries.get(&self.resolve(path).ok()?)?;
        let unchanged = files::content(path).filter(|bytes| is_object(bytes, &entry.object));
        unchanged.or_else(|| self.object(&entry.object, u64::MAX).ok())
    }

    /// Returns where a path leads in the repository, over symbolic links. A path that leaves it leads nowhere.
    fn resolve(&self, path: &Path) -> Result<PathBuf, FileProblem> {
        let relative = path.strip_prefix(&self.folder).unwrap_or(path);
        let mut rest: Vec<PathBuf> = parts(&self.prefix.join(relative));
        let mut here = PathBuf::new();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            if part == Path::new("..") {
                if !here.pop() {
                    return Err(FileProblem::Missing);
                }
                continue;
            }
            let next = here.join(&part);
            match self.entries.get(&next) {
                Some(entry) if entry.is_link => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(FileProblem::Loop);
                    }
                    let target = self.object(&entry.object, MAX_FILE_BYTES)?;
                    let target = PathBuf::from(String::from_utf8_lossy(&target).into_owned());
                    if target.is_absolute() {
                        return Err(FileProblem::LinkToNothing);
                    }
                    rest.extend(parts(&target));
                }
                _ => here = next,
            }
        }
        Ok(here)
    }

    fn object(&self, object: &str, limit: u64) -> Result<Vec<u8>, FileProblem> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).read(object, limit)
    }
}

/// Returns the parts of a path, the last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    let mut parts: Vec<PathBuf> = parts.map(|part| PathBuf::from(part.as_os_str())).collect();
    parts.reverse();
    parts
}

impl Files for Revision {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem> {
        let found = self.resolve(path)?;
        match self.entries.get(&found) {
            // Of thousands of files few have changed; to unpack the others, one after the other, takes as long as all else.
            Some(entry) => match Disk.read(path) {
                Ok(bytes) if is_object(&bytes, &entry.object) => Ok(bytes),
                _ => self.object(&entry.object, MAX_FILE_BYTES),
            },
            None if self.folders.contains(&found) => Err(FileProblem::NotAFile("a folder")),
            None => Err(FileProblem::Missing),
        }
    }

    fn has(&self, path: &Path, content: &str) -> bool {
        let entry = self.resolve(path).ok().and_then(|found| self.entries.get(&found));
        entry.is_some_and(|entry| is_object(content.as_bytes(), &entry.object))
    }

    fn list(&self, root: &Path, path: &str) -> Result<Option<Vec<String>>, FolderProblem> {
        let failed = |problem| (path.to_owned(), problem);
        let Ok(folder) = self.resolve(&root.join(path)) else { return Ok(None) };
        if !self.folders.contains(&folder) {
            return Ok(None);
        }
        let mut found = BTreeSet::new();
        let below = self.entries.range(folder.clone()..).take_while(|(file, _)| file.starts_with(&folder));
        for (count, (file, _)) in below.enumerate() {
            if count > MAX_ENTRIES {
                return Err(failed(FileProblem::TooMany));
            }
            let Ok(rest) = file.strip_prefix(&folder) else { continue };
            let is_hidden = rest.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
            if is_manifest(file) && !is_hidden {
                found.insert(Path::new(path).join(rest).to_string_lossy().into_owned());
            }
        }
        Ok(Some(found.into_iter().collect()))
    }

    fn near(&self, root: &Path, path: &str) -> Option<String> {
        let folder = self.resolve(&root.join(Path::new(path).parent()?)).ok()?;
        let beside = self.entries.keys().filter(|file| file.parent() == Some(&folder));
        nearest(path, &beside.filter_map(|file| Some(file.file_name()?.to_str()?.to_owned())).collect())
    }
}

/// Lists the files and links of a commit; submodules are other repositories.
fn entries(folder: &Path, commit: &str) -> io::Result<BTreeMap<PathBuf, Entry>> {
    let output = git(folder, &["ls-tree", "-r", "-z", "--full-tree", commit]).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let entry = |line: &str| {
        let (head, path) = line.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
        let entry = Entry { object: object.to_owned(), is_link: mode == "120000" };
        (kind == "blob").then(|| (PathBuf::from(path), entry))
    };
    Ok(text.split('\0').filter_map(entry).collect())
}

/// Returns whether a file of the disk has the content of an object: an object's name is the hash of it (git documentation,
/// "Git Internals - Git Objects"), SHA-1 or, in repositories that were made so, SHA-256.
fn is_object(bytes: &[u8], object: &str) -> bool {
    fn name<D: Digest>(bytes: &[u8]) -> Vec<u8> {
        let head = format!("blob {}\0", bytes.len());
        D::new().chain_update(head).chain_update(bytes).finalize().to_vec()
    }
    let name = if object.len() == 64 { name::<Sha256>(bytes) } else { name::<Sha1>(bytes) };
    name.iter().map(|byte| format!("{byte:02x}")).collect::<String>() == object
}

/// A running `git cat-file`, which answers with one object after the other.
struct Objects {
    process: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    fn open(folder: &Path) -> io::Result<Objects> {
        let mut command = git(folder, &["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn()?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(asked), Some(answers)) => Ok(Objects { process, asked, answers: BufReader::new(answers) }),
            _ => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
        }
    }

    /// Reads one object of at most so many bytes (git documentation, `git-cat-file`, "Batch output").
    fn read(&mut self, object: &str, limit: u64) -> Result<Vec<u8>, FileProblem> {
        writeln!(self.asked, "{object}")?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        // A clone may lack objects on purpose (`git clone --filter`).
        let size = size.ok_or_else(|| io::Error::other("git does not have it"))?;
        let mut content = (&mut self.answers).take(size);
        if size > limit {
            io::copy(&mut content, &mut io::sink())?;
        }
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        self.answers.read_line(&mut head)?;
        if size > limit { Err(FileProblem::TooLarge(size)) } else { Ok(bytes) }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It only reads: nothing is lost, and nothing is to be done about a failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::Command;
    use tempfile::TempDir;

    /// A repository whose first commit holds some files and links, and whose work tree holds nothing of them any more.
    fn repository() -> TempDir {
        let folder = TempDir::new().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("a/chaos.toml", "name = \"a\"\n");
        put("a/app/one.yaml", "one");
        put("a/app/deep/two.yml", "two");
        put("a/app/.hidden/three.yaml", "three");
        put("a/app/read.me", "four");
        put("shared/five.json", "five");
        std::os::unix::fs::symlink("../shared", folder.path().join("a/linked")).unwrap();
        std::os::unix::fs::symlink("circle", folder.path().join("a/circle")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("a/passwd.yaml")).unwrap();
        let run = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
            let output = command.current_dir(folder.path()).output().unwrap();
            assert!(output.status.success(), "{arguments:?} {output:?}");
        };
        run(&["init", "-q"]);
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", "first"]);
        run(&["tag", "v1"]);
        for path in ["a/app", "shared"] {
            fs::remove_dir_all(folder.path().join(path)).unwrap();
        }
        folder
    }

    #[test]
    fn files_and_folders_are_read_as_they_were() {
        let folder = repository();
        let root = folder.path().join("a");
        let revision = Revision::open(&root.join("chaos.toml"), "v1").unwrap();
        assert_eq!(revision.commit.len(), 12);
        let read = |path: &str| revision.read(&root.join(path)).map_err(|problem| problem.reason());
        assert_eq!(read("app/one.yaml").unwrap(), b"one");
        assert_eq!(read("./app/deep/../one.yaml").unwrap(), b"one");
        assert_eq!(read("../shared/five.json").unwrap(), b"five");
        assert_eq!(read("linked/five.json").unwrap(), b"five");
        assert_eq!(read("app/none.yaml").unwrap_err(), "there is no such file");
        assert_eq!(read("../../outside").unwrap_err(), "there is no such file");
        assert_eq!(read("circle").unwrap_err(), "its symbolic links lead in a circle");
        assert_eq!(read("passwd.yaml").unwrap_err(), "it is a symbolic link to nothing");
        assert_eq!(read("app").unwrap_err(), "it is a folder, expected a file");
        let list = |path: &str| revision.list(&root, path).unwrap();
        assert_eq!(list("app").unwrap(), ["app/deep/two.yml", "app/one.yaml"]);
        assert_eq!(list("linked").unwrap(), ["linked/five.json"]);
        assert_eq!(list("app/one.yaml"), None);
        assert_eq!(list("nowhere"), None);
        assert_eq!(revision.near(&root, "app/onee.yaml").as_deref(), Some("app/one.yaml"));
    }

    #[test]
    fn an_unchanged_file_is_told_by_its_hash() {
        assert!(is_object(b"one", "43dd47ea691c90a5fa7827892c70241913351963"));
        assert!(!is_object(b"One", "43dd47ea691c90a5fa7827892c70241913351963"));
        assert!(is_object(b"", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"));
    }

    #[test]
    fn what_is_no_revision_is_said() {
        let folder = repository();
        let chaos_toml = folder.path().join("a/chaos.toml");
        let failed = |path: &Path, revision: &str| Revision::open(path, revision).err().unwrap();
        for revision in ["nope", "--all", "", "v1:a", "HEAD:a/chaos.toml"] {
            assert!(matches!(failed(&chaos_toml, revision), RevisionError::Unknown { .. }), "{revision}");
        }
        let elsewhere = TempDir::new().unwrap();
        let error = failed(&elsewhere.path().join("chaos.toml"), "HEAD");
        assert!(matches!(error, RevisionError::NoRepository { .. }), "{error}");
    }
}
