//! What the exit code follows.

use super::FailOn;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// What `--allow-unknown` alone stands for. With an equals sign and nothing behind it, it was most likely an empty variable
/// that somebody meant to name a check with.
pub(crate) const EVERY_CHECK: &str = "*";

/// What the exit code follows. The verdict stays what it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the exit code follows")]
pub(crate) struct GateArgs {
    /// The least severity that makes the exit code 1 [default: error; with --demo: never]
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    /// Accept what could not be looked at, for all checks or for these; the exit code is then not 3
    #[arg(long, value_name = "CHECK,..", num_args = 0..=1, require_equals = true, value_delimiter = ',', default_missing_value = EVERY_CHECK)]
    pub(crate) allow_unknown: Option<Vec<String>>,
    /// What is ignored and how bad faults are taken to be [default: `.irsa-doctor.toml` here or in a folder above]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Follow no configuration
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
    /// Follow no `irsa-doctor.io/ignore` annotation of service accounts and pods
    #[arg(long)]
    pub(crate) no_ignore_annotations: bool,
    /// Findings that this file holds don't count: only what is new does
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write a baseline of all that is found; from now on it is known
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
}

/// Looking again and again.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the exit code follows")]
pub(crate) struct RepeatArgs {
    /// Run again until the gate passes or the time is up, and show what changed: IAM takes a while to take effect
    #[arg(long, value_name = "TIME", value_parser = super::parse::duration, conflicts_with_all = ["from", "demo", "write_baseline"])]
    pub(crate) wait: Option<Duration>,
    /// Run again every so often until Ctrl-C, and show what changed [default: 10s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "10s", value_parser = super::parse::duration,
        conflicts_with_all = ["from", "demo", "wait", "write_baseline", "save", "fix_script"])]
    pub(crate) watch: Option<Duration>,
}
