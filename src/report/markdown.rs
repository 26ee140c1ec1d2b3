//! For a ticket: GitHub's kind of markdown, which others read too. All text that isn't ours is harmless in it: see `inline`.

mod finding;
mod inline;
mod scan;
#[cfg(test)]
mod tests;

use super::summary::{decisive_first, headline, last_line};
use super::table::decision_lines;
use super::text::{after_restart, caller, gap_line, layer_name, target_in_cluster, verdict_at, verdict_words};
use inline::{code, prose};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::report::{CheckResult, Report, ReportedGap, TargetReport};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes a report as markdown.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}", prose(&headline(report)))?;
    head(report, out)?;
    if let Some(overview) = &report.overview {
        scan::write(report, overview, out)?;
    } else {
        for target in report.listed() {
            write_target(target, report.targets.len() > 1, out)?;
        }
    }
    writeln!(out, "\n{}", prose(&last_line(report)))
}

/// Who looked at what, and when.
fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let cluster = |head: &irsa_doctor_checks::report::ClusterHead| {
        head.arn.clone().or_else(|| head.name.clone()).or_else(|| head.context.clone()).or_else(|| head.server.clone())
    };
    let mut items = vec![("evidence of", report.collected_at.clone())];
    items.extend(report.cluster.iter().filter_map(cluster).map(|name| ("cluster", name)));
    items.extend(report.cluster.iter().filter_map(|head| head.issuer.clone()).map(|issuer| ("issuer", issuer)));
    items.extend(report.clusters.iter().map(|part| ("cluster", part.key.clone())));
    items.push(caller(report));
    writeln!(out)?;
    items.iter().try_for_each(|(label, value)| writeln!(out, "- {label} {}", code(value)))
}

fn write_target(target: &TargetReport, several: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## {}: {}", prose(&target_in_cluster(&target.target)), verdict_at(target))?;
    if several {
        writeln!(out, "\n{}", prose(&target.sentence))?;
    }
    if let Some(error) = &target.error {
        writeln!(out, "\nThe pasted error: {}", prose(&error.summary))?;
        list("But", &error.contradictions, out)?;
        list("Next", &error.next, out)?;
    }
    let identities: Vec<String> = target
        .identities
        .iter()
        .map(|identity| {
            let role = identity.role_arn.as_ref().map(|role| format!(" {role}")).unwrap_or_default();
            format!("{}: {}{role} ({})", identity.container, identity.mode.as_str(), identity.reason)
        })
        .collect();
    list("Whom AWS sees", &identities, out)?;
    chain(&target.checks, out)?;
    finding::all(&target.findings, 3, &mut BTreeSet::new(), out)?;
    let decisions = target.decisions.iter().flat_map(|decision| decision_lines(decision, &target.not_examined));
    list("Decisions", &decisions.collect::<Vec<_>>(), out)?;
    gaps(&target.gaps, out)?;
    let layers: Vec<String> = target.not_examined.iter().map(|layer| layer_name(layer).to_owned()).collect();
    list("Not examined", &layers, out)?;
    if let Some(after) = &target.after_restart {
        writeln!(out, "\n### {}", prose(&after_restart(after)))?;
        chain(&after.checks, out)?;
        finding::all(&after.findings, 4, &mut BTreeSet::new(), out)?;
    }
    list("Notes", &target.notes, out)?;
    list("Hand-over", &target.hand_over, out)
}

/// The chain as a table; links that don't exist here are left out where others say something.
fn chain(checks: &[CheckResult], out: &mut dyn Write) -> io::Result<()> {
    if checks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| | link | |\n|---|---|---|")?;
    for check in checks {
        let sign = match check.status {
            Status::Pass => "✓",
            Status::Warn => "!",
            Status::Fail => "✗",
            Status::Unknown => "?",
            Status::NotApplicable => "-",
        };
        let reason = check.reason.as_deref().unwrap_or_default();
        let text = match check.status {
            Status::Pass | Status::Warn | Status::Fail => check.title.to_owned(),
            Status::Unknown => format!("not checked ({reason})"),
            Status::NotApplicable => reason.to_owned(),
        };
        writeln!(out, "| {sign} | {} | {} |", code(check.id), prose(&text))?;
    }
    Ok(())
}

/// What was not read: first that on which a verdict hangs.
fn gaps<'r>(all: impl IntoIterator<Item = &'r ReportedGap>, out: &mut dyn Write) -> io::Result<()> {
    let lines = decisive_first(all).into_iter().map(|gap| {
        let weight = if gap.found.decisive { "hangs on it" } else { "does not hang on it" };
        format!("{} ({} {weight})", gap_line(&gap.found.gap), gap.check)
    });
    list("Not read", &lines.collect::<Vec<_>>(), out)
}

fn list(heading: &str, items: &[String], out: &mut dyn Write) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {heading}\n")?;
    items.iter().try_for_each(|item| writeln!(out, "- {}", prose(item)))
}
