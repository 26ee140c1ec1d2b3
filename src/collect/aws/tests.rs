//! Every operation against every way in which a server can fail it.

mod failures;
mod good;
#[cfg(feature = "resource-policies")]
mod resource_policies;
mod runtime;

use super::by_name::{ACCOUNT, ENCODED, POLICY, PROVIDER, ROLE, ask};
use super::{Guard, Limits, Session};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use irsa_doctor_test_support::{Accounts, AwsApi, Cluster};
use serde_json::json;
use std::time::Duration;

const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

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
