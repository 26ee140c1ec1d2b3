//! Writing a bundle: for its owner's eyes only, and whole or not at all.

use super::BundleError;
use super::packing::Packing;
use crate::file;
use irsa_doctor_checks::snapshot::Snapshot;
use std::io;
use std::path::Path;

/// Whether a bundle may be written here, as far as it can be known before there is one.
///
/// # Errors
///
/// The file is there already, or is none.
pub(crate) fn check(path: &Path, force: bool) -> Result<(), BundleError> {
    file::check(path, force).map_err(|source| refused(path, source))
}

/// Writes a snapshot to a file with mode 0600, under another name first, packed as its name says. A file that
/// is there is replaced only with `force`.
///
/// # Errors
///
/// The file is there already, or can't be written; what was begun is then removed.
pub(crate) fn save(snapshot: &Snapshot, path: &Path, force: bool) -> Result<(), BundleError> {
    let packing = Packing::of_name(path);
    file::create(path, 0o600, force, |out| packing.write(out, |out| write(snapshot, out))).map_err(|source| refused(path, source))
}

fn refused(path: &Path, source: io::Error) -> BundleError {
    let name = path.display().to_string();
    match source.kind() {
        io::ErrorKind::AlreadyExists => BundleError::Exists { name },
        _ => BundleError::Unwritable { name, source },
    }
}

/// Writes a snapshot as a bundle.
///
/// # Errors
///
/// The writer's own.
pub(crate) fn write(snapshot: &Snapshot, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, snapshot)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use irsa_doctor_checks::snapshot::SCHEMA_VERSION;
    use std::fs;

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
