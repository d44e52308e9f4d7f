//! A process that asks a cluster, as the commands do: the test binary itself, told so by a variable.
//!
//! A process of its own is the only way to have variables, a terminal, an exit code and a mount of one's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chaosc::cli::{self, Color};
use chaosc::cluster::Request;
use chaosc::commands::with_cluster;
use chaosc::error::Error;
use chaosc::terminal::Terminal;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::tools::in_time;

const VARIABLE: &str = "CHAOSC_PROBE";

/// What the process came to.
#[derive(Debug)]
pub(crate) struct Said {
    /// Its exit code.
    pub(crate) code: i32,
    /// Its standard output: the answers, one a line.
    pub(crate) out: String,
    /// Its standard error.
    pub(crate) err: String,
    /// How long it ran.
    pub(crate) took: Duration,
}

impl Said {
    /// Checks that it is one sentence and one hint, exit code 1, and says them without a port and without seconds.
    pub(crate) fn refusal(&self, port: u16) -> String {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{self:?}");
        let lines: Vec<&str> = self.err.lines().collect();
        assert!(
            matches!(lines[..], [error, help] if error.starts_with("error: ") && help.starts_with("help: ")),
            "{self:?}"
        );
        assert!(!self.err.contains("CANARY"), "{self:?}");
        let text = self.err.replace(&format!(":{port}"), ":PORT");
        match text.split_once(" times in ") {
            Some((before, after)) => {
                format!("{before} times in SECONDS{}", after.trim_start_matches(|c: char| c != ' '))
            }
            None => text,
        }
    }

    /// Checks that everything was answered, and returns the answers.
    pub(crate) fn answers(&self) -> &str {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        &self.out
    }
}

/// A question to a cluster, from a folder of its own and without any variable of this machine.
pub(crate) struct Question {
    folder: PathBuf,
    settings: Value,
    variables: Vec<(String, String)>,
}

impl Question {
    /// Asks with the kubeconfig `config` of the folder.
    pub(crate) fn new(folder: &Path) -> Question {
        let settings = json!({ "kubeconfig": folder.join("config"), "contexts": [], "timeout": "10s", "paths": ["/version"], "verbose": 0 });
        Question { folder: folder.to_owned(), settings, variables: Vec::new() }
    }

    /// Changes a setting: `kubeconfig`, `context`, `contexts`, `timeout`, `paths`, `verbose`, `quiet`, `progress`,
    /// and `wait`: for so many milliseconds it computes after the answers.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Question {
        self.settings[name] = value.into();
        self
    }

    /// Sets a variable of the process.
    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Question {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Returns the words that start the process, for a shell.
    pub(crate) fn words() -> Vec<String> {
        let program = std::env::current_exe().unwrap().display().to_string();
        [&program, "--exact", "manners::probe::a_process_that_asks", "--nocapture", "--quiet"].map(str::to_owned).into()
    }

    /// Returns a program, ready to run where the process runs, with its variables.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&self.folder).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", &self.folder);
        command.env(VARIABLE, self.settings.to_string()).envs(self.variables.iter().cloned());
        command
    }

    /// Returns the process, ready to run.
    pub(crate) fn process(&self) -> Command {
        self.process_below(&[])
    }

    /// Returns the process, ready to run below another program and its arguments, such as `unshare -m`.
    fn process_below(&self, outer: &[&str]) -> Command {
        let words = Question::words();
        self.command(&outer.iter().copied().chain(words.iter().map(String::as_str)).collect::<Vec<_>>())
    }

    /// Runs the process to its end.
    pub(crate) fn ask(&self) -> Said {
        self.ask_below(&[])
    }

    /// Runs the process below another program to its end.
    pub(crate) fn ask_below(&self, outer: &[&str]) -> Said {
        let started = Instant::now();
        let (code, out, err) = in_time(&mut self.process_below(outer));
        // What the test binary says of itself.
        let out = out.lines().filter_map(|line| line.strip_prefix("=> ")).map(|line| format!("{line}\n")).collect();
        Said { code, out, err, took: started.elapsed() }
    }
}

#[test]
fn a_process_that_asks() {
    let Ok(settings) = std::env::var(VARIABLE) else { return };
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let text = |name: &str| settings[name].as_str().map(str::to_owned);
    let texts = |name: &str| -> Vec<String> {
        settings[name].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let args = cli::Cluster {
        context: text("context"),
        kubeconfig: text("kubeconfig").map(Into::into),
        request_timeout: text("timeout").unwrap().parse().unwrap(),
    };
    let mut terminal = Terminal::new(Color::Never, settings["quiet"] == true);
    terminal = terminal.with_verbosity(settings["verbose"].as_u64().unwrap().try_into().unwrap());
    if settings["progress"] == false {
        terminal = terminal.without_progress();
    }
    let wait = Duration::from_millis(settings["wait"].as_u64().unwrap_or(0));
    let outcome = with_cluster(terminal, &args, &texts("contexts"), async |cluster, _| {
        let get = |path: String| cluster.send(Request { method: http::Method::GET, path, body: None });
        let answers: Vec<_> = stream::iter(texts("paths")).map(get).buffered(32).try_collect().await?;
        // Work that computes, and looks at nothing else.
        std::thread::sleep(wait);
        let mut shown: Vec<String> = answers
            .iter()
            .map(|answer| format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)))
            .collect();
        shown.push(format!("{:?} {} {}", cluster.context(), cluster.user(), cluster.requests()));
        Ok::<_, Error>(shown)
    });
    match outcome {
        Ok(lines) => {
            for line in lines {
                println!("=> {line}");
            }
            std::process::exit(0);
        }
        Err(error) => {
            terminal.error(&error);
            std::process::exit(i32::from(error.exit_code()));
        }
    }
}
