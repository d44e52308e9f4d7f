//! The go-app example as a whole: each schedule with its account, every step of every experiment.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::case::{Case, Kind};
use crate::folders::{contents, project};
use crate::run::prove;

/// One schedule of the example.
pub(crate) struct Schedule {
    pub(crate) name: String,
    /// The address of the stand-in for the app.
    pub(crate) proxy: String,
}

const SCHEDULES: [&str; 3] = ["on-release", "every-five-minutes", "by-hand"];

impl Schedule {
    /// Returns the fixtures beside the example's own apps: what a cluster with nodes and kubelets would hold.
    pub(crate) fn fixtures(&self) -> &'static [&'static str] {
        match self.name.as_str() {
            "by-hand" => &["example-pods", "node", "pod-on-node"],
            _ => &["example-pods"],
        }
    }
}

/// Returns the example's chaos.toml and files, for a run in another namespace, with a node of the same name.
pub(crate) fn files(ns: &str) -> (String, BTreeMap<String, Vec<u8>>) {
    let swap = |text: &str, pairs: &[(&str, String)]| {
        pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let toml = std::fs::read_to_string(project("chaos.toml.example")).unwrap();
    let own = [
        ("[namespace]\nname = \"go-app\"", format!("[namespace]\nname = \"{ns}\"")),
        ("node = \"spot-1\"", format!("node = \"{ns}\"")),
    ];
    assert!(own.iter().all(|(from, _)| toml.contains(from)));
    let named = [
        ("ns: go-app\n", format!("ns: {ns}\n")),
        ("\"ns\": \"go-app\"", format!("\"ns\": \"{ns}\"")),
        ("node: spot-1\n", format!("node: {ns}\n")),
        // Without the right to see a pod go, the drain waits for it as long as it may.
        ("timeout: 120\n", "timeout: 1\n".to_owned()),
    ];
    let files = contents(&project("example")).into_iter().map(|(path, bytes)| {
        let text = swap(&String::from_utf8(bytes).unwrap(), &named);
        (format!("example/{path}"), text.into_bytes())
    });
    (swap(&toml, &own), files.collect())
}

/// Says what is wrong with how an experiment ended.
pub(crate) fn fault(journal: &Value) -> Option<String> {
    let steps = |key: &str| journal[key].as_array().cloned().unwrap_or_default();
    let failed: Vec<Value> =
        [steps("run"), steps("rollbacks")].concat().into_iter().filter(|step| step["status"] != "succeeded").collect();
    let is_good = journal["status"] == "completed" && journal["deviated"] == false && failed.is_empty();
    (!is_good).then(|| format!("it ends as {} {}: {failed:?}", journal["status"], journal["steady_states"]))
}

#[test]
fn the_example_uses_each_of_its_grants_and_misses_each() {
    let proxy = answering();
    let cases: Vec<Case> = SCHEDULES
        .iter()
        .map(|name| Case {
            name: format!("schedule {name} of the example"),
            kind: Kind::Example(Schedule { name: (*name).to_owned(), proxy: proxy.clone() }),
        })
        .collect();
    let verdicts = prove("x", &cases, &[]);
    let faults: Vec<&str> = verdicts.iter().flat_map(|verdict| &verdict.faults).map(String::as_str).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let proven: usize = verdicts.iter().map(|verdict| verdict.proven).sum();
    println!("example: {} schedules proven, {proven} single grants used and missed", cases.len());
}

/// Starts an HTTP proxy that stands for the app: whatever it is asked for, it answers 200. Returns its address.
fn answering() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = BufReader::new(stream.try_clone().unwrap());
            let _ = head.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    });
    address
}
