//! What the pod needs to do: `--needs FILE` and `--context-key`.

mod file;

use crate::cli::NeedArgs;
use crate::error::Error;
use irsa_doctor_checks::snapshot::{Asked, RequiredAction};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The largest file that is read: a list of what one pod needs is some kilobytes.
const LARGEST: u64 = 1 << 20;

/// Adds what `--needs` lists to what was asked, each once.
///
/// # Errors
///
/// A usage error where the file can't be read or isn't such a list.
pub(super) fn add(args: &NeedArgs, mut asked: Asked) -> Result<Asked, Error> {
    for path in &args.needs {
        for action in read(path)? {
            if !asked.actions.contains(&action) {
                asked.actions.push(action);
            }
        }
    }
    Ok(asked)
}

/// Gives every asked action the values of `--context-key`; what its own entry says of a key goes first.
///
/// # Errors
///
/// A usage error where no action was asked.
pub(super) fn with_context(args: &NeedArgs, actions: &mut [RequiredAction]) -> Result<(), Error> {
    if actions.is_empty() && !args.context_key.is_empty() {
        return Err(Error::usage(
            "`--context-key` is about an action, and none was asked for",
            "add --action SERVICE:NAME (and --resource ARN), or --needs FILE",
        ));
    }
    for action in actions {
        let own: Vec<String> = action.context.keys().map(|key| key.to_ascii_lowercase()).collect();
        for (key, value) in args.context_key.iter().filter(|(key, _)| !own.contains(&key.to_ascii_lowercase())) {
            // Names of condition keys don't depend on case, so one key stands under its first spelling.
            let known = action.context.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned();
            action.context.entry(known.unwrap_or_else(|| key.clone())).or_default().push(value.clone());
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<RequiredAction>, Error> {
    let name = path.display();
    let unreadable = |error: std::io::Error| {
        Error::usage(format!("the list of needs `{name}` can't be read: {error}"), "check the path and its permissions")
    };
    let mut text = String::new();
    File::open(path).map_err(unreadable)?.take(LARGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LARGEST {
        return Err(Error::usage(format!("the list of needs `{name}` is larger than 1 MiB"), "list what one pod needs"));
    }
    file::parse(&text).map_err(|what| Error::usage(format!("the list of needs `{name}` is wrong {what}"), file::SHAPE))
}
