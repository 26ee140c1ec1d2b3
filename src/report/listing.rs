//! The list of checks and faults.

use super::page::{Page, Tone};
use super::{Look, json};
use irsa_doctor_checks::check::Check;
use irsa_doctor_checks::fault::{Fault, Severity};
use serde::Serialize;
use std::io::{self, Write};

/// Where a fault's title begins.
const TITLES: usize = 2 + 9 + 38;

/// Writes checks with their faults, for people.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write_listing(checks: &[&Check], look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, look);
    for (index, check) in checks.iter().enumerate() {
        if index > 0 {
            page.blank()?;
        }
        page.prose("", 0, check.id, Tone::Heading)?;
        page.prose("", 2, check.title, Tone::Plain)?;
        for fault in check.faults {
            write_fault(&mut page, fault)?;
        }
    }
    Ok(())
}

fn write_fault(page: &mut Page<'_>, fault: &Fault) -> io::Result<()> {
    let tone = match fault.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warning,
        Severity::Info => Tone::Plain,
    };
    let label = format!("  {:<8} {}", fault.severity.as_str(), fault.id);
    if page.width() > TITLES + 30 && label.len() < TITLES {
        return page.prose(&label, TITLES, fault.title, tone);
    }
    page.prose("", 2, label.trim_start(), tone)?;
    page.prose("", 11, fault.title, Tone::Plain)
}

/// A check in the JSON list.
#[derive(Serialize)]
struct ListedCheck {
    id: &'static str,
    stage: &'static str,
    title: &'static str,
    faults: Vec<ListedFault>,
}

/// A fault in the JSON list.
#[derive(Serialize)]
struct ListedFault {
    id: &'static str,
    severity: &'static str,
    confidence: &'static str,
    title: &'static str,
}

/// The JSON list.
#[derive(Serialize)]
struct Listing {
    schema_version: u32,
    checks: Vec<ListedCheck>,
}

/// Writes checks with their faults, for programs.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write_listing_json(checks: &[&Check], out: &mut dyn Write) -> io::Result<()> {
    let fault = |fault: &&Fault| ListedFault {
        id: fault.id,
        severity: fault.severity.as_str(),
        confidence: fault.confidence.as_str(),
        title: fault.title,
    };
    let check = |check: &&Check| ListedCheck {
        id: check.id,
        stage: check.stage.as_str(),
        title: check.title,
        faults: check.faults.iter().map(fault).collect(),
    };
    json::write(&Listing { schema_version: 1, checks: checks.iter().map(check).collect() }, out)
}
