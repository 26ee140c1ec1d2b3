//! What a Kubernetes API server answered, or why it didn't, as an `Observed` or a [`Gap`].
//!
//! `Absent` only on a `Status` with reason `NotFound` about the object that was asked for, denied only on one
//! with reason `Forbidden`. A proxy's 404 or 403 has neither and is a gap of another cause.
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>

mod call;

pub(crate) use call::CallError;

use super::one_line;
use crate::collect::kubernetes::permissions::Permission;
use crate::redact::redact;
use irsa_doctor_checks::snapshot::{Gap, GapCause, Observed};
use serde::Deserialize;
use std::time::Duration;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The operation.
    pub(crate) permission: &'static Permission,
    /// In which namespace; `None` of a cluster's object or for all namespaces.
    pub(crate) namespace: Option<&'a str>,
    /// Which object; `None` of a list.
    pub(crate) name: Option<&'a str>,
}

impl Asked<'_> {
    /// A gap about it.
    fn gap(&self, cause: GapCause, detail: &str) -> Gap {
        let gap = Gap::new(self.permission.operation, cause).detail(one_line(&redact(detail)));
        match (self.namespace, self.name) {
            (Some(namespace), Some(name)) => gap.about(format!("{namespace}/{name}")),
            (Some(only), None) | (None, Some(only)) => gap.about(only),
            (None, None) => gap,
        }
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The HTTP status.
    status: u16,
    /// The body's type.
    content_type: String,
    /// How long the server wants us to wait.
    pub(crate) retry_after: Option<Duration>,
    /// The body; `None` where it isn't text.
    body: Option<String>,
}

/// Why an answer isn't what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A status that is no success.
    Status,
    /// A success that isn't JSON.
    NotJson(String),
}

impl Reply {
    /// From a response.
    pub(crate) fn new(head: &http::response::Parts, body: &[u8]) -> Self {
        let header = |name| head.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        Self {
            status: head.status.as_u16(),
            content_type: header(http::header::CONTENT_TYPE).unwrap_or_default().to_owned(),
            retry_after: header(http::header::RETRY_AFTER).and_then(|value| value.parse().ok()).map(Duration::from_secs),
            body: std::str::from_utf8(body).ok().map(str::to_owned),
        }
    }

    /// Whether the same question may be answered a moment later.
    pub(crate) fn is_worth_retrying(&self) -> bool {
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
    }

    /// Whether a list's continue token has expired.
    pub(crate) fn is_expired(&self) -> bool {
        self.status == 410
    }

    /// The JSON of a success.
    ///
    /// # Errors
    /// What it is instead.
    pub(crate) fn text(&self) -> Result<&str, Problem> {
        if self.status != 200 {
            return Err(Problem::Status);
        }
        if !self.content_type.to_ascii_lowercase().contains("json") {
            return Err(Problem::NotJson(format!("the answer is {}, not JSON", described(&self.content_type))));
        }
        self.body.as_deref().ok_or_else(|| Problem::NotJson("the answer is not UTF-8".to_owned()))
    }

    /// The API server's own words about a failure.
    fn failure(&self) -> Option<Failure> {
        let failure: Failure = serde_json::from_str(self.body.as_deref()?).ok()?;
        (failure.kind == "Status").then_some(failure)
    }
}

/// A `Status`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure {
    kind: String,
    reason: Option<String>,
    message: Option<String>,
    details: Option<Details>,
}

/// What a `Status` is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    name: Option<String>,
}

impl Failure {
    /// The machine's word for it.
    fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or_default()
    }

    /// Whether it says that the object itself isn't there, and not that the server knows no such resource.
    fn is_missing(&self, name: &str) -> bool {
        let named = self.details.as_ref().and_then(|details| details.name.as_deref());
        self.reason() == "NotFound" && named == Some(name)
    }
}

/// What was observed: the reply's object, its absence, or a gap.
///
/// `read` turns the text of a success into the object; its error is what is wrong with the text.
pub(crate) fn observe<T>(
    asked: &Asked<'_>,
    reply: Result<Reply, CallError>,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Observed<T> {
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => return Observed::Unavailable(error.gap(asked)),
    };
    match reply.text() {
        Ok(text) => read(text).map_or_else(|detail| Observed::Unavailable(malformed(asked, &detail)), Observed::Present),
        Err(Problem::Status) if is_absent(asked, &reply) => Observed::Absent,
        Err(problem) => Observed::Unavailable(gap(asked, &reply, problem)),
    }
}

/// Whether a reply says that the object isn't there.
fn is_absent(asked: &Asked<'_>, reply: &Reply) -> bool {
    reply.status == 404 && asked.name.is_some_and(|name| reply.failure().is_some_and(|failure| failure.is_missing(name)))
}

/// The gap of a reply that isn't what was asked for.
pub(crate) fn gap(asked: &Asked<'_>, reply: &Reply, problem: Problem) -> Gap {
    if let Problem::NotJson(detail) = problem {
        return malformed(asked, &detail);
    }
    let failure = reply.failure();
    let message = failure.as_ref().and_then(|failure| failure.message.clone());
    let said =
        message.unwrap_or_else(|| format!("HTTP {} with {} in place of a Status", reply.status, described(&reply.content_type)));
    let reason = failure.as_ref().map(Failure::reason).unwrap_or_default();
    match (reply.status, reason) {
        (401, _) => asked.gap(GapCause::InvalidCredentials, &said).remedy(
            "the cluster doesn't accept the kubeconfig's credentials: log in again, or map the IAM identity (access entry or aws-auth)",
        ),
        (403, "Forbidden") => {
            let remedy = if said.contains("cannot impersonate") {
                "allow impersonate on users (RBAC), or leave --as out".to_owned()
            } else {
                asked.permission.remedy(asked.namespace)
            };
            asked.gap(GapCause::Denied, &said).remedy(remedy)
        }
        (429, _) => asked.gap(GapCause::Throttled, &said).remedy("try again later"),
        (500.., _) => asked.gap(GapCause::ServerError, &said).remedy("try again later"),
        (404, _) if failure.is_none() => malformed(asked, &format!("{said}: a proxy's answer, or the API server doesn't serve this")),
        _ => malformed(asked, &said),
    }
}

/// An answer that is not one.
pub(crate) fn malformed(asked: &Asked<'_>, detail: &str) -> Gap {
    asked.gap(GapCause::Malformed, detail)
}

/// A content type, for a message.
fn described(content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if kind.is_empty() { "no content type".to_owned() } else { format!("`{kind}`") }
}
