//! What sits in every client's transport: the read-only guard, the count of requests, the end of what never ends, the note
//! of what the last attempt got, and no second try where the port is closed.
//!
//! The credential providers' own calls (SSO, `AssumeRole` of a profile) have clients of their own and don't pass here.

use super::operations;
use super::xml::is_well_formed;
use crate::collect::observe::aws::{is_throttling, sources};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::Limited;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use thiserror::Error;

/// An operation that isn't on the allow-list.
#[derive(Debug, Error)]
#[error("`{service}:{operation}` is not one of the operations that this tool may call")]
pub(crate) struct NotAllowed {
    service: String,
    operation: String,
}

/// The longest answer that is read. The longest that AWS sends, a page of all roles and policies, has a few MiB.
const MOST_BYTES: usize = 64 << 20;

/// Lets the operations of the allow-list through, and nothing else; counts every request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    requests: Arc<AtomicU64>,
}

impl Guard {
    /// How many requests went out, retries included.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "read-only guard"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = config.load::<Metadata>().map_or(("", ""), |metadata| (metadata.service(), metadata.name()));
        if operations::is_allowed(service, operation) {
            return Ok(());
        }
        Err(Box::new(NotAllowed { service: service.to_owned(), operation: operation.to_owned() }))
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let whole = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited::new(whole, MOST_BYTES));
        Ok(())
    }
}

/// How an attempt that will be tried again ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// The service was asked too often.
    Throttled,
    /// The service failed.
    ServerError,
}

/// Notes of one call what the SDK forgets: how its last attempt ended (when time runs out between two attempts, the
/// cause is lost), whether the answer held an element that the SDK would hand out as empty if it were missing, and whether
/// it was XML that the SDK took for whole and wasn't.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastAttempt {
    element: &'static str,
    seen: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
    finish: Arc<AtomicU8>,
}

impl LastAttempt {
    /// Looks for an element of that name in the answer.
    pub(crate) fn expecting(element: &'static str) -> Self {
        Self { element, ..Self::default() }
    }

    /// How the last attempt ended, if it was one of these.
    pub(crate) fn finish(&self) -> Option<Finish> {
        match self.finish.load(Ordering::Relaxed) {
            1 => Some(Finish::Throttled),
            2 => Some(Finish::ServerError),
            _ => None,
        }
    }

    /// Whether the answer was XML that isn't well-formed: nothing is known of what it was to say.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Whether the answer held the element.
    pub(crate) fn saw_element(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Intercept for LastAttempt {
    fn name(&self) -> &'static str {
        "last attempt"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(response) = context.response() else {
            self.finish.store(0, Ordering::Relaxed);
            return Ok(());
        };
        let bytes = response.body().bytes().unwrap_or_default();
        let is_xml = bytes.trim_ascii_start().starts_with(b"<");
        self.broken.store(is_xml && !is_well_formed(bytes), Ordering::Relaxed);
        let body = String::from_utf8_lossy(bytes);
        self.seen.store(!self.element.is_empty() && body.contains(&format!("<{}", self.element)), Ordering::Relaxed);
        let finish = match response.status().as_u16() {
            429 => 1,
            400..=599 if body.split(|c: char| !c.is_ascii_alphanumeric()).any(is_throttling) => 1,
            500..=599 => 2,
            _ => 0,
        };
        self.finish.store(finish, Ordering::Relaxed);
        Ok(())
    }
}

/// A closed port stays closed: no second try, no waiting.
#[derive(Debug)]
pub(crate) struct RefusedIsFinal;

impl ClassifyRetry for RefusedIsFinal {
    fn name(&self) -> &'static str {
        "refused is final"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let Some(error) = error.as_connector_error() else { return RetryAction::NoActionIndicated };
        let refused = sources(error).any(|source| {
            source.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
        });
        if refused { RetryAction::RetryForbidden } else { RetryAction::NoActionIndicated }
    }
}
