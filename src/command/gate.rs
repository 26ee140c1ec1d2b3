//! The gate: `--fail-on` and `--allow-unknown`.

use crate::cli::{self, EVERY_CHECK, FailOn, GateArgs};
use crate::error::Error;
use irsa_doctor_checks::diagnose::{AllowUnknown, GateOptions};
use irsa_doctor_checks::registry;

/// What the gate lets through.
///
/// # Errors
///
/// A usage error: a check is named that isn't one.
pub(super) fn options(args: &GateArgs, is_demo: bool) -> Result<GateOptions, Error> {
    // The example shows faults on purpose: it fails nothing unless that is asked for.
    let default = if is_demo { FailOn::Never } else { FailOn::Error };
    let allow_unknown = match args.allow_unknown.as_deref() {
        None => AllowUnknown::None,
        Some([only]) if only == EVERY_CHECK => AllowUnknown::All,
        Some(checks) => {
            if let Some(unknown) = checks.iter().find(|id| registry::check(id).is_none()) {
                return Err(unknown_check(unknown));
            }
            AllowUnknown::Checks(checks.iter().cloned().collect())
        }
    };
    Ok(GateOptions { fail_on: args.fail_on.unwrap_or(default).severity(), allow_unknown })
}

fn unknown_check(id: &str) -> Error {
    if id.is_empty() {
        let help = "name one (`irsa-doctor checks` lists them), or give --allow-unknown alone for all";
        return Error::usage("`--allow-unknown=` names no check", help);
    }
    let help = cli::did_you_mean(id, registry::ALL.iter().map(|check| check.id), "`irsa-doctor checks` lists them");
    Error::usage(format!("`--allow-unknown` names no check: `{id}`"), help)
}
