//! Run-time evidence: what happened, and AWS' own opinion. It decides nothing.

use crate::report::escape;
use crate::report::page::{Page, Tone};
use irsa_doctor_checks::report::{ActionDecision, EventGroup, EventSummary, LastUsed, TargetReport};
use std::fmt::Write as _;
use std::io;

/// The most kinds of events that are shown.
const MOST_GROUPS: usize = 8;

/// The section.
pub(super) fn write(page: &mut Page<'_>, target: &TargetReport) -> io::Result<()> {
    let Some(usage) = &target.usage else { return Ok(()) };
    let mut lines = Vec::new();
    match &usage.last_used {
        LastUsed::At(time, region) => {
            let region = region.as_deref().map_or_else(String::new, |region| format!(" in {region}"));
            lines.push(format!("role last used {time}{region} (IAM tracks 400 days, with some hours' delay)"));
        }
        LastUsed::Never => {
            lines.push(
                "role not used in the 400 days that IAM tracks (with some hours' delay: no proof of the last hours)".to_owned(),
            );
        }
        LastUsed::Unknown => {}
    }
    if let Some(events) = &usage.events {
        lines.extend(of_events(events, if page.is_wide() { usize::MAX } else { MOST_GROUPS }));
    }
    page.blank()?;
    page.prose("", 2, "Run-time evidence (it decides nothing)", Tone::Heading)?;
    for line in lines {
        page.prose("    -", 6, &escape(&line), Tone::Plain)?;
    }
    Ok(())
}

fn of_events(events: &EventSummary, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if !events.regions.is_empty() {
        let (hours, regions) = (events.hours, events.regions.join(" and "));
        let who = if events.subject.is_some() { "the role or the service account" } else { "the role" };
        let counts = format!("{} about {who}, {} failed", events_of(events.total), events.failed);
        lines.push(format!("CloudTrail, last {hours} h in {regions}: {counts}"));
    }
    lines.extend(events.by.iter().take(most).map(group));
    if events.by.len() > most {
        lines.push(format!("{} more kinds of events (-o json has them all)", events.by.len() - most));
    }
    lines.extend(events.remarks.iter().cloned());
    lines.extend(events.gaps.iter().map(|gap| format!("not read: {gap}")));
    lines
}

fn events_of(count: usize) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

fn group(group: &EventGroup) -> String {
    let how = match (&group.error, &group.message) {
        (None, _) => "succeeded".to_owned(),
        (Some(error), None) => format!("failed with {error}"),
        (Some(error), Some(message)) => format!("failed with {error} ({message})"),
    };
    let subject = group.subject.as_deref().unwrap_or("nobody named");
    let role = group.role.as_deref().unwrap_or("no role named");
    let mut line = format!("{} x {how}: {subject} for {role}, ", group.count);
    let _ = if group.first == group.last {
        write!(line, "{}", group.last)
    } else {
        write!(line, "{} to {}", group.first, group.last)
    };
    if !group.differs.is_empty() {
        let _ = write!(line, " (other {} than expected)", group.differs.join(" and "));
    }
    line
}

/// The labelled line below a decision.
pub(super) fn opinion(decision: &ActionDecision) -> Option<String> {
    let opinion = decision.second_opinion.as_ref()?;
    let verdict = match opinion.decision.as_str() {
        "allow" => "allowed",
        "explicit-deny" => "denied by a statement",
        "implicit-deny" => "not allowed",
        other => other,
    };
    let mut line = format!("AWS' simulator says of {}: {verdict}", decision.action);
    if !opinion.by.is_empty() {
        let _ = write!(line, ", by {}", opinion.by.join(" and "));
    }
    if opinion.differs {
        let _ = write!(line, "; it differs, perhaps because {}", opinion.why.join("; or because "));
    } else if decision.decision == "unknown" {
        line.push_str("; ours can't be said");
    } else {
        line.push_str("; the same as ours");
    }
    Some(line)
}
