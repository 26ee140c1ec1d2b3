//! What keeps a run from a report: a message, what to do, and an exit code.

use crate::collect::CollectError;
use crate::collect::bundle::BundleError;
use crate::config::ConfigError;
use crate::files::FilesError;
use crate::report::v1::{ErrorBody, ErrorDocument};
use thiserror::Error;

/// What keeps a run from a report.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// The command line can't be understood.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to write instead.
        help: String,
    },
    /// A bundle can't be read or written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Files can't be linted.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// There is nothing to judge.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// The machine gives us no threads.
    #[error("the run can't be started: {0}")]
    Start(std::io::Error),
    /// The fix script can't be written.
    #[error("the script `{name}` {}", script_problem(source))]
    Script {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// The metrics can't be written.
    #[error("the metrics can't be written to `{name}`: {source}")]
    Metrics {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// The configuration can't be followed.
    #[error("the configuration {0}")]
    Config(#[from] ConfigError),
    /// The baseline can't be written.
    #[error("the baseline `{name}` {}", script_problem(source))]
    Baseline {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// The bundle can't be written without its names.
    #[error("the bundle can't be anonymized: {why}")]
    Anonymize {
        /// Why.
        why: String,
    },
    /// A report can't be written to its file.
    #[error("the report can't be written to `{name}`: {source}")]
    Report {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A manual page can't be written.
    #[error("the manual page can't be written to `{name}`: {source}")]
    Man {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// stdout can't be written.
    #[error("the report can't be written: {0}")]
    Write(#[from] std::io::Error),
}

fn is_there(source: &std::io::Error) -> bool {
    source.kind() == std::io::ErrorKind::AlreadyExists
}

fn script_problem(source: &std::io::Error) -> String {
    if is_there(source) { "is there already".to_owned() } else { format!("can't be written: {source}") }
}

impl Error {
    /// A usage error.
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: help.into() }
    }

    /// The exit code: 2 usage, bad input or output that can't be written, 4 could not look, 5 the target isn't there.
    pub(crate) fn exit(&self) -> u8 {
        match self {
            Self::Collect(error) => error.exit_code(),
            Self::Start(_) => 4,
            _ => 2,
        }
    }

    /// A word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Usage { .. } => "usage",
            Self::Bundle(_) => "bad-bundle",
            Self::Files(_) => "bad-files",
            Self::Script { .. } => "script-not-written",
            Self::Metrics { .. } => "metrics-not-written",
            Self::Config(_) => "bad-config",
            Self::Baseline { .. } => "baseline-not-written",
            Self::Report { .. } => "report-not-written",
            Self::Anonymize { .. } => "not-anonymized",
            Self::Man { .. } => "man-not-written",
            Self::Collect(error) => error.code(),
            Self::Start(_) => "start-failed",
            Self::Write(_) => "write-failed",
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Usage { help, .. } => Some(help.clone()),
            Self::Bundle(error) => Some(error.help()),
            Self::Files(error) => Some(error.help()),
            Self::Collect(error) => Some(error.help()),
            Self::Config(error) => Some(error.help()),
            Self::Anonymize { .. } => Some("save it without --anonymize, and look through it before it is sent".to_owned()),
            Self::Script { source, .. } | Self::Baseline { source, .. } if is_there(source) => {
                Some("give another name, or --force to replace it".to_owned())
            }
            Self::Script { .. } | Self::Metrics { .. } | Self::Baseline { .. } | Self::Report { .. } | Self::Man { .. } => {
                Some("check that the directory is there and can be written".to_owned())
            }
            Self::Start(_) | Self::Write(_) => None,
        }
    }

    /// Whether the same command may succeed later.
    pub(crate) fn retryable(&self) -> bool {
        match self {
            Self::Collect(error) => error.retryable(),
            Self::Start(_) | Self::Write(_) => true,
            _ => false,
        }
    }

    /// Whether looking again may come to something else: what isn't there may appear, what is unreachable may come back.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Collect(CollectError::TargetNotThere { .. } | CollectError::NothingToLookAt { .. }))
    }

    /// The document that `-o json` prints in place of a report.
    pub(crate) fn document(&self) -> ErrorDocument {
        ErrorDocument {
            schema_version: 1,
            error: ErrorBody {
                code: self.code().to_owned(),
                message: self.to_string(),
                help: self.help(),
                retryable: self.retryable(),
            },
        }
    }
}
