//! Shell completions: the words that could come next on a command line. It looks and says nothing else: whatever fails
//! (a cluster, a file, a shell that nobody knows) leaves nothing to choose from, and no word of it in somebody's prompt.
//!
//! `irsa-doctor completions SHELL` prints what a shell has to read. From then on the shell runs `irsa-doctor -- WORDS` with
//! [`VARIABLE`] set whenever somebody presses Tab.

mod bash;
mod kubectl;
mod line;
mod profiles;
mod values;

use crate::output;
use clap_complete::env::{EnvCompleter, Shells};
use line::Line;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

/// The variable that asks for completions; its value is the shell.
pub(crate) const VARIABLE: &str = "IRSA_DOCTOR_COMPLETE";

/// Whether this run is to complete a command line.
pub(crate) fn is_asked() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|shell| !shell.is_empty() && shell != "0")
}

/// Prints what could come next.
pub(crate) fn answer(args: &[OsString]) {
    // A panic is a bug, but a prompt is no place to report it.
    std::panic::set_hook(Box::new(|_| quit()));
    if let Some(text) = candidates(args) {
        // If nobody can read them, nobody needs them.
        let _ = output::print(&text, false);
    }
}

#[expect(clippy::exit, reason = "after a panic there is nothing left to unwind for")]
fn quit() {
    std::process::exit(0);
}

/// The candidates, in the form that the shell wants.
fn candidates(args: &[OsString]) -> Option<Vec<u8>> {
    let shell = std::env::var(VARIABLE).ok()?;
    let name = Path::new(&shell).file_stem()?.to_str()?;
    // All words of the line come after the first `--`.
    let words: Vec<OsString> = args.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let index = std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok());
    let index: usize = index.unwrap_or_else(|| words.len().saturating_sub(1));
    let (bash, kubectl);
    let (words, index, shell): (_, _, &dyn EnvCompleter) = match name {
        "bash" => {
            let joined = bash::join(words, index);
            bash = bash::Bash { index: joined.index, cut: joined.cut };
            (joined.words, joined.index, &bash)
        }
        "kubectl" => {
            kubectl = kubectl::Kubectl;
            (words, index, &kubectl)
        }
        // The engine takes a first word for granted.
        _ => (words, index, BUILT_IN.completer(name)?),
    };
    if words.is_empty() {
        return None;
    }
    let line = Arc::new(Line::new(&words, index));
    let mut command = values::command(&line);
    let mut text = Vec::new();
    shell.write_complete(&mut command, words, std::env::current_dir().ok().as_deref(), &mut text).ok()?;
    Some(text)
}

/// The shells that clap's engine knows.
const BUILT_IN: Shells<'static> = Shells::builtins();

/// What a shell has to read once.
///
/// # Errors
///
/// Nothing keeps it from being written to memory; the engine's writer may fail all the same.
pub(crate) fn registration(shell: &str) -> std::io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let shell: &dyn EnvCompleter = match shell {
        "bash" => &bash::Bash { index: 0, cut: 0 },
        "kubectl" => &kubectl::Kubectl,
        other => BUILT_IN.completer(other).ok_or(std::io::ErrorKind::NotFound)?,
    };
    shell.write_registration(VARIABLE, "irsa-doctor", "irsa-doctor", "irsa-doctor", &mut script)?;
    Ok(script)
}

/// Whether a name can be typed in any shell as it is. One that needs quoting is not offered: it may be there to be executed.
fn is_plain(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:/@+".contains(c);
    !name.is_empty() && name.len() <= 253 && !name.starts_with('-') && name.chars().all(fits)
}
