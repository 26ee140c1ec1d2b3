//! `--metrics-file`: the metrics of a run, for whoever scrapes them.

use crate::cli::{OutputArgs, is_stdout};
use crate::error::Error;
use crate::file;
use crate::report::{self, Run, Style};
use irsa_doctor_checks::report::Report;
use std::io;
use std::path::Path;

/// Read by a collector that runs as somebody else.
const MODE: u32 = 0o644;

/// Whether the file can be written, found out before anybody is asked anything.
///
/// # Errors
///
/// It can't, or stdout is meant.
pub(super) fn check(args: &OutputArgs) -> Result<(), Error> {
    let Some(path) = &args.metrics_file else { return Ok(()) };
    if is_stdout(Some(path)) {
        let help = "a collector reads files whose names end with .prom: give one";
        return Err(Error::usage("`--metrics-file -` is no file", help));
    }
    file::probe(path).map_err(|source| error(path, source))
}

/// Writes the metrics where that was asked. An older file is replaced: a collector reads the old or the new one, whole.
///
/// # Errors
///
/// The file can't be written.
pub(super) fn write(report: &Report, run: &Run, args: &OutputArgs) -> Result<(), Error> {
    let Some(path) = &args.metrics_file else { return Ok(()) };
    let content = |out: &mut dyn io::Write| report::write(report, run, &Style::Metrics, out);
    file::create(path, MODE, true, content).map_err(|source| error(path, source))
}

fn error(path: &Path, source: io::Error) -> Error {
    Error::Metrics { name: path.display().to_string(), source }
}
