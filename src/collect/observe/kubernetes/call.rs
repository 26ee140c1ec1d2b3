//! A call that got no whole answer.

use super::super::one_line;
use super::{Asked, malformed};
use crate::collect::kubernetes::Refused;
use http_body_util::LengthLimitError;
use irsa_doctor_checks::snapshot::{Gap, GapCause};
use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallError {
    /// Not in the time that a call has.
    TimedOut(Duration),
    /// The run's own time is over.
    Deadline,
    /// The guard didn't let the request out.
    Refused,
    /// No connection, or none that lasted.
    Connection {
        /// Whether the same may work a moment later.
        passing: bool,
        /// What the operating system or TLS says.
        detail: String,
    },
    /// An answer without an end.
    TooLong,
    /// An answer that broke off or can't be unpacked.
    Broken(String),
}

impl CallError {
    /// From a request that got no answer.
    pub(crate) fn of_request(error: &kube::Error) -> Self {
        let error: &(dyn Error + 'static) = error;
        if chain(error).any(<dyn Error>::is::<Refused>) {
            return Self::Refused;
        }
        let kind = io_kind(error);
        let passing = match kind {
            Some(
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof,
            ) => true,
            Some(_) => false,
            None => deepest(error).contains("connection closed before message completed"),
        };
        let detail = match kind {
            Some(ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
            Some(ErrorKind::ConnectionReset) => "the connection was reset".to_owned(),
            Some(ErrorKind::TimedOut) => "no connection in time".to_owned(),
            _ => deepest(error),
        };
        Self::Connection { passing, detail }
    }

    /// From a body that ended early.
    pub(crate) fn of_body(error: &(dyn Error + 'static)) -> Self {
        if chain(error).any(<dyn Error>::is::<LengthLimitError>) {
            return Self::TooLong;
        }
        match io_kind(error) {
            Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe) => {
                Self::Connection { passing: true, detail: "the connection was reset in the middle of the answer".to_owned() }
            }
            Some(ErrorKind::TimedOut) => {
                Self::Connection { passing: false, detail: "the answer stopped in the middle".to_owned() }
            }
            _ => Self::Broken(deepest(error)),
        }
    }

    /// Whether the same question may be answered a moment later.
    pub(crate) fn is_worth_retrying(&self) -> bool {
        match self {
            Self::Connection { passing, .. } => *passing,
            Self::TimedOut(_) | Self::Broken(_) => true,
            Self::Deadline | Self::Refused | Self::TooLong => false,
        }
    }

    /// As a gap.
    pub(crate) fn gap(&self, asked: &Asked<'_>) -> Gap {
        match self {
            Self::TimedOut(after) => asked
                .gap(GapCause::TimedOut, &format!("no answer in {} s", after.as_secs_f32()))
                .remedy("give it longer with --call-timeout"),
            Self::Deadline => {
                asked.gap(GapCause::TimedOut, "the time for the whole run was over").remedy("give it longer with --timeout")
            }
            Self::Refused => asked.gap(GapCause::NotCollected, "irsa-doctor doesn't send such a request"),
            Self::Connection { detail, .. } => {
                let remedy = if detail.contains("certificate") {
                    "check the cluster's CA in the kubeconfig (`aws eks update-kubeconfig` writes it anew), and whether a proxy breaks TLS open"
                } else {
                    "check the network, the proxy and the cluster's endpoint access, or give another --context"
                };
                asked.gap(GapCause::Unreachable, detail).remedy(remedy)
            }
            Self::TooLong => malformed(asked, "the answer is too long to be one"),
            Self::Broken(detail) => malformed(asked, &format!("the answer broke off: {detail}")),
        }
    }
}

/// An error and all its sources.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source()).take(32)
}

/// The operating system's kind of error, where there is one below. An `io::Error` may hold another error inside.
fn io_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    chain(error)
        .filter_map(|part| part.downcast_ref::<std::io::Error>())
        .map(std::io::Error::kind)
        .filter(|kind| *kind != ErrorKind::Other)
        .last()
}

/// The words of the innermost error: kube's own say everything twice and show what they shouldn't.
fn deepest(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(|part| one_line(&part.to_string())).unwrap_or_default()
}
