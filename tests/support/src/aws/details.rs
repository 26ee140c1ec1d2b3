//! `GetAccountAuthorizationDetails`: everything at once.

use super::call::Call;
use super::error::Failure;
use super::iam::{role_id, role_tail};
use super::paging::page;
use super::policies::{attached, policy_head, version};
use super::world::{AccountState, CREATED, Policy, RoleState};
use super::xml::{Xml, answer as xml};
use crate::encoding::percent_encode;
use crate::http::Response;

enum Entity<'w> {
    Role(&'w RoleState),
    Policy(Policy),
}

pub(crate) fn answer(account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let filters = call.members("Filter");
    let wanted = |kind: &str| filters.is_empty() || filters.contains(&kind);
    let mut entities = Vec::new();
    if wanted("Role") {
        entities.extend(account.roles.values().map(Entity::Role));
    }
    if wanted("LocalManagedPolicy") {
        entities.extend(account.policies.values().cloned().map(Entity::Policy));
    }
    if wanted("AWSManagedPolicy") {
        let mut arns: Vec<&String> = account.roles.values().flat_map(|role| &role.attached).collect();
        arns.sort();
        arns.dedup();
        arns.retain(|arn| !account.policies.contains_key(*arn));
        entities.extend(arns.into_iter().filter_map(|arn| account.policy(arn)).map(Entity::Policy));
    }
    let (entities, marker) = page(call, entities)?;
    Ok(xml(call, |xml| {
        xml.nest("UserDetailList", |_| ()).nest("GroupDetailList", |_| ());
        let roles = entities.iter().filter_map(|entity| if let Entity::Role(role) = entity { Some(*role) } else { None });
        xml.list("RoleDetailList", roles, role_detail);
        let policies = entities.iter().filter_map(|entity| if let Entity::Policy(policy) = entity { Some(policy) } else { None });
        xml.list("Policies", policies, |xml, policy| {
            policy_head(xml, account, policy);
            xml.list("PolicyVersionList", (0..policy.versions.len()).rev(), |xml, index| {
                version(xml, policy, index, true);
            });
        });
        xml.more(marker.as_deref());
    }))
}

fn role_detail(xml: &mut Xml, role: &RoleState) {
    xml.text("Path", &role.role.path)
        .text("RoleName", &role.role.name)
        .text("RoleId", &role_id(role))
        .text("Arn", &role.arn)
        .text("CreateDate", CREATED)
        .text("AssumeRolePolicyDocument", &percent_encode(&role.role.trust.0))
        .nest("InstanceProfileList", |_| ());
    xml.list("RolePolicyList", &role.role.inline, |xml, (name, document)| {
        xml.text("PolicyName", name).text("PolicyDocument", &percent_encode(&document.0));
    });
    attached(xml, "AttachedManagedPolicies", &role.attached.iter().collect::<Vec<_>>());
    role_tail(xml, role);
}
