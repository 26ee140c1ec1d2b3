//! `irsa-doctor completions SHELL`.

use crate::cli::Cli;
use crate::error::Error;
use crate::output;
use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

/// Prints a completion script.
pub(super) fn run(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "irsa-doctor", &mut script);
    output::print(&script, false)
}
