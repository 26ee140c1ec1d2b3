//! A scan: a row for each service account, each cause once, what could not be read, and the chains of what doesn't work.

use super::escaped::Escaped;
use super::parts::{gaps, list};
use super::{chain, finding};
use crate::report::summary::unread;
use crate::report::text::{counted_only, target_in_cluster, verdict_at, verdict_class, verdict_words, victims};
use irsa_doctor_checks::overview::{Cause, Overview};
use irsa_doctor_checks::report::{FoundFinding, Report, TargetReport, Verdict};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// So many chains are drawn: a page of thousands opens in no browser.
const MOST_CHAINS: usize = 200;

/// Writes the picture.
pub(super) fn write(report: &Report, overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    accounts(report, overview, out)?;
    let causes: Vec<&Cause> = report.listed_causes(overview).collect();
    write_causes(&causes, out)?;
    for target in report.listed().filter(|target| target.target.kind.is_scan()) {
        let class = verdict_class(target.verdict);
        let words = verdict_words(target.verdict);
        writeln!(out, "<section class=\"{class}\">\n<h2>{}: {words}</h2>", Escaped(&target_in_cluster(&target.target)))?;
        writeln!(out, "<p>{}</p>", Escaped(&target.sentence))?;
        gaps(3, &target.gaps.iter().collect::<Vec<_>>(), out)?;
        writeln!(out, "</section>")?;
    }
    gaps(2, &unread(report), out)?;
    chains(report, &causes, out)?;
    list(2, "Counted only", &counted(report, overview), out)?;
    list(2, "Remarks", &overview.remarks, out)
}

fn accounts(report: &Report, overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let several = overview.accounts.iter().any(|line| line.cluster.is_some());
    let mut listed = overview.accounts.iter().filter(|line| report.shows(line.verdict)).peekable();
    if listed.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2 id=\"accounts\">Service accounts, worst first</h2>")?;
    writeln!(out, "<div class=\"scroll\" role=\"region\" aria-labelledby=\"accounts\" tabindex=\"0\">\n<table>\n<thead><tr>")?;
    let columns = ["cluster", "verdict", "namespace", "service account", "first broken link", "pods", "role"];
    for column in columns.iter().skip(usize::from(!several)) {
        writeln!(out, "<th scope=\"col\">{column}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for line in listed {
        write!(out, "<tr class=\"{}\">", verdict_class(line.verdict))?;
        if several {
            write!(out, "<td>{}</td>", Escaped(line.cluster.as_deref().unwrap_or_default()))?;
        }
        let (verdict, link) = (verdict_words(line.verdict), line.first_broken.unwrap_or("–"));
        write!(out, "<td class=\"verdict\">{verdict}</td><td>{}</td>", Escaped(&line.namespace))?;
        write!(out, "<th scope=\"row\">{}</th><td>{link}</td><td>{}</td><td>", Escaped(&line.name), line.pods)?;
        for role in &line.roles {
            write!(out, "<code>{}</code> ", Escaped(role))?;
        }
        writeln!(out, "</td></tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>\n</section>")
}

fn write_causes(causes: &[&Cause], out: &mut dyn Write) -> io::Result<()> {
    if causes.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Causes, each once</h2>")?;
    let mut fixes = BTreeSet::new();
    for (number, cause) in causes.iter().enumerate() {
        let names = victims(cause);
        writeln!(out, "<section class=\"cause\" id=\"cause-{number}\">\n<h3>{}</h3>", Escaped(cause.found.finding.fault.title))?;
        writeln!(out, "<p><b>It hits {}:</b> {}</p>", cause.victims.len(), Escaped(&names))?;
        finding::write(&cause.found, &mut fixes, out)?;
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</section>")
}

/// The chains of what is listed and doesn't work, or may not; the others are counted.
fn chains(report: &Report, causes: &[&Cause], out: &mut dyn Write) -> io::Result<()> {
    let judged = || report.listed().filter(|target| !target.target.kind.is_scan());
    let drawn = || judged().filter(|target| matches!(target.verdict, Verdict::Broken | Verdict::Inconclusive));
    let (all, wanted) = (judged().count(), drawn().count());
    if all == 0 {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Chains of what is broken or inconclusive</h2>")?;
    // Broken ones first: what is left out is the least that one can do without.
    let broken = drawn().filter(|target| target.verdict == Verdict::Broken);
    let others = drawn().filter(|target| target.verdict != Verdict::Broken);
    for (index, target) in broken.chain(others).take(MOST_CHAINS).enumerate() {
        let name = target_in_cluster(&target.target);
        writeln!(out, "<details class=\"target {}\">", verdict_class(target.verdict))?;
        writeln!(out, "<summary><h3>{}: {}</h3></summary>", Escaped(&name), Escaped(&verdict_at(target)))?;
        let mut tell =
            |found: &FoundFinding, out: &mut dyn Write| finding::write_short(found, number(target, found, causes), out);
        chain::write(&format!("target-{index}"), &target.checks, &target.findings, &mut tell, out)?;
        writeln!(out, "</details>")?;
    }
    if wanted > MOST_CHAINS {
        writeln!(out, "<p>{} more of these are left out here: <code>-o json</code> has all.</p>", wanted - MOST_CHAINS)?;
    }
    if all > wanted {
        writeln!(out, "<p>{} others that are listed hold, and are counted only.</p>", all - wanted)?;
    }
    writeln!(out, "</section>")
}

/// The cause that a target's finding stands under.
fn number(target: &TargetReport, found: &FoundFinding, causes: &[&Cause]) -> Option<usize> {
    causes.iter().position(|cause| {
        let (one, other) = (&cause.found.finding, &found.finding);
        let same = one.fault.id == other.fault.id && one.expected == other.expected && one.actual == other.actual;
        same && cause.victims.contains(&target.target)
    })
}

fn counted(report: &Report, overview: &Overview) -> Vec<String> {
    let mut counted = counted_only(overview);
    let hidden = report.targets.len() - report.listed().count();
    if hidden > 0 {
        counted.push(format!("{hidden} targets have another verdict than those that are listed here"));
    }
    counted
}
