//! Files that are written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// Writes a file under another name first, then gives it its own. One that is there is replaced only with `force`. What
/// was begun doesn't stay behind.
///
/// # Errors
///
/// `AlreadyExists` where a file is there and may not be replaced, else whatever keeps it from being written.
pub(crate) fn create(
    path: &Path,
    mode: u32,
    force: bool,
    content: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    check(path, force)?;
    let begun = beside(path);
    let written = write(&begun, mode, content).and_then(|()| publish(&begun, path, force));
    written.inspect_err(|_| {
        // That it can't be removed says less than why it couldn't be written.
        let _ = fs::remove_file(&begun);
    })
}

/// Whether a file may be written here, as far as it can be known before there is anything to write.
///
/// # Errors
///
/// `AlreadyExists` where a file is there and may not be replaced; whatever is there and is no file may never be.
pub(crate) fn check(path: &Path, force: bool) -> io::Result<()> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    replaceable(path)
}

/// A device, a pipe or a socket is nobody's old file: renaming over `/dev/null` would take it from everybody.
fn replaceable(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_ok_and(|there| !(there.is_file() || there.is_symlink())) {
        return Err(io::Error::other("it is there, and is no regular file"));
    }
    Ok(())
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

/// Whether a file can be written here, found out by beginning one.
///
/// # Errors
///
/// Whatever would keep it from being written.
pub(crate) fn probe(path: &Path) -> io::Result<()> {
    replaceable(path)?;
    let begun = beside(path);
    private(&begun, 0o600)?;
    fs::remove_file(&begun)
}

/// A name in the same directory, so that renaming is atomic. The process alone doesn't make it unique: in a container it
/// always has the same number, and one that was killed leaves its file behind.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{:016x}", RandomState::new().hash_one(std::process::id())))
}

fn write(path: &Path, mode: u32, content: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, private(path, mode)?);
    content(&mut out)?;
    out.into_inner()?.sync_all()
}

/// A new file that only those whom the mode names can read.
fn private(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}
