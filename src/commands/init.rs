//! `chaosc init`: writes the starter.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::Outcome;
use crate::check::schema;
use crate::cli::Init;
use crate::error::Error;
use crate::terminal::Terminal;

/// The files of the starter.
pub const STARTER: &[(&str, &str)] = &[
    ("chaos.toml", include_str!("../../templates/starter/chaos.toml")),
    ("app/go-app.yaml", include_str!("../../templates/starter/app/go-app.yaml")),
    ("experiments/terminate-pod.yaml", include_str!("../../templates/starter/experiments/terminate-pod.yaml")),
    ("schema/chaos.schema.json", schema::CHAOS),
    ("schema/experiment.schema.json", schema::EXPERIMENT),
];

/// Writes the starter into a folder; if any of its files is there already, nothing is written.
pub(super) fn init(terminal: Terminal, args: &Init) -> Result<Outcome, Error> {
    let path = |name: &str| args.folder.join(name);
    let existing: Vec<String> = STARTER
        .iter()
        .map(|(name, _)| path(name))
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| path.display().to_string())
        .collect();
    if !existing.is_empty() {
        return Err(Error::StarterExists { existing });
    }
    for (name, text) in STARTER {
        let path = path(name);
        let failed = |source| Error::WriteFile { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        // A file that somebody made in the meantime is not overwritten either.
        let mut file = fs::File::create_new(&path).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        terminal.status(&format!("wrote {}", path.display()));
    }
    let is_here = args.folder == Path::new(".");
    let there = if is_here { String::new() } else { format!(", in `{}`", args.folder.display()) };
    terminal.status(&format!("next{there}: `chaosc check`, then `chaosc render`, then `chaosc apply`"));
    Ok(Outcome::Done)
}
