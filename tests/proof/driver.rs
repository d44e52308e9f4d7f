//! The one Python process that runs Chaos Toolkit (`driver.py`), for all threads.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use serde_json::{Value, json};

use crate::folders::project;
use crate::tools::tool;

/// The runs that have not ended, by their number.
type Waiting = Arc<Mutex<HashMap<u64, mpsc::Sender<i64>>>>;

pub(crate) struct Driver {
    process: Child,
    input: Mutex<Option<ChildStdin>>,
    waiting: Waiting,
    next: AtomicU64,
}

impl Driver {
    pub(crate) fn start() -> Driver {
        let mut process = Command::new(tool("CHAOSC_TEST_PYTHON"))
            .arg(project("tests/proof/driver.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("KUBERNETES_CONTEXT")
            // The app under test is a stand-in, which is every host but this one.
            .env("no_proxy", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let waiting = Waiting::default();
        let answers = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for line in output.lines() {
                let answer: Value = serde_json::from_str(&line.unwrap()).unwrap();
                let sender = answers.lock().unwrap().remove(&answer["id"].as_u64().unwrap()).unwrap();
                // Whoever does not wait any more has failed already.
                let _ = sender.send(answer["code"].as_i64().unwrap());
            }
            // Without the process nobody waits for an answer.
            answers.lock().unwrap().clear();
        });
        let input = Mutex::new(process.stdin.take());
        Driver { process, input, waiting, next: AtomicU64::new(0) }
    }

    /// Runs Chaos Toolkit as a request says, and returns its exit code.
    pub(crate) fn run(&self, mut request: Value) -> i64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = mpsc::channel();
        self.waiting.lock().unwrap().insert(number, sender);
        request["id"] = json!(number);
        {
            let mut input = self.input.lock().unwrap();
            writeln!(input.as_mut().unwrap(), "{request}").unwrap();
        }
        receiver.recv().expect("the driver has ended")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.input.lock().unwrap().take());
        let _ = self.process.wait();
    }
}
