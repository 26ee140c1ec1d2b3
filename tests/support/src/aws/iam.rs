//! IAM: roles and OIDC providers. Policies are in `policies`, the account's whole contents in `details`.

use super::call::Call;
use super::error::Failure;
use super::paging::page;
use super::world::{AccountState, CREATED, RoleState, World};
use super::xml::{Xml, answer as xml};
use super::{details, policies};
use crate::encoding::{percent_encode, unique_id};
use crate::http::Response;

pub(crate) fn answer(world: &World, call: &Call) -> Result<Response, Failure> {
    let account = world.account(&call.caller.account);
    match call.action.as_str() {
        "GetRole" => {
            let role = find_role(account, call)?;
            Ok(xml(call, |xml| {
                xml.nest("Role", |xml| whole_role(xml, role));
            }))
        }
        "ListRoles" => list_roles(account, call),
        "ListRoleTags" => {
            let role = find_role(account, call)?;
            let (tags, marker) = page(call, role.role.tags.iter().collect())?;
            Ok(xml(call, |xml| {
                xml.tags(tags).more(marker.as_deref());
            }))
        }
        "ListOpenIDConnectProviders" => Ok(xml(call, |xml| {
            xml.list("OpenIDConnectProviderList", account.providers.keys(), |xml, arn| {
                xml.text("Arn", arn);
            });
        })),
        "GetOpenIDConnectProvider" => get_provider(world, account, call),
        "GetAccountAuthorizationDetails" => details::answer(account, call),
        "ListAccountAliases" => Ok(xml(call, |xml| {
            xml.texts("AccountAliases", []).more(None);
        })),
        "SimulateCustomPolicy" => Err(Failure::usual(500, None, None)),
        _ => policies::answer(world, account, call),
    }
}

/// The role that the call names.
pub(crate) fn find_role<'w>(account: &'w AccountState, call: &Call) -> Result<&'w RoleState, Failure> {
    let name = call.text("RoleName");
    let legal = |character: char| character.is_ascii_alphanumeric() || "+=,.@_-".contains(character);
    if name.is_empty() || !name.chars().all(legal) {
        let message = "The specified value for roleName is invalid. It must contain only alphanumeric characters \
            and/or the following: +=,.@_-";
        return Err(Failure::new(400, "ValidationError", message));
    }
    let missing = || Failure::no_such_entity(&format!("The role with name {name} cannot be found."));
    account.roles.get(name).ok_or_else(missing)
}

/// What both `GetRole` and `ListRoles` say of a role.
fn role_head(xml: &mut Xml, role: &RoleState) {
    xml.text("Path", &role.role.path)
        .text("RoleName", &role.role.name)
        .text("RoleId", &role_id(role))
        .text("Arn", &role.arn)
        .text("CreateDate", CREATED)
        .text("AssumeRolePolicyDocument", &percent_encode(&role.role.trust.0));
}

pub(crate) fn role_id(role: &RoleState) -> String {
    unique_id("AROA", &role.arn, 17)
}

/// Boundary, tags and last use: `GetRole` has them, `ListRoles` leaves them out
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>).
pub(crate) fn role_tail(xml: &mut Xml, role: &RoleState) {
    if let Some(boundary) = &role.boundary {
        xml.nest("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", boundary);
        });
    }
    if !role.role.tags.is_empty() {
        xml.tags(&role.role.tags);
    }
    xml.nest("RoleLastUsed", |xml| {
        if let Some(last_used) = &role.role.last_used {
            xml.text("LastUsedDate", last_used).text("Region", "us-east-1");
        }
    });
}

/// What `GetRole` and `CreateRole` say of a role.
pub(crate) fn whole_role(xml: &mut Xml, role: &RoleState) {
    role_head(xml, role);
    xml.text("MaxSessionDuration", &role.role.max_session_duration.to_string());
    role_tail(xml, role);
}

fn list_roles(account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let prefix = call.parameter("PathPrefix").unwrap_or("/");
    let roles = account.roles.values().filter(|role| role.role.path.starts_with(prefix)).collect();
    let (roles, marker) = page(call, roles)?;
    Ok(xml(call, |xml| {
        xml.list("Roles", roles, |xml, role| {
            role_head(xml, role);
            xml.text("MaxSessionDuration", &role.role.max_session_duration.to_string());
        });
        xml.more(marker.as_deref());
    }))
}

fn get_provider(world: &World, account: &AccountState, call: &Call) -> Result<Response, Failure> {
    let arn = call.text("OpenIDConnectProviderArn");
    check_account(world, call, arn)?;
    let missing = || Failure::no_such_entity(&format!("OpenIDConnect Provider not found for arn {arn}"));
    let provider = account.providers.get(arn).ok_or_else(missing)?;
    Ok(xml(call, |xml| {
        let url = provider.url.strip_prefix("https://").unwrap_or(&provider.url);
        xml.text("Url", url)
            .texts("ClientIDList", provider.client_ids.iter().map(String::as_str))
            .texts("ThumbprintList", provider.thumbprints.iter().map(String::as_str))
            .text("CreateDate", CREATED)
            .tags(&provider.tags);
    }))
}

/// An ARN must be one, and nobody reads another account's policies and providers.
pub(crate) fn check_account(world: &World, call: &Call, arn: &str) -> Result<(), Failure> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, "iam", _, account, _] = parts.as_slice() else {
        return Err(Failure::new(400, "InvalidInput", &format!("ARN {arn} is not valid.")));
    };
    if *partition != world.cluster.partition {
        return Err(Failure::new(
            400,
            "InvalidInput",
            &format!("Partition \"{partition}\" is not valid for resource \"{arn}\"."),
        ));
    }
    if *account == call.caller.account || *account == "aws" { Ok(()) } else { Err(Failure::denied(call, &world.cluster)) }
}
