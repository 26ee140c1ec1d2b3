//! A whole report in one line: what it begins with, and what it ends with. Plain text, untrusted.

use super::text::{number_of, verdict_words};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::report::{Gate, Report, ReportedGap, TargetReport, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict in one sentence: of the only target its own, else the counts.
pub(super) fn headline(report: &Report) -> String {
    match report.targets.as_slice() {
        _ if report.overview.is_some() => scanned(report),
        [only] => only.sentence.clone(),
        _ => totals(report),
    }
}

/// "BROKEN: 2 of 40 service accounts; 1 cause. 120 pods were judged."
pub(super) fn scanned(report: &Report) -> String {
    let Some(overview) = &report.overview else { return String::new() };
    let all = overview.accounts.len();
    let pods: usize = overview.accounts.iter().map(|line| line.pods).sum();
    let worst = overview.accounts.iter().filter(|line| line.verdict == report.verdict).count();
    let causes = number_of(overview.causes.len(), "cause", "causes");
    let judged = if report.from_files {
        number_of(report.targets.len(), "object was judged", "objects were judged")
    } else {
        number_of(pods, "pod was judged", "pods were judged")
    };
    let unread: Vec<&str> =
        report.targets.iter().filter(|target| target.target.kind.is_scan()).map(|target| target.sentence.as_str()).collect();
    if report.verdict == Verdict::Inconclusive && worst == 0 && !unread.is_empty() {
        return format!("INCONCLUSIVE: {}. {judged}, and no fault was found in them.", unread.join("; "));
    }
    match report.verdict {
        Verdict::NotApplicable if report.from_files => "NOT APPLICABLE: nothing in the files asks anything of AWS".to_owned(),
        Verdict::Inconclusive if report.from_files && overview.causes.is_empty() => {
            let accounts = number_of(all, "service account", "service accounts");
            format!(
                "INCONCLUSIVE: nothing wrong in the files for {accounts}; of {worst} not all that decides is in them. {judged}."
            )
        }
        Verdict::NotApplicable if overview.pods == 0 => "NOT APPLICABLE: no pods were found".to_owned(),
        Verdict::NotApplicable => "NOT APPLICABLE: nothing here asks anything of AWS".to_owned(),
        Verdict::Healthy => format!("HEALTHY: {}. {judged}.", number_of(all, "service account", "service accounts")),
        verdict => {
            format!(
                "{}: {worst} of {}; {causes}. {judged}.",
                verdict_words(verdict).to_uppercase(),
                number_of(all, "service account", "service accounts")
            )
        }
    }
}

/// "3 targets: 1 broken, 2 healthy".
pub(super) fn totals(report: &Report) -> String {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for target in &report.targets {
        *counts.entry(target.verdict).or_default() += 1;
    }
    format!("{} targets: {}", report.targets.len(), counted(&counts))
}

/// "1 broken, 2 healthy": worst first.
pub(super) fn counted(counts: &BTreeMap<Verdict, usize>) -> String {
    let parts: Vec<String> = counts.iter().rev().map(|(verdict, count)| format!("{count} {}", verdict_words(*verdict))).collect();
    if parts.is_empty() { "nothing to judge".to_owned() } else { parts.join(", ") }
}

/// What verdicts of a scan's listed targets hang on and nobody could read, each once.
pub(super) fn unread(report: &Report) -> Vec<&ReportedGap> {
    let mut known = BTreeSet::new();
    let all = report.listed().filter(|target| !target.target.kind.is_scan()).flat_map(|target| &target.gaps);
    all.filter(|gap| gap.found.decisive && known.insert(*gap)).collect()
}

/// Gaps, first those on which a verdict hangs.
pub(super) fn decisive_first<'r>(gaps: impl IntoIterator<Item = &'r ReportedGap>) -> Vec<&'r ReportedGap> {
    let mut gaps: Vec<&ReportedGap> = gaps.into_iter().collect();
    gaps.sort_by_key(|gap| !gap.found.decisive);
    gaps
}

/// The verdict, with what it rests on.
pub(super) fn last_line(report: &Report) -> String {
    let findings = || report.targets.iter().flat_map(|target| &target.findings).map(|found| found.finding.severity);
    let count = |severity| findings().filter(|found| *found == severity).count();
    let mut parts = Vec::new();
    for (count, word) in
        [(count(Severity::Error), "error"), (count(Severity::Warning), "warning"), (unknown(report), "unknown link")]
    {
        match count {
            0 => {}
            1 => parts.push(format!("1 {word}")),
            count => parts.push(format!("{count} {word}s")),
        }
    }
    if report.suppressed > 0 {
        parts.push(format!("{} suppressed", report.suppressed));
    }
    let place = match report.targets.as_slice() {
        [TargetReport { first_broken: Some(check), .. } | TargetReport { first_unknown: Some(check), .. }] => {
            format!(" at {check}")
        }
        _ => String::new(),
    };
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    let gate = match (report.gate, report.verdict) {
        (Gate::Pass, Verdict::Broken | Verdict::Inconclusive) => "; the gate lets it pass",
        (Gate::Fail, Verdict::Healthy | Verdict::Degraded | Verdict::Inconclusive) => "; the gate fails it",
        _ => "",
    };
    format!("verdict: {}{place}{parts}{gate}", verdict_words(report.verdict))
}

fn unknown(report: &Report) -> usize {
    let checks = report.targets.iter().flat_map(|target| &target.checks);
    checks.filter(|check| check.status == Status::Unknown).count()
}
