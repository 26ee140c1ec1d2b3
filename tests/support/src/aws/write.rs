//! IAM operations that change something, for tests that apply the printed fixes.

use std::collections::BTreeMap;

use super::accounts::{Document, Provider, Role};
use super::call::Call;
use super::error::Failure;
use super::iam::{check_account, find_role, whole_role};
use super::policies::policy_head;
use super::world::{Policy, RoleState, World, policy_arn, provider_arn};
use super::xml::{answer as xml, empty};
use crate::http::Response;

/// Answers a write of IAM and changes the caller's account.
pub(crate) fn answer(world: &mut World, call: &Call) -> Result<Response, Failure> {
    let id = call.caller.account.clone();
    match call.action.as_str() {
        "CreateRole" => create_role(world, call, &id),
        "CreatePolicy" => create_policy(world, call, &id),
        "CreateOpenIDConnectProvider" => create_provider(world, call, &id),
        action if action.contains("OpenIDConnectProvider") => change_provider(world, call, &id),
        action if action.contains("PolicyVersion") => change_policy(world, call, &id),
        "UpdateAssumeRolePolicy" => change_role(world, call, &id),
        action if action.ends_with("RolePolicy") => change_role_policies(world, call, &id),
        _ => change_role(world, call, &id),
    }
}

/// A document that a caller sends must be JSON; what else is wrong with it is not judged.
fn document(call: &Call, name: &str) -> Result<Document, Failure> {
    let text = call.text(name);
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(text);
    if parsed.is_ok_and(|value| value.is_object()) {
        return Ok(Document(text.to_owned()));
    }
    let message = "This policy contains invalid Json";
    Err(Failure::new(400, "MalformedPolicyDocument", message))
}

fn already_exists(what: &str) -> Failure {
    Failure::new(409, "EntityAlreadyExists", &format!("{what} already exists."))
}

/// Changes a role's policies.
fn change_role_policies(world: &mut World, call: &Call, id: &str) -> Result<Response, Failure> {
    let account = world.account_mut(id);
    let name = find_role(account, call)?.role.name.clone();
    let arn = call.text("PolicyArn");
    let is_there = account.policy(arn).is_some();
    let missing = || Failure::no_such_entity(&format!("The role with name {name} cannot be found."));
    let state = account.roles.get_mut(&name).ok_or_else(missing)?;
    let is_attached = state.attached.iter().any(|attached| attached == arn);
    match call.action.as_str() {
        "PutRolePolicy" => {
            state.role.inline.insert(call.text("PolicyName").to_owned(), document(call, "PolicyDocument")?);
        }
        "DeleteRolePolicy" => {
            state.role.inline.remove(call.text("PolicyName"));
        }
        "AttachRolePolicy" if is_attached => {}
        "AttachRolePolicy" if is_there => state.attached.push(arn.to_owned()),
        "DetachRolePolicy" if is_attached => state.attached.retain(|attached| attached != arn),
        _ => {
            return Err(Failure::no_such_entity(&format!("Policy {arn} does not exist or is not attachable.")));
        }
    }
    Ok(empty(call))
}

/// Changes all else about a role.
fn change_role(world: &mut World, call: &Call, id: &str) -> Result<Response, Failure> {
    let account = world.account_mut(id);
    let name = find_role(account, call)?.role.name.clone();
    let missing = || Failure::no_such_entity(&format!("The role with name {name} cannot be found."));
    let state = account.roles.get_mut(&name).ok_or_else(missing)?;
    match call.action.as_str() {
        "UpdateAssumeRolePolicy" => state.role.trust = document(call, "PolicyDocument")?,
        "PutRolePermissionsBoundary" => {
            state.boundary = Some(call.text("PermissionsBoundary").to_owned());
        }
        "DeleteRolePermissionsBoundary" => state.boundary = None,
        "TagRole" => state.role.tags.extend(tags(call)),
        "UntagRole" => {
            let keys = call.members("TagKeys");
            state.role.tags.retain(|key, _| !keys.contains(&key.as_str()));
        }
        "UpdateRole" => {
            if let Some(seconds) = call.parameter("MaxSessionDuration").and_then(|text| text.parse().ok()) {
                state.role.max_session_duration = seconds;
            }
        }
        "DeleteRole" if state.attached.is_empty() && state.role.inline.is_empty() => {
            account.roles.remove(&name);
        }
        "DeleteRole" => {
            let message = "Cannot delete entity, must detach all policies first.";
            return Err(Failure::new(409, "DeleteConflict", message));
        }
        _ => return Err(Failure::unknown_operation(call)),
    }
    Ok(empty(call))
}

/// `Tags.member.N.Key` and `Tags.member.N.Value`.
fn tags(call: &Call) -> BTreeMap<String, String> {
    (1..=50)
        .map_while(|number| {
            let key = call.parameter(&format!("Tags.member.{number}.Key"))?;
            Some((key.to_owned(), call.text(&format!("Tags.member.{number}.Value")).to_owned()))
        })
        .collect()
}

