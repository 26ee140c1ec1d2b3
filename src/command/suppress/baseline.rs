//! The baseline's file: the findings that are known, by their fingerprints.

use crate::error::Error;
use irsa_doctor_checks::report::Report;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::Path;

/// The version that is written.
const VERSION: u32 = 1;
/// The most that is read: some 300,000 findings.
const MOST_BYTES: u64 = 64 << 20;

/// The file. Only the fingerprints are compared; the rest is for whoever reads the file.
#[derive(Debug, Serialize, Deserialize)]
struct Baseline {
    schema_version: u32,
    findings: Vec<Known>,
}

/// A finding that is known.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    fingerprint: String,
    #[serde(default)]
    fault: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    place: String,
}

/// The fingerprints of a baseline.
///
/// # Errors
///
/// A usage error: the file can't be read, or is no baseline.
pub(super) fn read(path: &Path) -> Result<BTreeSet<String>, Error> {
    let bad = |problem: &dyn std::fmt::Display| {
        Error::usage(format!("the baseline `{}` {problem}", path.display()), "`--write-baseline FILE` writes one")
    };
    let file = std::fs::File::open(path).map_err(|error| bad(&format!("can't be read: {error}")))?;
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|error| bad(&format!("can't be read: {error}")))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(bad(&"is larger than 64 MiB"));
    }
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| bad(&format!("is none: {error}")))?;
    if baseline.schema_version != VERSION {
        return Err(bad(&format!("has version {}, and this irsa-doctor reads {VERSION}", baseline.schema_version)));
    }
    Ok(baseline.findings.into_iter().map(|known| known.fingerprint).collect())
}

/// Writes a report's findings as a baseline, in an order of their own: two runs differ by what differs.
///
/// # Errors
///
/// The writer's own.
pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut findings: BTreeSet<Known> = BTreeSet::new();
    for target in &report.targets {
        findings.extend(target.findings.iter().map(|found| Known {
            fingerprint: found.fingerprint.clone(),
            fault: found.finding.fault.id.to_owned(),
            target: target.target.to_string(),
            place: found.finding.locus.resource.clone(),
        }));
    }
    let baseline = Baseline { schema_version: VERSION, findings: findings.into_iter().collect() };
    serde_json::to_writer_pretty(&mut *out, &baseline)?;
    out.write_all(b"\n")
}
