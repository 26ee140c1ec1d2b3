//! Answers of API servers, handed to the collectors in the place of what came over the network.

use crate::collect::aws::{self, Guard, OPERATIONS, Session, by_name};
use crate::collect::kubernetes::{self, Api, Selector};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::config::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use irsa_doctor_checks::snapshot::{GapCause, Observed, TargetKind};
use kube::client::Body;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

/// Statuses that an API server or something before it may answer with.
const STATUSES: [u16; 10] = [200, 404, 403, 401, 400, 409, 410, 429, 500, 503];

/// Every answer of a server: two bytes choose the question and the status, the rest is the body.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// The first byte's question, and the answer to it.
    fn of(bytes: &[u8]) -> Option<(usize, Self)> {
        let [question, status, body @ ..] = bytes else { return None };
        // Most answers are successes.
        let status = STATUSES.get(usize::from(*status)).copied().unwrap_or(200);
        Some((usize::from(*question), Self { status, body: body.to_vec() }))
    }

    fn contains(&self, words: &[&str]) -> bool {
        let text = String::from_utf8_lossy(&self.body);
        words.iter().any(|word| text.contains(word))
    }
}

/// Runs a future where nothing waits for a network.
fn wait<T>(future: impl Future<Output = T>) -> Option<T> {
    Some(tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?.block_on(future))
}

/// Any answer of a Kubernetes API server is an object, an absence that the server itself states, or a gap.
pub fn kubernetes(bytes: &[u8]) {
    let Some((question, answer)) = Answer::of(bytes) else { return };
    if let Some(seen) = kubernetes_says(question, &answer) {
        judge(&seen, &answer, &["NotFound"], &["Forbidden"]);
    }
}

fn kubernetes_says(question: usize, answer: &Answer) -> Option<Observed<String>> {
    wait(async {
        let client = kube::Client::new(Server(answer.clone()), "default");
        let api = Api::of(client, kubernetes::Limits { call: Duration::from_millis(90), deadline: None });
        ask(&api, question).await
    })
}

/// The questions by number; the answer as text.
async fn ask(api: &Api, question: usize) -> Observed<String> {
    fn shown<T: std::fmt::Debug>(answer: Observed<T>) -> Observed<String> {
        answer.map(|answer| format!("{answer:?}"))
    }
    const WORKLOADS: [TargetKind; 6] = [
        TargetKind::Deployment,
        TargetKind::StatefulSet,
        TargetKind::DaemonSet,
        TargetKind::Job,
        TargetKind::CronJob,
        TargetKind::Rollout,
    ];
    let kind = WORKLOADS.get(question / 16 % WORKLOADS.len()).copied().unwrap_or(TargetKind::Deployment);
    match question % 16 {
        0 => shown(api.pod("shop", "app").await),
        1 => shown(api.service_account("shop", "app").await),
        2 => shown(api.namespace("shop").await),
        3 => shown(api.node("n").await),
        4 => shown(api.workload(kind, "shop", "app").await),
        5 => shown(api.version().await),
        6 => shown(api.openid_configuration().await),
        7 => shown(api.webhooks().await.items),
        8 => shown(api.events("Pod", "shop", "app").await.items),
        9 => shown(api.service_accounts(&Selector::namespace("shop")).await.items),
        10 => shown(api.workloads(kind, &Selector::namespace("shop")).await.items),
        11 => shown(api.namespaces().await.items),
        _ => shown(api.pods(&Selector::namespace("shop")).await.items),
    }
}

/// Answers every request alike.
#[derive(Debug, Clone)]
struct Server(Answer);

impl tower::Service<http::Request<Body>> for Server {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        let mut response = http::Response::new(Body::from(self.0.body.clone()));
        *response.status_mut() = http::StatusCode::from_u16(self.0.status).unwrap_or_default();
        response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        ready(Ok(response))
    }
}

/// Any answer of AWS is what was asked for, an absence that AWS itself states, or a gap.
pub fn aws(bytes: &[u8]) {
    let Some((question, answer)) = Answer::of(bytes) else { return };
    let Some((operation, seen)) = aws_says(question, &answer) else { return };
    // An association is looked for in a list, and a list may be empty.
    let empty = if operation.contains("Association") { "associations" } else { "NoSuchEntity" };
    let absent = ["NoSuchEntity", "ResourceNotFound", "NotFound", empty];
    let denied = ["AccessDenied", "Unauthorized", "NotAuthorized", "OptInRequired"];
    judge(&seen, &answer, &absent, &denied);
}

fn aws_says(question: usize, answer: &Answer) -> Option<(&'static str, Observed<String>)> {
    let operation = OPERATIONS.get(question % OPERATIONS.len())?.action;
    let seen = wait(async { by_name::ask(&session(answer.clone()), operation).await })?;
    Some((operation, seen))
}

/// Whether an answer is what was asked for, of either.
#[cfg(test)]
pub(super) fn is_understood(bytes: &[u8], is_aws: bool) -> bool {
    let Some((question, answer)) = Answer::of(bytes) else { return false };
    let seen = if is_aws { aws_says(question, &answer).map(|(_, seen)| seen) } else { kubernetes_says(question, &answer) };
    seen.is_some_and(|seen| seen.is_present())
}

/// A session whose every request is answered alike.
fn session(answer: Answer) -> Session {
    let connector = SharedHttpConnector::new(Service(answer));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("AKIA", "secret", None, None, "fuzzing")))
        .sleep_impl(SharedAsyncSleep::new(NoWait))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    Session::new(&config, None, None, aws::Limits { call: Duration::from_mins(1), many: false }, &Guard::default())
}

/// Pauses between attempts are over at once; limits are never reached.
#[derive(Debug)]
struct NoWait;

impl AsyncSleep for NoWait {
    fn sleep(&self, duration: Duration) -> Sleep {
        if duration < Duration::from_secs(3) { Sleep::new(ready(())) } else { Sleep::new(std::future::pending()) }
    }
}

/// Answers every request alike.
#[derive(Debug, Clone)]
struct Service(Answer);

impl HttpConnector for Service {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut response = http::Response::new(SdkBody::from(self.0.body.clone()));
        *response.status_mut() = http::StatusCode::from_u16(self.0.status).unwrap_or_default();
        let response = HttpResponse::try_from(response);
        assert!(response.is_ok(), "a response of valid parts");
        response.map_or_else(
            |_| HttpConnectorFuture::new(std::future::pending()),
            |response| HttpConnectorFuture::ready(Ok(response)),
        )
    }
}

/// Only the service's own words make something absent or denied; a gap has one line, and says what would help.
fn judge(seen: &Observed<String>, answer: &Answer, absent: &[&str], denied: &[&str]) {
    match seen {
        Observed::Present(_) => assert_eq!(answer.status, 200, "{seen:?} of {answer:?}"),
        Observed::Absent => assert!(answer.contains(absent), "absent, of {answer:?}"),
        Observed::Unavailable(gap) => {
            assert!(gap.cause != GapCause::Denied || answer.contains(denied), "denied, of {answer:?}");
            assert!(!gap.detail.contains('\n'), "{gap:?}");
        }
    }
}
