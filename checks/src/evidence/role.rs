//! The role under judgement, and the account that is asked for it.

use super::Evidence;
use crate::arn::RoleArn;
use crate::identity::Mode;
use crate::snapshot::{Account, Association, Gap, Observed, Role, RoleEvidence};

/// The role that the rest of the chain is judged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleUnderJudgement {
    /// The ARN as it was found, valid or not.
    pub arn: String,
    /// Where it was found.
    pub source: RoleSource,
    /// How pods get it.
    pub mode: Mode,
}

impl RoleUnderJudgement {
    /// The role that an association gives, as the first of two where it has a target role.
    pub fn associated(association: &Association) -> Self {
        Self { arn: association.role_arn.clone(), source: RoleSource::Association, mode: Mode::PodIdentity }
    }
}

/// Where a role was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleSource {
    /// `AWS_ROLE_ARN` of a container.
    Container(String),
    /// The service account's annotation.
    Annotation,
    /// A Pod Identity association.
    Association,
    /// The association's target role.
    TargetRole,
    /// The target itself, or `--role`.
    Given,
}

impl<'a> Evidence<'a> {
    /// The ARN of the role under judgement, taken apart; `None` where there is none or it isn't a role's ARN.
    pub fn role_arn(&self) -> Option<RoleArn<'_>> {
        self.role.as_ref().and_then(|role| RoleArn::parse(&role.arn))
    }

    /// Why no role is under judgement.
    pub fn why_no_role(&self) -> &'static str {
        let unseen = self.containers().iter().any(|container| container.is_unseen("AWS_ROLE_ARN"));
        if unseen { "which role the container asks for is not known" } else { "no role is named" }
    }

    /// The account that the role's ARN names, where something of it was read.
    pub fn role_account(&self) -> Option<&'a Account> {
        self.role_arn().and_then(|arn| self.account(arn.account))
    }

    /// What was read of the role under judgement.
    pub fn role_evidence(&self) -> Option<&'a RoleEvidence> {
        let arn = self.role_arn()?;
        self.account(arn.account)?.roles.get(arn.name)
    }

    /// The role under judgement as `iam:GetRole` gave it.
    pub fn iam_role(&self) -> Observed<&'a Role> {
        match self.role_evidence() {
            Some(evidence) => evidence.role.as_ref(),
            None => Observed::Unavailable(self.role_not_collected("iam:GetRole")),
        }
    }

    /// The gap of something about the role that nobody asked for.
    pub fn role_not_collected(&self, operation: &str) -> Gap {
        let gap = Gap::not_collected(operation);
        match (&self.role, self.role_arn()) {
            (Some(role), Some(arn)) => {
                gap.about(&role.arn).remedy(format!("give credentials for account {} (--profile or --role-profile)", arn.account))
            }
            _ => gap,
        }
    }
}
