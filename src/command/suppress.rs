//! What doesn't count: the configuration, the annotations and the baseline, and the writing of one.

mod baseline;

use crate::cli::{GateArgs, ReportArgs, is_stdout};
use crate::error::Error;
use crate::{config, file, output};
use irsa_doctor_checks::diagnose::{GateOptions, apply_gate, diagnose_with};
use irsa_doctor_checks::report::Report;
use irsa_doctor_checks::snapshot::Snapshot;
use irsa_doctor_checks::suppress::Rules;
use std::path::{Path, PathBuf};

/// What the user has decided about findings, and where that stands.
pub(super) struct Decided {
    /// What is followed.
    rules: Rules,
    /// The configuration that is followed, if there is one.
    config: Option<PathBuf>,
}

/// Reads what the user has decided about findings.
///
/// # Errors
///
/// A configuration or a baseline that can't be read, or that says what can't be meant.
pub(super) fn decided(args: &GateArgs, force: bool, quiet: bool) -> Result<Decided, Error> {
    check(args, force)?;
    let config = match &args.config {
        Some(path) => Some(path.clone()),
        None if args.no_config => None,
        // Without a working directory there is nothing above it either.
        None => std::env::current_dir().ok().and_then(|folder| config::find(&folder)),
    };
    let mut rules = match &config {
        Some(path) => {
            let loaded = config::load(path, jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date())?;
            if !quiet {
                loaded.notes.iter().for_each(|note| output::say(&format!("note: {}: {note}", path.display())));
            }
            loaded.rules
        }
        None => Rules { heeds_annotations: true, ..Rules::default() },
    };
    rules.heeds_annotations &= !args.no_ignore_annotations;
    if let Some(path) = &args.baseline {
        rules.baseline = baseline::read(path)?;
    }
    Ok(Decided { rules, config })
}

/// Whether a baseline can be written, found out before anybody is asked anything.
fn check(args: &GateArgs, force: bool) -> Result<(), Error> {
    let Some(path) = &args.write_baseline else { return Ok(()) };
    if is_stdout(Some(path)) {
        return Err(Error::usage("`--write-baseline -` is no file", "give a file, which --baseline reads"));
    }
    file::check(path, force).map_err(|source| unwritable(path, source))
}

impl Decided {
    /// The report on evidence: judged, with the baseline written where that was asked, the gate applied, and what is shown.
    ///
    /// # Errors
    ///
    /// The baseline is there already, or can't be written.
    pub(super) fn report(
        &mut self,
        snapshot: &Snapshot,
        (args, gate): (&GateArgs, &GateOptions),
        force: bool,
        shown: &ReportArgs,
    ) -> Result<Report, Error> {
        let mut report = diagnose_with(snapshot, &self.rules);
        if self.write_baseline(&report, args, force, shown.quiet)? {
            report = diagnose_with(snapshot, &self.rules);
        }
        apply_gate(&mut report, gate);
        report.only = shown.only.iter().map(|only| only.verdict()).collect();
        report.shows_suppressed = shown.show_suppressed;
        Ok(report)
    }

    /// Writes the baseline where that was asked. All that it holds is known from now on.
    ///
    /// # Errors
    ///
    /// The file is there already, or can't be written.
    fn write_baseline(&mut self, report: &Report, args: &GateArgs, force: bool, quiet: bool) -> Result<bool, Error> {
        let Some(path) = &args.write_baseline else { return Ok(false) };
        file::create(path, 0o644, force, |out| baseline::write(report, out)).map_err(|source| unwritable(path, source))?;
        let findings = report.targets.iter().flat_map(|target| &target.findings);
        self.rules.baseline.extend(findings.map(|found| found.fingerprint.clone()));
        if !quiet {
            output::say(&format!("note: the baseline is in {}", path.display()));
        }
        Ok(true)
    }

    /// What somebody who wonders where findings went should know.
    pub(super) fn note(&self, report: &Report) -> Option<String> {
        let path = self.config.as_ref()?;
        let findings = report.targets.iter().flat_map(|target| &target.findings);
        let milder = findings.filter(|found| found.counts_as.is_some_and(|severity| severity < found.finding.severity)).count();
        let what = match (report.suppressed, milder) {
            (0, 0) => return None,
            (ignored, 0) => format!("{ignored} finding(s) are ignored"),
            (0, milder) => format!("{milder} finding(s) count for less than they are"),
            (ignored, milder) => format!("{ignored} finding(s) are ignored, and {milder} count for less than they are"),
        };
        Some(format!("note: {what}; {} is followed", path.display()))
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    Error::Baseline { name: path.display().to_string(), source }
}
