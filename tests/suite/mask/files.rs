//! What is said about a file that holds a secret: neither the lines nor the messages show it, whatever is wrong there.

use std::collections::BTreeMap;

use chaosc::check;
use chaosc::diagnostic::format::{Format, format};
use chaosc::source::Source;

const CHAOS: &str = "name = \"a\"\n[namespace]\nname = \"a\"\n[[apps]]\nname = \"a\"\nmanifests = [\"app.yaml\"]\n\
                     [[experiments]]\nname = \"x\"\nfile = \"x.yaml\"\n[[schedules]]\nexperiments = [\"x\"]\nonce = true\n";
const EXPERIMENT: &str = "title: a\ndescription: b\nmethod: []\n";
const APP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
/// Digits, so that it may stand for a number.
const CANARY: &str = "918273645";

/// Returns what is said about three files, for people and then in the formats for programs.
fn said(chaos: &str, experiment: &str, app: &str) -> [String; 4] {
    let files = BTreeMap::from([
        ("x.yaml".to_owned(), experiment.as_bytes().to_vec()),
        ("app.yaml".to_owned(), app.as_bytes().to_vec()),
    ]);
    let source = Source::from_memory(chaos.as_bytes(), &files);
    let found = check::check(&source).diagnostics;
    [Format::Human, Format::Short, Format::Json, Format::Github].map(|one| format(&source, &found, one))
}

/// Returns what is said for people, without colours, after a look for the canary in every format.
#[track_caller]
fn hidden(files: [&str; 3]) -> String {
    let of = |canary: &str| {
        let [chaos, experiment, app] = files.map(|file| file.replace("CANARY", canary));
        said(&chaos, &experiment, &app)
    };
    let all = of(CANARY);
    for one in &all {
        assert!(one.len() > 20, "nothing is wrong with {files:?}");
        assert!(!one.contains(CANARY), "{one}");
    }
    // Of another length, it is all the same: each line and column.
    assert_eq!(all, of(&CANARY.repeat(2)), "{files:?}");
    anstream::adapter::strip_str(&all[0]).to_string()
}

#[test]
fn a_manifest_shows_no_secret_whatever_is_wrong_with_it() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: a}}\n  \
                      template:\n    metadata: {labels: {a: a}}\n    spec:\n      containers:\n      - name: a\n        image: a:1\n";
    for (app, shown) in [
        (format!("{secret}stringData:\n  a: CANARY: x\n"), "a: (secret)"),
        (format!("{secret}data:\n  a: |\n    CANARY\n  b: \"CANARY\n"), "(secret)"),
        (format!("{secret}data: {{a: CANARY, b: [}}\n"), "data: (secret)"),
        (format!("{secret}data:\n  - CANARY: x: y\n"), "(secret)"),
        (format!("{secret}type: a: b\ndata:\n  a: CANARY\n"), "type: a: b"),
        (format!("{secret}stringData: {{token: CANARY}}\n"), "found the number `(secret)`"),
        (format!("{secret}stringData: {{token: CANARY, b: [x]}}\n"), "{token: (secret), b: [(secret)]}"),
        (format!("{secret}stringdata: {{a: CANARY}}\n"), "unknown field `stringdata`"),
        (format!("{secret}data: CANARY\n"), "data: (secret)"),
        (format!("{deployment}        env: [{{name: DB_PASSWORD, valeu: CANARY}}]\n"), "valeu: (secret)"),
        (format!("{deployment}        args: {{--password: CANARY}}\n"), "--password: (secret)"),
        (format!("{secret}data: {{a: CANARY, a: CANARY}}\n"), "duplicate"),
        (format!("{APP}data:\n  password: CANARY\n  password: CANARY\n"), "password: (secret)"),
        (format!("{APP}data:\n  a: b: c\n  # token: CANARY\n  db.password: 'CANARY'\n"), "a: b: c"),
        (format!("{APP}data: {{password: CANARY}}\n"), "found the number `(secret)`"),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    shop.example/api-token: [CANARY]\n"
                .to_owned(),
            "api-token: [(secret)]",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    \
             kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"a\":\"CANARY\"}}'\n  labelz: {}\n"
                .to_owned(),
            "labelz",
        ),
        (format!("{deployment}        args: [\"--password=CANARY\", --token, CANARY, 5]\n"), "[(secret), --token, (secret), 5]"),
        (format!("{deployment}        env: [{{name: API_TOKEN, value: CANARY}}]\n"), "found the number `(secret)`"),
        (format!("{deployment}        argz: [] # curl -u a:CANARY http://a\n"), "# curl -u a:(secret) http://a"),
        (
            "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"data\": {\"a\": \"CANARY\"}, \"b\" \"c\"}".to_owned(),
            "(secret)",
        ),
        (
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"a\": \"CANARY\"\n    \"b\": \"CANARY\"\n  }\n}\n"
                .to_owned(),
            "\"a\": (secret)",
        ),
        (format!("{APP}data: {{a: [}}\n---\n{secret}data: {{a: CANARY}}\n"), "data: {a: [}"),
        (format!("{secret}data: {{a: CANARY}}\n---\n{APP}data: {{a: [}}\n"), "data: {a: [}"),
    ] {
        let human = hidden([CHAOS, EXPERIMENT, &app]);
        assert!(human.contains(shown), "{app}\n{human}");
    }
}

#[test]
fn an_experiment_and_chaos_toml_show_no_secret_either() {
    for (experiment, shown) in [
        (format!("{EXPERIMENT}secrets: {{a: CANARY}}\n"), "secrets: {a: (secret)}"),
        (format!("{EXPERIMENT}configuration:\n  api_token: CANARY: x\n"), "api_token: (secret)"),
        (
            format!("{EXPERIMENT}configuration: {{api_token: \"CANARY\", b: CANARY_, c: ]\n").replace("CANARY_", "1"),
            "b: 1",
        ),
    ] {
        let human = hidden([CHAOS, &experiment, APP]);
        assert!(human.contains(shown), "{experiment}\n{human}");
    }
    for (line, shown) in [
        ("env = { API_TOKEN = CANARY }", "API_TOKEN = (secret)"),
        ("env = { API_TOKEN = \"CANARY\", a }", "API_TOKEN = \"(secret)\""),
        ("variables = { password = \"CANARY\", a }", "password = \"(secret)\""),
    ] {
        let chaos = CHAOS.replace("file = \"x.yaml\"", &format!("file = \"x.yaml\"\n{line}"));
        let human = hidden([&chaos, EXPERIMENT, APP]);
        assert!(human.contains(shown), "{line}\n{human}");
    }
}

#[test]
fn what_only_names_secrets_is_shown() {
    for line in [
        "secrets = [{ env = \"TOKEN\", secret = \"Shop\", key = \"token\" }]",
        "secrets = [{ env = \"TOKEN\", secret = \"shop\", key = \"token\" ]",
    ] {
        let chaos = CHAOS.replace("file = \"x.yaml\"", &format!("file = \"x.yaml\"\n{line}"));
        let [human, ..] = said(&chaos, EXPERIMENT, APP);
        let human = anstream::adapter::strip_str(&human).to_string();
        assert!(human.contains(line) && !human.contains("(secret)"), "{human}");
    }
    let app = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  automountServiceAccountToken: false\n  \
               imagePullSecrets: [{name: shop}]\n  volumes: [{name: a, secret: {secretName: token}, x: 1}]\n";
    let [human, ..] = said(CHAOS, EXPERIMENT, app);
    assert!(human.contains("secretName") && !human.contains("(secret)"), "{human}");
}
