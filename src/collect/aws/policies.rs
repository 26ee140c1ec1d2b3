//! Managed policies.

use super::document::decoded;
use super::iam::date;
use super::operations::{GET_POLICY, GET_POLICY_VERSION, LIST_POLICIES, LIST_POLICY_VERSIONS};
use super::paging::{self, Page};
use super::{Session, ask};
use crate::collect::observe::aws::{Question, part};
use aws_sdk_iam::types::PolicyScopeType;
use irsa_doctor_checks::snapshot::{AttachedPolicy, ManagedPolicy, Observed, PolicyVersion};

impl Session {
    /// `iam:GetPolicy`.
    pub(crate) async fn policy(&self, arn: &str) -> Observed<ManagedPolicy> {
        let question = Question { operation: &GET_POLICY, about: arn };
        let answer = ask!(self, question, iam.get_policy().policy_arn(arn));
        part(answer, |answer| {
            let missing = || question.malformed("the answer has no Policy with a DefaultVersionId");
            let policy = answer.policy.ok_or_else(missing)?;
            let default_version_id = policy.default_version_id.filter(|id| !id.is_empty()).ok_or_else(missing)?;
            let arn = policy.arn.unwrap_or_else(|| arn.to_owned());
            Ok(ManagedPolicy {
                name: policy.policy_name.unwrap_or_else(|| arn.rsplit('/').next().unwrap_or_default().to_owned()),
                arn,
                default_version_id,
                attachment_count: policy.attachment_count,
                tags: policy.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
            })
        })
    }

    /// `iam:GetPolicyVersion`: a version's text, decoded.
    pub(crate) async fn policy_version(&self, arn: &str, version: &str) -> Observed<String> {
        let question = Question { operation: &GET_POLICY_VERSION, about: arn };
        let answer = ask!(self, question, iam.get_policy_version().policy_arn(arn).version_id(version));
        part(answer, |answer| {
            let document = answer.policy_version.and_then(|version| version.document).filter(|document| !document.is_empty());
            document.as_deref().map(decoded).ok_or_else(|| question.malformed("the answer has no Document"))
        })
    }

    /// `iam:ListPolicyVersions`, all pages.
    pub(crate) async fn policy_versions(&self, arn: &str) -> Observed<Vec<PolicyVersion>> {
        let question = Question { operation: &LIST_POLICY_VERSIONS, about: arn };
        paging::all(question, async |marker| {
            let answer = ask!(self, question, iam.list_policy_versions().policy_arn(arn).set_marker(marker));
            part(answer, |answer| {
                let missing = || question.malformed("the answer has no Versions");
                let versions = answer.versions.ok_or_else(missing)?.into_iter().map(|version| {
                    let id = version.version_id.filter(|id| !id.is_empty())?;
                    let create_date = version.create_date.as_ref().and_then(date);
                    Some(PolicyVersion { id, is_default: version.is_default_version, create_date })
                });
                let versions: Option<Vec<_>> = versions.collect();
                Page::iam(question, versions.ok_or_else(missing)?, answer.is_truncated, answer.marker)
            })
        })
        .await
    }

    /// `iam:ListPolicies` of the account's own policies, all pages: for the nearest name.
    pub(crate) async fn local_policies(&self, account: &str) -> Observed<Vec<AttachedPolicy>> {
        let question = Question { operation: &LIST_POLICIES, about: account };
        paging::all(question, async |marker| {
            let answer =
                ask!(self, question, iam.list_policies().scope(PolicyScopeType::Local).max_items(1000).set_marker(marker));
            part(answer, |answer| {
                let missing = || question.malformed("the answer has no Policies");
                let policies = answer.policies.ok_or_else(missing)?.into_iter().map(|policy| {
                    let arn = policy.arn.filter(|arn| !arn.is_empty())?;
                    let name = policy.policy_name.filter(|name| !name.is_empty())?;
                    Some(AttachedPolicy { arn, name })
                });
                let policies: Option<Vec<_>> = policies.collect();
                Page::iam(question, policies.ok_or_else(missing)?, answer.is_truncated, answer.marker)
            })
        })
        .await
    }
}
