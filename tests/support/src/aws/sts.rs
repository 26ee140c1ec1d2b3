//! STS.

use super::call::Call;
use super::error::Failure;
use super::world::World;
use super::xml::answer as xml;
use super::{Caller, Settings};
use crate::encoding::unique_id;
use crate::http::Response;

pub(crate) fn answer(world: &World, call: &Call, settings: &mut Settings) -> Result<Response, Failure> {
    match call.action.as_str() {
        "GetCallerIdentity" => Ok(xml(call, |xml| {
            xml.text("Arn", &call.caller.arn)
                .text("UserId", &unique_id("AIDA", &call.caller.arn, 17))
                .text("Account", &call.caller.account);
        })),
        "AssumeRole" => assume_role(world, call, settings),
        "DecodeAuthorizationMessage" => {
            let encoded = call.text("EncodedMessage");
            let decoded = settings.decoded_messages.get(encoded).ok_or_else(|| {
                Failure::new(400, "InvalidAuthorizationMessageException", "Message is not valid or is not recognized")
            })?;
            Ok(xml(call, |xml| {
                xml.text("DecodedMessage", decoded);
            }))
        }
        _ => Err(Failure::unknown_operation(call)),
    }
}

/// Gives keys for the role if it exists; whether it trusts the caller is not judged.
fn assume_role(world: &World, call: &Call, settings: &mut Settings) -> Result<Response, Failure> {
    let arn = call.text("RoleArn");
    let account = arn.split(':').nth(4).unwrap_or_default();
    let role = world.account(account).roles.values().find(|role| role.arn == arn);
    let role = role.ok_or_else(|| Failure::denied(call, &world.cluster))?;
    let partition = &world.cluster.partition;
    let session = call.text("RoleSessionName");
    let session_arn = format!("arn:{partition}:sts::{account}:assumed-role/{}/{session}", role.role.name);
    let key = unique_id("ASIA", &session_arn, 16);
    let caller = Caller { account: account.to_owned(), arn: session_arn.clone() };
    settings.callers.insert(key.clone(), caller);
    Ok(xml(call, |xml| {
        xml.nest("Credentials", |xml| {
            xml.text("AccessKeyId", &key)
                .text("SecretAccessKey", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
                .text("SessionToken", "AQoDYXdzEXAMPLE")
                .text("Expiration", "2099-01-01T00:00:00Z");
        });
        xml.nest("AssumedRoleUser", |xml| {
            let id = unique_id("AROA", &role.arn, 17);
            xml.text("Arn", &session_arn).text("AssumedRoleId", &format!("{id}:{session}"));
        });
    }))
}
