//! A scan: a line for each service account, each cause once, and what strikes the eye.

use super::{finding, gaps, tone};
use crate::report::escape;
use crate::report::page::{Page, Tone};
use crate::report::text::verdict_words;
use comfy_table::{ContentArrangement, Table, presets};
use irsa_doctor_checks::names::some;
use irsa_doctor_checks::overview::{AccountLine, Cause, Overview};
use irsa_doctor_checks::report::{Report, ReportedGap, TargetReport, Verdict};
use irsa_doctor_checks::snapshot::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Writes the picture.
pub(super) fn write(page: &mut Page<'_>, report: &Report, overview: &Overview) -> io::Result<()> {
    let shown: Vec<&AccountLine> = overview.accounts.iter().filter(|line| report.shows(line.verdict)).collect();
    let reports: BTreeMap<&Target, &TargetReport> = report.targets.iter().map(|target| (&target.target, target)).collect();
    accounts(page, &shown, &reports, report.from_files)?;
    if shown.len() < overview.accounts.len() {
        let text = format!("{} of {} service accounts are shown (--only)", shown.len(), overview.accounts.len());
        page.prose("", 0, &text, Tone::Faint)?;
    }
    let mut fixes = BTreeSet::new();
    for cause in report.listed_causes(overview) {
        page.blank()?;
        finding::write(page, &cause.found, &mut fixes)?;
        victims(page, cause, &reports)?;
    }
    not_judged(page, report, overview)?;
    if !overview.remarks.is_empty() {
        page.blank()?;
        page.prose("", 0, "Remarks", Tone::Plain)?;
    }
    for remark in &overview.remarks {
        page.prose("  -", 4, &escape(remark), Tone::Plain)?;
    }
    Ok(())
}

/// What was counted, and what could not be read.
fn not_judged(page: &mut Page<'_>, report: &Report, overview: &Overview) -> io::Result<()> {
    if overview.without_intent > 0 {
        let (count, ask) = match overview.without_intent {
            1 => ("1 pod or workload".to_owned(), "asks"),
            count => (format!("{count} pods and workloads"), "ask"),
        };
        page.blank()?;
        page.prose("", 0, &format!("{count} {ask} nothing of AWS and were not judged"), Tone::Faint)?;
    }
    if overview.over > 0 {
        let count = if overview.over == 1 { "1 pod is".to_owned() } else { format!("{} pods are", overview.over) };
        page.blank()?;
        page.prose("", 0, &format!("{count} over (being deleted, or run to the end) and not judged"), Tone::Faint)?;
    }
    unread(page, report)?;
    for target in report.targets.iter().filter(|target| target.target.kind.is_scan()) {
        page.blank()?;
        let place = target.target.cluster.as_ref().map(|cluster| format!("{cluster}: ")).unwrap_or_default();
        page.prose("", 0, &escape(&format!("{place}{}", target.sentence)), tone(target.verdict))?;
        gaps::write(page, target)?;
    }
    Ok(())
}

/// What verdicts of the listed targets hang on, each once.
fn unread(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut known = BTreeSet::new();
    let listed = report.listed().filter(|target| !target.target.kind.is_scan()).flat_map(|target| &target.gaps);
    let decisive = listed.filter(|gap| gap.found.decisive);
    let once: Vec<ReportedGap> = decisive.filter(|gap| known.insert((*gap).clone())).cloned().collect();
    gaps::write_all(page, &once, false)
}

/// Which column counts pods.
const PODS: usize = 4;

/// A table as wide as it is: a terminal wraps it, and each line can still be searched for.
fn accounts(
    page: &mut Page<'_>,
    lines: &[&AccountLine],
    reports: &BTreeMap<&Target, &TargetReport>,
    from_files: bool,
) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let several = lines.iter().any(|line| line.cluster.is_some());
    let wide = page.is_wide();
    let columns = ["CLUSTER", "NAMESPACE", "SERVICE ACCOUNT", "ROLE", "PODS", "VERDICT", "FIRST BROKEN LINK"];
    let more = ["FIRST UNKNOWN LINK", "FIRST FINDING"].into_iter().filter(|_| wide);
    // Of files there are no pods to be counted.
    let shown = |column: &(usize, &str)| !(from_files && column.0 == PODS);
    let columns = columns.into_iter().enumerate().filter(shown).map(|(_, column)| column);
    table.set_header(columns.skip(usize::from(!several)).chain(more));
    for line in lines {
        let roles: Vec<&str> = line.roles.iter().map(|role| if wide { role } else { short(role) }).collect();
        let roles = if roles.is_empty() { "-".to_owned() } else { roles.join(", ") };
        let first_broken = line.first_broken.unwrap_or("-");
        let cluster = line.cluster.as_deref().unwrap_or_default();
        let pods = line.pods.to_string();
        let cells = [cluster, &line.namespace, &line.name, &roles, &pods, verdict_words(line.verdict), first_broken];
        let more = firsts(line, reports).into_iter().filter(|_| wide);
        let cells = cells.into_iter().enumerate().filter(shown).map(|(_, cell)| cell);
        table.add_row(cells.skip(usize::from(!several)).chain(more).map(escape));
    }
    let verdicts = std::iter::once(None).chain(lines.iter().map(|line| Some(line.verdict)));
    for (row, verdict) in table.lines().zip(verdicts) {
        page.line(row.trim_end(), verdict.filter(|verdict| *verdict != Verdict::Healthy).map_or(Tone::Plain, tone))?;
    }
    Ok(())
}

/// The first unknown link and the worst fault of what was judged for a service account.
fn firsts(line: &AccountLine, reports: &BTreeMap<&Target, &TargetReport>) -> [&'static str; 2] {
    let judged = || line.targets.iter().filter_map(|target| reports.get(target));
    let unknown = judged().find_map(|report| report.first_unknown);
    let findings = judged().flat_map(|report| &report.findings).map(|found| &found.finding);
    let worst = findings.rev().max_by_key(|finding| finding.severity).map(|finding| finding.fault.id);
    [unknown.unwrap_or("-"), worst.unwrap_or("-")]
}

/// The role's name with its account: the ARN's ends say nothing that differs.
fn short(arn: &str) -> &str {
    arn.split_once(":iam::").map_or(arn, |(_, rest)| rest)
}

/// Whom a cause hits; a workload with its pods.
fn victims(page: &mut Page<'_>, cause: &Cause, reports: &BTreeMap<&Target, &TargetReport>) -> io::Result<()> {
    let name = |target: &Target| {
        let cluster = target.cluster.as_ref().map(|cluster| format!("{cluster}: ")).unwrap_or_default();
        let pods = reports.get(target).filter(|_| target.kind.is_workload());
        let pods = pods.map(|report| format!(" ({})", some(report.pods.iter().cloned()))).filter(|pods| pods.len() > 3);
        let namespace = if target.namespace.is_empty() { String::new() } else { format!("{}/", target.namespace) };
        format!("{cluster}{namespace}{target}{}", pods.unwrap_or_default())
    };
    let victims = cause.victims.iter().map(name);
    let names = if page.is_wide() { victims.collect::<Vec<_>>().join(", ") } else { some(victims) };
    page.prose("        hits", 17, &format!("{}: {}", cause.victims.len(), escape(&names)), Tone::Plain)
}
