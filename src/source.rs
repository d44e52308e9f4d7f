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
pub mod revision;
pub mod toml;
pub mod tree;
mod within;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};
use crate::error::Error;
use address::{Address, FileId, Place};
use files::{Disk, Files, Memory};
pub(crate) use files::{FileProblem, content};
use language::{Language, Parsed, parse};
use revision::Revision;
use tree::{Content, Located, Node, ReadError, Span, join};

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
        Ok(Source::of(root, &name.to_string_lossy(), bytes, &Disk))
    }

    /// The same as [`Source::read`] as it was at a git revision; `None` if there was no chaos.toml.
    pub(crate) fn at(revision: &Revision, path: &Path) -> Option<Source> {
        let root = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let bytes = revision.read(path).ok()?;
        Some(Source::of(root, &path.file_name()?.to_string_lossy(), bytes, revision))
    }

    /// The same as [`Source::read`] without a disk: `files` holds the other files by the paths that chaos.toml names
    /// them by.
    pub fn from_memory(chaos_toml: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Source {
        Source::of(PathBuf::new(), "chaos.toml", chaos_toml.to_vec(), &Memory(files))
    }

    /// Reads everything, given chaos.toml itself.
    fn of(root: PathBuf, name: &str, bytes: Vec<u8>, files: &(dyn Files + Sync)) -> Source {
        let source = Source {
            root,
            files: Vec::new(),
            experiments: Vec::new(),
            objects: Vec::new(),
            partial: BTreeSet::new(),
            problems: Vec::new(),
        };
        let mut reading = Reading { source, files, read: HashMap::new(), ahead: HashMap::new() };
        reading.add(name, parse(bytes, Language::Toml), Language::Toml);
        reading.follow();
        reading.source
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

/// The work of reading: the source so far, and which files are in it already.
struct Reading<'f> {
    source: Source,
    files: &'f (dyn Files + Sync),
    read: HashMap<(String, Language), Option<FileId>>,
    /// Files that were read on all cores before anyone asked; they get their ids in the order of chaos.toml all the same.
    ahead: HashMap<(String, Language), Result<Parsed, FileProblem>>,
}

/// Reads and parses one file.
fn read(files: &dyn Files, root: &Path, path: &str, language: Language) -> Result<Parsed, FileProblem> {
    files.read(&root.join(path)).map(|bytes| parse(bytes, language))
}

impl Reading<'_> {
    /// Reads what chaos.toml names, in its order. Only strings where paths belong are followed; all else is left to
    /// `check`.
    fn follow(&mut self) {
        let chaos = self.source.chaos();
        self.read_ahead(&chaos);
        let root = Address::root(CHAOS_TOML);
        let mut entries = Vec::new();
        for list in ["experiments", "apps"] {
            for (index, entry) in items(&chaos, list).enumerate() {
                let at = root.join(list).join(index);
                entries.push((self.source.locate(&at).value.start, list, index, entry, at));
            }
        }
        self.source.experiments = vec![None; items(&chaos, "experiments").count()];
        self.source.objects = vec![Vec::new(); items(&chaos, "apps").count()];
        entries.sort_by_key(|(start, ..)| *start);
        for (_, list, index, entry, at) in entries {
            if list == "apps" {
                self.app(index, entry, &at);
            } else {
                self.source.experiments[index] = match (entry.get("file"), entry.get("spec")) {
                    (Some(Value::String(path)), _) => self.experiment(path, &at.join("file")),
                    (None, Some(Value::Object(_))) => Some(at.join("spec")),
                    _ => None,
                };
            }
        }
    }

    /// Reads the manifests of one app.
    fn app(&mut self, index: usize, app: &Value, at: &Address) {
        let problems = self.source.problems.len();
        let mut objects = Vec::new();
        for (number, path) in items(app, "manifests").enumerate() {
            if let Value::String(path) = path {
                self.manifests(path, &at.join("manifests").join(number), &mut objects);
            }
        }
        self.source.objects[index] = objects;
        if self.source.problems.len() > problems {
            self.source.partial.insert(index);
        }
    }

    /// Reads the experiment files, which may be thousands, on all cores.
    fn read_ahead(&mut self, chaos: &Value) {
        let paths: BTreeSet<&str> =
            items(chaos, "experiments").filter_map(|experiment| experiment.get("file")?.as_str()).collect();
        let (files, root) = (self.files, &self.source.root);
        self.ahead = paths
            .into_par_iter()
            .filter(|path| is_experiment_file(path))
            .map(|path| {
                let language = Language::of_experiment(path);
                ((path.to_owned(), language), read(files, root, path, language))
            })
            .collect();
    }

    /// Reads one experiment file and returns where its experiment stands.
    fn experiment(&mut self, path: &str, at: &Address) -> Option<Address> {
        if !is_experiment_file(path) {
            self.source.problems.push(
                Diagnostic::new(
                    Code::UnknownExtension,
                    Place::Value(at.clone()),
                    format!("experiment file `{path}` ends neither in `.yaml` nor in `.json`"),
                )
                .help("Chaos Toolkit chooses the parser by the ending: use `.yaml`, `.yml` or `.json`"),
            );
            return None;
        }
        let problems = self.source.problems.len();
        let file = self.file(path, at, Language::of_experiment(path))?;
        let documents = self.source.file(file).documents.len();
        if documents == 0 && self.source.problems.len() == problems {
            self.source.problems.push(
                Diagnostic::new(
                    Code::NoExperiment,
                    Place::Span(file, 0..0),
                    format!("experiment file `{path}` holds no experiment"),
                )
                .help("`chaosc schema experiment` prints every key of an experiment with its meaning"),
            );
        }
        if documents > 1 {
            let second = self.source.file(file).documents[1].span.clone();
            self.source.problems.push(
                Diagnostic::new(
                    Code::SeveralDocuments,
                    Place::Span(file, second),
                    format!("experiment file `{path}` holds {documents} documents, expected one"),
                )
                .help("Chaos Toolkit refuses such a file: give each experiment a file of its own"),
            );
            return None;
        }
        (documents == 1).then(|| Address::root(file))
    }

    /// Reads a manifest file, or every manifest file of a folder, and collects the objects.
    fn manifests(&mut self, path: &str, at: &Address, objects: &mut Vec<Address>) {
        let paths = match self.files.list(&self.source.root, path) {
            Ok(Some(paths)) => paths,
            Ok(None) => vec![path.to_owned()],
            Err((folder, problem)) => {
                self.source.problems.push(problem.diagnostic(&folder, None, at));
                return;
            }
        };
        if paths.is_empty() {
            self.source.problems.push(
                Diagnostic::new(
                    Code::EmptyFolder,
                    Place::Value(at.clone()),
                    format!("folder `{path}` holds no manifests"),
                )
                .help("manifests end in `.yaml`, `.yml` or `.json`; hidden files are passed over"),
            );
        }
        for path in paths {
            let Some(file) = self.file(&path, at, Language::Manifests) else { continue };
            for document in 0..self.source.file(file).documents.len() {
                let address = Address { file, document, pointer: String::new() };
                self.take_apart(address, objects);
            }
        }
    }

    /// Collects one manifest document: nothing if it is empty, the items if it is a list.
    fn take_apart(&self, address: Address, objects: &mut Vec<Address>) {
        let Some(node) = self.source.node(&address) else { return };
        if node.content == Content::Null {
            return;
        }
        let kind = node.child("kind").map(|(_, kind)| &kind.content);
        let is_list = matches!(kind, Some(Content::String(kind)) if kind.ends_with("List"));
        match node.child("items") {
            Some((_, Node { content: Content::Sequence(items), .. })) if is_list => {
                for index in 0..items.len() {
                    let pointer = join(&join(&address.pointer, "items"), index);
                    self.take_apart(Address { pointer, ..address.clone() }, objects);
                }
            }
            _ => objects.push(address),
        }
    }

    /// Reads one file once; the second time it is only looked up.
    fn file(&mut self, path: &str, at: &Address, language: Language) -> Option<FileId> {
        let key = (path.to_owned(), language);
        if let Some(known) = self.read.get(&key) {
            return *known;
        }
        let read = self.ahead.remove(&key).unwrap_or_else(|| read(self.files, &self.source.root, path, language));
        let id = match read {
            Ok(parsed) => Some(self.add(path, parsed, language)),
            Err(problem) => {
                let near = self.files.near(&self.source.root, path);
                self.source.problems.push(problem.diagnostic(path, near, at));
                None
            }
        };
        self.read.insert(key, id);
        id
    }

    /// Adds a file and says what is wrong with it.
    fn add(&mut self, path: &str, parsed: Parsed, language: Language) -> FileId {
        let id = FileId(self.source.files.len());
        let shown = files::shown(&self.source.root.join(path));
        if let Some((at, byte)) = parsed.invalid {
            self.source.problems.push(
                Diagnostic::new(
                    Code::InvalidUtf8,
                    Place::Span(id, at..at),
                    format!("`{path}` is not UTF-8: byte 0x{byte:02x} at offset {at}"),
                )
                .help("save the file as UTF-8"),
            );
        }
        let problems = parsed.errors.into_iter().map(|error| problem(id, language, error));
        self.source.problems.extend(problems);
        let path = path.replace('\\', "/");
        self.source.files.push(File { path, shown, text: parsed.text, documents: parsed.documents });
        id
    }
}

/// Returns whether Chaos Toolkit loads files with this ending.
fn is_experiment_file(path: &str) -> bool {
    matches!(Path::new(path).extension().and_then(|ending| ending.to_str()), Some("yaml" | "yml" | "json"))
}

/// Returns the items of the list under `key`, if there is one.
fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Turns what a reader found into a diagnostic.
fn problem(file: FileId, language: Language, error: ReadError) -> Diagnostic {
    let code = language.code(error.kind);
    let mut diagnostic = Diagnostic::new(code, Place::Span(file, error.span), error.message);
    if let Some((span, label)) = error.related {
        diagnostic = diagnostic.label(Place::Span(file, span), label);
    }
    match error.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
