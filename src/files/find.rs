//! Which files there are, and their texts.

use super::error::FilesError;
use super::tree::LARGEST;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What a folder is looked through for.
const ENDINGS: [&str; 4] = ["yaml", "yml", "json", "template"];

/// A text to be read.
#[derive(Debug)]
pub(super) struct Source {
    /// As it was named.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether somebody named it; else it was found in a folder.
    pub(super) is_named: bool,
}

/// The texts of files and folders, `-` being stdin, in the order of their names.
///
/// # Errors
///
/// The first that can't be read.
pub(super) fn texts(paths: &[PathBuf]) -> Result<Vec<Source>, FilesError> {
    let mut texts = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            texts.push(text("-".to_owned(), io::stdin().lock(), true)?);
        } else if path.is_dir() {
            for file in inside(path)? {
                texts.push(open(&file, false)?);
            }
        } else {
            texts.push(open(path, true)?);
        }
    }
    Ok(texts)
}

/// One file's text.
///
/// # Errors
///
/// It can't be read.
pub(super) fn open(path: &Path, is_named: bool) -> Result<Source, FilesError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|source| FilesError::Unreadable { name: name.clone(), source })?;
    text(name, file, is_named)
}

fn text(name: String, from: impl Read, is_named: bool) -> Result<Source, FilesError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    let read = from.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| FilesError::Unreadable { name: name.clone(), source })?;
    if bytes.len() > LARGEST {
        return Err(FilesError::TooLarge { name });
    }
    // What `terraform plan -out` writes is an archive.
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(FilesError::BinaryPlan { name });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text, is_named }),
        Err(_) => Err(FilesError::NotText { name }),
    }
}

/// The files of a folder that may be meant, those that links lead to among them, as every file of a mounted config map is;
/// hidden ones are not, nor are folders that links lead to: kubectl reads the same.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let is_shown = |entry: &DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_shown) {
        let entry = entry.map_err(|error| {
            let name = error.path().unwrap_or(folder).display().to_string();
            FilesError::Unreadable { name, source: error.into() }
        })?;
        let ending = entry.path().extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if entry.path().is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}
