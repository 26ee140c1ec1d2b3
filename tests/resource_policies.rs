//! Resources of all seven kinds, made in moto with the AWS SDK, and the binary asked about each: without a policy of its
//! own, and with one that lets the role in.

#![cfg(feature = "resource-policies")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "article/account.rs"]
#[expect(dead_code, reason = "nothing of the account is broken here")]
mod account;
#[path = "resource_policies/resources.rs"]
mod resources;

use account::{Account, block_on, config};
use irsa_doctor_test_support::Moto;
use resources::{Kind, ROLE, policy};
use serde_json::{Value, json};
use std::process::Command;

const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

/// What the binary says of the role, an action and a resource.
fn ask(moto: &Moto, action: &str, resource: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command
        .env_clear()
        .env("AWS_ENDPOINT_URL", moto.url())
        .env("AWS_REGION", "us-east-1")
        .env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "example");
    let target = format!("role/{ROLE}");
    command.args([&target, "--subject", "default/my-service-account", "--issuer", ISSUER, "-o", "json"]);
    let output = command.args(["--action", action, "--resource", resource]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    report["targets"][0].clone()
}

/// The errors and warnings, with their confidence.
fn findings(target: &Value) -> Vec<(&str, &str)> {
    let list = target["findings"].as_array().unwrap();
    list.iter().map(|finding| (finding["fault"].as_str().unwrap(), finding["confidence"].as_str().unwrap())).collect()
}

fn seed() -> Moto {
    let moto = Moto::start();
    Account::of_the_article(ISSUER).create(&moto);
    moto
}

#[test]
#[ignore = "needs moto: run tests/run"]
fn every_kind_of_resource() {
    let moto = seed();
    let config = block_on(config(&moto));
    for kind in Kind::ALL {
        let arn = block_on(kind.create(&config));
        let action = kind.action();
        let without = ask(&moto, action, &arn);
        // Every key has a policy, which leaves it to IAM; a grant on it could let the role in.
        let confidence = if kind == Kind::Key { "likely" } else { "certain" };
        assert_eq!(findings(&without), [("action-not-allowed", confidence)], "{kind:?}: {}", without["gaps"]);
        assert_eq!(without["not_examined"], json!(["scp", "rcp", "vpc-endpoint-policy"]), "{kind:?}");
        block_on(kind.let_in(&config, &arn));
        let with = ask(&moto, action, &arn);
        assert_eq!(with["verdict"], json!("healthy"), "{kind:?}: {}", with["sentence"]);
        assert_eq!(with["decisions"][0]["layers"]["resource-policy"], json!("allow"), "{kind:?}: {}", with["decisions"]);
    }
}

#[test]
#[ignore = "needs moto: run tests/run"]
fn a_bucket_policy_that_denies() {
    let moto = seed();
    let bucket = "arn:aws:s3:::my-test-bucket";
    let none = ask(&moto, "s3:ListBucket", bucket);
    assert_eq!(
        (&none["verdict"], &none["decisions"][0]["layers"]["resource-policy"]),
        (&json!("healthy"), &json!("implicit-deny"))
    );
    let config = block_on(config(&moto));
    let document = policy("Deny", "*", "s3:*", Some(&format!("{bucket}*")));
    block_on(resources::put_bucket_policy(&config, "my-test-bucket", &document));
    let denied = ask(&moto, "s3:ListBucket", bucket);
    assert_eq!(findings(&denied), [("action-denied", "certain")]);
    assert_eq!(denied["findings"][0]["locus"]["resource"], json!(bucket));
}

#[test]
#[ignore = "needs moto: run tests/run"]
fn a_key_policy_that_leaves_nothing_to_iam() {
    let moto = seed();
    let config = block_on(config(&moto));
    let key = block_on(Kind::Key.create(&config));
    let alias = block_on(resources::alias(&config, &key));
    block_on(resources::allow_everything(&config));
    for name in [&key, &alias] {
        assert_eq!(ask(&moto, "kms:Decrypt", name)["decisions"][0]["decision"], json!("allow"), "{name}");
    }
    let document = policy("Allow", "arn:aws:iam::123456789012:role/admin", "kms:*", Some("*"));
    block_on(resources::put_key_policy(&config, &key, &document));
    for name in [&key, &alias] {
        let refused = ask(&moto, "kms:Decrypt", name);
        let errors: Vec<_> = findings(&refused).into_iter().filter(|(fault, _)| fault.starts_with("resource-")).collect();
        assert_eq!(errors, [("resource-policy-not-allowed", "likely")], "{name}: {}", refused["sentence"]);
    }
}
