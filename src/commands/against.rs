//! `chaosc diff --against`: what a change of chaos.toml comes to, compared with a folder or a git revision.

use std::path::{Path, PathBuf};

use super::{Outcome, diff};
use crate::bundle::Bundle;
use crate::check;
use crate::cli::Diff;
use crate::diff::change_set::Compared;
use crate::diff::view;
use crate::error::Error;
use crate::observe::against;
use crate::plan;
use crate::render;
use crate::source::revision::Revision;
use crate::source::{self, Source};
use crate::terminal::Terminal;

/// The bundle as it was.
struct Before {
    /// The words for where it stands.
    name: String,
    /// Nothing, if there was no chaos.toml.
    bundle: Option<Bundle>,
    /// What somebody has to know about it.
    notes: Vec<String>,
}

pub(super) fn against(terminal: Terminal, args: &Diff, against: &str) -> Result<Outcome, Error> {
    let file = &args.file.file;
    // Each of the two has parts that only one core can do; the other core then works for the other one.
    let (subject, before) = rayon::join(|| diff::subject(terminal, file, &args.wishes), || before(file, against));
    let Some((subject, _)) = subject? else { return Ok(Outcome::Failed) };
    let Before { name, bundle, notes } = before?;
    let compared = Compared { against: Some(name), ..Compared::default() };
    let snapshot = against::against(subject, bundle, compared, notes);
    let changes = crate::diff::diff(&snapshot);
    rayon::spawn(move || drop(snapshot));
    terminal.results(view::view(&changes, args.format))?;
    Ok(diff::outcome(&changes, args.exit_code))
}

/// Renders chaos.toml as it was, with this program, so that what differs is the change and not the program.
fn before(file: &Path, against: &str) -> Result<Before, Error> {
    if Path::new(against).is_dir() {
        let path = Path::new(against).join(file.file_name().unwrap_or_default());
        let name = format!("the folder `{against}`");
        let source = if path.exists() { Some(Source::read(&path)?) } else { None };
        return rendered(name, source, || source::content(&committed(&path)));
    }
    let revision = Revision::open(file, against)?;
    let name = format!("the git revision `{against}` ({})", revision.commit);
    rendered(name, Source::at(&revision, file), || revision.content(&committed(file)))
}

/// Returns where the rendered bundle is committed.
fn committed(file: &Path) -> PathBuf {
    super::beside(file).join("bundle.yaml")
}

/// Goes the line from an earlier source to its bundle; `committed` reads the bundle that stood beside it.
fn rendered(
    name: String,
    source: Option<Source>,
    committed: impl FnOnce() -> Option<Vec<u8>>,
) -> Result<Before, Error> {
    let Some(source) = source else {
        let note = format!("{name} has no chaos.toml: everything is new");
        return Ok(Before { name, bundle: None, notes: vec![note] });
    };
    let checked = check::check(&source);
    let Some(config) = checked.config else {
        let mut errors = checked.diagnostics.iter().filter(|one| one.is_error());
        let first = errors.next().map(|one| one.message.clone()).unwrap_or_default();
        return Err(Error::EarlierFaults { name, first, more: errors.count() });
    };
    rayon::spawn(move || drop(source));
    let plan = plan::plan(&config);
    rayon::spawn(move || drop(config));
    let bundle = render::render(&plan)?;
    rayon::spawn(move || drop(plan));
    let mut notes = Vec::new();
    if committed().is_some_and(|was| !bundle.is_written_as(&was)) {
        notes.push(format!(
            "`out/` as it stands in {name} is not what this chaosc renders from the chaos.toml there: what was applied \
             from it may differ from what is compared here"
        ));
    }
    Ok(Before { name, bundle: Some(bundle), notes })
}
