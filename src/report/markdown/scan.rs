//! A scan: a row for each service account, each cause once, and what could not be read.

use super::inline::{code, prose};
use super::{finding, gaps, list, target_in_cluster, verdict_words};
use crate::report::summary::unread;
use crate::report::text::{counted_only, victims};
use irsa_doctor_checks::overview::Overview;
use irsa_doctor_checks::report::Report;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes the picture.
pub(super) fn write(report: &Report, overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    accounts(report, overview, out)?;
    let mut fixes = BTreeSet::new();
    for cause in report.listed_causes(overview) {
        finding::one(&cause.found, 2, &mut fixes, out)?;
        writeln!(out, "\nIt hits {}: {}", cause.victims.len(), prose(&victims(cause)))?;
    }
    for target in report.listed().filter(|target| target.target.kind.is_scan()) {
        writeln!(out, "\n## {}: {}", prose(&target_in_cluster(&target.target)), verdict_words(target.verdict))?;
        writeln!(out, "\n{}", prose(&target.sentence))?;
        gaps(&target.gaps, out)?;
    }
    gaps(unread(report), out)?;
    list("Counted only", &counted_only(overview), out)?;
    list("Remarks", &overview.remarks, out)
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
