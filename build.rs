//! Tells the program its version: that of Cargo.toml, and the git revision that it is built from.
//!
//! The date is the commit's, and the revision is cut to a length of our own: every build of a commit says the same. git is
//! asked, also for the paths of its files, because only it knows worktrees, submodules and packed references.
// What cargo reads is printed.
#![allow(clippy::disallowed_macros)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the program is made of. A change elsewhere makes no other program, and builds none.
const MADE_OF: [&str; 7] = ["Cargo.toml", "Cargo.lock", "build.rs", "src", "schema", "templates", "catalogue"];

/// How much of the revision is told: no two commits of a project begin alike for so long, and what git itself chooses
/// depends on how many objects a clone has.
const REVISION_LENGTH: usize = 12;

/// What would lead git to another repository than that of the folder; hooks set some of it.
const LEADING_ELSEWHERE: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_PREFIX", "GIT_IMPLICIT_WORK_TREE"];

fn main() {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let revision = revision(&folder).map(|revision| format!(" ({revision})")).unwrap_or_default();
    println!("cargo::rustc-env=CHAOSC_VERSION={}{revision}", variable("CARGO_PKG_VERSION"));
    // The program ends where it panics (`panic = "abort"`), so that no table of its frames is ever searched: 140 kB less.
    if variable("PROFILE") == "release" && variable("CARGO_CFG_TARGET_OS") == "linux" {
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }
    for path in watched(&folder) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// Returns the revision that a folder is at and the day of its commit; nothing where the folder is no checkout.
pub(crate) fn revision(folder: &Path) -> Option<String> {
    if !is_checkout(folder) {
        return None;
    }
    // The line before it is the header that git always prints.
    let commit = ask(folder, &["rev-list", "--max-count=1", "--format=%H %cd", "--date=short", "HEAD"])?;
    let (hash, date) = commit.lines().last()?.split_once(' ')?;
    let mut status = vec!["status", "--porcelain", "--untracked-files=no", "--"];
    status.extend(MADE_OF);
    let mark = if ask(folder, &status)?.is_empty() { "" } else { "-dirty" };
    Some(format!("{}{mark} {date}", hash.get(..REVISION_LENGTH)?))
}

/// Returns what has to change before the answer can be another one; all of it exists, because cargo takes a path that does
/// not for one that has changed.
pub(crate) fn watched(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = MADE_OF.iter().map(|name| folder.join(name)).collect();
    if is_checkout(folder) {
        let of_git = |name: &str| Some(folder.join(ask(folder, &["rev-parse", "--git-path", name])?));
        let log = of_git("logs/HEAD").filter(|path| path.exists());
        paths.extend(of_git("HEAD"));
        if let Some(log) = log {
            // It gets a line with each commit, checkout and reset of this worktree, and with nothing else.
            paths.push(log);
        } else {
            let branch = ask(folder, &["rev-parse", "--symbolic-full-name", "HEAD"]);
            // A packed branch has no file: its next commit will make one below a folder that is there.
            let file = branch.and_then(|branch| of_git(&branch));
            paths.extend(file.and_then(|file| Some(file.ancestors().find(|path| path.exists())?.to_owned())));
            paths.extend(of_git("packed-refs"));
            let common = ask(folder, &["rev-parse", "--git-common-dir"]);
            paths.extend(common.map(|common| folder.join(common).join("reftable")));
        }
    }
    paths.retain(|path| path.exists());
    paths
}

/// Returns whether a folder is the root of a repository: a package that lies in another one's is not of its revision.
fn is_checkout(folder: &Path) -> bool {
    ask(folder, &["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.is_empty())
}

/// Asks git in a folder; nothing if there is none, or if it refuses. It writes nothing and runs no hook.
fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.args(["--no-optional-locks", "-c", "core.fsmonitor=false"]).args(arguments).current_dir(folder);
    for variable in LEADING_ELSEWHERE {
        git.env_remove(variable);
    }
    let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
