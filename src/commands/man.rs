//! `chaosc man`: prints a man page, or writes all of them.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::{Outcome, count, whole_file};
use crate::cli::Man;
use crate::cli::man::{MARK, Page, pages};
use crate::error::Error;
use crate::terminal::Terminal;

pub(super) fn man(terminal: Terminal, args: &Man) -> Result<Outcome, Error> {
    // Their texts are put together in memory, which does not fail.
    let pages = pages().map_err(|source| Error::WriteFile { path: "man page".into(), source })?;
    if let Some(folder) = &args.out {
        return write(terminal, folder, &pages);
    }
    for page in pages.iter().filter(|page| page.command == args.command) {
        terminal.result(&page.text)?;
    }
    Ok(Outcome::Done)
}

/// Writes the pages into a folder; if a file of somebody else has the name of one, nothing is written.
fn write(terminal: Terminal, folder: &Path, pages: &[Page]) -> Result<Outcome, Error> {
    let mut foreign = Vec::new();
    for page in pages {
        let path = folder.join(&page.file);
        let is_free = match fs::read(&path) {
            Ok(bytes) => bytes.starts_with(MARK.as_bytes()),
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if !is_free {
            foreign.push(path.display().to_string());
        }
    }
    if !foreign.is_empty() {
        return Err(Error::ForeignPages { foreign });
    }
    fs::create_dir_all(folder).map_err(|source| Error::WriteFile { path: folder.to_owned(), source })?;
    for page in pages {
        let path = folder.join(&page.file);
        let written = whole_file::write(&path, page.text.as_bytes(), 0o644);
        written.map_err(|source| Error::WriteFile { path, source })?;
    }
    terminal.status(&format!("{}: {} written", folder.display(), count(pages.len(), "page")));
    Ok(Outcome::Done)
}
