//! Roles.

use super::document::decoded;
use super::operations::{GET_INLINE, GET_ROLE, LIST_ATTACHED, LIST_INLINE, LIST_ROLES};
use super::paging::{self, Page};
use super::{LastAttempt, Session, ask};
use crate::collect::observe::aws::{Question, part};
use aws_sdk_iam::types::{AttachedPermissionsBoundary, RoleLastUsed, Tag};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use irsa_doctor_checks::snapshot::{AttachedPolicy, Gap, Observed, Role, RoleSummary};

impl Session {
    /// `iam:GetRole`. IAM looks a role up by its name, in the caller's account: `arn` serves the gap only.
    pub(crate) async fn role(&self, name: &str, arn: &str) -> Observed<Role> {
        let question = Question { operation: &GET_ROLE, about: arn };
        let answer = ask!(self, question, iam.get_role().role_name(name));
        part(answer, |answer| role(question, answer.role))
    }

    /// `iam:ListAttachedRolePolicies`, all pages.
    pub(crate) async fn attached_policies(&self, name: &str, arn: &str) -> Observed<Vec<AttachedPolicy>> {
        let question = Question { operation: &LIST_ATTACHED, about: arn };
        paging::all(question, async |marker| {
            let answer = ask!(self, question, iam.list_attached_role_policies().role_name(name).set_marker(marker));
            part(answer, |answer| {
                let missing = || question.malformed("the answer has no AttachedPolicies");
                let items = answer.attached_policies.ok_or_else(missing)?;
                let items: Option<Vec<_>> = items.into_iter().map(attached).collect();
                Page::iam(question, items.ok_or_else(missing)?, answer.is_truncated, answer.marker)
            })
        })
        .await
    }

    /// `iam:ListRolePolicies`, all pages: the names of the inline policies.
    pub(crate) async fn inline_names(&self, name: &str, arn: &str) -> Observed<Vec<String>> {
        let question = Question { operation: &LIST_INLINE, about: arn };
        paging::all(question, async |marker| {
            let last = LastAttempt::expecting("PolicyNames");
            let answer = ask!(self, question, last, iam.list_role_policies().role_name(name).set_marker(marker));
            part(answer, |answer| {
                if !last.saw_element() || answer.policy_names.iter().any(String::is_empty) {
                    return Err(question.malformed("the answer has no PolicyNames"));
                }
                Page::iam(question, answer.policy_names, answer.is_truncated, answer.marker)
            })
        })
        .await
    }

    /// `iam:GetRolePolicy`: an inline policy's text, decoded.
    pub(crate) async fn inline_policy(&self, name: &str, arn: &str, policy: &str) -> Observed<String> {
        let question = Question { operation: &GET_INLINE, about: arn };
        let answer = ask!(self, question, iam.get_role_policy().role_name(name).policy_name(policy));
        part(answer, |answer| match answer.policy_document.as_str() {
            "" => Err(question.malformed("the answer has no PolicyDocument")),
            document => Ok(decoded(document)),
        })
    }

    /// `iam:ListRoles`, all pages: for the nearest name.
    pub(crate) async fn roles(&self, account: &str) -> Observed<Vec<RoleSummary>> {
        let question = Question { operation: &LIST_ROLES, about: account };
        paging::all(question, async |marker| {
            let last = LastAttempt::expecting("Roles");
            let answer = ask!(self, question, last, iam.list_roles().max_items(1000).set_marker(marker));
            part(answer, |answer| {
                if !last.saw_element() || answer.roles.iter().any(|role| role.arn.is_empty() || role.role_name.is_empty()) {
                    return Err(question.malformed("the answer has no Roles"));
                }
                let items = answer.roles.into_iter().map(|role| RoleSummary {
                    arn: role.arn,
                    name: role.role_name,
                    trust_policy: role.assume_role_policy_document.as_deref().map(decoded),
                });
                Page::iam(question, items.collect(), answer.is_truncated, answer.marker)
            })
        })
        .await
    }
}

fn role(question: Question<'_>, role: Option<aws_sdk_iam::types::Role>) -> Result<Role, Gap> {
    let missing = |field: &str| question.malformed(format!("the answer has no {field}"));
    let role = role.filter(|role| !role.arn.is_empty() && !role.role_name.is_empty()).ok_or_else(|| missing("Role"))?;
    let trust_policy = role.assume_role_policy_document.as_deref().filter(|document| !document.is_empty());
    Ok(Role {
        trust_policy: decoded(trust_policy.ok_or_else(|| missing("AssumeRolePolicyDocument"))?),
        arn: role.arn,
        name: role.role_name,
        path: if role.path.is_empty() { "/".to_owned() } else { role.path },
        role_id: role.role_id,
        create_date: date(&role.create_date),
        max_session_duration: role.max_session_duration,
        ..extras(question, role.permissions_boundary, role.tags, role.role_last_used)?
    })
}

/// What a role may have besides: its boundary, its tags, when it was last used.
pub(super) fn extras(
    question: Question<'_>,
    boundary: Option<AttachedPermissionsBoundary>,
    tags: Option<Vec<Tag>>,
    used: Option<RoleLastUsed>,
) -> Result<Role, Gap> {
    let missing = || question.malformed("the answer has no PermissionsBoundaryArn");
    let arn = |boundary: AttachedPermissionsBoundary| boundary.permissions_boundary_arn.filter(|arn| !arn.is_empty());
    Ok(Role {
        permissions_boundary: boundary.map(|boundary| arn(boundary).ok_or_else(missing)).transpose()?,
        tags: tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
        never_used: used.as_ref().is_some_and(|used| used.last_used_date.is_none()),
        last_used_region: used.as_ref().and_then(|used| used.region.clone()).filter(|region| !region.is_empty()),
        last_used: used.and_then(|used| used.last_used_date).as_ref().and_then(date),
        ..Role::default()
    })
}

/// An attached policy; `None` where the ARN is missing. A name that is missing is the ARN's last part.
pub(super) fn attached(policy: aws_sdk_iam::types::AttachedPolicy) -> Option<AttachedPolicy> {
    let arn = policy.policy_arn.filter(|arn| !arn.is_empty())?;
    let name = policy.policy_name.unwrap_or_else(|| arn.rsplit('/').next().unwrap_or_default().to_owned());
    Some(AttachedPolicy { arn, name })
}

/// A date, RFC 3339; the SDK's zero is a date that was missing.
pub(super) fn date(date: &DateTime) -> Option<String> {
    if date.secs() == 0 {
        return None;
    }
    date.fmt(Format::DateTime).ok()
}
