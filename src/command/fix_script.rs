//! `--fix-script`: the fixes as a script, in a file or on stdout.

use crate::cli::{OutputArgs, ReportFormat, is_stdout};
use crate::error::Error;
use crate::report::{self, Run, Style};
use crate::{file, output};
use irsa_doctor_checks::report::Report;
use std::io::Write;

/// Whether what is to be written where can be done at all: stdout takes one thing.
///
/// # Errors
///
/// A usage error.
pub(super) fn check(args: &OutputArgs) -> Result<(), Error> {
    let takes_stdout = args.report.output.iter().any(|spec| spec.file.is_none() && spec.format != ReportFormat::Table);
    let other = [
        ("--save -", is_stdout(args.save.as_deref())),
        ("-o", takes_stdout),
        ("--query", args.report.query.is_some()),
        ("--diff", args.report.diff),
    ];
    match other.into_iter().find(|(_, given)| *given).filter(|_| is_stdout(args.fix_script.as_deref())) {
        Some((other, _)) => {
            Err(Error::usage(format!("`--fix-script -` and `{other}` both want stdout"), "give --fix-script a file"))
        }
        None => Ok(()),
    }
}

/// Writes the script where that was asked.
///
/// # Errors
///
/// The file is there already, or can't be written.
pub(super) fn write(report: &Report, run: &Run, args: &OutputArgs) -> Result<(), Error> {
    let Some(path) = &args.fix_script else { return Ok(()) };
    let script = |out: &mut dyn Write| report::write(report, run, &Style::Script, out);
    if is_stdout(Some(path)) {
        return output::stream(false, script);
    }
    let name = path.display().to_string();
    file::create(path, 0o700, args.force, script).map_err(|source| Error::Script { name, source })?;
    if !args.report.quiet {
        output::say(&format!("note: the fixes are in {}: read it before it is run", path.display()));
    }
    Ok(())
}
