//! What each subcommand does. Each gives its exit code.

mod checks;
mod completions;
mod diagnose;
mod explain;
mod fix_script;
mod gate;
mod inspect;
mod interrupt;
mod lint;
mod man;
mod metrics;
mod needs;
mod outputs;
mod permissions;
mod progress;
mod repeat;
mod save;
mod schema;
mod source;
mod suppress;

use crate::cli::{BundleCommand, Cli, Command, Parsed};
use crate::error::Error;
use crate::output;

/// Does what the command line says; gives the exit code.
///
/// # Errors
///
/// Whatever keeps it from a report; the error has its own exit code.
pub(crate) fn run(parsed: Parsed) -> Result<u8, Error> {
    let cli = match parsed {
        Parsed::Print(text) => {
            let look = output::look(crate::cli::Color::Auto, false);
            let text = if look.color { text } else { anstream::adapter::strip_str(&text).to_string() };
            return output::print(text.as_bytes(), look.color).map(|()| 0);
        }
        Parsed::Run(cli) => *cli,
    };
    let Cli { command, run } = cli;
    match command {
        None => diagnose::run(&run),
        Some(Command::Explain { id }) => explain::run(&id).map(|()| 0),
        Some(Command::Checks { output }) => checks::run(output).map(|()| 0),
        Some(Command::Permissions(args)) => permissions::run(&args).map(|()| 0),
        Some(Command::Lint(args)) => lint::run(&args),
        Some(Command::Bundle { command: BundleCommand::Inspect { files, output } }) => inspect::run(&files, output).map(|()| 0),
        Some(Command::Schema { of }) => schema::run(of).map(|()| 0),
        Some(Command::Completions { shell }) => completions::run(shell).map(|()| 0),
        Some(Command::Man { folder }) => man::run(folder.as_deref()).map(|()| 0),
    }
}
