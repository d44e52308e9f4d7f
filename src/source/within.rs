//! Whether a folder holds what was read: it cannot then be the one that is written.

use std::collections::BTreeSet;
use std::path::Path;

use super::{File, Source};

impl Source {
    /// Returns a file that lies in this folder, if one does; a folder that is not there holds none.
    pub fn within(&self, folder: &Path) -> Option<String> {
        let folder = folder.canonicalize().ok()?;
        let mut known = BTreeSet::new();
        let lies = |file: &&File| {
            let path = self.root.join(&file.path);
            let above = path.parent().unwrap_or(&self.root).to_owned();
            // Thousands of files lie in a few folders.
            known.insert(above.clone()) && above.join(".").canonicalize().is_ok_and(|above| above.starts_with(&folder))
        };
        self.files.iter().find(lies).map(|file| file.shown.clone())
    }
}
