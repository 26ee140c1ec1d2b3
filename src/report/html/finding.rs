//! Findings: where, wanted beside actual, and what mends it.

use super::escaped::{Escaped, Whole};
use super::parts::commands;
use crate::report::diff;
use crate::report::text::{about_fix, fix_key, fix_summary, place, wanted_and_actual};
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::fix::{DocumentChange, Fix};
use irsa_doctor_checks::report::FoundFinding;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes a finding; a fix that is among `fixes` has been written already.
pub(super) fn write(found: &FoundFinding, fixes: &mut BTreeSet<String>, out: &mut dyn Write) -> io::Result<()> {
    begin(found, out)?;
    facts(found, out)?;
    if let Some(fix) = &found.finding.fix {
        if fixes.insert(fix_key(fix)) {
            write_fix(fix, out)?;
        } else {
            writeln!(out, "<p>The fix above mends this too.</p>")?;
        }
    }
    end(found, out)
}

/// Writes a finding in short; `cause` is the number of the cause that says the rest.
pub(super) fn write_short(found: &FoundFinding, cause: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    begin(found, out)?;
    if let Some(number) = cause {
        writeln!(out, "<p><a href=\"#cause-{number}\">Where it is, and what mends it</a></p>")?;
    }
    end(found, out)
}

fn begin(found: &FoundFinding, out: &mut dyn Write) -> io::Result<()> {
    let finding = &found.finding;
    let (class, sign) = match finding.severity {
        _ if found.suppressed.is_some() => ("ignored", "–"),
        Severity::Error => ("fail", "✗"),
        Severity::Warning => ("warn", "!"),
        Severity::Info => ("none", "i"),
    };
    let ignored = if found.suppressed.is_some() { ", ignored" } else { "" };
    let (severity, confidence) = (finding.severity.as_str(), finding.confidence.as_str());
    writeln!(out, "<article class=\"finding {class}\">")?;
    write!(out, "<p class=\"label\"><span aria-hidden=\"true\">{sign}</span> {severity}, {confidence}{ignored}: ")?;
    writeln!(out, "<code>{}</code></p>", Escaped(finding.fault.id))?;
    writeln!(out, "<p class=\"detail\">{}</p>", Escaped(&finding.detail))?;
    if let Some(reason) = &found.suppressed {
        writeln!(out, "<p><b>Ignored:</b> {}</p>", Escaped(reason))?;
    }
    if let Some(severity) = found.counts_as {
        writeln!(out, "<p>The gate takes it for: {}</p>", severity.as_str())?;
    }
    Ok(())
}

fn end(found: &FoundFinding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<p class=\"aside\">More: <code>irsa-doctor explain {}</code></p>\n</article>", Escaped(found.finding.fault.id))
}

/// Where, wanted and actual.
fn facts(found: &FoundFinding, out: &mut dyn Write) -> io::Result<()> {
    let finding = &found.finding;
    write!(out, "<p class=\"where\">in <code>{}</code>", Escaped(&place(&finding.locus)))?;
    if finding.locus.path != "$" {
        write!(out, " at <code>{}</code>", Escaped(&finding.locus.path))?;
    }
    if let Some(key) = &finding.locus.missing {
        write!(out, ", where <code>{}</code> is missing", Escaped(key))?;
    }
    writeln!(out, "</p>")?;
    let sides = wanted_and_actual(finding.expected.as_ref(), finding.actual.as_ref());
    if sides.iter().all(Option::is_none) {
        return Ok(());
    }
    writeln!(out, "<dl class=\"compare\">")?;
    for (label, side) in ["wanted", "actual"].into_iter().zip(sides) {
        if let Some(text) = side {
            writeln!(out, "<div class=\"{label}\"><dt>{label}</dt><dd><code>{}</code></dd></div>", Escaped(&text))?;
        }
    }
    writeln!(out, "</dl>")
}

fn write_fix(fix: &Fix, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div class=\"fix\">\n<p><b>Fix:</b> {}</p>", Escaped(&fix_summary(fix)))?;
    let items = about_fix(fix);
    if !items.is_empty() {
        writeln!(out, "<ul>")?;
        items.iter().try_for_each(|(label, text)| writeln!(out, "<li>{label}: {}</li>", Escaped(text)))?;
        writeln!(out, "</ul>")?;
    }
    let backup = fix.document.as_ref().and_then(|document| document.backup.as_ref());
    commands("Keep what is there first:", backup.into_iter(), out)?;
    let words = if fix.managed_by.is_some() { "A stop-gap until it is changed there:" } else { "Commands:" };
    commands(words, fix.commands.iter(), out)?;
    if let Some(diff) = fix.document.as_ref().map(DocumentChange::diff) {
        write_diff(&diff, out)?;
    }
    commands("The way back:", fix.undo.iter(), out)?;
    writeln!(out, "</div>")
}

fn write_diff(diff: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<p>What changes:</p>\n<pre class=\"diff\"><code>")?;
    for line in diff.lines() {
        let element = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => "span",
            [b'-', ..] => "del",
            [b'+', ..] => "ins",
            _ => "span",
        };
        writeln!(out, "<{element}>{}</{element}>", Whole(&diff::shown(line)))?;
    }
    writeln!(out, "</code></pre>")
}
