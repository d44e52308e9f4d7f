//! What two bundles have in common is rendered once for `diff --against`: the rows have to be those of the long way.

use std::fs;
use std::path::Path;

use chaosc::bundle::Bundle;
use chaosc::diff::change_set::{ChangeSet, Compared};
use chaosc::observe::against;
use chaosc::observe::origins::Origins;
use chaosc::plan::Plan;
use chaosc::plan::apart::{Common, apart};
use chaosc::snapshot::Wishes;
use chaosc::source::Source;
use chaosc::{check, diff, plan, render};

use crate::folders::{cases, copy, project};

/// Edits of chaos.toml that have to go together with what a case holds.
const EDITS: &[(&str, &str)] = &[
    ("nothing", ""),
    ("another schedule", "\n[[schedules]]\nname = \"more\"\nexperiments = [\"EXPERIMENT\"]\nmanual = true\n"),
    (
        "another experiment",
        "\n[[experiments]]\nname = \"more\"\n[experiments.spec]\ntitle = \"t\"\ndescription = \"d\"\nmethod = []\n\
         [[schedules]]\nname = \"more\"\nexperiments = [\"more\"]\ncron = \"0 1 * * *\"\n",
    ),
];

/// Replacements in chaos.toml; where there is nothing to replace, nothing differs.
const REPLACED: &[(&str, &str)] = &[
    ("title = \"", "title = \"another "),
    ("cron = \"", "cron = \"0 3 * * *\" #"),
    ("name = \"shop\"\n", "name = \"shop\"\n[image]\nrepository = \"registry.example/other\"\ntag = \"2\"\n"),
    ("[[schedules]]\n", "[[schedules]]\ntime-zone = \"Europe/Berlin\"\n"),
];

fn line(folder: &Path) -> Option<(Plan, Origins)> {
    let source = Source::read(&folder.join("chaos.toml")).unwrap();
    let config = check::check(&source).config?;
    let origins = Origins::of(&config, &source);
    Some((plan::plan(&config), origins))
}

fn compared(now: &Plan, origins: &Origins, before: &Plan, common: &Common) -> ChangeSet {
    let render = |plan| -> Bundle { render::render(plan).unwrap() };
    let mut bundle = render(now);
    let wanted = against::desired(&mut bundle, origins, common);
    let before = Some(render(before));
    let snapshot = against::against(&bundle, wanted, before, Compared::default(), Wishes::default(), Vec::new());
    diff::diff(&snapshot)
}

#[test]
fn what_is_common_changes_no_row() {
    let (mut compared_pairs, mut shared, mut differing) = (0, 0, 0);
    let folders = cases("tests/render").into_iter().chain([project("")]);
    for case in folders {
        let folder = tempfile::tempdir().unwrap();
        if case == project("") {
            copy(&case.join("example"), &folder.path().join("example"));
            fs::copy(case.join("chaos.toml.example"), folder.path().join("chaos.toml")).unwrap();
        } else {
            copy(&case, folder.path());
        }
        let path = folder.path().join("chaos.toml");
        let text = fs::read_to_string(&path).unwrap();
        let Some((before, _)) = line(folder.path()) else { panic!("{} has errors", case.display()) };
        let first = before.experiments.first().map_or("none", |experiment| &experiment.name).to_owned();
        let edits = EDITS.iter().map(|(_, more)| text.clone() + &more.replace("EXPERIMENT", &first));
        let replaced = REPLACED.iter().map(|(from, to)| text.replacen(from, to, 1));
        for edited in edits.chain(replaced) {
            fs::write(&path, edited).unwrap();
            // Some edits do not fit some cases.
            let Some((now, origins)) = line(folder.path()) else { continue };
            for (now, before) in [(&now, &before), (&before, &now)] {
                let long = compared(now, &origins, before, &Common::default());
                let mut rest = before.clone();
                let common = apart(&mut rest, now);
                assert_eq!(compared(now, &origins, &rest, &common), long, "{}", case.display());
                compared_pairs += 1;
                shared += usize::from(rest.experiments.len() < before.experiments.len());
                differing += usize::from(!long.changes.is_empty());
            }
        }
    }
    println!("{compared_pairs} pairs, {shared} with something in common, {differing} that differ");
    assert!(compared_pairs > 200 && shared > 100 && differing > 100);
}
