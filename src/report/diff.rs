//! What the fixes change in policy documents, as unified diffs, and nothing else.

use super::page::{Page, Tone};
use super::{Look, escape_invisible, json};
use irsa_doctor_checks::finding::Finding;
use irsa_doctor_checks::report::Report;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes each diff once, in the order of the findings.
pub(super) fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, *look);
    let mut written = BTreeSet::new();
    for finding in findings(report) {
        let document = finding.fix.as_ref().and_then(|fix| fix.document.as_ref());
        let Some(diff) = document.map(irsa_doctor_checks::fix::DocumentChange::diff) else { continue };
        if written.insert(diff.clone()) {
            for line in diff.lines() {
                page.line(&shown(line), tone(line))?;
            }
        }
    }
    Ok(())
}

fn findings(report: &Report) -> impl Iterator<Item = &Finding> {
    report.targets.iter().flat_map(|target| {
        let after = target.after_restart.iter().flat_map(|after| &after.findings);
        target.findings.iter().filter(|found| found.suppressed.is_none()).chain(after).map(|found| &found.finding)
    })
}

/// A line of a diff as it may be sent to a terminal: what is hidden is written as JSON would.
pub(super) fn shown(line: &str) -> Cow<'_, str> {
    escape_invisible(line, json::show)
}

/// What a line of a diff looks like.
pub(super) fn tone(line: &str) -> Tone {
    match line.as_bytes() {
        [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Tone::Heading,
        [b'-', ..] => Tone::Bad,
        [b'+', ..] => Tone::Good,
        [b'@', ..] => Tone::Faint,
        _ => Tone::Plain,
    }
}
