//! A target: its chain, and what belongs to no single link.

use super::escaped::Escaped;
use super::parts::{gaps, layers, list};
use super::{chain, finding};
use crate::report::table::decision_lines;
use crate::report::text::{after_restart, target_in_cluster, verdict_at, verdict_class};
use irsa_doctor_checks::report::{FoundFinding, TargetReport};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes a target with all that is known of it.
pub(super) fn write(target: &TargetReport, number: usize, several: bool, out: &mut dyn Write) -> io::Result<()> {
    let (class, name) = (verdict_class(target.verdict), target_in_cluster(&target.target));
    writeln!(out, "<section class=\"target {class}\" id=\"target-{number}\">")?;
    writeln!(out, "<h2>{}: {}</h2>", Escaped(&name), Escaped(&verdict_at(target)))?;
    if several {
        writeln!(out, "<p>{}</p>", Escaped(&target.sentence))?;
    }
    if let Some(error) = &target.error {
        writeln!(out, "<section>\n<h3>The pasted error</h3>\n<p>{}</p>\n</section>", Escaped(&error.summary))?;
        list(3, "What contradicts it", &error.contradictions, out)?;
        list(3, "Next", &error.next, out)?;
    }
    let mut fixes = BTreeSet::new();
    let mut tell = |found: &FoundFinding, out: &mut dyn Write| finding::write(found, &mut fixes, out);
    writeln!(out, "<section>\n<h3>From pod to permission</h3>")?;
    first(target, number, out)?;
    chain::write(&format!("target-{number}"), &target.checks, &target.findings, &mut tell, out)?;
    writeln!(out, "</section>")?;
    gaps(3, &target.gaps.iter().collect::<Vec<_>>(), out)?;
    let decisions = target.decisions.iter().flat_map(|decision| decision_lines(decision, &target.not_examined));
    list(3, "Decisions", &decisions.collect::<Vec<_>>(), out)?;
    identities(target, out)?;
    if let Some(after) = &target.after_restart {
        let class = verdict_class(after.verdict);
        writeln!(out, "<section class=\"{class}\">\n<h3>{}</h3>", Escaped(&after_restart(after)))?;
        let mut fixes = BTreeSet::new();
        let mut tell = |found: &FoundFinding, out: &mut dyn Write| finding::write(found, &mut fixes, out);
        chain::write(&format!("after-{number}"), &after.checks, &after.findings, &mut tell, out)?;
        writeln!(out, "</section>")?;
    }
    layers(3, &target.not_examined, out)?;
    list(3, "Hand-over", &target.hand_over, out)?;
    list(3, "Notes", &target.notes, out)?;
    writeln!(out, "</section>")
}

/// The way past all that holds to the first link that does not.
fn first(target: &TargetReport, number: usize, out: &mut dyn Write) -> io::Result<()> {
    for (words, link) in [("First broken link", target.first_broken), ("First link that was not checked", target.first_unknown)] {
        if let Some(link) = link {
            let link = Escaped(link);
            writeln!(out, "<p>{words}: <a href=\"#target-{number}-{link}\">{link}</a></p>")?;
        }
    }
    Ok(())
}

/// Whom AWS sees, container by container.
fn identities(target: &TargetReport, out: &mut dyn Write) -> io::Result<()> {
    if target.identities.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h3>Whom AWS sees</h3>\n<ul>")?;
    for identity in &target.identities {
        write!(out, "<li>container <code>{}</code>: {}", Escaped(&identity.container), Escaped(identity.mode.as_str()))?;
        if let Some(role) = &identity.role_arn {
            write!(out, ", <code>{}</code>", Escaped(role))?;
        }
        writeln!(out, " ({})</li>", Escaped(&identity.reason))?;
    }
    writeln!(out, "</ul>\n</section>")
}
