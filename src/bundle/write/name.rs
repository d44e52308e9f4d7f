//! The paths that a bundle may use inside its folder.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Files, WriteError, ledger};

/// One path: relative, `/`-separated, without `.`, `..`, empty parts and control characters.
///
/// Control characters would break the lines of the ledger; the rest could lead out of the folder.
pub(super) fn check(path: &str) -> Result<(), &'static str> {
    if path.chars().any(char::is_control) {
        return Err("it has a control character");
    }
    for part in path.split('/') {
        match part {
            "" => return Err("it has an empty part"),
            "." => return Err("it has the part `.`"),
            ".." => return Err("it leaves the folder"),
            _ => {}
        }
    }
    Ok(())
}

/// All paths of a bundle, also against each other and against the ledger.
pub(super) fn check_all(files: &Files) -> Result<(), WriteError> {
    for path in files.keys() {
        let fault = if path.split('/').next() == Some(ledger::NAME) {
            Err("that is the ledger")
        } else if any_below(files, path) {
            Err("it is a file and a folder")
        } else {
            check(path)
        };
        fault.map_err(|reason| WriteError::Name { path: path.clone(), reason })?;
    }
    Ok(())
}

/// Whether the map has a path below this folder.
pub(super) fn any_below<V>(map: &BTreeMap<String, V>, folder: &str) -> bool {
    let start = format!("{folder}/");
    map.range::<str, _>((Bound::Included(start.as_str()), Bound::Unbounded))
        .next()
        .is_some_and(|(path, _)| path.starts_with(&start))
}
