//! May the role do what the pod needs? The evaluator's answer for each asked action.

use crate::evidence::Evidence;
use crate::report::ActionDecision;

/// The decision for each asked action.
pub fn decisions(_evidence: &Evidence<'_>) -> Vec<ActionDecision> {
    Vec::new()
}

/// The layers that nobody looked at.
pub fn not_examined(_evidence: &Evidence<'_>) -> Vec<&'static str> {
    vec!["scp", "rcp", "vpc-endpoint-policy", "resource-policy"]
}
