//! The pages for people: what they show is tried, and what they link to is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folders::{project, put};
use crate::tools::{parts, run};

/// The rows of a page's tables whose columns are a field and its value.
pub(crate) fn fields(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(project(page)).unwrap();
    let table = text.lines().skip_while(|line| !line.starts_with("| field | value |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|')).map(|row| {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).skip(1);
        (cells.next().unwrap(), cells.next().unwrap())
    });
    rows.collect()
}

/// The lines of a file, without what they are indented by.
pub(crate) fn lines_of(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(|line| line.trim().trim_start_matches("- ").to_owned()).collect()
}

/// The blocks of a page that are in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(project(page)).unwrap();
    let open = format!("\n```{language}\n");
    let parts = text.split(&open).skip(1);
    parts.map(|part| part.split("\n```").next().unwrap().to_owned()).collect()
}

/// Each block of docs/schedules.md is a schedule of the starter, and each row of its table is a field of what comes out.
#[test]
fn the_schedules_are_as_their_page_says() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["init", "-q"]).0, 0);
    let file = folder.path().join("chaos.toml");
    let starter = fs::read_to_string(&file).unwrap();
    let again = "[[experiments]]\nname = \"again\"\nfile = \"experiments/terminate-pod.yaml\"\n\n";
    let blocks = blocks("docs/schedules.md", "toml");
    assert_eq!(blocks.len(), 4);
    let text = starter.replace("[[schedules]]", &format!("{again}[[schedules]]"));
    put(&file, format!("{text}\n{}\n", blocks.join("\n\n")));
    assert_eq!(run(folder.path(), &["check", "--deny-warnings"]), (0, String::new(), String::new()));
    assert_eq!(run(folder.path(), &["render", "-q"]).0, 0);
    let manifests = folder.path().join("out/manifests");
    let of = |name: &str| lines_of(&manifests.join(format!("cronjob_go-app-chaos-{name}.yaml")));
    let rows = fields("docs/schedules.md");
    assert_eq!(rows.len(), 7);
    for (field, value) in rows {
        assert!(of("every-five-minutes").contains(&format!("{field}: {value}")), "{field}: {value}");
    }
    for line in ["timeZone: \"Europe/Berlin\"", "successfulJobsHistoryLimit: 1", "failedJobsHistoryLimit: 5"] {
        assert!(of("office-hours").contains(&line.to_owned()), "{line}");
    }
    for line in ["suspend: true", "schedule: \"0 0 31 2 *\""] {
        assert!(of("by-hand").contains(&line.to_owned()), "{line}");
    }
    assert!(!of("every-five-minutes").iter().any(|line| line.starts_with("suspend")));
    let mut names = fs::read_dir(&manifests).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(names.any(|name| name.starts_with("job_go-app-chaos-on-release-")));
}

/// Every command of the README's tour does what it is there for, in the order in which they stand.
#[test]
fn the_tour_can_be_taken() {
    let tour = blocks("README.md", "console").into_iter().find(|block| block.contains("chaosc init")).unwrap();
    let lines: Vec<&str> = tour.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(lines.len() >= 8, "{lines:?}");
    let folder = tempfile::tempdir().unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_chaosc")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-x", "-c", &lines.join("\n")]).current_dir(folder.path()).env("PATH", path);
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
    }
    let (code, out, err) = parts(shell.output().unwrap());
    assert_eq!(code, 0, "{out}\n{err}");
    for expected in ["delete pods in namespace go-app", "compared with the git revision `HEAD`", "qty: 2"] {
        assert!(out.contains(expected), "{expected}\n{out}\n{err}");
    }
    let next = "next, in `shop`: `chaosc check`, then `chaosc render`, then `chaosc apply`\n";
    assert!(err.contains(next), "{err}");
    // What was committed is what was rendered: names end in hashes, so that a change brings new files.
    let committed = folder.path().join("shop");
    let status = Command::new("git").args(["status", "--porcelain"]).current_dir(&committed).output().unwrap();
    assert_eq!(parts(status), (0, String::new(), String::new()));
}

/// The pages of the project.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(project("docs")).unwrap().map(|file| file.unwrap().path());
    let mut pages: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.extend(["README.md", "CONTRIBUTING.md", "tests/tools/README.md"].map(project));
    pages.sort();
    pages
}

/// The names that a forge gives the headings of a page.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    let mut is_fenced = false;
    let headings = text.lines().filter(|line| {
        is_fenced ^= line.starts_with("```");
        !is_fenced && line.starts_with('#')
    });
    headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// What a page links to is there, and so is its heading.
#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            // The web is not asked; and there is no link with a space.
            if link.contains("://") || link.contains([' ', '`', '<']) {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let is_there = target.exists() && (anchor.is_empty() || anchors(&target).contains(anchor));
            if !is_there {
                wrong.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// The README's figures are lines of the tables that the benchmarks print.
#[test]
fn the_figures_are_those_of_the_tables() {
    let tables = fs::read_to_string(project("docs/speed.md")).unwrap();
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let (_, speed) = readme.split_once("## Speed\n").unwrap();
    let rows = speed.lines().filter(|line| line.starts_with('|') && line.contains(|c: char| c.is_ascii_digit()));
    let rows: Vec<Vec<&str>> =
        rows.take(4).map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect();
    for row in rows {
        let [what, seconds, memory] = row.as_slice() else { panic!("{row:?}") };
        let is_there = |line: &str| {
            let figures: Vec<&str> = line.strip_prefix(what).unwrap_or_default().split_whitespace().collect();
            figures.first() == Some(seconds) && figures.last() == Some(memory)
        };
        assert!(tables.lines().any(is_there), "{row:?}");
    }
}

/// Each page has a way to it from the front.
#[test]
fn every_page_is_linked_from_the_readme() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    for page in pages() {
        let name = page.strip_prefix(project("")).unwrap().to_string_lossy().into_owned();
        let is_inner = name == "README.md" || name.starts_with("tests/");
        assert!(is_inner || readme.contains(&format!("]({name})")), "{name}");
    }
}
