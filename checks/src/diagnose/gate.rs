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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::FoundGap;
    use crate::diagnose::diagnose;
    use crate::report::ReportedGap;
    use crate::snapshot::{Gap, GapCause, Observed, Snapshot};
    use crate::testing;

    fn gated(report: &mut Report, fail_on: Option<Severity>, allow_unknown: AllowUnknown) -> Gate {
        apply_gate(report, &GateOptions { fail_on, allow_unknown });
        report.gate
    }

    fn changed(change: impl FnOnce(&mut Snapshot)) -> Report {
        let mut snapshot = testing::healthy();
        change(&mut snapshot);
        diagnose(&snapshot)
    }

    #[test]
    fn the_least_severity_that_fails_is_the_callers() {
        let mut broken = changed(|snapshot| testing::role_evidence(snapshot).role = Observed::Absent);
        assert_eq!(gated(&mut broken, Some(Severity::Error), AllowUnknown::None), Gate::Fail);
        assert_eq!(gated(&mut broken, None, AllowUnknown::All), Gate::Pass);
        let mut warned = changed(|snapshot| testing::role_evidence(snapshot).attached = Observed::Present(vec![]));
        assert_eq!(gated(&mut warned, Some(Severity::Error), AllowUnknown::None), Gate::Pass);
        assert_eq!(gated(&mut warned, Some(Severity::Warning), AllowUnknown::None), Gate::Fail);
    }

    #[test]
    fn an_unknown_link_passes_only_where_it_is_accepted() {
        let gap = || Observed::Unavailable(Gap::new("iam:GetRole", GapCause::Denied));
        let mut report = changed(|snapshot| testing::role_evidence(snapshot).role = gap());
        let unknown = |report: &Report| -> BTreeSet<String> {
            let links = report.targets.iter().flat_map(|target| &target.checks);
            links.filter(|link| link.status == Status::Unknown).map(|link| link.id.to_owned()).collect()
        };
        let all = unknown(&report);
        assert!(all.len() > 1, "{all:?}");
        let first = all.iter().take(1).cloned().collect();
        let fail_on = Some(Severity::Error);
        assert_eq!(gated(&mut report, fail_on, AllowUnknown::None), Gate::Inconclusive);
        assert_eq!(gated(&mut report, fail_on, AllowUnknown::Checks(first)), Gate::Inconclusive);
        assert_eq!(gated(&mut report, fail_on, AllowUnknown::Checks(all)), Gate::Pass);
        assert_eq!(gated(&mut report, fail_on, AllowUnknown::All), Gate::Pass);
        for link in report.targets.iter_mut().flat_map(|target| &mut target.checks) {
            link.is_beyond_files = true;
        }
        assert_eq!(gated(&mut report, fail_on, AllowUnknown::None), Gate::Inconclusive, "no files were judged");
        report.from_files = true;
        assert_eq!(gated(&mut report, fail_on, AllowUnknown::None), Gate::Pass);
    }

    #[test]
    fn a_place_that_a_scan_could_not_read_is_unknown_too() {
        let mut report = changed(|_| {});
        let gap = |check| {
            let found = FoundGap { gap: Gap::new("list pods", GapCause::Denied), decisive: true };
            ReportedGap { check, found }
        };
        report.targets[0].gaps.push(gap("role"));
        assert_eq!(gated(&mut report, None, AllowUnknown::None), Gate::Pass, "a link's gap is its link's to weigh");
        report.targets[0].gaps.push(gap(SCAN));
        assert_eq!(gated(&mut report, None, AllowUnknown::None), Gate::Inconclusive);
        assert_eq!(gated(&mut report, None, AllowUnknown::All), Gate::Pass);
    }
}
