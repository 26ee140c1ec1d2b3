//! The AWS SDK's answers.
//!
//! Absent only on the error that the operation's own page names for "no such thing", and only where AWS itself sent
//! it: a bare 404 from a proxy is a gap.

mod code;
mod failure;

pub(crate) use code::is_throttling;
pub(crate) use failure::sources;

use super::one_line;
use crate::collect::aws::{LastAttempt, Operation};
use crate::redact::redact;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use code::CodeMeaning;
use irsa_doctor_checks::snapshot::{Gap, GapCause, Observed};

/// What one call asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The operation.
    pub(crate) operation: &'static Operation,
    /// What it was asked about: an ARN, mostly.
    pub(crate) about: &'a str,
}

impl Question<'_> {
    /// The gap that this question leaves. An error may repeat the request, and with it the session's token:
    /// `SignatureDoesNotMatch` has its canonical form.
    pub(crate) fn gap(&self, cause: GapCause, detail: impl Into<String>) -> Gap {
        let gap = Gap::new(self.operation.action, cause).about(self.about).detail(one_line(&redact(&detail.into())));
        match cause {
            GapCause::Denied => gap.remedy(format!("allow {} on {}", self.operation.action, self.about)),
            GapCause::Throttled | GapCause::ServerError | GapCause::TimedOut => gap.remedy("try again in a minute"),
            _ => gap,
        }
    }

    /// The gap of an answer that lacks what every such answer has.
    pub(crate) fn malformed(&self, detail: impl Into<String>) -> Gap {
        self.gap(GapCause::Malformed, detail).remedy("see whether a proxy or an emulator stands between here and AWS")
    }
}

/// An answer of the SDK.
///
/// `Absent` if the error is the one that the operation has for a thing that isn't there; any other error is the gap
/// that it leaves. `last` knows what the last attempt got, which the SDK forgets when time runs out.
pub(crate) fn observe<T, E>(
    question: Question<'_>,
    result: Result<T, SdkError<E, HttpResponse>>,
    last: &LastAttempt,
) -> Observed<T>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let broken = || Observed::Unavailable(question.malformed("the answer is XML that is not well-formed"));
    let error = match result {
        Ok(_) if last.is_broken() => return broken(),
        Ok(answer) => return Observed::Present(answer),
        Err(error) => error,
    };
    let SdkError::ServiceError(context) = &error else {
        return Observed::Unavailable(failure::gap(question, &error, last));
    };
    let status = context.raw().status().as_u16();
    let answer = context.err();
    match answer.code() {
        Some(code) if question.operation.absent == Some(code) && last.is_broken() => broken(),
        Some(code) if question.operation.absent == Some(code) => Observed::Absent,
        Some(code) => {
            let words = format!("{code}: {}", answer.message().unwrap_or("no message"));
            Observed::Unavailable(meaning(question, CodeMeaning::of(code, status), &words))
        }
        None => Observed::Unavailable(without_code(question, status)),
    }
}

/// The region of a bucket that was asked for in another one: S3 says it in a header of the error.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html>
#[cfg(feature = "resource-policies")]
pub(crate) fn bucket_region<T, E>(result: &Result<T, SdkError<E, HttpResponse>>) -> Option<String> {
    let response = result.as_ref().err()?.raw_response()?;
    let region = response.headers().get("x-amz-bucket-region")?;
    // It becomes part of a host name.
    let is_region =
        !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    is_region.then(|| region.to_owned())
}

fn meaning(question: Question<'_>, meaning: CodeMeaning, words: &str) -> Gap {
    match meaning {
        CodeMeaning::Denied => question.gap(GapCause::Denied, words),
        CodeMeaning::BadCredentials => {
            question.gap(GapCause::InvalidCredentials, words).remedy("renew the credentials (`aws sso login`, or new keys)")
        }
        CodeMeaning::Throttled => question.gap(GapCause::Throttled, words),
        CodeMeaning::ServerError => question.gap(GapCause::ServerError, words),
        CodeMeaning::Other => question.gap(GapCause::Malformed, words),
    }
}

/// An error answer that AWS' own error format doesn't fit: a proxy's page, an empty body.
fn without_code(question: Question<'_>, status: u16) -> Gap {
    match status {
        429 => question.gap(GapCause::Throttled, "status 429"),
        500..=599 => question.gap(GapCause::ServerError, format!("status {status}")),
        _ => question.malformed(format!("status {status}, and the answer is not one of AWS' own")),
    }
}

/// A present answer's part, another form of it, or the gap that it turns out to be.
pub(crate) fn part<T, U>(observed: Observed<T>, read: impl FnOnce(T) -> Result<U, Gap>) -> Observed<U> {
    match observed {
        Observed::Present(answer) => match read(answer) {
            Ok(part) => Observed::Present(part),
            Err(gap) => Observed::Unavailable(gap),
        },
        Observed::Absent => Observed::Absent,
        Observed::Unavailable(gap) => Observed::Unavailable(gap),
    }
}
