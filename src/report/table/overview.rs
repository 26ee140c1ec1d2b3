//! A scan: a line for each service account, each cause once, and what strikes the eye.

use super::{finding, tone, words};
use crate::report::escape;
use crate::report::page::{Page, Tone};
use comfy_table::{ContentArrangement, Table, presets};
use irsa_doctor_checks::names::some;
use irsa_doctor_checks::overview::{AccountLine, Cause, Overview};
use irsa_doctor_checks::report::{Report, Verdict};
use std::collections::BTreeSet;
use std::io;

/// Writes the picture.
pub(super) fn write(page: &mut Page<'_>, report: &Report, overview: &Overview) -> io::Result<()> {
    let shown: Vec<&AccountLine> = overview.accounts.iter().filter(|line| report.shows(line.verdict)).collect();
    accounts(page, &shown)?;
    if shown.len() < overview.accounts.len() {
        let text = format!("{} of {} service accounts are shown (--only)", shown.len(), overview.accounts.len());
        page.prose("", 0, &text, Tone::Faint)?;
    }
    let mut fixes = BTreeSet::new();
    for cause in &overview.causes {
        page.blank()?;
        finding::write(page, &cause.found, &mut fixes)?;
        victims(page, cause)?;
    }
    if overview.without_intent > 0 {
        let (count, ask) = match overview.without_intent {
            1 => ("1 pod or workload".to_owned(), "asks"),
            count => (format!("{count} pods and workloads"), "ask"),
        };
        page.blank()?;
        page.prose("", 0, &format!("{count} {ask} nothing of AWS and were not judged"), Tone::Faint)?;
    }
    if !overview.remarks.is_empty() {
        page.blank()?;
        page.prose("", 0, "Remarks", Tone::Plain)?;
    }
    for remark in &overview.remarks {
        page.prose("  -", 4, &escape(remark), Tone::Plain)?;
    }
    Ok(())
}

fn accounts(page: &mut Page<'_>, lines: &[&AccountLine]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["NAMESPACE", "SERVICE ACCOUNT", "ROLE", "PODS", "VERDICT", "FIRST BROKEN LINK"]);
    for line in lines {
        let roles: Vec<&str> = line.roles.iter().map(|role| short(role)).collect();
        let roles = if roles.is_empty() { "-".to_owned() } else { roles.join(", ") };
        let first_broken = line.first_broken.unwrap_or("-");
        table.add_row(
            [&line.namespace, &line.name, &roles, &line.pods.to_string(), words(line.verdict), first_broken].map(escape),
        );
    }
    let verdicts = std::iter::once(None).chain(lines.iter().map(|line| Some(line.verdict)));
    for (row, verdict) in table.lines().zip(verdicts) {
        page.line(row.trim_end(), verdict.filter(|verdict| *verdict != Verdict::Healthy).map_or(Tone::Plain, tone))?;
    }
    Ok(())
}

/// The role's name with its account: the ARN's ends say nothing that differs.
fn short(arn: &str) -> &str {
    arn.split_once(":iam::").map_or(arn, |(_, rest)| rest)
}

fn victims(page: &mut Page<'_>, cause: &Cause) -> io::Result<()> {
    let names = some(cause.victims.iter().map(|target| format!("{}/{target}", target.namespace)));
    page.prose("        hits", 17, &format!("{}: {}", cause.victims.len(), escape(&names)), Tone::Plain)
}
