//! The repository that chaos.toml comes from, as git knows it.
//!
mod remote;

use std::path::Path;

use super::git::{ask, folder};
use remote::{is_whole, normal};

/// Returns `HOST/OWNER/REPO:PATH` of a chaos.toml: the address of the remote `origin` without scheme, user, password,
/// port and `.git`, and the path in the repository.
///
/// The same repository gives the same text, whether it was cloned by ssh or by https. Nothing is known, and `None`
/// returned, where there is no git, no repository, no remote of that name, or one on this machine.
pub fn origin(chaos_toml: &Path) -> Option<String> {
    let folder = folder(chaos_toml);
    let name = chaos_toml.file_name()?.to_string_lossy();
    let place = ask(folder, &["rev-parse", "--is-inside-work-tree", "--show-prefix"])?;
    let prefix = place.strip_prefix("true\n")?;
    let repository = normal(&address(folder)?)?;
    Some(format!("{repository}:{prefix}{name}"))
}

/// Returns the address that git fetches from.
fn address(folder: &Path) -> Option<String> {
    let written = ask(folder, &["config", "--get-all", "remote.origin.url"])?;
    let first = written.lines().next()?;
    // A shorthand is one's own (`url.<base>.insteadOf`); a whole address is the same for everybody, also where git is told to
    // go another way to it, such as by a mirror.
    if is_whole(first) { Some(first.to_owned()) } else { ask(folder, &["remote", "get-url", "origin"]) }
}
