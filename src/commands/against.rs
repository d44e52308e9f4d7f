//! `chaosc diff --against`: what a change of chaos.toml comes to, compared with a folder or a git revision.

use std::path::{Path, PathBuf};

use super::{Outcome, config, diff, planned};
use crate::bundle::{self, Bundle};
use crate::check;
use crate::cli::Diff;
use crate::diagnostic::{Diagnostic, format};
use crate::diff::change_set::Compared;
use crate::diff::view;
use crate::error::Error;
use crate::observe;
use crate::observe::origins::Origins;
use crate::observe::renamed::ANOTHER;
use crate::plan::apart::{Common, apart};
use crate::plan::{self, Plan};
use crate::render::{self, Texts};
use crate::source::revision::Revision;
use crate::source::unchanged::Unchanged;
use crate::source::{self, Source};
use crate::terminal::Terminal;

/// Where the bundle stands as it was.
enum Earlier {
    /// In another folder, with its chaos.toml.
    Folder(PathBuf),
    /// In a revision of the repository that chaos.toml is in.
    Revision(Revision),
}

/// What was.
#[derive(Default)]
struct Before {
    /// The plan as it was, without what is unchanged; nothing, if there was no chaos.toml.
    plan: Option<Plan>,
    /// What is unchanged.
    unchanged: Unchanged,
    /// The rendered bundle that stood beside it.
    committed: Option<Vec<u8>>,
}

pub(super) fn against(terminal: Terminal, args: &Diff, against: &str) -> Result<Outcome, Error> {
    let file = &args.file.file;
    // Each of the two has parts that only one core can do; the other core then works for the other one.
    let (source, earlier) = rayon::join(|| Source::read(file), || Earlier::open(file, against));
    let source = source?;
    let now = || config(terminal, &source).map(|config| (Origins::of(&config, &source), config));
    let (now, before) = rayon::join(now, || {
        let earlier = earlier?;
        let name = earlier.name(against);
        before(&earlier, file, &name, &source).map(|before| (before, name))
    });
    let Some((origins, config)) = now else { return Ok(Outcome::Failed) };
    let (Before { plan: mut earlier, unchanged, committed }, name) = before?;
    rayon::spawn(move || drop(source));
    let plan = planned(terminal, config);
    let mut common = earlier.as_mut().map(|earlier| apart(earlier, &plan)).unwrap_or_default();
    common.extend(unchanged.in_later());
    let texts = if committed.is_some() { Texts::All } else { Texts::Apart };
    let now = || render::apart(&plan, &common, texts);
    let (bundle, earlier) = rayon::join(now, || earlier.as_ref().map(render::render).transpose());
    let (mut bundle, earlier) = (bundle?, earlier?);
    // The program ends soon: the system takes back at once what would take a while to be taken apart here.
    std::mem::forget(plan);
    let notes = notes(&name, &bundle, earlier.as_ref(), committed.as_deref(), &common);
    let desired = observe::against::desired(&mut bundle, &origins, &common);
    let compared = Compared { against: Some(name), ..Compared::default() };
    let wishes = diff::wishes(&args.wishes);
    let snapshot = observe::against::against(&bundle, desired, earlier, compared, wishes, notes);
    let changes = crate::diff::diff(&snapshot);
    std::mem::forget(snapshot);
    terminal.results(view::view(&changes, args.format))?;
    Ok(diff::outcome(&changes, args.exit_code))
}

/// Says what has to be known about the bundle as it was.
fn notes(name: &str, now: &Bundle, earlier: Option<&Bundle>, committed: Option<&[u8]>, common: &Common) -> Vec<String> {
    let Some(earlier) = earlier else { return vec![format!("{name} has no chaos.toml: everything is new")] };
    let mut notes = Vec::new();
    if (&earlier.name, &earlier.namespace) != (&now.name, &now.namespace) {
        notes.push(format!(
            "in {name} the bundle is `{}` in the namespace `{}`: {ANOTHER}; `chaosc delete` with the chaos.toml there ends them",
            earlier.name, earlier.namespace
        ));
    }
    let shared = now.manifests.iter().filter(|manifest| common.has(&manifest.at));
    let documents = earlier.manifests.iter().chain(shared).map(|manifest| manifest.text.in_bundle());
    if committed.is_some_and(|was| !bundle::is_written_as(was, documents)) {
        notes.push(format!(
            "`out/` as it stands in {name} is not what this chaosc renders from the chaos.toml there: what was applied from it \
             may differ from what is compared here"
        ));
    }
    notes
}

impl Earlier {
    fn open(file: &Path, against: &str) -> Result<Earlier, Error> {
        let folder = Path::new(against);
        if folder.is_dir() {
            return Ok(Earlier::Folder(folder.join(file.file_name().unwrap_or_default())));
        }
        Ok(Earlier::Revision(Revision::open(file, against)?))
    }

    /// Returns the words for it.
    fn name(&self, against: &str) -> String {
        match self {
            Earlier::Folder(_) => format!("the folder `{against}`"),
            Earlier::Revision(revision) => format!("the git revision `{against}` ({})", revision.commit),
        }
    }

    /// Returns the rendered bundle that stood beside it.
    fn committed(&self, file: &Path) -> Option<Vec<u8>> {
        let bundle = |file| super::beside(file).join("bundle.yaml");
        match self {
            Earlier::Folder(file) => source::content(&bundle(file)),
            Earlier::Revision(revision) => revision.content(&bundle(file)),
        }
    }
}

/// Plans chaos.toml as it was, with this program, so that what differs is the change and not the program.
fn before(earlier: &Earlier, file: &Path, name: &str, now: &Source) -> Result<Before, Error> {
    let read = match earlier {
        Earlier::Folder(file) => Source::earlier(file, now)?,
        Earlier::Revision(revision) => Source::at(revision, file, now)?,
    };
    let Some((source, unchanged)) = read else { return Ok(Before::default()) };
    let checked = check::check(&source);
    let Some(mut config) = checked.config else {
        let mut errors = checked.diagnostics.iter().filter(|one| one.is_error());
        let told = |one: &Diagnostic| {
            let file = &source.file(source.resolve(&one.place).0).path;
            format!("{file}:{}: {}", source.line_column(&one.place).0, format::message(&source, one))
        };
        let first = errors.next().map(told).unwrap_or_default();
        return Err(Error::EarlierFaults { name: name.to_owned(), first, more: errors.count() });
    };
    rayon::spawn(move || drop(source));
    unchanged.take_out(&mut config);
    let plan = plan::plan(&config);
    rayon::spawn(move || drop(config));
    Ok(Before { plan: Some(plan), unchanged, committed: earlier.committed(file) })
}
