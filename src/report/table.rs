//! The table: the chain link by link, for people.
//!
//! First line and last line are the verdict. Whatever comes from a cluster or an account goes through `escape`.

mod chain;
mod error;
mod finding;
mod gaps;
mod head;
mod overview;
mod runtime;

#[cfg(test)]
mod tests;

use super::page::{Page, Tone};
use super::{Look, escape};
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::report::{Gate, Report, TargetReport, Verdict};
use irsa_doctor_checks::snapshot::TargetKind;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes a report as a table.
pub(super) fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, *look);
    if let Some(overview) = &report.overview {
        page.prose("", 0, &scanned(report), tone(report.verdict))?;
        page.blank()?;
        head::write(&mut page, report)?;
        page.blank()?;
        overview::write(&mut page, report, overview)?;
        page.blank()?;
        return page.prose("", 0, &last_line(report), tone(report.verdict));
    }
    if report.targets.len() > 1 {
        page.prose("", 0, &totals(report), tone(report.verdict))?;
        page.blank()?;
    }
    for (index, target) in report.listed().enumerate() {
        if report.targets.len() > 1 && index > 0 {
            page.blank()?;
        }
        page.prose("", 0, &escape(&target.sentence), tone(target.verdict))?;
        page.blank()?;
        if index == 0 && target.target.kind != TargetKind::Error {
            head::write(&mut page, report)?;
        }
        head::target(&mut page, target)?;
        if target.target.kind == TargetKind::Error {
            chain::write_judged(&mut page, target)?;
        } else {
            chain::write(&mut page, target)?;
        }
        chain::appendix(&mut page, target)?;
    }
    page.blank()?;
    page.prose("", 0, &last_line(report), tone(report.verdict))
}

/// "BROKEN: 2 of 40 service accounts; 1 cause. 120 pods were judged."
fn scanned(report: &Report) -> String {
    let Some(overview) = &report.overview else { return String::new() };
    let all = overview.accounts.len();
    let pods: usize = overview.accounts.iter().map(|line| line.pods).sum();
    let worst = overview.accounts.iter().filter(|line| line.verdict == report.verdict).count();
    let counted = |count: usize, one: &str, many: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") };
    let causes = counted(overview.causes.len(), "cause", "causes");
    let judged = counted(pods, "pod was judged", "pods were judged");
    let unread: Vec<&str> =
        report.targets.iter().filter(|target| target.target.kind.is_scan()).map(|target| target.sentence.as_str()).collect();
    if report.verdict == Verdict::Inconclusive && worst == 0 && !unread.is_empty() {
        return format!("INCONCLUSIVE: {}. {judged}, and no fault was found in them.", escape(&unread.join("; ")));
    }
    match report.verdict {
        Verdict::NotApplicable if overview.pods == 0 => "NOT APPLICABLE: no pods were found".to_owned(),
        Verdict::NotApplicable => "NOT APPLICABLE: nothing here asks anything of AWS".to_owned(),
        Verdict::Healthy => format!("HEALTHY: {}. {judged}.", counted(all, "service account", "service accounts")),
        verdict => {
            format!(
                "{}: {worst} of {}; {causes}. {judged}.",
                words(verdict).to_uppercase(),
                counted(all, "service account", "service accounts")
            )
        }
    }
}

/// "3 targets: 1 broken, 2 healthy".
fn totals(report: &Report) -> String {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for target in &report.targets {
        *counts.entry(target.verdict).or_default() += 1;
    }
    format!("{} targets: {}", report.targets.len(), counted(&counts))
}

/// "1 broken, 2 healthy": worst first.
fn counted(counts: &BTreeMap<Verdict, usize>) -> String {
    let parts: Vec<String> = counts.iter().rev().map(|(verdict, count)| format!("{count} {}", words(*verdict))).collect();
    if parts.is_empty() { "nothing to judge".to_owned() } else { parts.join(", ") }
}

/// The verdict, with what it rests on.
fn last_line(report: &Report) -> String {
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
    format!("verdict: {}{place}{parts}{gate}", words(report.verdict))
}

fn unknown(report: &Report) -> usize {
    let checks = report.targets.iter().flat_map(|target| &target.checks);
    checks.filter(|check| check.status == irsa_doctor_checks::check::Status::Unknown).count()
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotApplicable => "not applicable",
        other => other.as_str(),
    }
}

pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::NotApplicable => Tone::Faint,
        Verdict::Healthy => Tone::Good,
        Verdict::Degraded => Tone::Warning,
        Verdict::Inconclusive => Tone::Unknown,
        Verdict::Broken => Tone::Bad,
    }
}
