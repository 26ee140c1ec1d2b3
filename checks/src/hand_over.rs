//! For whoever can see what we couldn't: what to ask of them.

use crate::evidence::Evidence;
use crate::report::{FoundFinding, ReportedGap};

/// What to ask of the owner of which account or cluster, one sentence each.
pub fn hand_over(_evidence: &Evidence<'_>, _gaps: &[ReportedGap], _findings: &[FoundFinding]) -> Vec<String> {
    Vec::new()
}
