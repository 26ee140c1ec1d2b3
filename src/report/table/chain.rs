//! The chain, one line a check with its findings below, and what belongs to no single link.

use super::{finding, gaps, runtime};
use crate::report::page::{Page, Tone};
use crate::report::{escape, text};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::report::{ActionDecision, CheckResult, FoundFinding, TargetReport};
use irsa_doctor_checks::resource_policy::Bearer;
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
    let decisions: Vec<String> =
        target.decisions.iter().flat_map(|decision| decision_lines(decision, &target.not_examined)).collect();
    section(page, "Decisions", &decisions, Clone::clone)?;
    runtime::write(page, target)?;
    gaps::write(page, target)?;
    if let Some(after) = &target.after_restart {
        page.blank()?;
        page.prose("", 2, &escape(&text::after_restart(after)), Tone::Heading)?;
        links(page, &after.checks, &after.findings)?;
    }
    if page.is_wide() {
        let layers: Vec<&str> = target.not_examined.iter().map(|layer| text::layer_name(layer)).collect();
        section(page, "Not examined", &layers, |layer| (*layer).to_owned())?;
        section(page, "Pods", &target.pods, Clone::clone)?;
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

/// Our decision, and AWS' own below it.
pub(in crate::report) fn decision_lines(decision: &ActionDecision, not_examined: &[&str]) -> Vec<String> {
    std::iter::once(decision_line(decision, not_examined)).chain(runtime::opinion(decision)).collect()
}

/// Never just "allowed": what was looked at, and what wasn't.
fn decision_line(decision: &ActionDecision, not_examined: &[&str]) -> String {
    let resource = decision.layers.get("resource-policy").map(String::as_str);
    let bearer = Bearer::of(&decision.action, &decision.resource);
    let its = bearer.map_or("resource's own policy", |bearer| bearer.kind.words());
    let own = decision.layers.get("identity").map(String::as_str);
    let what = match (decision.decision.as_str(), resource, own) {
        ("allow", None, _) => "the role's own policies allow".to_owned(),
        ("allow", Some("allow"), Some("allow")) => format!("the role's own policies and the {its} allow"),
        ("allow", Some("allow"), _) => format!("the {its} allows"),
        ("allow", ..) => format!("the role's own policies allow, and the {its} does not deny,"),
        ("explicit-deny", Some("explicit-deny"), _) => format!("the {its} denies"),
        ("explicit-deny", ..) => "the role's own policies deny".to_owned(),
        ("implicit-deny", Some("implicit-deny"), Some("allow")) => {
            format!("the role's own policies allow, but the {its} does not,")
        }
        ("implicit-deny", Some("implicit-deny"), _) => format!("neither the role's own policies nor the {its} allow"),
        ("implicit-deny", ..) => "the role's own policies do not allow".to_owned(),
        (_, Some(_), _) => format!("it can't be said whether the role's own policies and the {its} allow"),
        _ => "it can't be said whether the role's own policies allow".to_owned(),
    };
    let mut line = format!("{what} {} on {}", decision.action, decision.resource);
    if !decision.by.is_empty() {
        let _ = write!(line, ", by {}", decision.by.join(" and "));
    }
    let unseen = not_examined.iter().filter(|layer| resource.is_none() || **layer != "resource-policy");
    let layers: Vec<&str> = unseen.map(|layer| text::layer_name(layer)).collect();
    if !layers.is_empty() {
        let _ = write!(line, " (not examined: {})", layers.join(", "));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn line(decision: &str, identity: &str, resource: Option<&str>, not_examined: &[&str]) -> String {
        let mut layers = BTreeMap::from([("identity".to_owned(), identity.to_owned())]);
        layers.extend(resource.map(|word| ("resource-policy".to_owned(), word.to_owned())));
        let decision = ActionDecision {
            action: "s3:GetObject".to_owned(),
            resource: "arn:aws:s3:::b/k".to_owned(),
            decision: decision.to_owned(),
            layers,
            ..ActionDecision::default()
        };
        decision_line(&decision, not_examined).replace(" s3:GetObject on arn:aws:s3:::b/k", "")
    }

    #[test]
    fn a_decision_says_which_policies_made_it() {
        let unseen = ["scp", "resource-policy"];
        for (decision, identity, resource, wanted) in [
            (
                "allow",
                "allow",
                None,
                "the role's own policies allow (not examined: service control policies, the resource's own policy)",
            ),
            (
                "allow",
                "allow",
                Some("allow"),
                "the role's own policies and the bucket policy allow (not examined: service control policies)",
            ),
            ("allow", "implicit-deny", Some("allow"), "the bucket policy allows (not examined: service control policies)"),
            (
                "allow",
                "allow",
                Some("implicit-deny"),
                "the role's own policies allow, and the bucket policy does not deny, (not examined: service control policies)",
            ),
            (
                "explicit-deny",
                "allow",
                Some("explicit-deny"),
                "the bucket policy denies (not examined: service control policies)",
            ),
            (
                "implicit-deny",
                "allow",
                Some("implicit-deny"),
                "the role's own policies allow, but the bucket policy does not, (not examined: service control policies)",
            ),
            (
                "implicit-deny",
                "implicit-deny",
                Some("implicit-deny"),
                "neither the role's own policies nor the bucket policy allow (not examined: service control policies)",
            ),
        ] {
            assert_eq!(line(decision, identity, resource, &unseen), wanted);
        }
    }
}
