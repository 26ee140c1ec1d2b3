//! Findings and fixes in the JSON report.

use schemars::JsonSchema;
use serde::Serialize;

/// A fault seen here, with its place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// The fault.
    pub(crate) fault: String,
    /// The check that found it.
    pub(crate) check: String,
    /// How bad it is here.
    pub(crate) severity: Severity,
    /// How sure we are.
    pub(crate) confidence: Confidence,
    /// The fault in one line.
    pub(crate) title: String,
    /// What is wrong here, with the real names.
    pub(crate) detail: String,
    /// The same from run to run.
    pub(crate) fingerprint: String,
    /// Where.
    pub(crate) locus: Locus,
    /// What is wanted, where two values were compared.
    pub(crate) expected: Option<Compared>,
    /// What is there.
    pub(crate) actual: Option<Compared>,
    /// How to mend it.
    pub(crate) fix: Option<Fix>,
    /// The command that explains the fault.
    pub(crate) help: String,
    /// Why it doesn't count for the gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suppressed: Option<String>,
    /// What the gate takes it for, where the configuration gives its fault another severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counts_as: Option<Severity>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Credentials or the call fail now.
    Error,
    /// It works, but is fragile or too wide.
    Warning,
    /// Worth knowing.
    Info,
}

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    /// The evidence proves it.
    Certain,
    /// The evidence fits, and so would something else.
    Likely,
}

/// One side of a comparison: a value, several, or null for nothing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Compared {
    /// One value.
    One(String),
    /// Any of several.
    Many(Vec<String>),
}

/// A place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Locus {
    /// `Pod default/awscli`, or an ARN.
    pub(crate) resource: String,
    /// Which of its documents.
    pub(crate) document: Option<String>,
    /// An RFC 9535 normalized path into it.
    pub(crate) path: String,
    /// The key that is missing there.
    pub(crate) missing: Option<String>,
    /// The line in the document's text, from 1.
    pub(crate) line: Option<u32>,
    /// The column, from 1.
    pub(crate) column: Option<u32>,
    /// The place in a file, where files were linted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<FilePlace>,
}

/// A place in a file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FilePlace {
    /// The file, as it was named; `-` is stdin.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: u32,
    /// The column in characters, from 1.
    pub(crate) column: u32,
    /// What has this place in the file's own language: a Terraform resource's address, a logical id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
}

/// How to mend it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Fix {
    /// The same for all findings that it mends.
    pub(crate) id: String,
    /// What it does.
    pub(crate) summary: String,
    /// Who owns the object.
    pub(crate) managed_by: Option<String>,
    /// The change to make in the owner; the commands are then a stop-gap.
    pub(crate) durable: Option<String>,
    /// Whether pods must be restarted: `none`, `recommended` or `required`.
    pub(crate) restart: String,
    /// Where the commands write a whole policy document: the command that keeps the one that is there, to be run first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backup: Option<FixCommand>,
    /// The commands, in order.
    pub(crate) commands: Vec<FixCommand>,
    /// The commands that take them back, where that can be done by commands.
    #[serde(default)]
    pub(crate) undo: Vec<FixCommand>,
    /// What changes in the policy document, as a unified diff. A document on one line is laid out on several first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) diff: Option<String>,
    /// When that document was read, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read_at: Option<String>,
    /// Whom or what else the commands change.
    #[serde(default)]
    pub(crate) affects: Vec<String>,
    /// Where a choice is open: the choices.
    pub(crate) choices: Vec<String>,
    /// What to know before or after.
    pub(crate) notes: Vec<String>,
    /// Who must decide or act, where commands alone can't mend it.
    pub(crate) needs_decision: Option<String>,
}

/// One command of a fix.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FixCommand {
    /// The words.
    pub(crate) argv: Vec<String>,
    /// The same, quoted for a POSIX shell.
    pub(crate) shell: String,
    /// What it changes: `reads`, `writes-file`, `writes-cluster`, `writes-iam`, `writes-eks`, `restarts-pods`.
    pub(crate) effect: String,
    /// The file that its output goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stdout: Option<String>,
    /// The AWS account that it is meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
}
