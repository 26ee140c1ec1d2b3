//! What AWS' error codes mean.

/// What an error code says about the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeMeaning {
    /// The caller may not ask.
    Denied,
    /// The caller isn't known, or is known no longer.
    BadCredentials,
    /// Asked too often.
    Throttled,
    /// AWS failed.
    ServerError,
    /// Anything else.
    Other,
}

/// Credentials that are expired, revoked, mistyped, or signed with a clock that is wrong.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
const BAD_CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

impl CodeMeaning {
    pub(super) fn of(code: &str, status: u16) -> Self {
        if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" {
            Self::Denied
        } else if code.starts_with("ExpiredToken") || BAD_CREDENTIALS.contains(&code) {
            Self::BadCredentials
        } else if is_throttling(code) {
            Self::Throttled
        } else if status >= 500 {
            Self::ServerError
        } else {
            Self::Other
        }
    }
}

/// Whether a code says that the service was asked too often.
pub(crate) fn is_throttling(code: &str) -> bool {
    const OTHERS: &[&str] =
        &["BandwidthLimitExceeded", "PriorRequestNotComplete", "RequestLimitExceeded", "RequestThrottled", "SlowDown"];
    code.starts_with("Throttl") || code.starts_with("TooManyRequests") || OTHERS.contains(&code)
}
