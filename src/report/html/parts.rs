//! Small parts of the page: what a status and a verdict look like, lists, commands.

use super::escaped::{Escaped, Whole};
use crate::report::summary::decisive_first;
use crate::report::text::{gap_line, layer_name};
use irsa_doctor_checks::check::Status;
use irsa_doctor_checks::fix::FixCommand;
use irsa_doctor_checks::report::ReportedGap;
use irsa_doctor_checks::snapshot::Gap;
use std::io::{self, Write};

/// The class, the sign and the words of a status: colour is never the only sign.
pub(super) fn status(status: Status, reason: Option<&str>) -> (&'static str, &'static str, &'static str) {
    match status {
        Status::Fail => ("fail", "✗", "broken"),
        Status::Unknown => ("unknown", "?", "not checked"),
        Status::Warn => ("warn", "!", "holds, with a warning"),
        Status::Pass => ("pass", "✓", "holds"),
        Status::NotApplicable if reason.is_some_and(|why| why.starts_with("not reached")) => ("none", "–", "not reached"),
        Status::NotApplicable => ("none", "–", "does not apply"),
    }
}

/// A part with a heading of this level and a list, where there is something to list.
pub(super) fn list(level: usize, heading: &str, items: &[String], out: &mut dyn Write) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h{level}>{heading}</h{level}>\n<ul>")?;
    items.iter().try_for_each(|item| writeln!(out, "<li>{}</li>", Escaped(item)))?;
    writeln!(out, "</ul>\n</section>")
}

/// Layers that nobody looked at.
pub(super) fn layers(level: usize, all: &[&'static str], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = all.iter().map(|layer| layer_name(layer).to_owned()).collect();
    list(level, "Not examined", &names, out)
}

/// What was not read: first that on which a verdict hangs.
pub(super) fn gaps(level: usize, all: &[&ReportedGap], out: &mut dyn Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h{level}>What could not be looked at</h{level}>\n<ul class=\"gaps\">")?;
    for gap in decisive_first(all.iter().copied()) {
        let (class, weight) = if gap.found.decisive { ("unknown", "hangs on it") } else { ("none", "does not hang on it") };
        let what = Gap { remedy: String::new(), ..gap.found.gap.clone() };
        write!(out, "<li class=\"{class}\"><p>{}</p>", Escaped(&gap_line(&what)))?;
        if !gap.found.gap.remedy.is_empty() {
            write!(out, "<p><b>To see it:</b> {}</p>", Escaped(&gap.found.gap.remedy))?;
        }
        writeln!(out, "<p class=\"aside\"><code>{}</code> {weight}</p></li>", Escaped(gap.check))?;
    }
    writeln!(out, "</ul>\n</section>")
}

/// Commands as one pastes them, under a line that says what for.
pub(super) fn commands<'f>(words: &str, all: impl Iterator<Item = &'f FixCommand>, out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<String> = all.map(FixCommand::shell).collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "<p>{words}</p>\n<pre><code>{}</code></pre>", Whole(&lines.join("\n")))
}
