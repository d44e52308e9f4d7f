//! The lines that the objects of a bundle come from, found before the files are given up: of thousands of experiments
//! the texts and trees take more memory than all else.

use std::collections::HashMap;

use crate::config::Config;
use crate::diff::change_set::Origin;
use crate::source::address::{Address, FileId, Place};
use crate::source::{CHAOS_TOML, Source};

/// The lines of the parts that objects come from.
pub struct Origins {
    lines: HashMap<Address, Origin>,
    chaos_toml: String,
}

impl Origins {
    /// Finds the lines of everything that an object can come from.
    pub fn of(config: &Config, source: &Source) -> Origins {
        let root = Address::root(CHAOS_TOML);
        let parts = config.apps.iter().flat_map(|app| &app.objects).map(|object| &object.at);
        let parts = parts.chain(config.experiments.iter().map(|experiment| &experiment.at));
        let parts = parts.chain(config.schedules.iter().map(|schedule| &schedule.at));
        Origins::at(parts.cloned().chain([root.join("namespace"), root]), source)
    }

    /// Finds the lines of some parts.
    pub fn at(parts: impl IntoIterator<Item = Address>, source: &Source) -> Origins {
        let mut starts: HashMap<FileId, Vec<usize>> = HashMap::new();
        let mut origin = |at: &Address| {
            let (file, span) = source.resolve(&Place::Value(at.clone()));
            let text = &source.file(file).text;
            // Lines are looked up once a file: there may be thousands of addresses in it.
            let starts = starts
                .entry(file)
                .or_insert_with(|| std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect());
            Origin {
                file: source.file(file).shown.clone(),
                pointer: at.pointer.clone(),
                line: starts.partition_point(|start| *start <= span.start),
            }
        };
        let lines = parts.into_iter().map(|at| (at.clone(), origin(&at))).collect();
        Origins { lines, chaos_toml: source.file(CHAOS_TOML).shown.clone() }
    }

    /// Returns where an address stands; for one that was not looked up, the file.
    pub(crate) fn get(&self, at: &Address) -> Origin {
        self.lines.get(at).cloned().unwrap_or_else(|| Origin {
            file: self.chaos_toml.clone(),
            pointer: at.pointer.clone(),
            line: 1,
        })
    }
}
