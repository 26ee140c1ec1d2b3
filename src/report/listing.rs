//! The list of checks and faults.

use super::page::{Page, Tone};
use super::{Look, json};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use irsa_doctor_checks::check::Check;
use irsa_doctor_checks::fault::{Fault, Severity};
use serde::Serialize;
use std::io::{self, Write};

/// The longest id of a fault has this many characters; a longer one would be broken in two.
const LONGEST_ID: u16 = 38;

/// A column's own blanks, left and right.
const PADDING: u16 = 2;

/// Fewer columns than this are not kept to.
const NARROWEST: usize = 40;

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
        for (fault, line) in lines(check, page.width()) {
            let tone = match fault.severity {
                Severity::Error => Tone::Bad,
                Severity::Warning => Tone::Warning,
                Severity::Info => Tone::Plain,
            };
            page.line(&format!("  {line}"), tone)?;
        }
    }
    Ok(())
}

/// A check's faults in columns, line by line: a long title goes on below itself.
fn lines(check: &Check, width: usize) -> Vec<(&'static Fault, String)> {
    let mut lines = Vec::new();
    for fault in check.faults.iter().copied() {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width.saturating_sub(2).max(NARROWEST)).unwrap_or(u16::MAX));
        table.add_row([fault.severity.as_str(), fault.id, fault.title]);
        // Each fault is a table of its own so that every line knows its fault; fixed columns keep them in line.
        // Where there is no room for that, an id is still never broken: it is there to be copied.
        let roomy = width > usize::from(8 + LONGEST_ID) + 40;
        for (index, columns) in [(0, 8 + PADDING), (1, LONGEST_ID + PADDING)] {
            if let Some(column) = table.column_mut(index) {
                let fixed = ColumnConstraint::Absolute(Width::Fixed(columns));
                column.set_constraint(if roomy { fixed } else { ColumnConstraint::ContentWidth });
            }
        }
        lines.extend(table.lines().map(|line| (fault, line.trim_end().to_owned())));
    }
    lines
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
