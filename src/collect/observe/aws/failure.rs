//! Calls that ended without an answer of the service.

use super::Question;
use crate::collect::aws::{Finish, LastAttempt};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use irsa_doctor_checks::snapshot::{Gap, GapCause};
use std::error::Error;
use std::io;

/// The gap of a call that has no answer of the service.
pub(super) fn gap<E>(question: Question<'_>, error: &SdkError<E, HttpResponse>, last: &LastAttempt) -> Gap
where
    E: Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => match last.finish() {
            Some(Finish::Throttled) => question.gap(GapCause::Throttled, "still throttled when the time was up"),
            Some(Finish::ServerError) => question.gap(GapCause::ServerError, "still failing when the time was up"),
            None => question.gap(GapCause::TimedOut, "no answer in time").remedy("try again, or raise --call-timeout"),
        },
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            question.gap(GapCause::TimedOut, "no connection in time").remedy("see whether this network reaches AWS")
        }
        SdkError::DispatchFailure(_) => question
            .gap(GapCause::Unreachable, innermost(error))
            .remedy("see whether this network reaches AWS, and look at AWS_ENDPOINT_URL and HTTPS_PROXY"),
        SdkError::ResponseError(_) if is_broken_connection(error) => {
            question.gap(GapCause::Unreachable, innermost(error)).remedy("try again")
        }
        SdkError::ResponseError(_) => question.malformed(innermost(error)),
        _ => question.gap(GapCause::NotCollected, innermost(error)),
    }
}

/// Whether the connection broke in the middle of an answer.
fn is_broken_connection(error: &(dyn Error + 'static)) -> bool {
    sources(error).any(|source| {
        source.downcast_ref::<io::Error>().is_some_and(|error| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
        })
    })
}

/// The words of the innermost error: the SDK's own say no more than "dispatch failure".
fn innermost(error: &(dyn Error + 'static)) -> String {
    sources(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

/// An error's sources, itself first; bounded, since nothing says that the chain ends.
pub(crate) fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| error.source()).take(16)
}
