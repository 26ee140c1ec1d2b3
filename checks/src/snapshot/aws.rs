//! What is kept of an AWS account.

use super::{EventLog, Observed, Simulated};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One AWS account, as far as it was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Account {
    /// The profile that was used to ask, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Roles by name (IAM looks a role up by its name, never by its path).
    pub roles: BTreeMap<String, RoleEvidence>,
    /// Managed policies by ARN; AWS's own (`arn:aws:iam::aws:policy/...`) are kept here too.
    pub policies: BTreeMap<String, PolicyEvidence>,
    /// OIDC providers by ARN, those that were looked up one by one.
    pub providers: BTreeMap<String, Observed<OidcProvider>>,
    /// The ARNs of all OIDC providers of the account.
    pub provider_arns: Observed<Vec<String>>,
    /// All roles of the account, for the nearest name; read only when a role is missing.
    pub role_list: Observed<Vec<RoleSummary>>,
    /// All customer managed policies of the account, for the nearest name; read only when a policy is missing.
    pub policy_list: Observed<Vec<AttachedPolicy>>,
    /// CloudTrail's events by `REGION/EVENT NAME`; empty where nobody asked for them (`--cloudtrail`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, Observed<EventLog>>,
}

/// What was read of one role, call by call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RoleEvidence {
    /// `iam:GetRole`.
    pub role: Observed<Role>,
    /// `iam:ListAttachedRolePolicies`, all pages.
    pub attached: Observed<Vec<AttachedPolicy>>,
    /// `iam:ListRolePolicies`, all pages.
    pub inline_names: Observed<Vec<String>>,
    /// `iam:GetRolePolicy` of each name: the document's text, decoded.
    pub inline: BTreeMap<String, Observed<String>>,
    /// `iam:SimulatePrincipalPolicy` by question (`second_opinion::Question::key`); empty where nobody asked (`--simulate`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub simulations: BTreeMap<String, Observed<Simulated>>,
}

/// A role, as `iam:GetRole` gives it.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Role {
    /// The ARN, path included.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The path, `/` at least.
    pub path: String,
    /// The unique id, `AROA...`.
    pub role_id: String,
    /// When it was made, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
    /// The trust policy's text, decoded.
    pub trust_policy: String,
    /// The ARN of the permissions boundary, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// The longest session, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_session_duration: Option<i32>,
    /// Tags, which feed `aws:PrincipalTag/*`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// When it was last used, RFC 3339, where IAM knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// The region that it was last used in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_region: Option<String>,
    /// Whether IAM says that it wasn't used for as long as IAM keeps track: 400 days.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html>
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub never_used: bool,
}

/// The policy that a resource bears itself: a bucket's, a key's, a queue's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ResourceEvidence {
    /// `s3:GetBucketPolicy`, `kms:GetKeyPolicy` and their like: the document's text. `Absent`: the resource has none.
    pub policy: Observed<String>,
    /// The account that owns the resource, where it is known. A bucket's ARN doesn't tell; that its policy could be
    /// read does, since S3 shows it to the owner's account only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The ARN of the key that an alias stands for (`kms:DescribeKey`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Observed<String>>,
    /// The account whose credentials asked, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_as: Option<String>,
    /// The region that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A role in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RoleSummary {
    /// The ARN, path included.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The trust policy's text, decoded, where the list gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_policy: Option<String>,
}

/// A policy in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AttachedPolicy {
    /// The policy's ARN.
    pub arn: String,
    /// The policy's name.
    pub name: String,
}

/// What was read of one managed policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PolicyEvidence {
    /// `iam:GetPolicy`.
    pub policy: Observed<ManagedPolicy>,
    /// `iam:ListPolicyVersions`, all pages.
    pub versions: Observed<Vec<PolicyVersion>>,
    /// `iam:GetPolicyVersion`: version id to the document's text, decoded.
    pub documents: BTreeMap<String, Observed<String>>,
}

/// A managed policy, as `iam:GetPolicy` gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ManagedPolicy {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The version that is in force.
    pub default_version_id: String,
    /// How many users, groups and roles it is attached to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_count: Option<i32>,
    /// Tags: an owner's marks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// One version of a managed policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PolicyVersion {
    /// `v1`, `v2`, ...
    pub id: String,
    /// Whether it is the one in force.
    pub is_default: bool,
    /// When it was made, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
}

/// An IAM OIDC identity provider, as `iam:GetOpenIDConnectProvider` gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OidcProvider {
    /// The issuer's URL as IAM keeps it: without `https://`.
    pub url: String,
    /// The audiences that it accepts.
    pub client_ids: Vec<String>,
    /// The certificate thumbprints.
    pub thumbprints: Vec<String>,
    /// Tags: an owner's marks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// When it was made, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_date: Option<String>,
}

/// Who asked, as `sts:GetCallerIdentity` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Caller {
    /// The caller's ARN.
    pub arn: String,
    /// The caller's account.
    pub account: String,
}

/// What `sts:DecodeAuthorizationMessage` says: names and conditions of the refused request, and no text besides.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DecodedMessage {
    /// Whether a Deny statement matched.
    pub explicit_deny: bool,
    /// The caller's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The statements that matched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<DecodedStatement>,
    /// The names of the condition keys that the request had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub condition_keys: Vec<String>,
}

/// A statement that matched the refused request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DecodedStatement {
    /// Its id, where it has one.
    pub id: String,
    /// `ALLOW` or `DENY`.
    pub effect: String,
}

/// A cluster, as `eks:DescribeCluster` gives it.
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EksCluster {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The API server's URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The OIDC issuer, where the cluster has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The Kubernetes version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The cluster's CA, base64 of PEM (public, not a secret).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_authority: Option<String>,
    /// Whether EKS Auto Mode runs its nodes (the Pod Identity agent is built in there).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_mode: Option<bool>,
    /// Whether it is a local cluster on Outposts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_outposts: Option<bool>,
}

/// An EKS Pod Identity association, as `eks:DescribePodIdentityAssociation` gives it.
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Association {
    /// The association's id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role that pods get.
    pub role_arn: String,
    /// The role that EKS assumes next, with the first one's credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_role_arn: Option<String>,
    /// The external id for the target role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The session policy's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_policy: Option<String>,
    /// Whether EKS leaves the session tags out.
    pub disable_session_tags: bool,
    /// The add-on that owns the association, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_arn: Option<String>,
}

/// An EKS add-on, as `eks:DescribeAddon` gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Addon {
    /// `aws-ebs-csi-driver`, ...
    pub name: String,
    /// The role that the add-on gives its service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_role_arn: Option<String>,
    /// The state: `ACTIVE`, `DEGRADED`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}
