//! `irsa-doctor completions SHELL`.

use crate::cli::CompletingShell;
use crate::complete;
use crate::error::Error;
use crate::output;
use clap::ValueEnum as _;

/// Prints what the shell has to read.
pub(super) fn run(shell: CompletingShell) -> Result<(), Error> {
    let value = shell.to_possible_value();
    let script = complete::registration(value.as_ref().map_or("bash", |value| value.get_name()))?;
    output::print(&script, false)
}
