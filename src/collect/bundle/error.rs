//! What can be wrong with a bundle.

use std::io;
use thiserror::Error;

/// What can be wrong with a bundle.
#[derive(Debug, Error)]
pub(crate) enum BundleError {
    #[error("the bundle `{name}` can't be read: {source}")]
    Unreadable { name: String, source: io::Error },
    #[error("the bundle `{name}` is larger than 1 GiB (unpacked)")]
    TooLarge { name: String },
    #[error("the bundle `{name}` is empty")]
    Empty { name: String },
    #[error("the bundle `{name}` is cut short: it ends in the middle, at line {line}, column {column}")]
    CutShort { name: String, line: usize, column: usize },
    #[error("the packed bundle `{name}` is cut short")]
    PackedCutShort { name: String },
    #[error("the packed bundle `{name}` is damaged: {source}")]
    Damaged { name: String, source: io::Error },
    #[error("`{name}` is not JSON: {what}")]
    NotJson { name: String, what: String },
    #[error("`{name}` is nested too deeply to be a bundle (line {line}, column {column})")]
    TooDeep { name: String, line: usize, column: usize },
    #[error("`{name}` is JSON, but not a bundle of irsa-doctor")]
    NotBundle { name: String },
    #[error("`{name}` is a report, not a bundle")]
    IsReport { name: String },
    #[error("the bundle `{name}` has format version {version}; this irsa-doctor reads version 1")]
    OtherVersion { name: String, version: u64 },
    #[error("the bundle `{name}` has a field of another type: {what}")]
    Malformed { name: String, what: String },
    #[error("the bundles are of two clusters, `{one}` and `{other}`")]
    TwoClusters { one: String, other: String },
    #[error("`{name}` is there already")]
    Exists { name: String },
    #[error("the bundle `{name}` can't be written: {source}")]
    Unwritable { name: String, source: io::Error },
}

/// What serde found may hold a whole value: its beginning and the place at its end say enough.
fn shortened(what: &str) -> String {
    const MOST: usize = 300;
    let count = what.chars().count();
    if count <= MOST {
        return what.to_owned();
    }
    let beginning: String = what.chars().take(MOST / 2).collect();
    let end: String = what.chars().skip(count - MOST / 2).collect();
    format!("{beginning} ... {end}")
}

impl BundleError {
    /// What serde found.
    pub(super) fn parse(name: String, source: &serde_json::Error) -> Self {
        let (line, column, what) = (source.line(), source.column(), shortened(&source.to_string()));
        match source.classify() {
            serde_json::error::Category::Eof => Self::CutShort { name, line, column },
            _ if what.starts_with("recursion limit") => Self::TooDeep { name, line, column },
            serde_json::error::Category::Data => Self::Malformed { name, what },
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => Self::NotJson { name, what },
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        let help = match self {
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the path; `irsa-doctor --pod NAME -n NAMESPACE --save FILE` writes a bundle"
            }
            Self::Unreadable { .. } => "check that it is a file, and its permissions",
            Self::TooLarge { .. } => "save fewer targets in one bundle",
            Self::Empty { .. } | Self::CutShort { .. } | Self::PackedCutShort { .. } | Self::Damaged { .. } => {
                "copy it again: not all of it arrived as it was"
            }
            Self::NotJson { .. } | Self::TooDeep { .. } | Self::NotBundle { .. } | Self::Malformed { .. } => {
                "a bundle is what `irsa-doctor --pod NAME -n NAMESPACE --save FILE` writes"
            }
            Self::IsReport { .. } => "a report can't be judged again; ask for the bundle, which --save writes",
            Self::OtherVersion { .. } => "read it with a newer irsa-doctor",
            Self::TwoClusters { .. } => "judge them one at a time",
            Self::Exists { .. } => "give another name, or --force to replace it",
            Self::Unwritable { .. } => "check that the directory is there and can be written, and that the disk isn't full",
        };
        help.to_owned()
    }
}
