//! The pasted error: from the command line, stdin or a file, and not too much of it.

use super::ExpectArgs;
use crate::error::Error;
use irsa_doctor_checks::symptom::LARGEST;
use std::fs::File;
use std::io::{self, Read};

/// The text of `--error` or `--error-file`; `None` where neither was given.
///
/// # Errors
///
/// A usage error where it can't be read, is empty, or is too long.
pub(super) fn text(args: &ExpectArgs) -> Result<Option<String>, Error> {
    let text = match (&args.error, &args.error_file) {
        (None, None) => return Ok(None),
        (Some(word), _) if word == "-" => read("stdin", io::stdin().lock())?,
        (Some(text), _) => text.clone(),
        (None, Some(path)) => {
            let name = path.display().to_string();
            read(&format!("`{name}`"), File::open(path).map_err(|error| unreadable(&format!("`{name}`"), &error))?)?
        }
    };
    if text.trim().is_empty() {
        return Err(Error::usage(
            "the pasted error is empty",
            "give the error as the program logged it: --error 'TEXT', --error - or --error-file FILE",
        ));
    }
    if text.len() > LARGEST {
        return Err(Error::usage(
            format!("the pasted error is longer than {} KiB", LARGEST / 1024),
            "give the lines around the error: `grep -i -C 5 accessdenied FILE | irsa-doctor --error -`",
        ));
    }
    Ok(Some(text))
}

/// Reads no more than tells that it is too long; what isn't UTF-8 is replaced.
fn read(name: &str, from: impl Read) -> Result<String, Error> {
    let mut bytes = Vec::new();
    from.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unreadable(name: &str, error: &io::Error) -> Error {
    Error::usage(format!("the error in {name} can't be read: {error}"), "check the path and its permissions")
}
