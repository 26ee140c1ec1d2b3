//! What was not read: those on which something hangs first, and those alike in one item.

use crate::report::page::{Page, Tone};
use crate::report::{escape, text};
use irsa_doctor_checks::report::{ReportedGap, TargetReport};
use irsa_doctor_checks::snapshot::{Gap, GapCause};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

/// How many things that could not be read for one reason are named.
const MOST_NAMED: usize = 12;

/// Gaps that differ in no more than what was asked about.
struct Alike<'a> {
    first: &'a ReportedGap,
    /// Operations by what they are about, in the order found.
    asked: Vec<(&'a str, Vec<&'a str>)>,
    checks: Vec<&'a str>,
}

/// The section.
pub(super) fn write(page: &mut Page<'_>, target: &TargetReport) -> io::Result<()> {
    write_all(page, &target.gaps, !target.hand_over.is_empty())
}

/// The same of these gaps; `handed_over`: what would help is said elsewhere.
pub(super) fn write_all(page: &mut Page<'_>, gaps: &[ReportedGap], handed_over: bool) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.prose("", 2, "Not read", Tone::Heading)?;
    let most = if page.is_wide() { usize::MAX } else { MOST_NAMED };
    for alike in alike(gaps, handed_over) {
        page.prose("    -", 6, &escape(&line(&alike, handed_over, most)), Tone::Plain)?;
    }
    Ok(())
}

/// The answer's own words, where they say more than that it was a refusal.
fn detail(gap: &Gap) -> &str {
    // AWS names the kind of policy whose explicit deny it was: then an allow somewhere else doesn't help.
    let says_more = gap.cause != GapCause::Denied || gap.detail.contains("explicit deny");
    if says_more { gap.detail.trim_end_matches('.') } else { "" }
}

/// What would help, unless the hand-over says it already.
fn remedy(reported: &ReportedGap, handed_over: bool) -> &str {
    let gap = &reported.found.gap;
    let said = handed_over && reported.found.decisive && gap.cause == GapCause::Denied;
    if said { "" } else { gap.remedy.trim_end_matches('.') }
}

fn alike(gaps: &[ReportedGap], handed_over: bool) -> Vec<Alike<'_>> {
    let mut places = BTreeMap::new();
    let mut all: Vec<Alike<'_>> = Vec::new();
    let decisive_first = gaps.iter().filter(|gap| gap.found.decisive).chain(gaps.iter().filter(|gap| !gap.found.decisive));
    for reported in decisive_first {
        let gap = &reported.found.gap;
        let key = (reported.found.decisive, gap.cause, detail(gap), remedy(reported, handed_over));
        let place = *places.entry(key).or_insert(all.len());
        if place == all.len() {
            all.push(Alike { first: reported, asked: Vec::new(), checks: Vec::new() });
        }
        let Some(alike) = all.get_mut(place) else { continue };
        if !alike.checks.contains(&reported.check) {
            alike.checks.push(reported.check);
        }
        let (about, operation) = (gap.resource.as_deref().unwrap_or_default(), gap.operation.as_str());
        match alike.asked.iter_mut().find(|(known, _)| *known == about) {
            Some((_, operations)) => operations.push(operation),
            None => alike.asked.push((about, vec![operation])),
        }
    }
    all
}

fn line(alike: &Alike<'_>, handed_over: bool, most: usize) -> String {
    let gap = &alike.first.found.gap;
    let asked = alike.asked.iter().map(|(about, operations)| {
        let operations: Vec<&str> =
            operations.iter().map(|operation| if operation.is_empty() { "a field of the evidence" } else { operation }).collect();
        let operations = operations.join(", ");
        // `get /version` is about `/version`: once is enough.
        let of = text::of(gap);
        if about.is_empty() || operations.ends_with(*about) { operations } else { format!("{operations} {of}{about}") }
    });
    // Of a whole cluster there may be thousands.
    let more = alike.asked.len().saturating_sub(most);
    let mut asked: Vec<String> = asked.take(most).collect();
    if more > 0 {
        asked.push(format!("{more} more"));
    }
    let asked = asked.join("; ");
    let weight = match alike.checks.as_slice() {
        _ if !alike.first.found.decisive => "decides nothing here".to_owned(),
        [only] => format!("{only} hangs on it"),
        checks => format!("{} hang on it", checks.join(", ")),
    };
    let cause = gap.cause.as_str().replace('-', " ");
    let mut line = format!("{asked}: {cause} ({weight})");
    let (detail, remedy) = (detail(gap), remedy(alike.first, handed_over));
    if !detail.is_empty() {
        let _ = write!(line, ": {detail}");
    }
    if !remedy.is_empty() {
        let _ = write!(line, "; to see it: {remedy}");
    }
    line
}
