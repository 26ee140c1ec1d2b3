mod reading;
mod services;
mod writing;

use serde_json::json;

use super::*;
use crate::encoding::percent_decode;
use crate::fault::{Effect, Fault};
use crate::testing::{Answer, send};

const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE";
const HERE: &str = "123456789012";
const OTHER: &str = "210987654321";

fn accounts() -> Accounts {
    serde_json::from_value(json!({"accounts": {
        HERE: {
            "roles": [
                {"name": "app", "path": "/team/", "trust": {"Version": "2012-10-17", "Statement": []},
                 "attached": {"app-policy": {"Statement": ["a b+c%"]}}, "inline": {"in": {"x": 1}}, "boundary": "limit",
                 "tags": {"team": "data"}, "versions": {"app-policy": {"Statement": ["newer"]}}},
                {"name": "node", "trust": {}, "attached": ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]},
                {"name": "other", "trust": {}}],
            "policies": {"limit": {}},
            "associations": [{"namespace": "shop", "serviceAccount": "app", "roleArn": "arn:r", "targetRoleArn": "arn:t"},
                             {"namespace": "shop", "serviceAccount": "web", "roleArn": "arn:r"}],
        },
        OTHER: {"roles": [{"name": "far", "trust": {}}], "providers": []},
    }, "raw_documents": {"role/other": "{ not json"}}))
    .unwrap()
}

fn api() -> AwsApi {
    AwsApi::start(&accounts(), Cluster::new(ISSUER))
}

fn call(api: &AwsApi, account: &str, service: &str, form: &str) -> Answer {
    let key = AwsApi::access_key(account);
    let signature =
        format!("AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0");
    let headers = [("Authorization", signature.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    if service == "eks" { send(&api.url(), "GET", form, &headers, "") } else { send(&api.url(), "POST", "/", &headers, form) }
}

fn iam(api: &AwsApi, form: &str) -> Answer {
    call(api, HERE, "iam", form)
}

/// The texts of all elements of this name.
fn texts<'b>(body: &'b str, tag: &str) -> Vec<&'b str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    body.split(&open).skip(1).filter_map(|part| part.split(&close).next()).collect()
}
