//! How far the requests are.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far the requests are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// How many requests were asked for so far.
    pub asked: usize,
    /// How many of them have come to an end.
    pub answered: usize,
    /// What a request waits for that has to be sent again.
    pub retry: Option<Retry>,
}

/// Why a request is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// What became of the attempt before, in a few words.
    pub reason: String,
    /// The number of the next attempt, from one.
    pub attempt: usize,
    /// How many attempts there are at most.
    pub attempts: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} requests answered", self.answered, self.asked)?;
        match &self.retry {
            Some(Retry { reason, attempt, attempts }) => write!(f, "; attempt {attempt} of {attempts}: {reason}"),
            None => Ok(()),
        }
    }
}

/// One attempt: what was sent, and what became of it.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The method.
    pub method: &'a http::Method,
    /// Path and query.
    pub path: &'a str,
    /// The status, or what went wrong.
    pub outcome: &'a str,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange { method, path, outcome, took } = self;
        write!(f, "{method} {path}: {outcome} ({} ms)", took.as_millis())
    }
}

/// Counts the requests of many tasks.
#[derive(Debug, Default)]
pub(super) struct Counter {
    asked: AtomicUsize,
    answered: AtomicUsize,
    sent: AtomicUsize,
    /// Of each request that was sent again and is not answered, its number and why; the latest last.
    retries: Mutex<Vec<(usize, Retry)>>,
}

impl Counter {
    /// Counts a request; it counts as answered as soon as what is returned is gone.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { counter: self, number: self.asked.fetch_add(1, Relaxed) }
    }

    /// Counts an attempt.
    pub(super) fn sent(&self) {
        self.sent.fetch_add(1, Relaxed);
    }

    /// Returns how many attempts there were.
    pub(super) fn requests(&self) -> usize {
        self.sent.load(Relaxed)
    }

    /// Returns where all requests are.
    pub(super) fn progress(&self) -> Progress {
        let retry = self.retries().last().map(|(_, retry)| retry.clone());
        Progress { asked: self.asked.load(Relaxed), answered: self.answered.load(Relaxed), retry }
    }

    fn retries(&self) -> MutexGuard<'_, Vec<(usize, Retry)>> {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that has no answer yet.
pub(super) struct Asked<'a> {
    counter: &'a Counter,
    number: usize,
}

impl Asked<'_> {
    /// Says that the request is to be sent again.
    pub(super) fn retries(&self, retry: Retry) {
        let mut retries = self.counter.retries();
        retries.retain(|(number, _)| *number != self.number);
        retries.push((self.number, retry));
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.counter.retries().retain(|(number, _)| *number != self.number);
        self.counter.answered.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, Retry};

    #[test]
    fn the_latest_retry_is_told_until_its_answer_is_there() {
        let counter = Counter::default();
        let retry = |attempt| Retry { reason: "503 Service Unavailable".to_owned(), attempt, attempts: 5 };
        let [one, two] = [counter.asked(), counter.asked()];
        assert_eq!(counter.progress().to_string(), "0 of 2 requests answered");
        one.retries(retry(2));
        two.retries(retry(2));
        two.retries(retry(3));
        let line = "0 of 2 requests answered; attempt 3 of 5: 503 Service Unavailable";
        assert_eq!(counter.progress().to_string(), line);
        drop(two);
        let line = "1 of 2 requests answered; attempt 2 of 5: 503 Service Unavailable";
        assert_eq!(counter.progress().to_string(), line);
        drop(one);
        assert_eq!(counter.progress().to_string(), "2 of 2 requests answered");
    }
}
