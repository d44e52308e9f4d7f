//! What two bundles have in common is read, checked, planned and rendered once for `diff --against`: the rows have to be those
//! of the long way.

use std::fs;
use std::path::{Path, PathBuf};

use chaosc::bundle::Bundle;
use chaosc::diff::change_set::{ChangeSet, Compared};
use chaosc::observe::against;
use chaosc::observe::origins::Origins;
use chaosc::plan::Plan;
use chaosc::plan::apart::{Common, apart};
use chaosc::render::Texts;
use chaosc::snapshot::Wishes;
use chaosc::source::Source;
use chaosc::{check, diff, plan, render};

use crate::folders::{cases, contents, copy, project};

/// What each case begins its schedules with: the first one is always read and rendered, so that it can lend what all share.
const FIRST: &str = "\
[[experiments]]
name = \"lender\"
[experiments.spec]
title = \"t\"
description = \"d\"
method = []
[[schedules]]
name = \"lender\"
experiments = [\"lender\"]
manual = true

";

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
    ("[[experiments]]\n", "[[experiments]]\ntimeout = \"7m\"\n"),
];

/// Replacements in the files that chaos.toml names, in the first one that has them.
const REPLACED_IN_FILES: &[(&str, &str)] =
    &[("title: ", "title: another "), ("replicas: ", "replicas: 1"), ("\n", "\n# A comment is no change.\n")];

/// A folder with what the long way makes of it.
struct Project {
    folder: PathBuf,
    source: Source,
    plan: Plan,
    origins: Origins,
    bundle: Bundle,
}

impl Project {
    /// Goes the line, if there is no error.
    fn read(folder: &Path) -> Option<Project> {
        let source = Source::read(&folder.join("chaos.toml")).unwrap();
        let config = check::check(&source).config?;
        let plan = plan::plan(&config);
        Some(Project {
            folder: folder.to_path_buf(),
            origins: Origins::of(&config, &source),
            bundle: render::render(&plan).unwrap(),
            source,
            plan,
        })
    }
}

fn compared(now: &mut Bundle, origins: &Origins, before: Bundle, common: &Common) -> ChangeSet {
    let wanted = against::desired(now, origins, common);
    let snapshot = against::against(now, wanted, Some(before), Compared::default(), Wishes::default(), Vec::new());
    diff::diff(&snapshot)
}

/// What the pairs came to.
#[derive(Debug, Default)]
struct Counts {
    pairs: usize,
    unread: usize,
    unrendered: usize,
    differing: usize,
}

/// Compares two projects the long way and the short one.
fn compare(now: &Project, before: &Project, counts: &mut Counts) {
    let long = compared(&mut now.bundle.clone(), &now.origins, before.bundle.clone(), &Common::default());
    let (source, unchanged) = Source::earlier(&before.folder.join("chaos.toml"), &now.source).unwrap().unwrap();
    let mut config = check::check(&source).config.expect("what is left has no fault either");
    unchanged.take_out(&mut config);
    let mut rest = plan::plan(&config);
    let planned = rest.experiments.len();
    let mut common = apart(&mut rest, &now.plan);
    common.extend(unchanged.in_later());
    let texts = |bundle: &Bundle| -> Vec<_> {
        bundle.manifests.iter().map(|manifest| (manifest.id.clone(), manifest.text.clone())).collect()
    };
    assert_eq!(texts(&render::apart(&now.plan, &common, Texts::All).unwrap()), texts(&now.bundle));
    let mut bundle = render::apart(&now.plan, &common, Texts::Apart).unwrap();
    let short = compared(&mut bundle, &now.origins, render::render(&rest).unwrap(), &common);
    assert_eq!(short, long, "{}", before.folder.display());
    counts.pairs += 1;
    counts.unread += usize::from(planned < before.plan.experiments.len());
    counts.unrendered += usize::from(rest.experiments.len() < before.plan.experiments.len());
    counts.differing += usize::from(!long.changes.is_empty());
}

/// Replaces a text in the first file that has it, by the order of their names, and returns whether there is one.
fn replace_in_files(folder: &Path, from: &str, to: &str) -> bool {
    for (name, content) in contents(folder) {
        let text = String::from_utf8(content).unwrap_or_default();
        if !name.starts_with("out/") && !name.ends_with(".toml") && text.contains(from) {
            fs::write(folder.join(name), text.replacen(from, to, 1)).unwrap();
            return true;
        }
    }
    false
}

#[test]
fn what_is_common_changes_no_row() {
    let mut counts = Counts::default();
    for case in cases("tests/render").into_iter().chain([project("")]) {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        let restore = |folder: &Path| {
            if case == project("") {
                copy(&case.join("example"), &folder.join("example"));
                fs::copy(case.join("chaos.toml.example"), folder.join("chaos.toml")).unwrap();
            } else {
                copy(&case, folder);
            }
            let path = folder.join("chaos.toml");
            let text =
                fs::read_to_string(&path).unwrap().replacen("[[schedules]]", &format!("{FIRST}[[schedules]]"), 1);
            fs::write(path, text).unwrap();
        };
        restore(&one);
        restore(&other);
        let before = Project::read(&one).unwrap_or_else(|| panic!("{} has errors", case.display()));
        let mut names = before.plan.experiments.iter().map(|experiment| experiment.name.as_str());
        let experiment = names.rfind(|name| *name != "lender").unwrap_or("none");
        let path = other.join("chaos.toml");
        let text = fs::read_to_string(&path).unwrap();
        let mut compare_both = || {
            // Some edits do not fit some cases.
            let Some(now) = Project::read(&other) else { return };
            compare(&now, &before, &mut counts);
            compare(&before, &now, &mut counts);
        };
        for (_, more) in EDITS {
            fs::write(&path, text.clone() + &more.replace("EXPERIMENT", experiment)).unwrap();
            compare_both();
        }
        for (from, to) in REPLACED.iter().filter(|(from, _)| text.contains(from)) {
            fs::write(&path, text.replacen(from, to, 1)).unwrap();
            compare_both();
        }
        for (from, to) in REPLACED_IN_FILES {
            restore(&other);
            if replace_in_files(&other, from, to) {
                compare_both();
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.pairs > 300 && counts.differing > 200 && counts.unrendered > 200 && counts.unread > 150);
}
