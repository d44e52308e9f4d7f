//! The checks of an app: can it be reached? Asked again until the answer is yes, or the check's time is over.

use std::time::Duration;

use futures_util::future::join_all;
use http::Uri;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, sleep};

use super::expand::{Gap, expand};
use super::wait::{Deadline, Line, Outcome, Subject, Waited};
use crate::cluster::error::HttpStatus;
use crate::cluster::{Cluster, ClusterError, Fetched, address};
use crate::config::value_error::quoted;
use crate::kubernetes::resource::escaped;
use crate::plan::rollout::{Check, Rollout, Target};
use crate::web;

/// The pause after the first attempt, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// The longest that one attempt may take: of a long time, some is left for another one.
const ATTEMPT: Duration = Duration::from_secs(30);

/// What is needed to ask the checks of one app.
pub(super) struct Asker<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) rollout: &'a Rollout,
    pub(super) overall: Option<&'a Deadline>,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) tell: &'a dyn Fn(&Line),
}

/// What one attempt came to that was no yes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct No {
    /// What happened, in a few words.
    text: String,
    /// The next step.
    hint: String,
    /// Whether it stays so, however often one asks.
    is_lasting: bool,
}

/// What is asked, ready to be sent.
enum Question {
    Url(Uri),
    Service(String),
}

