//! What each link comes to as a test case.

use crate::report::text::{fix_summary, gap_line, place, wanted_and_actual};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::fix::FixCommand;
use irsa_doctor_checks::report::{CheckResult, FoundFinding, ReportedGap, TargetReport, Verdict};

/// A test case.
pub(super) struct Case<'r> {
    /// The check.
    pub(super) id: &'r str,
    pub(super) result: Result<'r>,
    /// All that is to be said, untrusted lines.
    pub(super) lines: Vec<String>,
}

/// What a case comes to.
pub(super) enum Result<'r> {
    /// The link holds.
    Passed,
    /// It is broken.
    Failed { fault: &'r str, message: &'r str },
    /// It could not be looked at.
    Unknown { cause: &'r str, message: String },
    /// It isn't a link of this chain, or what is wrong was accepted.
    Skipped { reason: String },
}

/// The cases of a target, in chain order.
pub(super) fn of(target: &TargetReport) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = target.checks.iter().map(|check| case(target, check)).collect();
    let is_told = target.checks.iter().any(|check| check.status == Status::Unknown);
    // Of a whole place of which not all was read no link is unknown.
    if target.verdict == Verdict::Inconclusive && !is_told {
        let decisive: Vec<&ReportedGap> = target.gaps.iter().filter(|gap| gap.found.decisive).collect();
        cases.push(unknown("evidence", &decisive, &target.sentence));
    }
    cases
}

fn case<'r>(target: &'r TargetReport, check: &'r CheckResult) -> Case<'r> {
    let findings: Vec<&FoundFinding> = target.findings.iter().filter(|found| found.check == check.id).collect();
    let lines = findings.iter().flat_map(|found| finding(found)).collect();
    let reason = check.reason.as_deref().unwrap_or(check.title);
    match check.status {
        Status::Pass | Status::Warn => Case { id: check.id, result: Result::Passed, lines },
        Status::Unknown if check.is_beyond_files => {
            Case { id: check.id, result: Result::Skipped { reason: reason.to_owned() }, lines }
        }
        Status::NotApplicable => Case { id: check.id, result: Result::Skipped { reason: reason.to_owned() }, lines },
        Status::Unknown => {
            let gaps: Vec<&ReportedGap> = target.gaps.iter().filter(|gap| gap.check == check.id && gap.found.decisive).collect();
            let mut case = unknown(check.id, &gaps, reason);
            case.lines.extend(lines);
            case
        }
        Status::Fail => Case { id: check.id, result: failed(&findings, check), lines },
    }
}

fn failed<'r>(findings: &[&'r FoundFinding], check: &'r CheckResult) -> Result<'r> {
    let mut errors = findings.iter().filter(|found| found.finding.severity == Severity::Error);
    match errors.clone().find(|found| found.suppressed.is_none()) {
        Some(worst) => Result::Failed { fault: worst.finding.fault.id, message: &worst.finding.detail },
        None => match errors.find_map(|found| found.suppressed.as_ref()) {
            Some(reason) => Result::Skipped { reason: format!("broken, and ignored: {reason}") },
            None => Result::Failed { fault: check.id, message: check.title },
        },
    }
}

fn unknown<'r>(id: &'r str, gaps: &[&'r ReportedGap], otherwise: &str) -> Case<'r> {
    let message = gaps.first().map_or_else(|| otherwise.to_owned(), |gap| gap_line(&gap.found.gap));
    let cause = gaps.first().map_or("inconclusive", |gap| gap.found.gap.cause.as_str());
    let lines = gaps.iter().map(|gap| format!("not read: {}", gap_line(&gap.found.gap))).collect();
    Case { id, result: Result::Unknown { cause, message }, lines }
}

/// A finding in lines.
pub(super) fn finding(found: &FoundFinding) -> Vec<String> {
    let finding = &found.finding;
    let mut lines = vec![
        format!("{} {} ({}): {}", finding.severity.as_str(), finding.fault.id, finding.confidence.as_str(), finding.detail),
        format!("  where: {} {}", place(&finding.locus), finding.locus.path),
    ];
    lines.extend(finding.locus.missing.iter().map(|key| format!("  missing: {key}")));
    let [wanted, actual] = wanted_and_actual(finding.expected.as_ref(), finding.actual.as_ref());
    lines.extend(wanted.map(|text| format!("  wanted: {text}")));
    lines.extend(actual.map(|text| format!("  actual: {text}")));
    lines.extend(found.suppressed.iter().map(|reason| format!("  ignored: {reason}")));
    if let Some(fix) = &finding.fix {
        lines.push(format!("  fix: {}", fix_summary(fix)));
        lines.extend(fix.needs_decision.iter().map(|who| format!("  decide: {who}")));
        lines.extend(fix.durable.iter().map(|change| format!("  for good: {change}")));
        // The newlines of a document that a command writes are its layout.
        let commands = fix.commands.iter().map(FixCommand::shell);
        lines.extend(commands.flat_map(|command| command.lines().map(|line| format!("    {line}")).collect::<Vec<_>>()));
    }
    lines.push(format!("  explain: irsa-doctor explain {}", finding.fault.id));
    lines
}
