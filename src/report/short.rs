//! For a chat: a line for each target, what mends it, and the totals.

use super::escape;
use super::summary::{last_line, scanned};
use super::text::{fix_summary, gap_line, judged, target_in_cluster, verdict_at, verdict_words};
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::overview::Overview;
use irsa_doctor_checks::report::{FoundFinding, Report, TargetReport, Verdict};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The most findings, gaps and causes that are told of one target or one scan.
const MOST: usize = 5;
/// The most service accounts of a scan that are listed.
const MOST_ACCOUNTS: usize = 20;

/// Writes a report in few lines.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if let Some(overview) = &report.overview {
        line(out, "", &scanned(report))?;
        accounts(report, overview, out)?;
        let causes: Vec<&FoundFinding> = report.listed_causes(overview).map(|cause| &cause.found).collect();
        findings(&causes, out)?;
        for target in report.listed().filter(|target| target.target.kind.is_scan()) {
            one(target, out)?;
        }
        unread(report.listed().filter(|target| !target.target.kind.is_scan()), out)?;
    } else {
        for target in report.listed() {
            one(target, out)?;
        }
    }
    line(out, "", &last_line(report))
}

/// Escapes: a line stays one.
fn line(out: &mut dyn Write, indent: &str, text: &str) -> io::Result<()> {
    writeln!(out, "{indent}{}", escape(text))
}

fn one(target: &TargetReport, out: &mut dyn Write) -> io::Result<()> {
    let head = format!("{}: {}: {}", verdict_at(target), target_in_cluster(&target.target), target.sentence);
    line(out, "", &head)?;
    findings(&target.findings.iter().collect::<Vec<_>>(), out)?;
    unread(std::iter::once(target), out)?;
    if let Some(after) = target.after_restart.as_ref().filter(|after| after.verdict != Verdict::NotApplicable) {
        line(out, "  ", &super::text::after_restart(after))?;
    }
    Ok(())
}

/// What mends each error and warning; a fix of several stands once.
fn findings(all: &[&FoundFinding], out: &mut dyn Write) -> io::Result<()> {
    let mut known = BTreeSet::new();
    let mut counted: Vec<String> = all.iter().filter(|found| counts(found)).map(|found| finding_line(found)).collect();
    counted.retain(|line| known.insert(line.clone()));
    for text in counted.iter().take(MOST) {
        line(out, "  ", text)?;
    }
    more(counted.len(), "findings", out)
}

fn counts(found: &FoundFinding) -> bool {
    found.suppressed.is_none() && found.finding.severity != Severity::Info
}

fn finding_line(found: &FoundFinding) -> String {
    let finding = &found.finding;
    let likely = if finding.confidence == irsa_doctor_checks::fault::Confidence::Likely { ", likely" } else { "" };
    let what = match &finding.fix {
        Some(fix) => format!("fix: {}", fix_summary(fix)),
        None => finding.detail.clone(),
    };
    format!("{} {}{likely}: {what}", finding.severity.as_str(), finding.fault.id)
}

/// What the verdict hangs on and nobody could read, each once.
fn unread<'r>(targets: impl Iterator<Item = &'r TargetReport>, out: &mut dyn Write) -> io::Result<()> {
    let gaps = targets.flat_map(|target| &target.gaps).filter(|gap| gap.found.decisive);
    let gaps: BTreeSet<String> = gaps.map(|gap| gap_line(&gap.found.gap)).collect();
    for text in gaps.iter().take(MOST) {
        line(out, "  not read: ", text)?;
    }
    more(gaps.len(), "things that were not read", out)
}

fn accounts(report: &Report, overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    // What is well is in the totals, unless it was asked for by name.
    let shown = |verdict| report.shows(verdict) && (!report.only.is_empty() || verdict > Verdict::Healthy);
    let listed = || overview.accounts.iter().filter(|line| shown(line.verdict));
    for account in listed().take(MOST_ACCOUNTS) {
        let cluster = account.cluster.as_ref().map(|cluster| format!(" of cluster {cluster}")).unwrap_or_default();
        let link = account.first_broken.map(|link| format!(" at {link}")).unwrap_or_default();
        let verdict = verdict_words(account.verdict);
        let pods = judged(account);
        line(out, "", &format!("{verdict}{link}: serviceaccount {}/{}{cluster} ({pods})", account.namespace, account.name))?;
    }
    let left = listed().count().saturating_sub(MOST_ACCOUNTS);
    if left > 0 { writeln!(out, "... and {left} more service accounts") } else { Ok(()) }
}

fn more(all: usize, what: &str, out: &mut dyn Write) -> io::Result<()> {
    if all > MOST { writeln!(out, "  ... and {} more {what}", all - MOST) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_snapshot, broken, healthy, two};
    use super::*;

    fn short(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn looks_as_it_did() {
        assert_snapshot("short-broken.txt", &short(&broken()));
        assert_snapshot("short-healthy.txt", &short(&healthy()));
        assert_snapshot("short-two.txt", &short(&two()));
    }

    #[test]
    fn stays_short() {
        let mut report = broken();
        let target = &mut report.targets[0];
        let mut found = target.findings[1].clone();
        found.finding.fix = None;
        for number in 0..100 {
            found.finding.detail = format!("detail {number}\nverdict: healthy\u{1b}[2J");
            target.findings.push(found.clone());
        }
        let text = short(&report);
        assert!(text.lines().count() < 12 && text.contains("  ... and 96 more findings\n"), "{text}");
        assert!(!text.contains(['\u{1b}']) && !text.contains("\nverdict: healthy"), "{text}");
    }
}
