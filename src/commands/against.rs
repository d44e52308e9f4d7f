//! `chaosc diff --against`: what a change of chaos.toml comes to, compared with a folder or a git revision.

use std::path::{Path, PathBuf};

use super::{Outcome, diff};
use crate::bundle::{self, Bundle};
use crate::check;
use crate::cli::Diff;
use crate::diff::change_set::Compared;
use crate::diff::view;
use crate::error::Error;
use crate::observe;
use crate::plan::apart::{Common, apart};
use crate::plan::{self, Plan};
use crate::render;
use crate::source::revision::Revision;
use crate::source::{self, Source};
use crate::terminal::Terminal;

/// What was.
struct Before {
    /// The words for where it stands.
    name: String,
    /// The plan as it was; nothing, if there was no chaos.toml.
    plan: Option<Plan>,
    /// The rendered bundle that stood beside it.
    committed: Option<Vec<u8>>,
}

pub(super) fn against(terminal: Terminal, args: &Diff, against: &str) -> Result<Outcome, Error> {
    let file = &args.file.file;
    // Each of the two has parts that only one core can do; the other core then works for the other one.
    let (now, before) = rayon::join(|| diff::plan(terminal, file), || before(file, against));
    let Some((plan, origins)) = now? else { return Ok(Outcome::Failed) };
    let Before { name, plan: mut earlier, committed } = before?;
    let common = earlier.as_mut().map(|earlier| apart(earlier, &plan)).unwrap_or_default();
    let (bundle, earlier) = rayon::join(|| render::render(&plan), || earlier.as_ref().map(render::render).transpose());
    let (mut bundle, earlier) = (bundle?, earlier?);
    rayon::spawn(move || drop(plan));
    let notes = notes(&name, &bundle, earlier.as_ref(), committed.as_deref(), &common);
    let desired = observe::against::desired(&mut bundle, &origins, &common);
    let compared = Compared { against: Some(name), ..Compared::default() };
    let wishes = diff::wishes(&args.wishes);
    let snapshot = observe::against::against(&bundle, desired, earlier, compared, wishes, notes);
    let changes = crate::diff::diff(&snapshot);
    rayon::spawn(move || drop(snapshot));
    terminal.results(view::view(&changes, args.format))?;
    Ok(diff::outcome(&changes, args.exit_code))
}

/// Says what has to be known about the bundle as it was.
fn notes(name: &str, now: &Bundle, earlier: Option<&Bundle>, committed: Option<&[u8]>, common: &Common) -> Vec<String> {
    let Some(earlier) = earlier else { return vec![format!("{name} has no chaos.toml: everything is new")] };
    let shared = now.manifests.iter().filter(|manifest| common.has(&manifest.at));
    let documents = earlier.manifests.iter().chain(shared).map(|manifest| manifest.text.in_bundle());
    if committed.is_none_or(|was| bundle::is_written_as(was, documents)) {
        return Vec::new();
    }
    vec![format!(
        "`out/` as it stands in {name} is not what this chaosc renders from the chaos.toml there: what was applied from it \
         may differ from what is compared here"
    )]
}

/// Plans chaos.toml as it was, with this program, so that what differs is the change and not the program.
fn before(file: &Path, against: &str) -> Result<Before, Error> {
    if Path::new(against).is_dir() {
        let path = Path::new(against).join(file.file_name().unwrap_or_default());
        let name = format!("the folder `{against}`");
        let source = if path.exists() { Some(Source::read(&path)?) } else { None };
        return planned(name, source, || source::content(&committed(&path)));
    }
    let revision = Revision::open(file, against)?;
    let name = format!("the git revision `{against}` ({})", revision.commit);
    planned(name, Source::at(&revision, file), || revision.content(&committed(file)))
}

/// Returns where the rendered bundle is committed.
fn committed(file: &Path) -> PathBuf {
    super::beside(file).join("bundle.yaml")
}

/// Goes the line from an earlier source to its plan; `committed` reads the bundle that stood beside it.
fn planned(name: String, source: Option<Source>, committed: impl FnOnce() -> Option<Vec<u8>>) -> Result<Before, Error> {
    let Some(source) = source else { return Ok(Before { name, plan: None, committed: None }) };
    let checked = check::check(&source);
    let Some(config) = checked.config else {
        let mut errors = checked.diagnostics.iter().filter(|one| one.is_error());
        let first = errors.next().map(|one| one.message.clone()).unwrap_or_default();
        return Err(Error::EarlierFaults { name, first, more: errors.count() });
    };
    rayon::spawn(move || drop(source));
    let plan = plan::plan(&config);
    rayon::spawn(move || drop(config));
    Ok(Before { name, plan: Some(plan), committed: committed() })
}
