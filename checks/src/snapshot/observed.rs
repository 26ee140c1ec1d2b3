//! What was seen, what is not there, and what could not be looked at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer to one question put to a cluster or an account.
///
/// `Absent` means that the question was asked and the answer was "there is no such thing"; whatever
/// kept us from asking, or from understanding the answer, is `Unavailable` with the [`Gap`] that says
/// why. Nothing in this crate turns the one into the other: unknown is not healthy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Observed<T> {
    /// It is there, and this is what it looks like.
    Present(T),
    /// It was asked for, and it is not there.
    Absent,
    /// It could not be looked at.
    Unavailable(Gap),
}

/// A field that an older bundle lacks was not collected; it is neither absent nor empty.
impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self::Unavailable(Gap::not_collected(""))
    }
}

impl<T> Observed<T> {
    /// The thing, where it is there.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unavailable(_) => None,
        }
    }

    /// Whether it is known not to be there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it is there.
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present(_))
    }

    /// Why it could not be looked at, where that is so.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Unavailable(gap) => Some(gap),
            Self::Present(_) | Self::Absent => None,
        }
    }

    /// The same answer about a borrowed thing.
    pub fn as_ref(&self) -> Observed<&T> {
        match self {
            Self::Present(value) => Observed::Present(value),
            Self::Absent => Observed::Absent,
            Self::Unavailable(gap) => Observed::Unavailable(gap.clone()),
        }
    }

    /// The same answer about a part, or another form, of the thing.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Present(value) => Observed::Present(change(value)),
            Self::Absent => Observed::Absent,
            Self::Unavailable(gap) => Observed::Unavailable(gap),
        }
    }
}

/// What the operation of a gap begins with that is a condition key, whose value only the call itself has.
pub const CONDITION_KEY: &str = "condition key ";

/// What the operation of a gap begins with that is an environment variable, whose value only the running container has.
pub const VARIABLE: &str = "value of ";

/// Something that could not be read, why, and what would help.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The operation that did not answer: `iam:GetRole`, `get pods`. Empty where it was never tried.
    pub operation: String,
    /// What it was asked about: a role's ARN, `default/awscli`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Why there is no answer.
    pub cause: GapCause,
    /// The answer's own words, shortened.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The permission, flag or command that would help.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Gap {
    /// A gap with a cause and nothing else said yet.
    pub fn new(operation: impl Into<String>, cause: GapCause) -> Self {
        Self { operation: operation.into(), resource: None, cause, detail: String::new(), remedy: String::new() }
    }

    /// Nobody asked.
    pub fn not_collected(operation: impl Into<String>) -> Self {
        Self::new(operation, GapCause::NotCollected)
    }

    /// Why it isn't known, in words: what only the call or the container has was never to be asked for.
    pub fn why(&self) -> &'static str {
        let could_be_asked = ![CONDITION_KEY, VARIABLE].iter().any(|what| self.operation.starts_with(what));
        match self.cause {
            GapCause::NotCollected if !could_be_asked => "not known",
            cause => cause.words(),
        }
    }

    /// The same gap, with what was asked about.
    #[must_use]
    pub fn about(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// The same gap, with the answer's own words.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same gap, with what would help.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GapCause {
    /// The caller may not read it.
    Denied,
    /// The service refused to answer that often.
    Throttled,
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// An answer that is not one: another format, a field missing, a list cut short.
    Malformed,
    /// The service failed.
    ServerError,
    /// There are no credentials to ask with.
    NoCredentials,
    /// The credentials have expired or are not valid.
    InvalidCredentials,
    /// Nobody asked: another half, an older bundle, or a flag that was not given.
    NotCollected,
    /// The files that were linted don't say it: it stands elsewhere, or only a cluster or an account knows it.
    NotInFiles,
    /// A plan or a template says that it will be known once it is carried out.
    KnownLater,
}

impl GapCause {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed-out",
            Self::Malformed => "malformed",
            Self::ServerError => "server-error",
            Self::NoCredentials => "no-credentials",
            Self::InvalidCredentials => "invalid-credentials",
            Self::NotCollected => "not-collected",
            Self::NotInFiles => "not-in-files",
            Self::KnownLater => "known-later",
        }
    }

    /// The same in words, after the name of an operation: "iam:GetRole denied".
    pub fn words(self) -> &'static str {
        match self {
            Self::TimedOut => "timed out",
            Self::Malformed => "gave no valid answer",
            Self::ServerError => "failed",
            Self::NoCredentials => "not asked: no credentials",
            Self::InvalidCredentials => "refused: invalid credentials",
            Self::NotCollected => "not asked",
            Self::NotInFiles => "not in the files",
            Self::KnownLater => "not known before it is carried out",
            Self::Denied | Self::Throttled | Self::Unreachable => self.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_could_have_asked_for_what_only_the_call_or_the_container_has() {
        assert_eq!(Gap::not_collected("iam:GetRole").why(), "not asked");
        assert_eq!(Gap::not_collected(format!("{CONDITION_KEY}aws:SourceIp")).why(), "not known");
        assert_eq!(Gap::not_collected(format!("{VARIABLE}AWS_ROLE_ARN")).why(), "not known");
        assert_eq!(Gap::new("iam:GetRole", GapCause::Denied).why(), "denied");
    }
}
