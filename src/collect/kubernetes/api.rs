//! One API server: each call bounded in time, tried again where that helps, counted, and let through by the guard.

use super::error::ConnectError;
use super::guard::ReadOnly;
use crate::collect::Progress;
use crate::collect::observe::kubernetes::{CallError, Reply};
use http_body_util::{BodyExt, Limited};
use kube::client::{Body, ClientBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

/// How many calls are under way at most: where lists are refused, a scan asks for each object by its name.
const MOST_AT_ONCE: usize = 32;
/// How often a call is tried at most.
const ATTEMPTS: u32 = 3;
/// How long is waited after the first failed attempt; twice that after the second.
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
/// The longest wait that a server may ask for (`Retry-After`).
const LONGEST_BACK_OFF: Duration = Duration::from_secs(2);

/// The longest answer that is read, unpacked: 500 pods of the largest size that etcd takes stay below it.
const MOST_BYTES: usize = 768 << 20;

/// Whole objects.
const JSON: &str = "application/json";

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// One call, with all its attempts (`--call-timeout`). An attempt has half of it.
    pub(crate) call: Duration,
    /// When the run must be over (`--timeout`).
    pub(crate) deadline: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { call: Duration::from_secs(10), deadline: None }
    }
}

impl Limits {
    /// What a call may take from now on.
    pub(crate) fn left(&self) -> Duration {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        left.map_or(self.call, |left| left.min(self.call))
    }
}

/// A connection to one API server. Cheap to clone; clones share connections and the count of calls.
#[derive(Clone)]
pub(crate) struct Api {
    client: kube::Client,
    limits: Limits,
    calls: Arc<AtomicU64>,
    places: Arc<Semaphore>,
    progress: Arc<Progress>,
}

impl Api {
    /// A client for this configuration. It opens no connection yet.
    ///
    /// # Errors
    /// [`ConnectError`] where the configuration's certificates, token file or proxy can't be used.
    pub(super) fn new(mut config: kube::Config, limits: Limits, user: &str) -> Result<Self, ConnectError> {
        // kube's own policy tries 15 times, and waits as long as any server says.
        config.default_retry = false;
        // Shorter than an attempt: a host that doesn't even accept a connection is not asked again.
        config.connect_timeout = Some(limits.call * 2 / 5);
        config.read_timeout = Some(limits.call);
        let calls = Arc::new(AtomicU64::new(0));
        let builder = ClientBuilder::try_from(config).map_err(|error| ConnectError::of_client(&error, user))?;
        let client = builder.with_layer(&ReadOnly::counting(Arc::clone(&calls))).build();
        Ok(Self { calls, ..Self::of(client, limits) })
    }

    /// One that asks this client, and counts nothing.
    pub(crate) fn of(client: kube::Client, limits: Limits) -> Self {
        Self { client, limits, calls: Arc::default(), places: Arc::new(Semaphore::new(MOST_AT_ONCE)), progress: Arc::default() }
    }

    /// How many requests were sent, repeated ones included.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The same, which counts there how far a run is.
    #[must_use]
    pub(crate) fn counting(self, progress: Arc<Progress>) -> Self {
        Self { progress, ..self }
    }

    /// Where it is counted how far a run is.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Sends a GET, until there is an answer or trying again makes no sense.
    ///
    /// # Errors
    /// [`CallError`] where no whole answer came; an answer with an error's status is a [`Reply`].
    pub(super) async fn get(&self, path_and_query: &str) -> Result<Reply, CallError> {
        // Waiting for a place is no part of the call's time. The semaphore is never closed.
        let _place = self.places.acquire().await;
        let until = Instant::now() + self.limits.left();
        let mut back_off = FIRST_BACK_OFF;
        for _ in 1..ATTEMPTS {
            let outcome = self.attempt(path_and_query, until).await;
            let wait = match &outcome {
                Ok(reply) if reply.is_worth_retrying() => reply.retry_after.unwrap_or(back_off).min(LONGEST_BACK_OFF),
                Err(error) if error.is_worth_retrying() => back_off,
                Ok(_) | Err(_) => return outcome,
            };
            if Instant::now() + wait >= until {
                // What was answered says more than that the time is over.
                return outcome;
            }
            sleep(wait).await;
            back_off *= 2;
        }
        self.attempt(path_and_query, until).await
    }

    /// One request and its whole answer, in half of a call's time and before the end of it.
    async fn attempt(&self, path_and_query: &str, until: Instant) -> Result<Reply, CallError> {
        let allowed = until.saturating_duration_since(Instant::now()).min(self.limits.call / 2);
        let outcome = timeout(allowed, self.exchange(path_and_query, JSON)).await;
        outcome.unwrap_or(Err(if self.limits.left().is_zero() { CallError::Deadline } else { CallError::TimedOut(allowed) }))
    }

    /// The exchange itself: one request, and an answer in one of the forms that are accepted.
    pub(super) async fn exchange(&self, path_and_query: &str, accept: &str) -> Result<Reply, CallError> {
        let request = http::Request::get(path_and_query)
            .header(http::header::ACCEPT, accept)
            .body(Body::empty())
            .map_err(|_| CallError::Refused)?;
        let response = self.client.send(request).await.map_err(|error| CallError::of_request(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|error| CallError::of_body(&*error))?;
        Ok(Reply::new(&head, &body.to_bytes()))
    }
}
