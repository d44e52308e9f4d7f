//! `tests/human/*.txt`: diagnostics as people see them, drawn over their source lines, without the colours.
//!
//! Each file begins with what the picture is to show, and is rewritten by `CHAOSC_UPDATE=1`: then look at it.

use std::fs;

use chaosc::commands::STARTER;

use crate::folders::{is_update, project, put};
use crate::tools::run;

const HEAD: &str = "name = \"go-app\"\n\n[namespace]\nname = \"go-app\"\n";
const RUN: &str = "\n[[experiments]]\nfile = \"experiments/terminate-pod.yaml\"\n\n[[schedules]]\nexperiments = [\"terminate-pod\"]\nmanual = true\n";
const APP: &str = "\n[[apps]]\nname = \"go-app\"\nmanifests = [\"app\"]\n";
const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";

/// Draws what `check` finds in the starter with these files replaced, and compares it with the picture.
fn draws(case: &str, shows: &str, files: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in STARTER.iter().chain(files) {
        put(&folder.path().join(path), text);
    }
    let (_, drawn, _) = run(folder.path(), &["check"]);
    assert!(!drawn.is_empty(), "{case} finds nothing");
    let text = format!("{shows}\n\n{drawn}");
    let path = project(&format!("tests/human/{case}.txt"));
    if is_update() {
        put(&path, &text);
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        text,
        "`CHAOSC_UPDATE=1` rewrites tests/human/{case}.txt"
    );
}

#[test]
fn one_place() {
    let text = format!("{HEAD}{RUN}crn = \"*/5 * * * *\"\n");
    draws("one-place", "One place in the middle of a file, with the next step.", &[("chaos.toml", &text)]);
}

#[test]
fn a_label_in_the_same_file() {
    let text = format!(
        "{HEAD}{RUN}\n[pod.resources]\nrequests = {{ memory = \"1Gi\" }}\n\nlimits = {{ memory = \"512Mi\" }}\n"
    );
    draws("label-in-the-same-file", "The limit stands two lines below the request.", &[("chaos.toml", &text)]);
}

#[test]
fn a_label_far_away() {
    let other = APP.replace("[\"app\"]", "[\"other.yaml\"]");
    let text = format!("{HEAD}{RUN}{APP}{}{other}", "# …\n".repeat(40));
    let files = [("chaos.toml", &*text), ("other.yaml", SETTINGS)];
    draws("label-far-away", "What lies between the two places is left out.", &files);
}

#[test]
fn a_label_in_another_file() {
    let files = [("chaos.toml", &*format!("{HEAD}{RUN}{APP}")), ("app/a.yaml", SETTINGS), ("app/b.yaml", SETTINGS)];
    draws("label-in-another-file", "The file at fault first, then the one it collides with.", &files);
}

#[test]
fn a_value_of_several_lines() {
    let text = format!("{HEAD}{RUN}cron = \"\"\"\n*/5 *\n* * * *\"\"\"\n").replace("manual = true\n", "");
    draws("several-lines", "Only the first line of a long value is marked.", &[("chaos.toml", &text)]);
}

#[test]
fn tabs_before_the_place() {
    let text = format!("{HEAD}{RUN}\n[pod.labels]\n\t\"a\tb\" = \"x\"\n\tteam\t=\t\"the shop\"\n");
    draws("tabs", "The mark stands under its text although there are tabs before it.", &[("chaos.toml", &text)]);
}

#[test]
fn wide_characters_before_the_place() {
    let text =
        format!("{HEAD}{RUN}\n[pod]\nlabels = {{ team = \"店舗 チーム\", \"café\" = \"x\", ship = \"🚢 it\" }}\n");
    draws("wide-characters", "Each mark stands under its text in a terminal's columns.", &[("chaos.toml", &text)]);
}

#[test]
fn very_long_lines() {
    let many = "\"a-name-that-is-there\", ".repeat(200);
    let text = format!("{HEAD}{RUN}\n[kubernetes]\ncontexts = [{many}7, {many}\"end\"]\n");
    let run = RUN.replace("manual = true", "cron = \"0 3 * * *\"");
    let value = format!("{HEAD}{run}suspend = \"{}\"\n", "x".repeat(3000));
    draws("very-long-line", "The line is cut around the place.", &[("chaos.toml", &text)]);
    draws("very-long-value", "The value itself is longer than any screen.", &[("chaos.toml", &value)]);
}

#[test]
fn a_file_of_one_line() {
    let step = r#"{"name":"wait","type":"acton","provider":{"type":"http","url":"http://go-app"}}"#;
    let many = format!("{},{step}", step.replace("acton", "action"));
    let text = format!(r#"{{"title":"go-app","description":"{}","method":[{many}]}}"#, "x".repeat(100_000));
    let chaos = format!("{HEAD}{RUN}").replace("terminate-pod.yaml", "terminate-pod.json");
    let files = [("chaos.toml", &*chaos), ("experiments/terminate-pod.json", &*text)];
    draws("file-of-one-line", "The place of what is left of a huge line is that in the file.", &files);
}

#[test]
fn the_end_of_a_file() {
    let text = "title: go-app\ndescription: Cut off.\nmethod:\n  - name: \"wait";
    draws("end-of-file", "The text ends where the quote should.", &[("experiments/terminate-pod.yaml", text)]);
}

#[test]
fn an_empty_file() {
    draws("empty-file", "There is no line to show.", &[("experiments/terminate-pod.yaml", "")]);
    draws("empty-chaos-toml", "There is no line to show.", &[("chaos.toml", "")]);
}

#[test]
fn lines_of_windows() {
    let text = format!("{HEAD}{RUN}crn = \"*/5 * * * *\"\n{APP}").replace('\n', "\r\n");
    draws("windows-lines", "No carriage return reaches the terminal.", &[("chaos.toml", &text)]);
    let path = project("tests/human/windows-lines.txt");
    assert!(!fs::read_to_string(path).unwrap().contains('\r'));
}

#[test]
fn control_characters() {
    let text = format!("{HEAD}{RUN}\"cr\\u001b[31mn\" = 1\n").replace("[\"term", "[\"a\\u001b[31m\\nb\", \"term");
    draws("control-characters", "Nothing in a file can paint the terminal.", &[("chaos.toml", &text)]);
    assert!(!fs::read_to_string(project("tests/human/control-characters.txt")).unwrap().contains('\u{1b}'));
}
