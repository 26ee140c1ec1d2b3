//! The calls of a scenario that fail.

use super::load::gap;
use irsa_doctor_checks::snapshot::{GapCause, Observed};
use regex::Regex;
use serde_json::Value;

/// The calls that fail, by operation and by path.
pub(crate) struct Faults {
    aws: Vec<(Regex, GapCause)>,
    kubernetes: Vec<(Regex, GapCause)>,
}

impl Faults {
    /// Those of a scenario.
    pub(crate) fn of(scenario: &Value) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let pattern = |value: &Value| Regex::new(&format!("^(?:{})", plain(value.as_str().unwrap()))).unwrap();
        let aws = list(&scenario["aws"]);
        let kubernetes = list(&scenario["kubernetes"]["faults"]);
        Self {
            aws: aws.iter().map(|fault| (pattern(&fault["op"]), cause(fault))).collect(),
            kubernetes: kubernetes.iter().map(|fault| (pattern(&fault["path"]), cause(fault))).collect(),
        }
    }

    /// An AWS call's answer, unless it fails.
    pub(crate) fn aws<T>(&self, operation: &str, answer: impl FnOnce() -> Observed<T>) -> Observed<T> {
        failing(&self.aws, operation).map_or_else(answer, |cause| Observed::Unavailable(gap(operation, cause)))
    }

    /// A Kubernetes call's answer, unless it fails.
    pub(crate) fn kubernetes<T>(&self, path: &str, answer: impl FnOnce() -> Observed<T>) -> Observed<T> {
        failing(&self.kubernetes, path).map_or_else(answer, |cause| Observed::Unavailable(gap(&format!("get {path}"), cause)))
    }
}

fn failing(faults: &[(Regex, GapCause)], what: &str) -> Option<GapCause> {
    faults.iter().find(|(pattern, _)| pattern.is_match(what)).map(|(_, cause)| *cause)
}

fn cause(fault: &Value) -> GapCause {
    match (fault["status"].as_u64(), fault["code"].as_str()) {
        (_, Some("Throttling")) => GapCause::Throttled,
        (Some(403), _) => GapCause::Denied,
        other => panic!("fault {other:?}"),
    }
}

/// The recordings' patterns use negative look-ahead in two places, which the `regex` crate has not; what they mean is spelled out here.
fn plain(pattern: &str) -> String {
    match pattern {
        "(?!sts:GetCallerIdentity).*" => "(iam|eks|s3):.*|sts:[^G].*".to_owned(),
        r"/(?!version$|api/v1/namespaces/[^/]+/(pods|serviceaccounts)/[^/]+$).*" => {
            "/apis/.*|/[.].*|/api/v1/namespaces/[^/]+$|/api/v1/namespaces/[^/]+/[^/]+$|/api/v1/namespaces/[^/]+/(events|configmaps)/.*|/api/v1/nodes.*"
                .to_owned()
        }
        other => other.to_owned(),
    }
}
