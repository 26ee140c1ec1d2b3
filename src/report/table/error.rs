//! The reading of the pasted error: short, near the top.

use crate::report::escape;
use crate::report::page::{Page, Tone};
use irsa_doctor_checks::error_message::{ErrorReading, State};
use irsa_doctor_checks::report::TargetReport;
use irsa_doctor_checks::snapshot::TargetKind;
use std::io;

/// The column where values begin.
const VALUES: usize = 12;
/// How many candidates are shown; all are in the JSON report.
const MOST: usize = 5;

/// The reading, where an error was given.
pub(super) fn write(page: &mut Page<'_>, target: &TargetReport) -> io::Result<()> {
    let Some(reading) = &target.error else { return Ok(()) };
    row(page, "error", &reading.summary)?;
    let wrapped = [("code", reading.code.clone()), ("request", reading.request_id.clone()), ("policy", reading.policy.clone())];
    let known: Vec<String> = wrapped.into_iter().filter_map(|(word, value)| Some(format!("{word} {}", value?))).collect();
    if !known.is_empty() {
        row(page, "", &known.join(", "))?;
    }
    for statement in &reading.statements {
        row(page, "", &format!("decoded: statement {statement}"))?;
    }
    for contradiction in &reading.contradictions {
        row(page, "but", contradiction)?;
    }
    candidates(page, target, reading)?;
    for next in &reading.next {
        row(page, "next", next)?;
    }
    Ok(())
}

fn candidates(page: &mut Page<'_>, target: &TargetReport, reading: &ErrorReading) -> io::Result<()> {
    let alone = target.target.kind == TargetKind::Error;
    let wide = page.is_wide();
    let open = reading.candidates.iter().filter(|candidate| wide || candidate.state != State::Excluded);
    for (index, candidate) in open.take(if wide { usize::MAX } else { MOST }).enumerate() {
        let state = match candidate.state {
            State::Confirmed => "confirmed: ",
            State::Excluded => "excluded: ",
            State::NotChecked => "",
        };
        let why = if alone { candidate.why.split(';').next().unwrap_or_default() } else { &candidate.why };
        row(page, if index == 0 { "behind it" } else { "" }, &format!("{}. {state}{why}", index + 1))?;
    }
    Ok(())
}

fn row(page: &mut Page<'_>, label: &str, value: &str) -> io::Result<()> {
    page.prose(&format!("  {label}"), VALUES, &escape(value), Tone::Plain)
}
