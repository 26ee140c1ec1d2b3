//! A directory that goes away with its owner.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// A fresh directory, removed on drop.
#[derive(Debug)]
pub struct TempDir(PathBuf);

impl TempDir {
    /// Makes a directory that only the user may read.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("irsa-doctor-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory for a test");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it and returns its path.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file for a test");
        path
    }

    /// Writes a script that can be run, and returns its path.
    ///
    /// Another process writes it: what a test beside this one starts would hold a file open that we are writing, and what
    /// is open for writing can't be run ("Text file busy").
    ///
    /// # Panics
    /// When it can't be written.
    pub fn program(&self, name: &str, script: &str) -> PathBuf {
        let source = self.write(&format!("{name}.source"), script);
        let path = self.0.join(name);
        let done = Command::new("sh")
            .args(["-c", r#"cat "$1" >"$2" && chmod 755 "$2" && rm "$1""#, "sh"])
            .args([&source, &path])
            .status();
        assert!(done.is_ok_and(|status| status.success()), "a program for a test: {}", path.display());
        path
    }
}

impl Default for TempDir {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
