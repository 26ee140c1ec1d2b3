//! `irsa-doctor man [DIR]`: the manual, from the same definition as `--help`.

mod page;

use crate::error::Error;
use crate::{cli, file, output};
use std::path::Path;

/// Prints the manual page, or writes all of them into a folder, which is made where it isn't there.
///
/// # Errors
///
/// A page can't be written.
pub(super) fn run(folder: Option<&Path>) -> Result<(), Error> {
    let Some(folder) = folder else {
        return output::print(&page::main(&cli::built())?, false);
    };
    let failed = |source| Error::Man { name: folder.display().to_string(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, text) in page::all(&cli::built())? {
        let path = folder.join(name);
        let failed = |source| Error::Man { name: path.display().to_string(), source };
        file::create(&path, 0o644, true, |out| out.write_all(&text)).map_err(failed)?;
    }
    Ok(())
}
