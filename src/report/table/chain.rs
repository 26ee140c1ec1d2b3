//! The chain, one line a check with its findings below, and what belongs to no single link.

use super::{finding, gaps};
use crate::report::escape;
use crate::report::page::{Page, Tone};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::report::{ActionDecision, CheckResult, FoundFinding, TargetReport};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

/// Where the text of a list begins.
const TEXT: usize = 4;
/// Below this width the good state of a link that holds is left out.
const NARROW: usize = 72;

/// The chain.
pub(super) fn write(page: &mut Page<'_>, target: &TargetReport) -> io::Result<()> {
    links(page, &target.checks, &target.findings)
}

/// The links that apply: of a pasted error alone the others say nothing.
pub(super) fn write_judged(page: &mut Page<'_>, target: &TargetReport) -> io::Result<()> {
    let judged: Vec<CheckResult> = target.checks.iter().filter(|check| check.status != Status::NotApplicable).cloned().collect();
    links(page, &judged, &target.findings)
}

fn links(page: &mut Page<'_>, checks: &[CheckResult], findings: &[FoundFinding]) -> io::Result<()> {
    let longest = checks.iter().map(|check| check.id.len()).max().unwrap_or_default();
    let mut fixes = BTreeSet::new();
    for check in checks {
        link(page, check, longest)?;
        for found in findings.iter().filter(|found| found.check == check.id) {
            finding::write(page, found, &mut fixes)?;
        }
    }
    Ok(())
}

fn link(page: &mut Page<'_>, check: &CheckResult, longest: usize) -> io::Result<()> {
    let (sign, tone) = match check.status {
        Status::Pass => (page.sign("✓", "+"), Tone::Good),
        Status::Warn => (page.sign("!", "!"), Tone::Warning),
        Status::Fail => (page.sign("✗", "x"), Tone::Bad),
        Status::Unknown => ("?", Tone::Unknown),
        Status::NotApplicable => ("-", Tone::Faint),
    };
    let reason = check.reason.as_deref().unwrap_or_default();
    let text = match check.status {
        Status::Pass | Status::Warn | Status::Fail => check.title.to_owned(),
        Status::Unknown => format!("not checked ({reason})"),
        Status::NotApplicable => reason.to_owned(),
    };
    let text = escape(&text);
    if page.width() >= NARROW {
        return page.prose(&format!("  {sign} {}", check.id), longest + 2 + TEXT, &text, tone);
    }
    page.prose(&format!("  {sign}"), TEXT, check.id, tone)?;
    if check.status == Status::Pass { Ok(()) } else { page.prose("", TEXT + 2, &text, tone) }
}

/// What belongs to no single link.
pub(super) fn appendix(page: &mut Page<'_>, target: &TargetReport) -> io::Result<()> {
    section(page, "Decisions", &target.decisions, |decision| decision_line(decision, &target.not_examined))?;
    gaps::write(page, target)?;
    if let Some(after) = &target.after_restart {
        page.blank()?;
        let heading = format!("After a restart, as {}: {}", after.role_arn, after.verdict.as_str().replace('_', " "));
        page.prose("", 2, &escape(&heading), Tone::Heading)?;
        links(page, &after.checks, &after.findings)?;
    }
    section(page, "Notes", &target.notes, Clone::clone)?;
    section(page, "Hand-over", &target.hand_over, Clone::clone)
}

fn section<T>(page: &mut Page<'_>, title: &str, items: &[T], text: impl Fn(&T) -> String) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.prose("", 2, title, Tone::Heading)?;
    for item in items {
        page.prose("    -", TEXT + 2, &escape(&text(item)), Tone::Plain)?;
    }
    Ok(())
}

/// Never just "allowed": what was looked at, and what wasn't.
fn decision_line(decision: &ActionDecision, not_examined: &[&str]) -> String {
    let what = match decision.decision.as_str() {
        "allow" => "the role's own policies allow",
        "explicit-deny" => "the role's own policies deny",
        "implicit-deny" => "the role's own policies do not allow",
        _ => "it can't be said whether the role's own policies allow",
    };
    let mut line = format!("{what} {} on {}", decision.action, decision.resource);
    if !decision.by.is_empty() {
        let _ = write!(line, ", by {}", decision.by.join(" and "));
    }
    if !not_examined.is_empty() {
        let layers: Vec<&str> = not_examined.iter().map(|layer| layer_name(layer)).collect();
        let _ = write!(line, " (not examined: {})", layers.join(", "));
    }
    line
}

fn layer_name(layer: &str) -> &str {
    match layer {
        "scp" => "service control policies",
        "rcp" => "resource control policies",
        "vpc-endpoint-policy" => "VPC endpoint policies",
        "resource-policy" => "the resource's own policy",
        "session-policy" => "session policies",
        other => other,
    }
}
