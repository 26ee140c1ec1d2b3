//! All roles and policies of an account, in a few pages.

use super::document::decoded;
use super::iam::{attached, date, extras};
use super::operations::GET_AUTHORIZATION_DETAILS;
use super::paging::{self, Page};
use super::{Session, ask};
use crate::collect::observe::aws::{Question, part};
use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, RoleDetail};
use irsa_doctor_checks::snapshot::{AttachedPolicy, Gap, ManagedPolicy, Observed, PolicyVersion, Role, RoleSummary};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// What was kept of an account.
#[derive(Debug, Default)]
pub(crate) struct AuthorizationDetails {
    /// The roles that were wanted.
    pub(crate) roles: Vec<RoleDetails>,
    /// The account's own policies that these have.
    pub(crate) policies: Vec<PolicyDetails>,
    /// All roles.
    pub(crate) summaries: Vec<RoleSummary>,
}

/// A role with its policies.
#[derive(Debug)]
pub(crate) struct RoleDetails {
    pub(crate) role: Role,
    pub(crate) attached: Vec<AttachedPolicy>,
    pub(crate) inline: BTreeMap<String, String>,
}

/// A managed policy; only the default version's document is kept.
#[derive(Debug)]
pub(crate) struct PolicyDetails {
    pub(crate) policy: ManagedPolicy,
    pub(crate) versions: Vec<PolicyVersion>,
    pub(crate) documents: BTreeMap<String, String>,
}

/// An item of a page.
enum Item {
    Role(Box<Result<RoleDetails, RoleSummary>>),
    Policy(PolicyDetails),
}

impl Session {
    /// `iam:GetAccountAuthorizationDetails` of roles and the account's own policies, all pages: of the roles in `wanted` all
    /// details, of the others what a nearest name needs.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>
    pub(crate) async fn authorization_details(
        &self,
        account: &str,
        wanted: &BTreeSet<&str>,
        most_pages: usize,
    ) -> Observed<AuthorizationDetails> {
        let question = Question { operation: &GET_AUTHORIZATION_DETAILS, about: account };
        let pages = Cell::new(0);
        let items = paging::all(question, async |marker| {
            pages.set(pages.get() + 1);
            if pages.get() > most_pages {
                return Observed::Unavailable(question.malformed("it takes more pages than it saves calls"));
            }
            let answer = ask!(
                self,
                question,
                iam.get_account_authorization_details()
                    .filter(EntityType::Role)
                    .filter(EntityType::LocalManagedPolicy)
                    .max_items(1000)
                    .set_marker(marker)
            );
            part(answer, |answer| {
                let missing = |field: &str| question.malformed(format!("the answer has no {field}"));
                let roles = answer.role_detail_list.ok_or_else(|| missing("RoleDetailList"))?.into_iter();
                let roles = roles.map(|role| role_details(question, role, wanted).map(|role| Item::Role(Box::new(role))));
                let policies = answer.policies.ok_or_else(|| missing("Policies"))?.into_iter();
                let policies = policies.map(|policy| policy_details(question, policy).map(Item::Policy));
                let items: Result<Vec<Item>, Gap> = roles.chain(policies).collect();
                Page::iam(question, items?, answer.is_truncated, answer.marker)
            })
        })
        .await;
        items.map(kept)
    }
}

fn kept(items: Vec<Item>) -> AuthorizationDetails {
    let mut details = AuthorizationDetails::default();
    let mut policies = Vec::new();
    for item in items {
        match item {
            Item::Role(role) => match *role {
                Ok(role) => {
                    details.summaries.push(RoleSummary {
                        arn: role.role.arn.clone(),
                        name: role.role.name.clone(),
                        trust_policy: Some(role.role.trust_policy.clone()),
                    });
                    details.roles.push(role);
                }
                Err(summary) => details.summaries.push(summary),
            },
            Item::Policy(policy) => policies.push(policy),
        }
    }
    let arns = details.roles.iter().flat_map(|role| role.attached.iter().map(|policy| &policy.arn));
    let arns: BTreeSet<&String> =
        arns.chain(details.roles.iter().filter_map(|role| role.role.permissions_boundary.as_ref())).collect();
    policies.retain(|policy| arns.contains(&policy.policy.arn));
    details.policies = policies;
    details
}

/// A wanted role whole; of any other its summary.
fn role_details(
    question: Question<'_>,
    role: RoleDetail,
    wanted: &BTreeSet<&str>,
) -> Result<Result<RoleDetails, RoleSummary>, Gap> {
    let missing = |field: &str| question.malformed(format!("a role of the answer has no {field}"));
    let text = |text: Option<String>, field: &str| text.filter(|text| !text.is_empty()).ok_or_else(|| missing(field));
    let name = text(role.role_name, "RoleName")?;
    let arn = text(role.arn, "Arn")?;
    let trust_policy = decoded(&text(role.assume_role_policy_document, "AssumeRolePolicyDocument")?);
    if !wanted.contains(name.as_str()) {
        return Ok(Err(RoleSummary { arn, name, trust_policy: Some(trust_policy) }));
    }
    let inline =
        role.role_policy_list.unwrap_or_default().into_iter().map(|policy| {
            Ok((text(policy.policy_name, "PolicyName")?, decoded(&text(policy.policy_document, "PolicyDocument")?)))
        });
    let inline = inline.collect::<Result<BTreeMap<_, _>, Gap>>()?;
    let list = role.attached_managed_policies.unwrap_or_default().into_iter();
    let attached = list.map(|policy| attached(policy).ok_or_else(|| missing("PolicyArn"))).collect::<Result<Vec<_>, Gap>>()?;
    let role = Role {
        trust_policy,
        arn,
        name,
        path: role.path.filter(|path| !path.is_empty()).unwrap_or_else(|| "/".to_owned()),
        role_id: role.role_id.unwrap_or_default(),
        create_date: role.create_date.as_ref().and_then(date),
        // `max_session_duration` isn't in this answer; nothing hangs on it.
        ..extras(question, role.permissions_boundary, role.tags, role.role_last_used)?
    };
    Ok(Ok(RoleDetails { role, attached, inline }))
}

fn policy_details(question: Question<'_>, policy: ManagedPolicyDetail) -> Result<PolicyDetails, Gap> {
    let missing = |field: &str| question.malformed(format!("a policy of the answer has no {field}"));
    let text = |text: Option<String>, field: &str| text.filter(|text| !text.is_empty()).ok_or_else(|| missing(field));
    let default_version_id = text(policy.default_version_id, "DefaultVersionId")?;
    let mut documents = BTreeMap::new();
    let mut versions = Vec::new();
    for version in policy.policy_version_list.unwrap_or_default() {
        let id = text(version.version_id, "VersionId")?;
        if id == default_version_id {
            documents.insert(id.clone(), decoded(&text(version.document, "Document")?));
        }
        let create_date = version.create_date.as_ref().and_then(date);
        versions.push(PolicyVersion { id, is_default: version.is_default_version, create_date });
    }
    let policy = ManagedPolicy {
        arn: text(policy.arn, "Arn")?,
        name: text(policy.policy_name, "PolicyName")?,
        default_version_id,
        attachment_count: policy.attachment_count,
        // The answer has no tags of policies: owners are then looked for in the role's.
        tags: BTreeMap::new(),
    };
    Ok(PolicyDetails { policy, versions, documents })
}
