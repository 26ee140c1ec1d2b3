//! IAM: inline and managed policies.

use super::call::Call;
use super::error::Failure;
use super::iam::{check_account, find_role, role_id};
use super::paging::page;
use super::world::{AccountState, CREATED, Policy, World};
use super::xml::{Xml, answer as xml};
use crate::encoding::percent_encode;
use crate::http::Response;

pub(crate) fn answer(world: &World, account: &AccountState, call: &Call) -> Result<Response, Failure> {
    match call.action.as_str() {
        "ListAttachedRolePolicies" => list_attached(account, call),
        "ListRolePolicies" => {
            let role = find_role(account, call)?;
            let (names, marker) = page(call, role.role.inline.keys().collect())?;
            Ok(xml(call, |xml| {
                xml.texts("PolicyNames", names.into_iter().map(String::as_str)).more(marker.as_deref());
            }))
        }
        "GetRolePolicy" => get_role_policy(account, call),
        "GetPolicy" => {
            let policy = find_policy(world, account, call)?;
            Ok(xml(call, |xml| {
                xml.nest("Policy", |xml| policy_head(xml, account, &policy));
            }))
        }
        "GetPolicyVersion" => get_policy_version(world, account, call),
        "ListPolicyVersions" => list_policy_versions(world, account, call),
        "ListPolicies" => list_policies(account, call),
        "ListEntitiesForPolicy" => list_entities(world, account, call),
        _ => Err(Failure::unknown_operation(call)),
    }
}

fn find_policy(world: &World, account: &AccountState, call: &Call) -> Result<Policy, Failure> {
    let arn = call.text("PolicyArn");
    check_account(world, call, arn)?;
    let missing = || Failure::no_such_entity(&format!("Policy {arn} does not exist or is not attachable."));
    account.policy(arn).ok_or_else(missing)
}

/// What `GetPolicy`, `ListPolicies` and the account's details say of a policy.
pub(crate) fn policy_head(xml: &mut Xml, account: &AccountState, policy: &Policy) {
    let roles = account.roles.values();
    let attached = roles.clone().filter(|role| role.attached.contains(&policy.arn)).count();
    let bounding = roles.filter(|role| role.boundary.as_ref() == Some(&policy.arn)).count();
    xml.text("PolicyName", policy.name())
        .text("PolicyId", &policy.id())
        .text("Arn", &policy.arn)
        .text("Path", &policy.path())
        .text("DefaultVersionId", &policy.default)
        .text("AttachmentCount", &attached.to_string())
        .text("PermissionsBoundaryUsageCount", &bounding.to_string())
        .text("IsAttachable", "true")
        .text("CreateDate", CREATED)
        .text("UpdateDate", &version_date(policy.versions.len()));
}

/// Versions are a day apart, so that the newest can be told.
pub(crate) fn version_date(number: usize) -> String {
    format!("2024-01-{:02}T10:00:00Z", 14 + number.min(17))
}

/// One version; its document only where the operation returns it.
pub(crate) fn version(xml: &mut Xml, policy: &Policy, index: usize, with_document: bool) {
    let (id, document) = &policy.versions[index];
    if with_document {
        xml.text("Document", &percent_encode(&document.0));
    }
    xml.text("VersionId", id)
        .text("IsDefaultVersion", if *id == policy.default { "true" } else { "false" })
        .text("CreateDate", &version_date(index + 1));
}

/// `AttachedPolicies` or `AttachedManagedPolicies`: name and ARN.
pub(crate) fn attached(xml: &mut Xml, tag: &str, arns: &[&String]) {
    xml.list(tag, arns, |xml, arn| {
        xml.text("PolicyName", arn.rsplit('/').next().unwrap_or_default()).text("PolicyArn", arn);
    });
}

fn list_attached(account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let role = find_role(account, call)?;
    let (arns, marker) = page(call, role.attached.iter().collect())?;
    Ok(xml(call, |xml| {
        attached(xml, "AttachedPolicies", &arns);
        xml.more(marker.as_deref());
    }))
}

fn get_role_policy(account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let role = find_role(account, call)?;
    let name = call.text("PolicyName");
    let missing = || Failure::no_such_entity(&format!("The role policy with name {name} cannot be found."));
    let document = role.role.inline.get(name).ok_or_else(missing)?;
    Ok(xml(call, |xml| {
        xml.text("RoleName", &role.role.name).text("PolicyName", name).text("PolicyDocument", &percent_encode(&document.0));
    }))
}

fn get_policy_version(world: &World, account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let policy = find_policy(world, account, call)?;
    let id = call.text("VersionId");
    let index = policy.versions.iter().position(|(version, _)| version == id).ok_or_else(|| {
        Failure::no_such_entity(&format!("Policy {} version {id} does not exist or is not attachable.", policy.arn))
    })?;
    Ok(xml(call, |xml| {
        xml.nest("PolicyVersion", |xml| version(xml, &policy, index, true));
    }))
}

fn list_policy_versions(world: &World, account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let policy = find_policy(world, account, call)?;
    let (indices, marker) = page(call, (0..policy.versions.len()).rev().collect())?;
    Ok(xml(call, |xml| {
        xml.list("Versions", indices, |xml, index| {
            version(xml, &policy, index, false);
        });
        xml.more(marker.as_deref());
    }))
}

/// `Scope=AWS` lists only what is attached somewhere: the stand-in has no list of all policies of AWS.
fn list_policies(account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let scope = call.parameter("Scope").unwrap_or("All");
    let used = |arn: &String| account.roles.values().any(|role| role.attached.contains(arn));
    let mut found: Vec<Policy> = Vec::new();
    if scope != "AWS" {
        found.extend(account.policies.values().cloned());
    }
    if scope != "Local" {
        let mut arns: Vec<&String> = account.roles.values().flat_map(|role| &role.attached).collect();
        arns.sort();
        arns.dedup();
        arns.retain(|arn| !account.policies.contains_key(*arn));
        found.extend(arns.into_iter().filter_map(|arn| account.policy(arn)));
    }
    if call.text("OnlyAttached") == "true" {
        found.retain(|policy| used(&policy.arn));
    }
    let prefix = call.parameter("PathPrefix").unwrap_or("/");
    found.retain(|policy| policy.path().starts_with(prefix));
    let (found, marker) = page(call, found)?;
    Ok(xml(call, |xml| {
        xml.list("Policies", &found, |xml, policy| {
            policy_head(xml, account, policy);
        });
        xml.more(marker.as_deref());
    }))
}

fn list_entities(world: &World, account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let policy = find_policy(world, account, call)?;
    let boundary = call.text("PolicyUsageFilter") == "PermissionsBoundary";
    let roles = account
        .roles
        .values()
        .filter(|role| if boundary { role.boundary.as_ref() == Some(&policy.arn) } else { role.attached.contains(&policy.arn) });
    let (roles, marker) = page(call, roles.collect())?;
    Ok(xml(call, |xml| {
        xml.nest("PolicyGroups", |_| ()).nest("PolicyUsers", |_| ());
        xml.list("PolicyRoles", roles, |xml, role| {
            xml.text("RoleName", &role.role.name).text("RoleId", &role_id(role));
        });
        xml.more(marker.as_deref());
    }))
}
