//! The work of reading: chaos.toml first, then what it names, in its order.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::address::{Address, FileId, Place};
use super::files::{self, FileProblem, Files};
use super::language::{Language, Parsed, parse};
use super::tree::{Content, Node, ReadError, join};
use super::unchanged::Unchanged;
use super::{CHAOS_TOML, File, Source, items};
use crate::diagnostic::{Code, Diagnostic};

impl Source {
    /// Reads everything but what is unchanged, given chaos.toml itself.
    pub(super) fn of(
        root: PathBuf,
        name: &str,
        parsed: Parsed,
        files: &(dyn Files + Sync),
        unchanged: &Unchanged,
    ) -> Source {
        let source = Source {
            root,
            files: Vec::new(),
            experiments: Vec::new(),
            objects: Vec::new(),
            partial: BTreeSet::new(),
            problems: Vec::new(),
        };
        let mut reading = Reading { source, files, unchanged, read: HashMap::new(), ahead: HashMap::new() };
        reading.add(name, parsed, Language::Toml);
        reading.follow();
        reading.source
    }
}

/// The work of reading: the source so far, and which files are in it already.
struct Reading<'f> {
    source: Source,
    files: &'f (dyn Files + Sync),
    /// What is passed over.
    unchanged: &'f Unchanged,
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
            } else if !self.unchanged.has_experiment(index) {
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
        let experiments = items(chaos, "experiments").enumerate();
        let experiments = experiments.filter(|(index, _)| !self.unchanged.has_experiment(*index));
        let paths: BTreeSet<&str> =
            experiments.filter_map(|(_, experiment)| experiment.get("file")?.as_str()).collect();
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
