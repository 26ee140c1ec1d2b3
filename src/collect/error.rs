//! Why there is nothing to judge.

use irsa_doctor_checks::snapshot::GapCause;
use thiserror::Error;

/// The exit code of a run that somebody ended, as shells have it for SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why nothing was collected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum CollectError {
    /// What was named is known not to be there: exit 5.
    #[error("{message}")]
    TargetNotThere {
        /// Which kind, name and namespace.
        message: String,
        /// Names in that namespace that come nearest, the nearest first.
        nearest: Vec<String>,
        /// Other namespaces that have one of that name.
        other_namespaces: Vec<String>,
        /// Kind and name of what those namespaces have: "pod `awscli`".
        what: String,
    },
    /// Neither side could be looked at: exit 4.
    #[error("{message}")]
    NothingToLookAt {
        /// What failed.
        message: String,
        /// What to do, `aws sso login --profile X` for instance.
        help: String,
        /// Whether another try could do better.
        retryable: bool,
        /// What kept us from looking.
        cause: GapCause,
    },
    /// Somebody ended the run before anything was found: exit 130.
    #[error("ended before anything was found")]
    Interrupted,
    /// An unknown context, a kubeconfig that isn't one: exit 2.
    #[error("{message}")]
    BadArguments {
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
}

impl CollectError {
    /// The same, with the context that it is about.
    pub(crate) fn of_context(mut self, context: &str) -> Self {
        match &mut self {
            Self::TargetNotThere { message, .. } | Self::NothingToLookAt { message, .. } | Self::BadArguments { message, .. } => {
                *message = format!("{context}: {message}");
            }
            Self::Interrupted => {}
        }
        self
    }

    /// A stable word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::TargetNotThere { .. } => "target-not-there",
            Self::NothingToLookAt { .. } => "nothing-to-look-at",
            Self::BadArguments { .. } => "bad-arguments",
            Self::Interrupted => "interrupted",
        }
    }

    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::TargetNotThere { .. } => 5,
            Self::NothingToLookAt { .. } => 4,
            Self::BadArguments { .. } => 2,
            Self::Interrupted => INTERRUPTED,
        }
    }

    /// What the user can do about it, in one or two sentences.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::TargetNotThere { nearest, other_namespaces, what, .. } => not_there_help(what, nearest, other_namespaces),
            Self::NothingToLookAt { help, .. } | Self::BadArguments { help, .. } => help.clone(),
            Self::Interrupted => "run it again; a selector (-l) or a namespace (-n) makes a scan shorter".to_owned(),
        }
    }

    /// Whether the same command could succeed later.
    pub(crate) fn retryable(&self) -> bool {
        match self {
            Self::TargetNotThere { .. } | Self::BadArguments { .. } => false,
            Self::NothingToLookAt { retryable, .. } => *retryable,
            Self::Interrupted => true,
        }
    }
}

fn not_there_help(what: &str, nearest: &[String], other_namespaces: &[String]) -> String {
    let mut parts = Vec::new();
    if !nearest.is_empty() {
        parts.push(format!("did you mean {}?", quoted(nearest)));
    }
    if !other_namespaces.is_empty() {
        parts.push(format!("there is a {what} in {}: use -n", quoted(other_namespaces)));
    }
    if parts.is_empty() {
        parts.push("check the name, the namespace (-n) and the context (--context)".to_owned());
    }
    parts.join("; ")
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
