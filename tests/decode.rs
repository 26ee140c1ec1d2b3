//! `sts:DecodeAuthorizationMessage`: asked for the message that a pasted error carries, and for nothing else.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::{Fault, Recording, Served};
use serde_json::{Value, json};
use std::process::Stdio;

const ENCODED: &str = "4GIOHlTkIaWHQD0Q0m6XSnuUMCmabcdefghijklmnop0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const OPERATION: &str = "sts:DecodeAuthorizationMessage";

fn error() -> String {
    format!(
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform \
         this operation. Encoded authorization failure message: {ENCODED}"
    )
}

fn served() -> Served {
    let served = Recording::load("plain").serve();
    let message = json!({
        "allowed": false, "explicitDeny": true,
        "matchedStatements": {"items": [{"statementId": "NoInstances", "effect": "DENY"}]},
        "context": {
            "principal": {"arn": "arn:aws:sts::123456789012:assumed-role/AppRole-68c46/botocore-session-1764120000"},
            "action": "ec2:RunInstances", "resource": "arn:aws:ec2:us-east-1:123456789012:instance/*",
        },
    });
    served.aws.set_decoded_message(ENCODED, &message.to_string());
    served
}

fn run(served: &Served, error: &str) -> Value {
    let mut command = served.command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args(["--error", error]).stdin(Stdio::null()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn what_the_message_says_is_read_and_judged() {
    let served = served();
    let report = run(&served, &error());
    let reading = &report["targets"][0]["error_reading"];
    assert_eq!(reading["action"], "ec2:RunInstances", "{reading}");
    assert_eq!(reading["reason"], "explicit-deny");
    assert_eq!(reading["whom"]["role"], "AppRole-68c46");
    assert_eq!(reading["statements"], json!(["DENY NoInstances"]));
    assert!(served.aws.operations().iter().any(|operation| operation == OPERATION));
}

#[test]
fn who_may_not_decode_it_is_told_what_it_takes() {
    let served = served();
    served.aws.set_faults(vec![Fault::denied("sts:DecodeAuthorizationMessage$")]);
    let report = run(&served, &error());
    let gaps = report["targets"][0]["gaps"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| gap["operation"] == OPERATION).unwrap();
    assert_eq!(gap["cause"], "denied");
    assert!(gap["remedy"].as_str().unwrap().contains(OPERATION), "{gap}");
}

#[test]
fn a_message_that_was_cut_short_is_said_to_be() {
    let report = run(&served(), &error().replace("WXYZ", ""));
    let gaps = report["targets"][0]["gaps"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| gap["operation"] == OPERATION).unwrap();
    assert!(gap["remedy"].as_str().unwrap().contains("paste it whole"), "{gap}");
}

#[test]
fn without_a_message_nothing_is_decoded() {
    let served = served();
    run(&served, "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied");
    assert!(!served.aws.operations().iter().any(|operation| operation == OPERATION));
}
