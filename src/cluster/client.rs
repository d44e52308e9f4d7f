//! A connection to a cluster: one request in, one answer out, and the attempts in between.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WARNING};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::{AuthError, Body};
use tokio::time::{Instant, sleep, timeout_at};

use super::address::{authority, host_and_port, shown};
use super::error::{AnswerError, ConnectionError, CredentialsError, HttpStatus};
use super::fault::{self, NetworkFault};
use super::progress::{Counter, Exchange, Progress, Retry};
use super::reply::Reply;
use super::retry::{self, ATTEMPTS};
use super::session::{Session, Sessions};
use super::target::Target;
use super::{Access, Answer, ClusterError, Credential, Kubectl, Request, identity, warning};

/// A connection to a cluster; many requests at once may share it.
pub struct Cluster {
    pub(super) sessions: Sessions,
    context: Option<String>,
    pub(super) user: String,
    impersonated: Option<String>,
    kubectl: Kubectl,
    credential: Credential,
    server: http::Uri,
    authority: Option<String>,
    shown_server: String,
    proxy: Option<http::Uri>,
    connect_timeout: Duration,
    request_timeout: Duration,
    pub(super) counter: Counter,
    listener: Option<Box<Listener>>,
}

/// The status of a request that was turned away before anything was done (Kubernetes documentation, "API Priority and
/// Fairness").
const TOO_MANY_REQUESTS: u16 = 429;

