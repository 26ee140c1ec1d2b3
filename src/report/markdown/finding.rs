//! Findings: where, wanted, actual, fix.

use super::inline::{block, code, prose};
use crate::report::text::{about_fix, fix_key, fix_summary, place, wanted_and_actual};
use crate::report::{diff, escape};
use irsa_doctor_checks::fault::Confidence;
use irsa_doctor_checks::fix::{DocumentChange, Fix, FixCommand};
use irsa_doctor_checks::report::FoundFinding;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes findings under headings of this level; a fix that is among `fixes` has been written already.
pub(super) fn all(findings: &[FoundFinding], level: usize, fixes: &mut BTreeSet<String>, out: &mut dyn Write) -> io::Result<()> {
    findings.iter().try_for_each(|found| one(found, level, fixes, out))
}

/// Writes one finding.
pub(super) fn one(found: &FoundFinding, level: usize, fixes: &mut BTreeSet<String>, out: &mut dyn Write) -> io::Result<()> {
    let finding = &found.finding;
    let likely = if finding.confidence == Confidence::Likely { ", likely" } else { "" };
    let ignored = if found.suppressed.is_some() { ", ignored" } else { "" };
    let severity = finding.severity.as_str();
    writeln!(out, "\n{} {severity} {}{likely}{ignored}", "#".repeat(level), code(finding.fault.id))?;
    writeln!(out, "\n{}\n", prose(&finding.detail))?;
    if let Some(reason) = &found.suppressed {
        writeln!(out, "Ignored: {}\n", prose(reason))?;
    }
    writeln!(out, "{}", block("text", &facts(found)))?;
    if let Some(fix) = &finding.fix {
        if fixes.insert(fix_key(fix)) {
            write_fix(fix, out)?;
        } else {
            writeln!(out, "\nThe fix above mends this too.")?;
        }
    }
    writeln!(out, "\nExplained by {}", code(&format!("irsa-doctor explain {}", finding.fault.id)))
}

/// Where, wanted and actual.
fn facts(found: &FoundFinding) -> String {
    let finding = &found.finding;
    let mut lines = vec![format!("where   {}", place(&finding.locus))];
    if finding.locus.path != "$" {
        lines.push(format!("        {}", finding.locus.path));
    }
    lines.extend(finding.locus.missing.iter().map(|key| format!("missing {key}")));
    let [wanted, actual] = wanted_and_actual(finding.expected.as_ref(), finding.actual.as_ref());
    lines.extend(wanted.map(|text| format!("wanted  {text}")));
    lines.extend(actual.map(|text| format!("actual  {text}")));
    lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join("\n")
}

fn write_fix(fix: &Fix, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nFix: {}", prose(&fix_summary(fix)))?;
    let items: Vec<String> = about_fix(fix).iter().map(|(label, text)| format!("- {label}: {}", prose(text))).collect();
    if !items.is_empty() {
        writeln!(out, "\n{}", items.join("\n"))?;
    }
    let backup = fix.document.as_ref().and_then(|document| document.backup.as_ref());
    commands("Keep what is there first:", backup.into_iter(), out)?;
    let words = if fix.managed_by.is_some() { "A stop-gap until it is changed there:" } else { "Commands:" };
    commands(words, fix.commands.iter(), out)?;
    if let Some(diff) = fix.document.as_ref().map(DocumentChange::diff) {
        let lines: Vec<_> = diff.lines().map(diff::shown).collect();
        writeln!(out, "\nWhat changes:\n\n{}", block("diff", &lines.join("\n")))?;
    }
    commands("The way back:", fix.undo.iter(), out)
}

/// As one pastes them; `shell` leaves nothing in them that a terminal would act on.
fn commands<'f>(words: &str, all: impl Iterator<Item = &'f FixCommand>, out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<String> = all.map(FixCommand::shell).collect();
    if lines.is_empty() { Ok(()) } else { writeln!(out, "\n{words}\n\n{}", block("sh", &lines.join("\n"))) }
}
