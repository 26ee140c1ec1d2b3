//! A finding: where, wanted, actual, and how to mend it.

use crate::report::page::{Page, Tone};
use crate::report::{diff, escape, text};
use irsa_doctor_checks::fault::{Confidence, Severity};
use irsa_doctor_checks::fix::{Fix, FixCommand};
use irsa_doctor_checks::locus::Locus;
use irsa_doctor_checks::report::FoundFinding;
use std::collections::BTreeSet;
use std::io;

/// A diff of more lines than this isn't shown in the table.
const LONGEST_DIFF: usize = 16;
/// Where a finding begins.
const INDENT: usize = 6;
/// Where its labels begin.
const LABELS: usize = 8;
/// Where its values begin.
const VALUES: usize = 17;

/// Writes a finding; a fix that is among `fixes` has been written already.
pub(super) fn write(page: &mut Page<'_>, found: &FoundFinding, fixes: &mut BTreeSet<String>) -> io::Result<()> {
    let finding = &found.finding;
    let tone = match finding.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warning,
        Severity::Info => Tone::Plain,
    };
    if let Some(reason) = found.suppressed.as_ref().filter(|_| !page.shows_ignored()) {
        let line = format!("ignored ({reason}): {} {}: {}", finding.severity.as_str(), finding.fault.id, finding.detail);
        return page.prose("", INDENT, &escape(&line), Tone::Faint);
    }
    let likely = match finding.confidence {
        Confidence::Likely => ", likely",
        Confidence::Certain if page.is_wide() => ", certain",
        Confidence::Certain => "",
    };
    let heading = format!("{} {}{likely}: {}", finding.severity.as_str(), finding.fault.id, finding.detail);
    page.prose("", INDENT, &escape(&heading), tone)?;
    place(page, &finding.locus)?;
    let [wanted, actual] = text::wanted_and_actual(finding.expected.as_ref(), finding.actual.as_ref());
    if let Some(wanted) = wanted {
        row(page, "wanted", &wanted)?;
    }
    if let Some(actual) = actual {
        row(page, "actual", &actual)?;
    }
    if let Some(reason) = &found.suppressed {
        row(page, "ignored", reason)?;
    }
    if let Some(severity) = found.counts_as {
        row(page, "counts", &format!("as {}, as the configuration has it", severity.as_str()))?;
    }
    if let Some(fix) = &finding.fix {
        if fixes.insert(text::fix_key(fix)) {
            write_fix(page, fix)?;
        } else {
            row(page, "fix", "the one above mends this too")?;
        }
    }
    if page.is_wide() {
        row(page, "id", &found.fingerprint)?;
    }
    row(page, "explain", &format!("irsa-doctor explain {}", finding.fault.id))
}

fn row(page: &mut Page<'_>, label: &str, value: &str) -> io::Result<()> {
    page.prose(&format!("{:LABELS$}{label}", ""), VALUES, &escape(value), Tone::Plain)
}

/// The resource and its document, and below them the path in it.
fn place(page: &mut Page<'_>, locus: &Locus) -> io::Result<()> {
    row(page, "where", &text::place(locus))?;
    if locus.path != "$" {
        page.prose("", VALUES, &escape(&locus.path), Tone::Faint)?;
    }
    match &locus.missing {
        Some(missing) => row(page, "missing", missing),
        None => Ok(()),
    }
}

fn write_fix(page: &mut Page<'_>, fix: &Fix) -> io::Result<()> {
    row(page, "fix", &text::fix_summary(fix))?;
    if let Some(owner) = &fix.managed_by {
        row(page, "owner", owner)?;
    }
    if let Some(durable) = &fix.durable {
        row(page, "for good", durable)?;
    }
    if let Some(who) = &fix.needs_decision {
        row(page, "decide", who)?;
    }
    for choice in &fix.choices {
        row(page, "choice", choice)?;
    }
    write_commands(page, fix)?;
    for what in &fix.affects {
        row(page, "affects", what)?;
    }
    for note in &fix.notes {
        row(page, "note", note)?;
    }
    Ok(())
}

/// The commands, in the order in which they are run; and the way back.
fn write_commands(page: &mut Page<'_>, fix: &Fix) -> io::Result<()> {
    if fix.managed_by.is_some() && !fix.commands.is_empty() {
        row(page, "stop-gap", "until it is changed there:")?;
    }
    let backup = fix.document.as_ref().and_then(|document| Some((document, document.backup.as_ref()?)));
    if let Some((document, backup)) = backup {
        let read = document.read_at.as_ref().map(|at| format!(" (this was judged as it was at {at})")).unwrap_or_default();
        row(page, "backup", &format!("first, of the document as it is by then{read}:"))?;
        page.verbatim(LABELS + 2, &backup.shell())?;
        row(page, "mend", "then:")?;
    }
    for command in &fix.commands {
        page.verbatim(LABELS + 2, &command.shell())?;
    }
    if let Some(document) = &fix.document {
        short_diff(page, &document.diff())?;
    }
    let undo = |command: &FixCommand| command.shell();
    for command in fix.undo.iter().map(undo) {
        row(page, "undo", "afterwards, if need be:")?;
        page.verbatim(LABELS + 2, &command)?;
    }
    Ok(())
}

/// The lines that change, with what stands around them, where they are few; `--diff` has them all.
fn short_diff(page: &mut Page<'_>, diff: &str) -> io::Result<()> {
    // Two lines name the document, which the place has done.
    let lines: Vec<&str> = diff.lines().skip(2).collect();
    if lines.len() > LONGEST_DIFF && !page.is_wide() {
        return row(page, "diff", &format!("{} lines: --diff shows them", lines.len()));
    }
    row(page, "diff", if diff.contains("laid out for reading") { "(laid out for reading)" } else { "" })?;
    for line in lines {
        page.indented(LABELS + 2, &diff::shown(line), diff::tone(line))?;
    }
    Ok(())
}
