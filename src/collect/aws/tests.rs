//! Every operation against every way in which a server can fail it.

mod failures;
mod good;
#[cfg(feature = "resource-policies")]
mod resource_policies;
mod runtime;

use super::{Guard, Limits, Session};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use irsa_doctor_checks::snapshot::Observed;
use irsa_doctor_test_support::{Accounts, AwsApi, Cluster};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";
const POLICY: &str = "arn:aws:iam::123456789012:policy/my-policy";
const ENCODED: &str = "4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefghijklmn";
const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const PROVIDER: &str =
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

/// The article's account: a role with an attached and an inline policy, a provider, an association, add-ons.
fn accounts() -> Accounts {
    serde_json::from_value(json!({"accounts": {ACCOUNT: {
        "roles": [{
            "name": "my-test-role",
            "trust": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": PROVIDER}, "Condition": {"StringEquals": {"a+b": "100%"}}}]},
            "attached": {"my-policy": {"Version": "2012-10-17", "Statement": []}},
            "inline": {"extra": {"Version": "2012-10-17", "Statement": []}},
            "tags": {"team": "shop"},
            "boundary": "my-boundary"
        }, {"name": "other", "trust": {}}],
        "policies": {"my-boundary": {"Version": "2012-10-17", "Statement": []}},
        "associations": [{"associationId": "a-abcdefghijklmnop1", "namespace": "default", "serviceAccount": "pi", "roleArn": ROLE}]
    }}}))
    .unwrap()
}

fn server() -> AwsApi {
    let server = AwsApi::start(&accounts(), Cluster::new(ISSUER));
    server.set_decoded_message(ENCODED, r#"{"allowed":false,"explicitDeny":true,"context":{"action":"ec2:RunInstances"}}"#);
    server.set_simulation("s3:ListBucket", json!({"decision": "allowed", "by": ["my-policy"]}));
    server
}

/// A configuration for a server, as a user of an account.
pub(crate) fn config(url: &str, account: &str) -> SdkConfig {
    let credentials = Credentials::new(AwsApi::access_key(account), "secret", None, None, "test");
    // The SDK's defaults for sleeping and HTTP come with `aws_config`; nothing of the environment does.
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

fn session(url: &str, call: Duration) -> (Session, Guard) {
    let guard = Guard::default();
    (Session::new(&config(url, ACCOUNT), None, None, Limits { call, many: false }, &guard), guard)
}

/// Asks by the operation's name; the answer as text, so that all operations can go through one table.
async fn ask(session: &Session, operation: &str) -> Observed<String> {
    fn shown<T: std::fmt::Debug>(answer: Observed<T>) -> Observed<String> {
        answer.map(|answer| format!("{answer:?}"))
    }
    match operation {
        "sts:GetCallerIdentity" => shown(session.caller().await),
        "eks:DescribeCluster" => shown(session.cluster("my-cluster").await),
        "eks:ListPodIdentityAssociations" | "eks:DescribePodIdentityAssociation" => {
            shown(session.association("my-cluster", "default", "pi").await)
        }
        "eks:ListAddons" => shown(session.addon_names("my-cluster").await),
        "eks:DescribeAddon" => shown(session.addon("my-cluster", "vpc-cni").await),
        "iam:GetRole" => shown(session.role("my-test-role", ROLE).await),
        "iam:ListAttachedRolePolicies" => shown(session.attached_policies("my-test-role", ROLE).await),
        "iam:ListRolePolicies" => shown(session.inline_names("my-test-role", ROLE).await),
        "iam:GetRolePolicy" => shown(session.inline_policy("my-test-role", ROLE, "extra").await),
        "iam:GetPolicy" => shown(session.policy(POLICY).await),
        "iam:GetPolicyVersion" => shown(session.policy_version(POLICY, "v1").await),
        "iam:ListPolicyVersions" => shown(session.policy_versions(POLICY).await),
        "iam:GetOpenIDConnectProvider" => shown(session.provider(PROVIDER).await),
        "iam:ListOpenIDConnectProviders" => shown(session.provider_arns(ACCOUNT).await),
        "iam:GetAccountAuthorizationDetails" => {
            shown(session.authorization_details(ACCOUNT, &BTreeSet::from(["my-test-role"]), 10).await)
        }
        "iam:ListRoles" => shown(session.roles(ACCOUNT).await),
        "iam:ListPolicies" => shown(session.local_policies(ACCOUNT).await),
        "sts:DecodeAuthorizationMessage" => shown(session.decode_message(ENCODED).await),
        "cloudtrail:LookupEvents" => shown(runtime::look_up(session, "us-east-1").await),
        "iam:SimulatePrincipalPolicy" => {
            let mut answers = session.simulate(&runtime::question(&["s3:ListBucket"])).await;
            shown(answers.remove("s3:ListBucket").unwrap())
        }
        other => panic!("no question for {other}"),
    }
}
