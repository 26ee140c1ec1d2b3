//! irsa-doctor: why does my pod get `AccessDenied`?
//!
//! The shell: it fetches and prints, and judges nothing. The judging is in `irsa-doctor-checks`.
//!
//! All of the program is in here, so that the fuzzers can reach what it reads; as a library it has nothing to offer but
//! [`run`].
//!
//! ```text
//! run -> command -> { collect, report } -> irsa_doctor_checks -> irsa_doctor_iam
//!     -> complete -> collect                                     (behind somebody's Tab)
//! ```

mod cli;
mod collect;
mod command;
mod complete;
mod config;
mod error;
mod file;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod output;
mod redact;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with these arguments, the first of which is its name, and says how it ends: the exit codes are those
/// of `irsa-doctor --help`. It writes to stdout and stderr.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if complete::is_asked() {
        complete::answer(&args);
        return ExitCode::SUCCESS;
    }
    std::panic::set_hook(Box::new(report_panic));
    let done = cli::parse(&args).and_then(command::run);
    ExitCode::from(done.unwrap_or_else(|error| output::fail(&error, cli::asked_for_json(&args))))
}

/// A panic is a bug of ours: one line says where, and the process ends. What panicked may hold text that isn't ours to
/// print, so the place alone is named.
#[expect(clippy::exit, reason = "after a panic there is nothing left to unwind for, whichever thread it was")]
fn report_panic(info: &std::panic::PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    output::say(&format!(
        "error: irsa-doctor {} has a bug{place}; please report it with the command line, see {}",
        env!("CARGO_PKG_VERSION"),
        concat!(env!("CARGO_PKG_REPOSITORY"), "/issues")
    ));
    std::process::exit(101);
}
