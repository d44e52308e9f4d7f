//! Reading: chaos.toml and every file it names, with the place of every value.
//!
//! This is the first of the four doors to the world. What is read here is text and spanned trees; what the values
//! mean is decided by [`crate::check`].

pub mod address;
mod files;
mod git;
pub mod json;
mod language;
pub mod origin;
mod reading;
pub mod revision;
pub mod toml;
pub mod tree;
pub mod unchanged;
mod within;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::error::Error;
use address::{Address, FileId, Place};
use files::{Disk, Files, Memory};
pub(crate) use files::{FileProblem, content};
use language::{Language, parse};
use revision::Revision;
use tree::{Located, Node, Span};
use unchanged::Unchanged;

/// Largest file that is read, in bytes: 16 MiB, far above any experiment or manifest that a cluster accepts.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// One file that was read.
#[derive(Debug)]
pub struct File {
    /// The path relative to the folder of chaos.toml, with `/`; the same wherever the program is started.
    pub path: String,
    /// The path as a person in the current folder would write it.
    pub shown: String,
    /// The whole text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// The documents of the file; chaos.toml, JSON and experiments have one.
    pub documents: Vec<Node>,
}

/// Everything that chaos.toml says and names, read but not yet judged.
#[derive(Debug)]
pub struct Source {
    /// The folder of chaos.toml; relative paths start here.
    pub root: PathBuf,
    /// All files in the order in which they are first named; chaos.toml is the first.
    pub files: Vec<File>,
    /// For each entry of `[[experiments]]`, where its Chaos Toolkit experiment stands, if it could be read.
    pub experiments: Vec<Option<Address>>,
    /// For each entry of `[[apps]]`, the objects of its manifests; `List` objects are taken apart.
    pub objects: Vec<Vec<Address>>,
    /// The entries of `[[apps]]` of whose manifests some could not be read.
    pub partial: BTreeSet<usize>,
    /// What could not be read.
    pub problems: Vec<Diagnostic>,
}

/// The id of chaos.toml among the files of a [`Source`].
pub const CHAOS_TOML: FileId = FileId(0);

impl Source {
    /// Reads chaos.toml and the files it names.
    ///
    /// # Errors
    ///
    /// [`Error::ChaosToml`] if chaos.toml itself cannot be read. Everything else that is wrong is a diagnostic in
    /// [`Source::problems`].
    pub fn read(path: &Path) -> Result<Source, Error> {
        let root = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let name = path.file_name().map_or_else(|| path.into(), PathBuf::from);
        let bytes = Disk.read(path).map_err(|problem| Error::chaos_toml(path, &problem))?;
        Ok(Source::of(root, &name.to_string_lossy(), parse(bytes, Language::Toml), &Disk, &Unchanged::default()))
    }

    /// The same as [`Source::read`] without a disk: `files` holds the other files by the paths that chaos.toml names
    /// them by.
    pub fn from_memory(chaos_toml: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Source {
        let parsed = parse(chaos_toml.to_vec(), Language::Toml);
        Source::of(PathBuf::new(), "chaos.toml", parsed, &Memory(files), &Unchanged::default())
    }

    /// The same as [`Source::read`] for an earlier chaos.toml, without what a later one has as well; `None` if there was no
    /// chaos.toml.
    ///
    /// # Errors
    ///
    /// As [`Source::read`].
    pub fn earlier(path: &Path, later: &Source) -> Result<Option<(Source, Unchanged)>, Error> {
        Source::before(path, &Disk, later)
    }

    /// The same as [`Source::earlier`] at a git revision.
    pub(crate) fn at(revision: &Revision, path: &Path, later: &Source) -> Result<Option<(Source, Unchanged)>, Error> {
        Source::before(path, revision, later)
    }

    fn before(path: &Path, files: &(dyn Files + Sync), later: &Source) -> Result<Option<(Source, Unchanged)>, Error> {
        let root = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = match files.read(path) {
            Ok(bytes) => bytes,
            Err(FileProblem::Missing) => return Ok(None),
            Err(problem) => return Err(Error::chaos_toml(path, &problem)),
        };
        let parsed = parse(bytes.clone(), Language::Toml);
        let chaos = parsed.documents.first().map(Node::to_json).unwrap_or_default();
        let unchanged = Unchanged::find(&chaos, &root, files, later);
        let source = Source::of(root.clone(), &name, parsed, files, &unchanged);
        if source.has_objects_of(later) {
            return Ok(Some((source, unchanged)));
        }
        // Experiments aim at apps: with those, all of them may come out otherwise.
        let nothing = Unchanged::default();
        Ok(Some((Source::of(root, &name, parse(bytes, Language::Toml), files, &nothing), nothing)))
    }

    /// Returns whether the apps consist of the same objects.
    fn has_objects_of(&self, other: &Source) -> bool {
        let json = |source: &Source| -> Vec<Vec<Value>> {
            source.objects.iter().map(|app| app.iter().map(|at| source.json(at)).collect()).collect()
        };
        json(self) == json(other)
    }

    /// Returns one of the files.
    pub fn file(&self, id: FileId) -> &File {
        &self.files[id.0]
    }

    /// Returns the node at an address, if the whole pointer leads somewhere.
    pub fn node(&self, address: &Address) -> Option<&Node> {
        let mut here = self.file(address.file).documents.get(address.document)?;
        for segment in address.pointer.split('/').skip(1) {
            here = here.child(&segment.replace("~1", "/").replace("~0", "~"))?.1;
        }
        Some(here)
    }

    /// Returns the JSON at an address; null where there is nothing.
    pub fn json(&self, address: &Address) -> Value {
        self.node(address).map_or(Value::Null, Node::to_json)
    }

    /// Returns the JSON of chaos.toml; an empty object if it could not be parsed.
    pub fn chaos(&self) -> Value {
        match self.json(&Address::root(CHAOS_TOML)) {
            Value::Null => Value::Object(serde_json::Map::new()),
            value => value,
        }
    }

    /// Returns the spans of an address, or those of its nearest parent.
    pub fn locate(&self, address: &Address) -> Located {
        match self.file(address.file).documents.get(address.document) {
            Some(root) => root.locate(&address.pointer),
            None => Located { key: None, value: 0..0, found: false },
        }
    }

    /// Returns the file and the bytes that a place stands for, always within the text and on whole characters.
    pub fn resolve(&self, place: &Place) -> (FileId, Span) {
        let (file, span) = match place {
            Place::Span(file, span) => (*file, span.clone()),
            Place::Value(address) => (address.file, self.locate(address).value),
            Place::Key(address) => {
                let located = self.locate(address);
                let key = if located.found { located.key } else { None };
                (address.file, key.unwrap_or(located.value))
            }
        };
        let text = self.file(file).text.as_str();
        let start = text.floor_char_boundary(span.start);
        (file, start..text.ceil_char_boundary(span.end).max(start))
    }

    /// Returns line and column of a place, both counted from one, columns in characters.
    pub fn line_column(&self, place: &Place) -> (usize, usize) {
        let (file, span) = self.resolve(place);
        let before = &self.file(file).text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Returns the file name without its folders and ending.
pub(crate) fn stem(path: &str) -> String {
    let path = Path::new(path);
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Returns the items of the list under `key`, if there is one.
fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + Clone {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
