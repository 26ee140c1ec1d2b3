//! Writing a bundle: for its owner's eyes only, and whole or not at all.

use super::BundleError;
use irsa_doctor_checks::snapshot::Snapshot;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes a snapshot to a file with mode 0600, under another name first. A file that is there is replaced only with `force`.
///
/// # Errors
///
/// The file is there already, or can't be written; what was begun is then removed.
pub(crate) fn save(snapshot: &Snapshot, path: &Path, force: bool) -> Result<(), BundleError> {
    let name = path.display().to_string();
    if !force && path.symlink_metadata().is_ok() {
        return Err(BundleError::Exists { name });
    }
    let begun = beside(path);
    let written = write(snapshot, &begun).and_then(|()| publish(&begun, path, force));
    written.map_err(|source| {
        // Nothing half-written stays behind; that it can't be removed says less than why it couldn't be written.
        let _ = fs::remove_file(&begun);
        match source.kind() {
            io::ErrorKind::AlreadyExists => BundleError::Exists { name },
            _ => BundleError::Unwritable { name, source },
        }
    })
}

/// Gives the written file its name. Without `force` by a hard link, which never replaces what appeared meanwhile;
/// where the file system knows no hard links, by renaming.
fn publish(begun: &Path, path: &Path, force: bool) -> io::Result<()> {
    if !force {
        match fs::hard_link(begun, path) {
            Ok(()) => return fs::remove_file(begun),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) => {}
        }
    }
    fs::rename(begun, path)
}

/// A name in the same directory, so that renaming is atomic.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

fn write(snapshot: &Snapshot, path: &Path) -> io::Result<()> {
    let mut file = private(path)?;
    let text = serde_json::to_vec_pretty(snapshot)?;
    file.write_all(&text)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// A new file that only its owner can read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use irsa_doctor_checks::snapshot::SCHEMA_VERSION;

    #[test]
    fn writes_privately_and_never_over_a_file() {
        let directory = std::env::temp_dir().join(format!("irsa-doctor-save-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("b.json");
        let snapshot = Snapshot { schema_version: SCHEMA_VERSION, ..Snapshot::default() };
        save(&snapshot, &path, false).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(read(std::slice::from_ref(&path)).unwrap(), snapshot);
        assert!(matches!(save(&snapshot, &path, false), Err(BundleError::Exists { .. })));
        save(&snapshot, &path, true).unwrap();
        assert!(matches!(save(&snapshot, &directory.join("no/b.json"), false), Err(BundleError::Unwritable { .. })));
        let left: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["b.json"], "nothing half-written stays behind");
        fs::remove_dir_all(&directory).unwrap();
    }
}
