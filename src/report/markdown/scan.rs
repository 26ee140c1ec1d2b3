//! A scan: a row for each service account, each cause once, and what could not be read.

use super::inline::{code, prose};
use super::{finding, gaps, list, target_in_cluster, verdict_words};
use irsa_doctor_checks::names::some;
use irsa_doctor_checks::overview::Overview;
use irsa_doctor_checks::report::{Report, ReportedGap};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes the picture.
pub(super) fn write(report: &Report, overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    accounts(report, overview, out)?;
    let mut fixes = BTreeSet::new();
    for cause in report.listed_causes(overview) {
        finding::one(&cause.found, 2, &mut fixes, out)?;
        let names = some(cause.victims.iter().map(|victim| {
            let namespace = if victim.namespace.is_empty() { String::new() } else { format!("{}/", victim.namespace) };
            format!("{namespace}{victim}")
        }));
        writeln!(out, "\nIt hits {}: {}", cause.victims.len(), prose(&names))?;
    }
    for target in report.listed().filter(|target| target.target.kind.is_scan()) {
        writeln!(out, "\n## {}: {}", prose(&target_in_cluster(&target.target)), verdict_words(target.verdict))?;
        writeln!(out, "\n{}", prose(&target.sentence))?;
        gaps(&target.gaps, out)?;
    }
    unread(report, out)?;
    let mut counted = Vec::new();
    if overview.without_intent > 0 {
        counted.push(format!("{} pods and workloads ask nothing of AWS and were not judged", overview.without_intent));
    }
    if overview.over > 0 {
        counted.push(format!("{} pods are over (being deleted, or run to the end) and not judged", overview.over));
    }
    list("Counted only", &counted, out)?;
    list("Remarks", &overview.remarks, out)
}

/// What verdicts of the listed targets hang on, each once.
fn unread(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut known = BTreeSet::new();
    let all = report.listed().filter(|target| !target.target.kind.is_scan()).flat_map(|target| &target.gaps);
    let once: Vec<ReportedGap> = all.filter(|gap| gap.found.decisive && known.insert(*gap)).cloned().collect();
    gaps(&once, out)
}

fn accounts(report: &Report, overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let several = overview.accounts.iter().any(|line| line.cluster.is_some());
    let mut columns = vec!["namespace", "service account", "role", "pods", "verdict", "first broken link"];
    if several {
        columns.insert(0, "cluster");
    }
    let mut listed = overview.accounts.iter().filter(|line| report.shows(line.verdict)).peekable();
    if listed.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()))?;
    for line in listed {
        if several {
            write!(out, "| {} ", code(line.cluster.as_deref().unwrap_or_default()))?;
        }
        let roles: Vec<String> = line.roles.iter().map(|role| code(role)).collect();
        let roles = if roles.is_empty() { "-".to_owned() } else { roles.join(", ") };
        let (namespace, name) = (code(&line.namespace), code(&line.name));
        let (pods, verdict, link) = (line.pods, verdict_words(line.verdict), line.first_broken.unwrap_or("-"));
        writeln!(out, "| {namespace} | {name} | {roles} | {pods} | {verdict} | {link} |")?;
    }
    Ok(())
}
