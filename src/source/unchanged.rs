//! What an earlier chaos.toml has in common with a later one, told before its files are read.
//!
//! A schedule that stands in both, with experiments that stand in both, in bundles that differ in nothing but experiments and
//! schedules, comes out as the same objects. It was checked with the later chaos.toml, so it is neither read, checked nor
//! planned once more: of thousands of experiments few change at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::address::Address;
use super::files::Files;
use super::{CHAOS_TOML, Source, items, stem};
use crate::config::Config;

/// Schedules and experiments of an earlier chaos.toml that a later one has as well: their indices there, and in the later one.
#[derive(Debug, Default)]
pub struct Unchanged {
    schedules: BTreeMap<usize, usize>,
    /// Those that only such schedules run.
    experiments: BTreeMap<usize, usize>,
}

impl Unchanged {
    /// Compares an earlier chaos.toml, whose other files are these, with a later one.
    ///
    /// The first schedule never counts as unchanged: what all schedules share is rendered where there is one.
    pub(super) fn find(earlier: &Value, root: &Path, files: &(dyn Files + Sync), later: &Source) -> Unchanged {
        let now = later.chaos();
        if rest(earlier) != rest(&now) {
            return Unchanged::default();
        }
        let experiments = same_experiments(earlier, root, files, &now, later);
        let names = items(earlier, "experiments").enumerate();
        let names: HashMap<String, usize> = names.filter_map(|(index, entry)| Some((name(entry)?, index))).collect();
        let now: HashMap<&Value, usize> = indices(&now, "schedules");
        let mut found = Unchanged::default();
        let (mut settled, mut open) = (BTreeSet::new(), BTreeSet::new());
        for (index, schedule) in items(earlier, "schedules").enumerate() {
            let run = items(schedule, "experiments").filter_map(|name| names.get(name.as_str()?));
            match now.get(schedule) {
                Some(later) if index > 0 && run.clone().all(|experiment| experiments.contains_key(experiment)) => {
                    found.schedules.insert(index, *later);
                    settled.extend(run.copied());
                }
                _ => open.extend(run.copied()),
            }
        }
        found.experiments = experiments;
        found.experiments.retain(|experiment, _| settled.contains(experiment) && !open.contains(experiment));
        found
    }

    /// Returns whether an entry of `[[experiments]]` of the earlier chaos.toml need not be read.
    pub(super) fn has_experiment(&self, index: usize) -> bool {
        self.experiments.contains_key(&index)
    }

    /// Takes the schedules out of the earlier configuration; the experiments never came into it.
    pub fn take_out(&self, earlier: &mut Config) {
        let root = Address::root(CHAOS_TOML).join("schedules");
        let out: BTreeSet<Address> = self.schedules.keys().map(|index| root.join(index)).collect();
        earlier.schedules.retain(|schedule| !out.contains(&schedule.at));
    }

    /// Returns where in the later chaos.toml all of it stands.
    pub fn in_later(&self) -> impl Iterator<Item = Address> {
        let at = |list: &'static str| move |index: &usize| Address::root(CHAOS_TOML).join(list).join(index);
        self.experiments.values().map(at("experiments")).chain(self.schedules.values().map(at("schedules")))
    }
}

/// Returns chaos.toml without experiments and schedules.
fn rest(chaos: &Value) -> Vec<(&String, &Value)> {
    let keys = chaos.as_object().into_iter().flatten();
    keys.filter(|(key, _)| !["experiments", "schedules"].contains(&key.as_str())).collect()
}

/// Returns the index of each item of a list.
fn indices<'v>(chaos: &'v Value, list: &str) -> HashMap<&'v Value, usize> {
    items(chaos, list).enumerate().map(|(index, entry)| (entry, index)).collect()
}

/// Returns the experiments whose entries and files are the same.
fn same_experiments(
    earlier: &Value,
    root: &Path,
    files: &(dyn Files + Sync),
    now: &Value,
    later: &Source,
) -> BTreeMap<usize, usize> {
    let now = indices(now, "experiments");
    let texts: HashMap<&str, &str> = later.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let is_same = |path: &str| texts.get(path).is_some_and(|text| files.has(&root.join(path), text));
    let entries: Vec<(usize, &Value)> = items(earlier, "experiments").enumerate().collect();
    let same = entries.into_par_iter().filter_map(|(index, entry)| {
        let later = now.get(entry)?;
        entry.get("file").and_then(Value::as_str).is_none_or(is_same).then_some((index, *later))
    });
    same.collect()
}

/// Returns the name of an experiment: its own, or its file's stem.
fn name(entry: &Value) -> Option<String> {
    let own = entry.get("name").and_then(Value::as_str).map(str::to_owned);
    own.or_else(|| entry.get("file").and_then(Value::as_str).map(stem))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::source::Source;
    use crate::source::files::Memory;

    const CHAOS: &str = "\
name = \"shop\"
[namespace]
name = \"shop\"
[[apps]]
name = \"web\"
manifests = [\"web.yaml\"]
[[experiments]]
file = \"a.yaml\"
[[experiments]]
file = \"b.yaml\"
[[experiments]]
name = \"c\"
[experiments.spec]
title = \"c\"
[[schedules]]
experiments = [\"a\"]
[[schedules]]
experiments = [\"b\"]
[[schedules]]
experiments = [\"c\", \"b\"]
";

    fn files(edit: (&str, &str)) -> BTreeMap<String, Vec<u8>> {
        let files = [
            ("chaos.toml", CHAOS),
            ("web.yaml", "kind: Deployment # web"),
            ("a.yaml", "title: a"),
            ("b.yaml", "title: b"),
        ];
        files.map(|(path, text)| (path.to_owned(), text.replacen(edit.0, edit.1, 1).into_bytes())).into()
    }

    /// Returns the experiments of an earlier chaos.toml that are read, by their indices.
    fn read(edit: (&str, &str)) -> Vec<usize> {
        let (later, earlier) = (files(("", "")), files(edit));
        let later = Source::from_memory(&later["chaos.toml"], &later);
        let (source, _) = Source::before("chaos.toml".as_ref(), &Memory(&earlier), &later).unwrap().unwrap();
        (0..3).filter(|index| source.experiments[*index].is_some()).collect()
    }

    #[test]
    fn what_is_unchanged_is_not_read() {
        let cases: &[(&str, (&str, &str), &[usize])] = &[
            ("nothing differs; the first schedule is always planned", ("", ""), &[0]),
            ("a comment is no change", ("# web", ""), &[0]),
            ("a file: with all that its schedules run", ("title: b", "title: d"), &[0, 1, 2]),
            ("a spec", ("title = \"c\"", "title = \"d\""), &[0, 1, 2]),
            ("an entry", ("file = \"a.yaml\"", "file = \"a.yaml\"\ntimeout = \"5m\""), &[0]),
            ("a schedule", ("[\"b\"]", "[\"b\"]\nmanual = true"), &[0, 1]),
            ("a schedule that was not there", ("[\"b\"]", "[\"a\"]"), &[0]),
            ("the namespace", ("name = \"shop\"\n[[apps]]", "name = \"mall\"\n[[apps]]"), &[0, 1, 2]),
            ("an app", ("Deployment", "StatefulSet"), &[0, 1, 2]),
        ];
        for (what, edit, expected) in cases {
            assert_eq!(read(*edit), *expected, "{what}");
        }
    }
}
