//! What can go wrong on the way: delays, errors, broken connections, wrong bodies.

use std::time::Duration;

use crate::http::Response;

/// A regular expression that must match from the start of the text, but not to its end.
///
/// The recordings' patterns use look-ahead, so this is not the `regex` crate.
#[derive(Debug, Clone)]
pub struct Pattern(fancy_regex::Regex);

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Panics
    /// When it is not a regular expression.
    pub fn new(pattern: &str) -> Self {
        let anchored = format!("^(?:{pattern})");
        Self(fancy_regex::Regex::new(&anchored).expect("a fault's pattern is a regular expression"))
    }

    /// Whether `text` begins with a match.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text).unwrap_or(false)
    }
}

/// What happens to a request that a [`Fault`] chose.
#[derive(Debug, Clone)]
pub enum Effect {
    /// An error in the server's own shape: a `Status`, IAM's XML, EKS' JSON.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code or reason; without one the status' usual one.
        code: Option<String>,
        /// The message; without one the real service's message for this request.
        message: Option<String>,
    },
    /// This response and no other.
    Reply(Response),
    /// The connection is reset before a byte of the answer.
    ResetBeforeHead,
    /// The head is sent, then the connection is reset.
    ResetAfterHead,
    /// The head and half the body, then an orderly close.
    Truncate,
    /// Nothing, until the client gives up or the server stops.
    NeverAnswer,
    /// The right answer after this long.
    Delay(Duration),
    /// The right answer, one byte each time this long has passed.
    Trickle(Duration),
    /// The right body under another content type.
    ContentType(String),
    /// A proxy's HTML page with this status.
    Html(u16),
    /// The right head with an empty body.
    EmptyBody,
    /// The right answer with its body changed.
    Altered(fn(&[u8]) -> Vec<u8>),
}

impl Effect {
    /// The page that a proxy or a captive portal puts in the place of an answer.
    pub(crate) fn html(status: u16) -> Response {
        let page =
            format!("<html><head><title>{status}</title></head><body><h1>{status}</h1><p>proxy.example.com</p></body></html>\n");
        Response::new(status, "text/html; charset=utf-8", page)
    }
}

/// One fault: which requests, what happens to them, and how often.
///
/// The pattern is tried on the operation: for Kubernetes the path, without the query; for AWS `service:Operation`,
/// as in `iam:GetRole`. The first fault of the list that matches and is not used up wins.
#[derive(Debug, Clone)]
pub struct Fault {
    pattern: Pattern,
    effect: Effect,
    skip: usize,
    times: Option<usize>,
}

impl Fault {
    /// A fault that happens to each request that `pattern` matches.
    pub fn new(pattern: &str, effect: Effect) -> Self {
        Self { pattern: Pattern::new(pattern), effect, skip: 0, times: None }
    }

    /// An error with the usual code and message of `status`.
    pub fn status(pattern: &str, status: u16) -> Self {
        Self::new(pattern, Effect::Error { status, code: None, message: None })
    }

    /// An error with a code and the service's own message.
    pub fn code(pattern: &str, status: u16, code: &str) -> Self {
        Self::new(pattern, Effect::Error { status, code: Some(code.to_owned()), message: None })
    }

    /// What AWS answers to a caller who may not do that.
    pub fn denied(pattern: &str) -> Self {
        Self::code(pattern, 403, "AccessDenied")
    }

    /// What AWS answers to a caller who asks too often.
    pub fn throttled(pattern: &str) -> Self {
        Self::code(pattern, 400, "Throttling")
    }

    /// Only the first `times` requests (after those that [`Fault::after`] lets through).
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets the first `skip` requests through.
    #[must_use]
    pub fn after(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }

    /// Whether the fault strikes `operation`; counts it if so.
    fn strike(&mut self, operation: &str) -> bool {
        if self.times == Some(0) || !self.pattern.matches(operation) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times = self.times.map(|times| times - 1);
        true
    }
}

/// The effect of the first fault that strikes.
pub(crate) fn strike(faults: &mut [Fault], operation: &str) -> Option<Effect> {
    faults.iter_mut().find_map(|fault| fault.strike(operation).then(|| fault.effect.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_begin_at_the_start_and_know_look_ahead() {
        assert!(Pattern::new("iam:GetRole$").matches("iam:GetRole"));
        assert!(!Pattern::new("iam:GetRole$").matches("iam:GetRolePolicy"));
        assert!(!Pattern::new("GetRole").matches("iam:GetRole"));
        let others = Pattern::new("(?!sts:GetCallerIdentity).*");
        assert!(others.matches("iam:GetRole"));
        assert!(!others.matches("sts:GetCallerIdentity"));
    }

    #[test]
    fn faults_are_counted() {
        let mut faults = [Fault::throttled("iam:.*").after(1).times(2), Fault::denied("iam:Get.*").after(2)];
        let struck: Vec<_> = (0..5).map(|_| strike(&mut faults, "iam:GetRole").is_some()).collect();
        assert_eq!(struck, [false, true, true, false, true]);
        assert!(strike(&mut faults, "sts:GetCallerIdentity").is_none());
    }
}