type Listener = dyn Fn(&Exchange<'_>) + Send + Sync;

impl fmt::Debug for Cluster {
    /// What may be shown; the rest holds credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("context", &self.context)
            .field("server", &self.shown_server)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// What one attempt came to.
pub(super) enum Outcome {
    /// Something answered.
    Reply(Reply),
    /// Nothing did.
    Fault(NetworkFault),
}

impl Cluster {
    /// Finds the cluster and the credentials for it; nothing is sent yet.
    pub async fn connect(access: &Access<'_>) -> Result<Cluster, ClusterError> {
        let Target { context, user, kubectl, credential, config, plugin } = Target::find(access)?;
        let server = config.cluster_url.clone();
        let proxy = config.proxy_url.clone();
        let authority = identity::authority(config.root_cert.as_deref().unwrap_or_default());
        let connect_timeout = config.connect_timeout.unwrap_or(access.request_timeout);
        let impersonated = config.auth_info.impersonate.clone();
        Ok(Cluster {
            sessions: Sessions::open(config, plugin, user.clone()).await?,
            context,
            user,
            impersonated,
            kubectl,
            credential,
            shown_server: shown(&server),
            server,
            authority,
            proxy,
            connect_timeout,
            request_timeout: access.request_timeout,
            counter: Counter::default(),
            listener: None,
        })
    }

    /// Tells a listener of every attempt from now on.
    pub fn listen(&mut self, listener: impl Fn(&Exchange<'_>) + Send + Sync + 'static) {
        self.listener = Some(Box::new(listener));
    }

    /// Sends a request and returns the answer, whatever its status.
    ///
    /// It is sent again where that may help, so it must be one that can be repeated: a read, a dry run, a review.
    pub async fn send(&self, request: Request) -> Result<Answer, ClusterError> {
        self.attempts(request, None, pause).await
    }

    /// The same as [`Cluster::send`] as another user, whom the server takes it to come from if it lets this one do so.
    pub async fn send_as(&self, user: &str, request: Request) -> Result<Answer, ClusterError> {
        self.attempts(request, Some(user), pause).await
    }

    /// Returns whether every request is sent as another user already, beside whom there can be no third.
    pub fn is_impersonating(&self) -> bool {
        self.impersonated.is_some()
    }

    /// Reads what is there; that the server could not say it is an error, and not what is there.
    ///
    /// Whoever may not read something, or asks for what does not exist, gets that as an answer.
    pub async fn read(&self, path: String) -> Result<Answer, ClusterError> {
        let answer = self.send(Request::get(path)).await?;
        Ok(answer.readable()?)
    }

    /// Sends a request that writes and returns the answer, whatever its status.
    ///
    /// It is sent again only where the server has certainly not heard it. After any other failure nobody knows what came
    /// of it before the object is read again; that is up to whoever writes.
    pub async fn write(&self, request: Request) -> Result<Answer, ClusterError> {
        self.attempts(request, None, pause_if_unheard).await
    }

    async fn attempts(
        &self,
        request: Request,
        user: Option<&str>,
        pause: impl Fn(&Outcome, usize) -> Option<Duration>,
    ) -> Result<Answer, ClusterError> {
        let asked = self.counter.asked();
        let started = Instant::now();
        let deadline = started + self.request_timeout;
        let mut attempt = 0;
        // Where the time is up, what the attempt before came to says more than that.
        let mut last = Outcome::Fault(NetworkFault::NoAnswer(self.request_timeout));
        loop {
            attempt += 1;
            let begun = Instant::now();
            let outcome = timeout_at(deadline, self.attempt(&request, user)).await;
            let took = begun.elapsed();
            let Ok(outcome) = outcome else {
                self.tell(&request, "no answer", took);
                break;
            };
            last = outcome?;
            let reason = match &last {
                Outcome::Reply(reply) => reply.status.to_string(),
                Outcome::Fault(fault) => fault.to_string(),
            };
            self.tell(&request, &reason, took);
            let Some(pause) = pause(&last, attempt) else { break };
            if Instant::now() + pause >= deadline {
                break;
            }
            asked.retries(Retry { reason, attempt: attempt + 1, attempts: ATTEMPTS });
            sleep(pause).await;
        }
        match last {
            Outcome::Reply(reply) => self.answer(&request, user, reply),
            Outcome::Fault(fault) => Err(self.unreached(fault, attempt, started)),
        }
    }

    /// Returns the context of the kubeconfig; `None` inside a cluster.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// Returns the address of the API server, without a user and password in it.
    pub fn server(&self) -> &str {
        &self.shown_server
    }

    /// Returns the hash of the certificates that the server's own has to come from; nothing if none are named.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Returns as whom requests are sent: the user of the kubeconfig or whom they impersonate, or the account of the pod.
    pub fn user(&self) -> Cow<'_, str> {
        match &self.impersonated {
            Some(other) => format!("{other} (impersonated by {})", self.user).into(),
            None => self.user.as_str().into(),
        }
    }

    /// Returns the error for who may read nothing of a bundle.
    pub(crate) fn nothing_readable(&self, namespace: String) -> ClusterError {
        let (user, kubectl) = (self.user().into_owned(), self.kubectl.clone());
        ClusterError::NothingReadable { user, namespace, credential: self.credential.clone(), kubectl }
    }

    /// Returns how many requests were sent so far, retries included.
    pub fn requests(&self) -> usize {
        self.counter.requests()
    }

    /// Returns how far the requests are, for a line of progress.
    pub fn progress(&self) -> Progress {
        self.counter.progress()
    }

    /// Sends a request once; a second time if the credentials turn out to be stale and there are others.
    async fn attempt(&self, request: &Request, user: Option<&str>) -> Result<Outcome, ClusterError> {
        let mut session = self.sessions.current().await?;
        let mut outcome = self.exchange(&session, request, user).await?;
        if let Outcome::Reply(Reply { status: HttpStatus(401), .. }) = outcome
            && let Some(renewed) = self.sessions.renewed(&session).await?
        {
            session = renewed;
            outcome = self.exchange(&session, request, user).await?;
        }
        if let Outcome::Reply(reply) = &mut outcome
            && reply.is_unknown_path()
            && self.lacks(&session, &request.path).await?
        {
            reply.say_unknown_path();
        }
        Ok(outcome)
    }

    /// Sends a request once.
    pub(super) async fn exchange(
        &self,
        session: &Session,
        request: &Request,
        user: Option<&str>,
    ) -> Result<Outcome, ClusterError> {
        let mut builder = http::Request::builder().method(&request.method).uri(&request.path);
        builder = builder.header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(user) = user {
            builder = builder.header("Impersonate-User", user);
        }
        let mut body = Vec::new();
        if let Some((content_type, bytes)) = &request.body {
            builder = builder.header(CONTENT_TYPE, *content_type);
            body.clone_from(bytes);
        }
        let Ok(sent) = builder.body(Body::from(body)) else { return Ok(Outcome::Fault(NetworkFault::Unsendable)) };
        self.counter.sent();
        let received = async {
            let (parts, body) = session.client.send(sent).await?.into_parts();
            let body = body.collect().await?.to_bytes().into();
            let header = |name| parts.headers.get(name).cloned();
            Ok::<_, kube::Error>(Reply {
                status: HttpStatus(parts.status.as_u16()),
                retry_after: header(RETRY_AFTER),
                content_type: header(CONTENT_TYPE),
                warnings: warning::texts(parts.headers.get_all(WARNING).iter()),
                body,
            })
        };
        match received.await {
            Ok(reply) => Ok(Outcome::Reply(reply)),
            Err(error) if fault::chain(&error).any(<dyn std::error::Error>::is::<AuthError>) => {
                Err(CredentialsError::Invalid { what: "login", user: self.user.clone() }.into())
            }
            Err(error) => Ok(Outcome::Fault(self.named(self.fault(&error)).await)),
        }
    }

    /// Returns why a client's error came about.
    pub(super) fn fault(&self, error: &kube::Error) -> NetworkFault {
        fault::fault(error, self.connect_timeout, self.proxy.is_some())
    }

    /// Returns the error for a request that has got no answer.
    pub(super) fn unreached(&self, fault: NetworkFault, attempts: usize, started: Instant) -> ClusterError {
        ConnectionError {
            server: authority(&self.server),
            proxy: self.proxy.as_ref().map(shown),
            fault,
            attempts,
            elapsed: started.elapsed(),
        }
        .into()
    }

    /// Asks the name service where a connection failed for no known reason: its errors have no type of their own.
    async fn named(&self, fault: NetworkFault) -> NetworkFault {
        if !matches!(fault, NetworkFault::Other(_)) {
            return fault;
        }
        let next_hop = host_and_port(self.proxy.as_ref().unwrap_or(&self.server));
        if tokio::net::lookup_host(next_hop).await.is_err() { NetworkFault::Unresolved } else { fault }
    }

    /// Returns the answer of an API server, or why it is none.
    fn answer(&self, request: &Request, user: Option<&str>, mut reply: Reply) -> Result<Answer, ClusterError> {
        let Some(body) = reply.json() else {
            return Err(AnswerError::NotJson {
                server: self.shown_server.clone(),
                status: reply.status,
                content: reply.content(),
                proxy: self.proxy.as_ref().map(shown),
            }
            .into());
        };
        if reply.status == HttpStatus(401) {
            let (server, user) = (self.shown_server.clone(), self.user.clone());
            return Err(AnswerError::Unauthorized { server, user, credential: self.credential.clone() }.into());
        }
        let answer = Answer { warnings: reply.warnings, ..Answer::new(request, reply.status.0, body)? };
        match &self.impersonated {
            Some(other) if user.is_none() && answer.is_without_impersonation() => {
                let (user, other, message) = (self.user.clone(), other.clone(), answer.failure().told());
                Err(AnswerError::NoImpersonation { user, other, message }.into())
            }
            _ => Ok(answer),
        }
    }

    pub(super) fn tell(&self, request: &Request, outcome: &str, took: Duration) {
        if let Some(listener) = &self.listener {
            listener(&Exchange { method: &request.method, path: &request.path, outcome, took });
        }
    }
}

/// Returns the same for a request that writes: the server answered that it did nothing, or there was no connection.
fn pause_if_unheard(outcome: &Outcome, attempt: usize) -> Option<Duration> {
    let is_unheard = match outcome {
        Outcome::Reply(reply) => reply.status.0 == TOO_MANY_REQUESTS,
        Outcome::Fault(fault) => fault.is_of_next_hop(),
    };
    pause(outcome, attempt).filter(|_| is_unheard)
}

/// Returns how long to wait before the next attempt; `None` if it would fare no better, or this was the last one.
fn pause(outcome: &Outcome, attempt: usize) -> Option<Duration> {
    match outcome {
        Outcome::Reply(reply) => (attempt < retry::attempts(reply.status.0, reply.is_word())).then(|| {
            let asked_for = reply.retry_after.as_ref();
            retry::pause(attempt, asked_for.and_then(|header| retry::retry_after(header, Timestamp::now())))
        }),
        Outcome::Fault(fault) => (fault.is_passing() && attempt < ATTEMPTS).then(|| retry::pause(attempt, None)),
    }
}
