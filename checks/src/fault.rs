//! A fault: one way in which a check fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It works, but it is fragile or too wide.
    Warning,
    /// Credentials, or the call, fail now.
    Error,
}

impl Severity {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The evidence fits, and so would something else.
    Likely,
    /// The evidence proves it.
    Certain,
}

impl Confidence {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// One way in which a check fails. Its id is for ever.
#[derive(Debug)]
pub struct Fault {
    /// Kebab-case, named for the fault: `trust-subject-mismatch`.
    pub id: &'static str,
    /// What a finding of it weighs unless it says otherwise.
    pub severity: Severity,
    /// How sure a finding of it is unless it says otherwise.
    pub confidence: Confidence,
    /// One line, in lower case, what is wrong.
    pub title: &'static str,
    /// The explain page, markdown.
    pub page: &'static str,
}

/// Declares the faults of a check: `faults! { NAME: "id", Error, Certain, "title"; }`.
/// Each has an explain page of its name in `src/faults/`.
macro_rules! faults {
    ($($name:ident: $id:literal, $severity:ident, $confidence:ident, $title:literal;)*) => {$(
        #[doc = concat!("`", $id, "`: ", $title, ".")]
        pub static $name: $crate::fault::Fault = $crate::fault::Fault {
            id: $id,
            severity: $crate::fault::Severity::$severity,
            confidence: $crate::fault::Confidence::$confidence,
            title: $title,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/faults/", $id, ".md")),
        };
    )*};
}
pub(crate) use faults;
