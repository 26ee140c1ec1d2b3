//! Whether two reports say the same, whatever the names.

use crate::report::{Report, TargetReport};
use std::collections::BTreeMap;

/// Compares what two reports say, without their names.
///
/// # Errors
///
/// What differs, in one line.
pub fn same_diagnosis(one: &Report, other: &Report) -> Result<(), String> {
    if one.verdict != other.verdict {
        return Err(format!("the verdict: {} and {}", one.verdict.as_str(), other.verdict.as_str()));
    }
    if one.targets.len() != other.targets.len() {
        return Err(format!("{} and {} targets", one.targets.len(), other.targets.len()));
    }
    // Other names stand in another order.
    let (mut ours, mut theirs) = (BTreeMap::new(), BTreeMap::new());
    one.targets.iter().for_each(|target| *ours.entry(said(target)).or_insert(0) += 1);
    other.targets.iter().for_each(|target| *theirs.entry(said(target)).or_insert(0) += 1);
    match ours.iter().find(|(said, count)| theirs.get(*said) != Some(*count)) {
        None => Ok(()),
        Some((said, _)) => {
            let not = theirs.keys().find(|theirs| !ours.contains_key(*theirs)).map(String::as_str).unwrap_or_default();
            Err(format!("what is said of a target: {said}; and not: {not}"))
        }
    }
}

/// Everything that is said of a target and names nobody.
fn said(target: &TargetReport) -> String {
    let checks = target.checks.iter().map(|check| format!("{}={:?}", check.id, check.status));
    let findings = |found: &[crate::report::FoundFinding]| {
        let mut all: Vec<String> = found
            .iter()
            .map(|found| {
                let finding = &found.finding;
                format!("{} {:?} {:?}", finding.fault.id, finding.severity, finding.confidence)
            })
            .collect();
        all.sort_unstable();
        all
    };
    let mut gaps: Vec<String> =
        target.gaps.iter().map(|gap| format!("{} {:?} {}", gap.check, gap.found.gap.cause, gap.found.decisive)).collect();
    gaps.sort_unstable();
    let mut decisions: Vec<String> = target.decisions.iter().map(|one| format!("{} {}", one.action, one.decision)).collect();
    decisions.sort_unstable();
    let after = target.after_restart.as_ref().map(|after| (after.verdict, findings(&after.findings)));
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {gaps:?} {decisions:?} {after:?} {:?}",
        target.target.kind,
        target.verdict,
        target.first_broken,
        target.first_unknown,
        checks.collect::<Vec<_>>(),
        findings(&target.findings),
        target.not_examined,
    )
}