fn create_role(world: &mut World, call: &Call, id: &str) -> Result<Response, Failure> {
    let partition = world.cluster.partition.clone();
    let account = world.account_mut(id);
    if find_role(account, call).is_ok() {
        return Err(already_exists(&format!("Role with name {}", call.text("RoleName"))));
    }
    let mut role = Role::new(call.text("RoleName"), document(call, "AssumeRolePolicyDocument")?);
    call.parameter("Path").unwrap_or("/").clone_into(&mut role.path);
    role.tags = tags(call);
    let state = RoleState {
        arn: format!("arn:{partition}:iam::{id}:role{}{}", role.path, role.name),
        boundary: call.parameter("PermissionsBoundary").map(str::to_owned),
        attached: Vec::new(),
        role,
    };
    let response = xml(call, |xml| {
        xml.nest("Role", |xml| whole_role(xml, &state));
    });
    account.roles.insert(state.role.name.clone(), state);
    Ok(response)
}

fn create_policy(world: &mut World, call: &Call, id: &str) -> Result<Response, Failure> {
    let path = call.parameter("Path").unwrap_or("/").trim_start_matches('/');
    let arn = policy_arn(&world.cluster, id, &format!("{path}{}", call.text("PolicyName")));
    let account = world.account_mut(id);
    if account.policies.contains_key(&arn) {
        return Err(already_exists(&format!("A policy called {}", call.text("PolicyName"))));
    }
    let policy = Policy::new(arn.clone(), document(call, "PolicyDocument")?);
    let response = xml(call, |xml| {
        xml.nest("Policy", |xml| policy_head(xml, account, &policy));
    });
    account.policies.insert(arn, policy);
    Ok(response)
}

fn change_policy(world: &mut World, call: &Call, id: &str) -> Result<Response, Failure> {
    let arn = call.text("PolicyArn");
    check_account(world, call, arn)?;
    let missing = || Failure::no_such_entity(&format!("Policy {arn} does not exist or is not attachable."));
    let policy = world.account_mut(id).policies.get_mut(arn).ok_or_else(missing)?;
    let version = call.text("VersionId");
    let exists = policy.versions.iter().any(|(known, _)| known == version);
    match call.action.as_str() {
        "CreatePolicyVersion" => {
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
            if policy.versions.len() >= 5 {
                let message = "A managed policy can have up to 5 versions. Before you create a new version, you must \
                    delete an existing version.";
                return Err(Failure::new(409, "LimitExceeded", message));
            }
            let new = policy.next_version();
            policy.versions.push((new.clone(), document(call, "PolicyDocument")?));
            if call.text("SetAsDefault") == "true" {
                policy.default.clone_from(&new);
            }
            let is_default = if policy.default == new { "true" } else { "false" };
            return Ok(xml(call, |xml| {
                xml.nest("PolicyVersion", |xml| {
                    xml.text("VersionId", &new).text("IsDefaultVersion", is_default);
                });
            }));
        }
        _ if !exists => {
            let message = format!("Policy {arn} version {version} does not exist or is not attachable.");
            return Err(Failure::no_such_entity(&message));
        }
        "SetDefaultPolicyVersion" => version.clone_into(&mut policy.default),
        "DeletePolicyVersion" if policy.default == version => {
            let message = "Cannot delete the default version of a policy.";
            return Err(Failure::new(409, "DeleteConflict", message));
        }
        "DeletePolicyVersion" => policy.versions.retain(|(known, _)| known != version),
        _ => return Err(Failure::unknown_operation(call)),
    }
    Ok(empty(call))
}

fn create_provider(world: &mut World, call: &Call, id: &str) -> Result<Response, Failure> {
    let url = call.text("Url");
    if !url.starts_with("https://") {
        return Err(Failure::new(400, "ValidationError", "Invalid Open ID Connect Provider URL"));
    }
    let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
    let provider = Provider {
        url: url.trim_end_matches('/').to_owned(),
        client_ids: owned(call.members("ClientIDList")),
        thumbprints: owned(call.members("ThumbprintList")),
        tags: tags(call),
    };
    let arn = provider_arn(&world.cluster, id, &provider.url);
    let providers = &mut world.account_mut(id).providers;
    if providers.contains_key(&arn) {
        return Err(already_exists(&format!("Provider with url {url}")));
    }
    providers.insert(arn.clone(), provider);
    Ok(xml(call, |xml| {
        xml.text("OpenIDConnectProviderArn", &arn);
    }))
}

fn change_provider(world: &mut World, call: &Call, id: &str) -> Result<Response, Failure> {
    let arn = call.text("OpenIDConnectProviderArn");
    check_account(world, call, arn)?;
    let providers = &mut world.account_mut(id).providers;
    let missing = || Failure::no_such_entity(&format!("OpenIDConnect Provider not found for arn {arn}"));
    let provider = providers.get_mut(arn).ok_or_else(missing)?;
    let client = call.text("ClientID");
    match call.action.as_str() {
        "AddClientIDToOpenIDConnectProvider" => {
            if !provider.client_ids.iter().any(|known| known == client) {
                provider.client_ids.push(client.to_owned());
            }
        }
        "RemoveClientIDFromOpenIDConnectProvider" => {
            provider.client_ids.retain(|known| known != client);
        }
        "UpdateOpenIDConnectProviderThumbprint" => {
            provider.thumbprints = call.members("ThumbprintList").into_iter().map(str::to_owned).collect();
        }
        "DeleteOpenIDConnectProvider" => {
            providers.remove(arn);
        }
        _ => return Err(Failure::unknown_operation(call)),
    }
    Ok(empty(call))
}
