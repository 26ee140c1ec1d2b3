//! The table: the chain link by link, for people.
//!
//! First line and last line are the verdict. Whatever comes from a cluster or an account goes through `escape`.

mod chain;
mod error;
mod finding;
mod gaps;
mod head;
mod overview;
mod runtime;

#[cfg(test)]
mod tests;

pub(super) use chain::decision_lines;

use super::page::{Page, Tone};
use super::summary::{last_line, scanned, totals};
use super::{Look, escape};
use irsa_doctor_checks::report::{Report, Verdict};
use irsa_doctor_checks::snapshot::TargetKind;
use std::io::{self, Write};

/// Writes a report as a table.
pub(super) fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    write_page(report, Page::new(out, *look))
}

/// The same with all that a second look needs: nothing is cut, grouped or left out for being long.
pub(super) fn write_wide(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    write_page(report, Page::new(out, *look).wide())
}

fn write_page(report: &Report, page: Page<'_>) -> io::Result<()> {
    let mut page = page.with_ignored(report.shows_suppressed);
    if let Some(overview) = &report.overview {
        page.prose("", 0, &escape(&scanned(report)), tone(report.verdict))?;
        page.blank()?;
        head::write(&mut page, report)?;
        page.blank()?;
        overview::write(&mut page, report, overview)?;
        page.blank()?;
        return page.prose("", 0, &last_line(report), tone(report.verdict));
    }
    if report.targets.len() > 1 {
        page.prose("", 0, &totals(report), tone(report.verdict))?;
        page.blank()?;
    }
    for (index, target) in report.listed().enumerate() {
        if report.targets.len() > 1 && index > 0 {
            page.blank()?;
        }
        page.prose("", 0, &escape(&target.sentence), tone(target.verdict))?;
        page.blank()?;
        if index == 0 && target.target.kind != TargetKind::Error {
            head::write(&mut page, report)?;
        }
        head::target(&mut page, target)?;
        if target.target.kind == TargetKind::Error {
            chain::write_judged(&mut page, target)?;
        } else {
            chain::write(&mut page, target)?;
        }
        chain::appendix(&mut page, target)?;
    }
    page.blank()?;
    page.prose("", 0, &last_line(report), tone(report.verdict))
}

pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::NotApplicable => Tone::Faint,
        Verdict::Healthy => Tone::Good,
        Verdict::Degraded => Tone::Warning,
        Verdict::Inconclusive => Tone::Unknown,
        Verdict::Broken => Tone::Bad,
    }
}
