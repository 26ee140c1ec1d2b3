//! The words that options take.

use clap::ValueEnum;
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::report::Verdict;

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// The same with more columns, and nothing cut short
    Wide,
    /// For a chat: a line a target, what mends it, the totals
    Short,
    /// For a ticket
    Markdown,
    /// One JSON document (`irsa-doctor schema report`)
    Json,
    /// JSON lines: the run, each target, each service account and cause of a scan, the totals
    Jsonl,
    /// The JSON document as YAML
    Yaml,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML: a suite a target, a test case a link
    Junit,
    /// GitHub's workflow commands: annotations, and a group a target
    Github,
    /// One page for a browser: the chain as a picture, with all that was found; no script, and it loads nothing
    Html,
    /// The chain as a Mermaid flowchart, for a wiki or a pull request
    Mermaid,
}

/// A verdict that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// A link is broken
    Broken,
    /// A link that decides could not be looked at
    Inconclusive,
    /// Every link holds, with warnings
    Degraded,
    /// Every link holds
    Healthy,
}

impl Only {
    /// The verdict.
    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Self::Broken => Verdict::Broken,
            Self::Inconclusive => Verdict::Inconclusive,
            Self::Degraded => Verdict::Degraded,
            Self::Healthy => Verdict::Healthy,
        }
    }
}

/// A format of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON document (`irsa-doctor schema report`)
    Json,
}

/// A format of what has to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PermissionsFormat {
    /// For people, with what each right is for
    Table,
    /// One JSON document
    Json,
    /// The same as YAML
    Yaml,
    /// A policy document and a cluster role
    Terraform,
}

/// A shell that completes command lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletingShell {
    /// source <(irsa-doctor completions bash)
    Bash,
    /// source <(irsa-doctor completions zsh)
    Zsh,
    /// irsa-doctor completions fish | source
    Fish,
    /// irsa-doctor completions powershell | Out-String | Invoke-Expression
    #[value(name = "powershell")]
    PowerShell,
    /// eval (irsa-doctor completions elvish | slurp)
    Elvish,
    /// kubectl irsa-doctor: save it as `kubectl_complete-irsa_doctor`, executable, on the PATH
    Kubectl,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The least severity that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Credentials or the call fail now
    Error,
    /// It works, but is fragile or too wide
    Warning,
    /// Worth knowing
    Info,
    /// Nothing fails
    Never,
}

impl FailOn {
    /// The severity, `None` for never.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}
