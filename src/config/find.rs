//! Where the configuration is.

use std::path::{Path, PathBuf};

/// The file's name.
const NAME: &str = ".irsa-doctor.toml";

/// The nearest configuration in a folder or above it.
pub(crate) fn find(from: &Path) -> Option<PathBuf> {
    from.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}
