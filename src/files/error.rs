//! What keeps files from being judged.

use std::io;
use thiserror::Error;

/// What keeps files from being judged.
#[derive(Debug, Error)]
pub(crate) enum FilesError {
    #[error("`{name}` can't be read: {source}")]
    Unreadable { name: String, source: io::Error },
    #[error("`{name}` is larger than {} MiB", super::tree::LARGEST >> 20)]
    TooLarge { name: String },
    #[error("`{name}` is not UTF-8")]
    NotText { name: String },
    #[error("`{name}` is neither JSON nor YAML: {message}, at line {line}, column {column}")]
    NotDocument { name: String, message: String, line: u32, column: u32 },
    #[error("`{name}` is not rendered yet: it is a template of Helm's")]
    Template { name: String },
    #[error("`{name}` is a state in Terraform's own format")]
    RawState { name: String },
    #[error("`{name}` is a plan that ended in an error: what is missing from it may be what matters")]
    FailedPlan { name: String },
    #[error("`{name}` is not a policy: it has no Statement")]
    NotPolicy { name: String },
    #[error("nothing in {names} is a manifest, a policy, a plan or a template")]
    Nothing { names: String },
    #[error("a plan is saved in a format of Terraform's own: `{name}`")]
    BinaryPlan { name: String },
}

impl FilesError {
    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that the file is there and may be read",
            Self::TooLarge { .. } => "leave out what has no part in it",
            Self::NotText { .. } => "give manifests as YAML, policies, plans and templates as JSON or YAML",
            Self::NotDocument { .. } => "correct it, or leave the file out",
            Self::Template { .. } => "render it first: `helm template RELEASE CHART | irsa-doctor lint -`",
            Self::RawState { .. } => "give what `terraform show -json` prints",
            Self::FailedPlan { .. } => "make the plan again, without the error",
            Self::BinaryPlan { .. } => "give what `terraform show -json PLAN` prints",
            Self::NotPolicy { .. } => "give a policy document as JSON, as IAM takes it",
            Self::Nothing { .. } => {
                "give rendered manifests, policies as JSON, what `terraform show -json` prints, or a CloudFormation template"
            }
        }
        .to_owned()
    }
}
