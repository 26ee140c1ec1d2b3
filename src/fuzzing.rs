//! What fuzzers call: each function is handed a stranger's text, and panics where something doesn't hold that must.
//!
//! The targets in `fuzz/` hand them what libFuzzer makes up. The unit tests hand them the kept inputs, whole and damaged, so
//! that every change is tried a little, whatever the machine.

#![expect(clippy::missing_panics_doc, reason = "to panic is what they are for")]

mod answers;
mod reports;
#[cfg(test)]
mod tests;

pub use answers::{aws, kubernetes};

use crate::collect::bundle;
use crate::config;
use crate::files;
use crate::report::{Query, Run};
use irsa_doctor_checks::diagnose::diagnose;

/// The largest packed bundle's contents: a fuzzer's memory is small.
const MOST_UNPACKED: u64 = 1 << 20;

/// A file for `lint`: it is refused, or judged; all places are in it, and no format lets anything through.
pub fn files(text: &str) {
    let Ok(linted) = files::of_text(text) else { return };
    let mut report = diagnose(&linted.snapshot);
    report.place(|locus| linted.places.place(locus));
    let lines = u32::try_from(text.split('\n').count()).unwrap_or(u32::MAX);
    let findings = report.targets.iter().flat_map(|target| &target.findings);
    for file in findings.filter_map(|found| found.finding.locus.file.as_ref()) {
        assert!((1..=lines).contains(&file.line) && file.column >= 1, "{file:?} of {lines} lines");
    }
    reports::assert_harmless(&report);
}

/// A bundle, packed or not: it is refused in one line, or read, written and read again to the same, and judged.
pub fn bundle(bytes: &[u8]) {
    let bytes = match bundle::unpack("x", bytes, MOST_UNPACKED) {
        Ok(bytes) => bytes,
        Err(error) => return assert_one_line(&error.to_string()),
    };
    let snapshot = match bundle::parse("x", &bytes) {
        Ok(snapshot) => snapshot,
        Err(error) => return assert_one_line(&error.to_string()),
    };
    let written = serde_json::to_vec(&snapshot).unwrap_or_default();
    assert!(serde_json::from_slice(&written).is_ok_and(|again: irsa_doctor_checks::snapshot::Snapshot| again == snapshot));
    let report = diagnose(&snapshot);
    reports::assert_same(&report, &diagnose(&snapshot));
    reports::assert_harmless(&report);
    // Joined to itself it is no contradiction.
    assert!(bundle::join(snapshot.clone(), snapshot).is_ok());
}

/// A configuration: it is refused in one line, or understood.
pub fn config(text: &str) {
    match config::parse(std::path::Path::new("x"), text, jiff::civil::date(2026, 11, 27)) {
        Ok(loaded) => loaded.notes.iter().for_each(|note| assert_one_line(note)),
        Err(error) => assert_one_line(&error.to_string()),
    }
}

/// A `JSONPath`: it is refused, or selects something of a report.
pub fn query(text: &str) {
    for raw in [false, true] {
        if let Ok(query) = Query::parse(text, raw) {
            let mut out = Vec::new();
            assert!(query.write(&reports::demo(), &Run::default(), &mut out).is_ok());
            assert!(std::str::from_utf8(&out).is_ok());
        }
    }
}

fn assert_one_line(text: &str) {
    assert!(!text.contains('\n'), "{text:?}");
}
