//! The gate: what is left of the truth after `--fail-on` and `--allow-unknown`.

use super::target::SCAN;
use crate::check::Status;
use crate::fault::Severity;
use crate::report::{CheckResult, Gate, Report, TargetReport};
use std::collections::BTreeSet;

/// What a gate lets through.
#[derive(Debug, Clone)]
pub struct GateOptions {
    /// The least severity that fails; `None` is "never".
    pub fail_on: Option<Severity>,
    /// Whether unknown links pass: none, all, or those of these checks.
    pub allow_unknown: AllowUnknown,
}

/// Which unknown links a gate accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowUnknown {
    /// None.
    None,
    /// All.
    All,
    /// Those of these checks.
    Checks(BTreeSet<String>),
}

impl Default for GateOptions {
    fn default() -> Self {
        Self { fail_on: Some(Severity::Error), allow_unknown: AllowUnknown::None }
    }
}

/// Sets a report's gate: an error beats an unknown. The verdict stays as it is.
pub fn apply_gate(report: &mut Report, options: &GateOptions) {
    report.suppressed =
        report.targets.iter().flat_map(|target| &target.findings).filter(|found| found.suppressed.is_some()).count();
    report.gate = report.targets.iter().map(|target| gate(target, options, report.from_files)).max().unwrap_or(Gate::Pass);
}

fn gate(target: &TargetReport, options: &GateOptions, from_files: bool) -> Gate {
    let counted = target.findings.iter().filter(|found| found.suppressed.is_none());
    let worst = counted.map(|found| found.counts_as.unwrap_or(found.finding.severity)).max();
    if let (Some(worst), Some(fail_on)) = (worst, options.fail_on)
        && worst >= fail_on
    {
        return Gate::Fail;
    }
    // A file isn't to blame for what stands elsewhere.
    let beyond = |check: &CheckResult| from_files && check.is_beyond_files;
    let unknown = target.checks.iter().filter(|check| check.status == Status::Unknown && !beyond(check));
    let accepted = |id: &str| match &options.allow_unknown {
        AllowUnknown::None => false,
        AllowUnknown::All => true,
        AllowUnknown::Checks(checks) => checks.contains(id),
    };
    // A place of which not all could be read has no link that says so.
    let unread = target.gaps.iter().any(|gap| gap.check == SCAN) && options.allow_unknown != AllowUnknown::All;
    if unknown.into_iter().all(|check| accepted(check.id)) && !unread { Gate::Pass } else { Gate::Inconclusive }
}