impl Asker<'_> {
    /// Asks all checks at the same time; none if the rollout has not ended well.
    pub(super) async fn ask_all(&self, is_ready: bool) -> Vec<Waited> {
        join_all(self.rollout.checks.iter().map(|check| self.outcome(check, is_ready))).await
    }

    async fn outcome(&self, check: &Check, is_ready: bool) -> Waited {
        let started = Instant::now();
        let outcome = if is_ready {
            self.ask(check).await
        } else {
            Outcome::Skipped("not asked, because its app is not ready".to_owned())
        };
        self.say(check, outcome.to_string(), true);
        let (app, subject) = (self.rollout.app.clone(), Subject::Check(check.name.clone()));
        Waited { app, subject, outcome, took: started.elapsed() }
    }

    /// Asks until the answer is yes, can no longer become it, or the time is over.
    async fn ask(&self, check: &Check) -> Outcome {
        let deadline = Deadline::new(check.timeout, "timeout", self.overall);
        let prepared = headers(check).and_then(|headers| Ok((self.question(check)?, headers)));
        let (question, headers) = match prepared {
            Ok(prepared) => prepared,
            Err(no) => return failed(no, None),
        };
        let mut before: Option<No> = None;
        let mut pause = PAUSES.0;
        loop {
            let end = deadline.at.min(Instant::now() + ATTEMPT);
            let no = match self.attempt(check, &question, &headers, end).await {
                Ok(()) => return Outcome::Done(format!("{} answers {}", shown(check), check.status)),
                Err(no) => no,
            };
            if no.is_lasting {
                return failed(no, None);
            }
            let now = Instant::now();
            if now + pause >= deadline.at {
                // Where the time has cut an attempt off, what the one before came to says more.
                let said = before.filter(|_| now >= deadline.at).unwrap_or(no);
                return failed(said, Some(&deadline));
            }
            if before.as_ref().is_none_or(|before| before.text != no.text) {
                self.say(check, no.text.clone(), false);
            }
            before = Some(no);
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Asks once.
    async fn attempt(&self, check: &Check, question: &Question, headers: &HeaderMap, end: Instant) -> Result<(), No> {
        let status = match question {
            Question::Url(address) => web::status(address, headers, end).await.map_err(|error| No {
                text: format!("{} {error}", shown(check)),
                hint: "check the address, and the way from this machine to it".to_owned(),
                is_lasting: error.is_lasting(),
            })?,
            Question::Service(path) => match self.cluster.fetch(path, headers, end).await {
                Ok(Fetched { status, refusal: None }) => status,
                Ok(Fetched { status, refusal: Some(said) }) => return Err(self.refused(check, status, &said.told())),
                Err(error) => return Err(unreached(&error)),
            },
        };
        if status == check.status {
            return Ok(());
        }
        Err(No {
            text: format!("{} answers {}, expected {}", shown(check), HttpStatus(status), check.status),
            hint: format!("does the app answer there? `status` of the check says what is expected of {}", shown(check)),
            is_lasting: false,
        })
    }

    /// Says why the API server did not get through to a Service.
    fn refused(&self, check: &Check, status: u16, message: &str) -> No {
        let namespace = &self.rollout.namespace;
        let service = match &check.target {
            Target::Service { name, .. } => name.as_str(),
            Target::Url(_) => "",
        };
        let hint = match status {
            401 | 403 => format!("let the account `get` `services/proxy` in namespace {}", quoted(namespace)),
            404 => format!(
                "is there such a Service, with endpoints? `kubectl get service,endpoints {service} --namespace {namespace}` \
                 shows both"
            ),
            _ => format!(
                "`kubectl get endpointslices --selector kubernetes.io/service-name={service} --namespace {namespace}` \
                 shows the pods behind it"
            ),
        };
        let text = format!("the API server answers {}: {}", HttpStatus(status), message);
        No { text, hint, is_lasting: matches!(status, 401 | 403) }
    }

    /// Fills in what is asked.
    fn question(&self, check: &Check) -> Result<Question, No> {
        match &check.target {
            Target::Url(template) => self.address(template).map(Question::Url),
            Target::Service { name, port, path } => {
                let namespace = escaped(&self.rollout.namespace);
                let path = path.trim_start_matches('/');
                Ok(Question::Service(format!("/api/v1/namespaces/{namespace}/services/{name}:{port}/proxy/{path}")))
            }
        }
    }

    fn address(&self, template: &str) -> Result<Uri, No> {
        let lasting = |text: String, hint: &str| No { text, hint: hint.to_owned(), is_lasting: true };
        let text = expand(template, self.variable).map_err(|gap| match gap {
            Gap::Missing(name) => lasting(
                format!("the environment variable {} is not set, which {} needs", quoted(&name), quoted(template)),
                &format!("set it where `chaosc apply` runs: `export {name}=…`"),
            ),
            Gap::Malformed => lasting(
                format!("{} has a `${{` without a name and `}}` behind it", quoted(template)),
                "a variable is written `${NAME}`, with letters, digits and `_`",
            ),
        })?;
        // What is asked is everything before a fragment.
        let text = text.split('#').next().unwrap_or_default();
        let address = address::read(text, &["http", "https"]).ok_or_else(|| {
            lasting(
                format!("{} is no address once its variables are filled in", quoted(template)),
                "look at what the variables hold: a host, or a host and a port",
            )
        })?;
        if address.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(lasting(
                format!("{} holds a user, which is not sent", quoted(template)),
                "give the check an `Authorization` header in its place",
            ));
        }
        Ok(address)
    }

    fn say(&self, check: &Check, text: String, is_final: bool) {
        let (app, subject) = (self.rollout.app.clone(), Subject::Check(check.name.clone()));
        (self.tell)(&Line { app, subject, text, is_final });
    }
}

/// What is asked as chaos.toml has it: without what the variables hold.
fn shown(check: &Check) -> String {
    match &check.target {
        Target::Url(template) => quoted(template),
        Target::Service { name, port, path } => quoted(&format!("{name}:{port}{path}")),
    }
}

fn headers(check: &Check) -> Result<HeaderMap, No> {
    let mut headers = HeaderMap::new();
    for (name, value) in &check.headers {
        let pair = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()));
        let (Ok(parsed), Ok(value)) = pair else {
            return Err(No {
                text: format!("the header {} is none", quoted(name)),
                hint: "a header has a name of letters, digits and `-`, and a value on one line".to_owned(),
                is_lasting: true,
            });
        };
        headers.insert(parsed, value);
    }
    Ok(headers)
}

fn unreached(error: &ClusterError) -> No {
    No { text: error.to_string(), hint: error.hint(), is_lasting: error.is_lasting() }
}

fn failed(no: No, deadline: Option<&Deadline>) -> Outcome {
    match deadline {
        None => Outcome::Failed { text: no.text, reason: None, hint: no.hint },
        Some(deadline) => {
            Outcome::Failed { text: format!("no after {}", deadline.words), reason: Some(no.text), hint: no.hint }
        }
    }
}
