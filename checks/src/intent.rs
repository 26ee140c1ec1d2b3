//! What says that a target wants something from AWS at all.

use crate::evidence::Evidence;
use crate::snapshot::TargetKind;

/// Why we think that the target wants something from AWS; `None` if nothing says so.
///
/// Most pods of a cluster want nothing from AWS: without intent no link applies. A target that was
/// named has intent by that alone; a scan names none.
pub fn intent(evidence: &Evidence<'_>) -> Option<String> {
    match evidence.target.kind {
        TargetKind::Namespace => None,
        _ => Some("it was named as the target".to_owned()),
    }
}
