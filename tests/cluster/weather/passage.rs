//! One run of the program through a gate.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::proxy::{Asked, Deed, Gate, Way};
use crate::lab::Lab;

/// How a run ended.
pub(super) struct Ended {
    /// The exit code; `None` if it was killed.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
    /// How many requests it sent; see [`Count`].
    pub(super) requests: usize,
}

impl Ended {
    /// Returns whether the machine was so busy that requests took too long although nobody held them up.
    pub(super) fn is_out_of_time(&self) -> bool {
        [&self.out, &self.err].iter().any(|text| text.contains("did not answer within"))
    }

    /// Says what is wrong with how it ended, whatever became of its requests.
    pub(super) fn fault(&self) -> Option<String> {
        let errors = self.err.lines().filter(|line| line.starts_with("error:")).count();
        let words =
            ["created", "updated", "replaced", "deleted", "done already", "gone already", "failed", "not tried"];
        let is_report = self.out.lines().last().is_some_and(|line| words.iter().any(|word| line.contains(word)));
        let wrong = match self.code {
            _ if self.err.contains("panicked") => "it panicked",
            None | Some(0) => return None,
            Some(1) if errors == 1 || (errors == 0 && is_report) => return None,
            Some(1) => "neither a report nor one error was printed",
            Some(_) => "this exit code means something else",
        };
        Some(format!("{wrong}: exit code {:?}\n{}\n{}", self.code, self.out, self.err))
    }
}

/// The program while it runs.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<Option<Child>>>);

impl Running {
    /// Kills the program, and returns when it is dead.
    pub(super) fn kill(&self) {
        let mut child = self.0.lock().unwrap();
        let child = child.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// Counts requests. To ask again and again whether an object is gone depends on the time; it counts once.
#[derive(Default)]
pub(super) struct Count {
    number: usize,
    is_going: BTreeMap<String, bool>,
}

impl Count {
    /// Returns the number of a request, from one; nothing if it counts with the one before.
    pub(super) fn next(&mut self, method: &str, path: &str) -> Option<usize> {
        let path = path.split('?').next().unwrap_or_default();
        let is_poll =
            method == "GET" && self.is_going.get_mut(path).is_some_and(|was_asked| std::mem::replace(was_asked, true));
        match method {
            "GET" => {}
            "DELETE" => drop(self.is_going.insert(path.to_owned(), false)),
            _ => drop(self.is_going.remove(path)),
        }
        self.number += usize::from(!is_poll);
        (!is_poll).then_some(self.number)
    }

    pub(super) fn total(&self) -> usize {
        self.number
    }
}

/// Runs the program; `act` is told the number of each request.
pub(super) fn pass(
    way: &Arc<Way>,
    lab: &Lab,
    arguments: &[&str],
    request_timeout: &str,
    act: impl Fn(Option<usize>, &Asked<'_>, &Running) -> Deed + Send + Sync + 'static,
) -> Ended {
    const LONGEST: Duration = Duration::from_mins(2);
    let (count, running) = (Arc::new(Mutex::new(Count::default())), Running::default());
    let gate = {
        let (count, running) = (Arc::clone(&count), running.clone());
        Gate::open(way, move |asked| {
            let number = count.lock().unwrap().next(asked.method, asked.path);
            act(number, asked, &running)
        })
    };
    let path = |name: &str| lab.folder.path().join(name);
    let file = |name: &str| Stdio::from(File::create(path(name)).unwrap());
    let mut command = crate::tools::chaosc(lab.folder.path());
    command
        .args(arguments)
        .arg("--kubeconfig")
        .arg(gate.kubeconfig(lab.folder.path()))
        .args(["--request-timeout", request_timeout]);
    command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
    let started = Instant::now();
    *running.0.lock().unwrap() = Some(command.spawn().unwrap());
    let status = loop {
        if let Some(status) = running.0.lock().unwrap().as_mut().unwrap().try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > LONGEST {
            running.kill();
            panic!("it was not done after {LONGEST:?}: {}", std::fs::read_to_string(path("stderr")).unwrap());
        }
        thread::sleep(Duration::from_millis(5));
    };
    gate.close();
    let text = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let requests = count.lock().unwrap().total();
    Ended { code: status.code(), out: text("stdout"), err: text("stderr"), requests }
}
