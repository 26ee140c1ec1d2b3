//! The verdict in one sentence.

use crate::fault::Severity;
use crate::fix::Restart;
use crate::report::{FoundFinding, ReportedGap, Verdict};
use crate::snapshot::Target;
use std::collections::BTreeSet;

/// The verdict of a target in one sentence, the first line of a report.
pub(super) fn sentence(
    target: &Target,
    verdict: Verdict,
    broken: Option<&str>,
    unknown: Option<&str>,
    findings: &[FoundFinding],
    gaps: &[ReportedGap],
) -> String {
    match verdict {
        Verdict::Broken => {
            let check = broken.unwrap_or_default();
            let first = findings.iter().find(|found| found.check == check && found.finding.severity == Severity::Error);
            let what = first.map(|found| found.finding.detail.as_str()).unwrap_or_default();
            format!("BROKEN at {check}: {} {}", full_stop(what), fixes(findings))
        }
        Verdict::Inconclusive => {
            let decisive: BTreeSet<String> =
                gaps.iter().filter(|gap| gap.found.decisive).map(|gap| describe(&gap.found.gap)).collect();
            let what = decisive.into_iter().collect::<Vec<_>>().join(", ");
            format!(
                "INCONCLUSIVE at {}: nothing wrong was found, but not all could be looked at ({what}).",
                unknown.unwrap_or_default()
            )
        }
        Verdict::Degraded => {
            let warnings = findings.iter().filter(|found| found.finding.severity == Severity::Warning).count();
            format!("{target} works; {warnings} {}.", if warnings == 1 { "warning" } else { "warnings" })
        }
        Verdict::Healthy => format!("HEALTHY: every link from {target} to its role holds."),
        Verdict::NotApplicable => format!("{target} asks nothing of AWS."),
    }
}

fn describe(gap: &crate::snapshot::Gap) -> String {
    let resource = gap.resource.as_deref().filter(|_| gap.operation.is_empty());
    match resource.unwrap_or(&gap.operation) {
        "" => gap.cause.as_str().to_owned(),
        what => format!("{what} {}", gap.cause.as_str()),
    }
}

fn full_stop(text: &str) -> String {
    let text = text.trim_end_matches('.');
    format!("{text}.")
}

/// "1 fix, no restart."
fn fixes(findings: &[FoundFinding]) -> String {
    let errors = findings.iter().filter(|found| found.finding.severity == Severity::Error);
    let fixes: Vec<_> = errors.filter_map(|found| found.finding.fix.as_ref()).filter(|fix| !fix.commands.is_empty()).collect();
    let count = fixes.iter().map(|fix| fix.id.as_str()).collect::<BTreeSet<_>>().len();
    let restart = if fixes.iter().any(|fix| fix.restart == Restart::Required) { "then a restart" } else { "no restart" };
    match count {
        0 => "No command mends it.".to_owned(),
        1 => format!("1 fix, {restart}."),
        count => format!("{count} fixes, {restart}."),
    }
}
