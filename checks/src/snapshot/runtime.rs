//! What was seen of a role in use: CloudTrail's events, and the answers of AWS' own policy simulator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The event by which a pod gets an IRSA role's credentials; it is kept in the role's account.
pub const WEB_IDENTITY_EVENT: &str = "AssumeRoleWithWebIdentity";
/// The event by which the Pod Identity agent gets a role's credentials; it is kept in the cluster's account.
pub const POD_IDENTITY_EVENT: &str = "AssumeRoleForPodIdentity";

/// What CloudTrail's event history of one account has, in one region, of one kind of event: of all that was read, the
/// events about the roles and the service accounts of the run.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EventLog {
    /// How many hours back were asked for.
    pub hours: u32,
    /// The events, newest first.
    pub events: Vec<CredentialEvent>,
    /// How many events were read, those about others among them.
    pub read: u64,
    /// How many of them could not be understood.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_understood: u64,
    /// Why older events were not read, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
    /// With `cut_short`: the time of the oldest event that was read, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_to: Option<String>,
}

/// One request for a role's credentials. It has no field for what was answered: there the credentials stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CredentialEvent {
    /// When, RFC 3339.
    pub time: String,
    /// CloudTrail's own id of it.
    pub id: String,
    /// Who asked: `system:serviceaccount:NAMESPACE:NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The role that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The session's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The ARN of the OIDC provider whose token it was; of Pod Identity, the cluster's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// `AccessDenied`, ...; none if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The error's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What `iam:SimulatePrincipalPolicy` says of one action on one resource.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Simulated {
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub decision: String,
    /// The policies whose statements decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Condition keys that the policies ask for and nobody gave.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_context: Vec<String>,
    /// Whether the permissions boundary allows it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary_allows: Option<bool>,
    /// Whether the organization's service control policies allow it, where the simulator says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_allows: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_that_were_not_understood_are_counted_in_a_bundle() {
        let written = |not_understood| serde_json::to_value(EventLog { not_understood, ..EventLog::default() }).unwrap();
        assert_eq!(written(0).get("not_understood"), None);
        assert_eq!(written(2)["not_understood"], 2);
    }
}
