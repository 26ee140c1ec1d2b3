//! `--save`: the evidence as a bundle, with its names or without.

use crate::cli::{OutputArgs, is_stdout};
use crate::collect::bundle;
use crate::error::Error;
use crate::output;
use irsa_doctor_checks::anonymize::{anonymize, same_diagnosis};
use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::report::Report;
use irsa_doctor_checks::snapshot::Snapshot;
use std::hash::{BuildHasher as _, RandomState};

/// How many keys are tried: with one, two names may become one by chance.
const TRIES: usize = 4;

/// Saves the bundle where that was asked; `report` is what it is diagnosed to.
///
/// # Errors
///
/// The file can't be written, or without its names the bundle would be diagnosed otherwise.
pub(super) fn save(snapshot: &Snapshot, report: &Report, args: &OutputArgs) -> Result<(), Error> {
    let Some(path) = &args.save else { return Ok(()) };
    let nameless = if args.anonymize { Some(without_names(snapshot, report)?) } else { None };
    let snapshot = nameless.as_ref().unwrap_or(snapshot);
    if is_stdout(Some(path)) {
        return output::stream(false, |out| bundle::write(snapshot, out));
    }
    bundle::save(snapshot, path, args.force)?;
    if !args.report.quiet {
        let how =
            if args.anonymize { ", without names; labels and error texts may still tell something: look through it" } else { "" };
        output::say(&format!("note: the evidence is in {}{how}", path.display()));
    }
    Ok(())
}

/// The snapshot with its names replaced, under a key that nobody keeps; proven to be diagnosed as the original is.
fn without_names(snapshot: &Snapshot, report: &Report) -> Result<Snapshot, Error> {
    let mut why = String::new();
    for _ in 0..TRIES {
        // Two numbers of the system's, which every hasher is made with.
        let key = [RandomState::new().hash_one(0), RandomState::new().hash_one(1)];
        let done = anonymize(snapshot, key).map_err(|error| Error::Anonymize { why: error.to_string() })?;
        match same_diagnosis(report, &diagnose(&done.snapshot)) {
            Ok(()) => return Ok(done.snapshot),
            Err(difference) => why = difference,
        }
    }
    Err(Error::Anonymize { why: format!("without its names it would be diagnosed otherwise ({why})") })
}
