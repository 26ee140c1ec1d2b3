//! The reading of an error, as a report has it.

use super::super::{ErrorReading, describe};
use super::*;
use crate::diagnose::diagnose;
use crate::snapshot::{DecodedMessage, DecodedStatement, Observed};
use irsa_doctor_iam::Layer;

const BUCKET: &str = " on resource: \"arn:aws:s3:::b\"";

fn reading(mut snapshot: Snapshot, text: &str) -> ErrorReading {
    snapshot.asked.error = Some(text.to_owned());
    *diagnose(&snapshot).targets.remove(0).error.unwrap()
}

fn summary(text: &str) -> String {
    reading(healthy(), text).summary
}

#[test]
fn the_summary_says_whom_aws_saw_what_it_refused_and_which_layer_did() {
    let whom = "AWS saw role my-test-role of account 123456789012, by web identity and refused s3:ListBucket";
    for (rest, by) in [
        (BUCKET.to_owned(), " on arn:aws:s3:::b"),
        (String::new(), ""),
        (
            format!("{BUCKET} because no identity-based policy allows the s3:ListBucket action"),
            " on arn:aws:s3:::b: nothing in the identity-based policies allows it",
        ),
        (
            format!("{BUCKET} with an explicit deny in a permissions boundary"),
            " on arn:aws:s3:::b: an explicit deny in the permissions boundary",
        ),
        (
            format!("{BUCKET} with an explicit deny in a service control policy"),
            " on arn:aws:s3:::b: an explicit deny in the service control policies",
        ),
    ] {
        assert_eq!(summary(&refused(POD, &rest)), format!("{whom}{by}"));
    }
    assert_eq!(
        summary(&web_identity("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")),
        "AWS refused sts:AssumeRoleWithWebIdentity"
    );
}

#[test]
fn the_summary_of_anything_else_says_what_happened_and_the_code() {
    assert_eq!(
        summary(&web_identity("InvalidIdentityToken", "Incorrect token audience")),
        "the OIDC provider doesn't accept the token's audience (InvalidIdentityToken)"
    );
    assert_eq!(summary("Unable to locate credentials"), "the SDK found no credentials");
    assert_eq!(
        summary("An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist"),
        "AWS let the call in, which failed for another reason than permissions (NoSuchBucket)"
    );
}

#[test]
fn whoever_aws_saw_is_described_by_what_they_are() {
    let session = "arn:aws:sts::123456789012:assumed-role/r/";
    let person = format!("{session}me@example.com");
    for (arn, words) in [
        (format!("{session}i-0123456789abcdef0"), "the node (role r of account 123456789012)".to_owned()),
        (format!("{session}botocore-session-1"), "role r of account 123456789012, by web identity".to_owned()),
        (
            format!("{session}eks-c-p-0123abcd-0123-0123-0123-0123456789ab"),
            "role r of account 123456789012, by EKS Pod Identity".to_owned(),
        ),
        (format!("{session}shop"), "role r of account 123456789012, in a session that a program named shop".to_owned()),
        (person.clone(), format!("a person ({person})")),
        ("arn:aws:iam::123456789012:user/me".to_owned(), "static keys (arn:aws:iam::123456789012:user/me)".to_owned()),
        ("arn:aws:iam::123456789012:role/r".to_owned(), "role r of account 123456789012".to_owned()),
        ("anonymous".to_owned(), "nobody (the request was not signed)".to_owned()),
    ] {
        assert_eq!(describe(&crate::symptom::whom(&arn).unwrap()), words);
    }
}

#[test]
fn the_parts_of_a_refusal_stand_by_themselves() {
    let policy = "arn:aws:iam::123456789012:policy/no";
    let text = refused(POD, &format!("{BUCKET} with an explicit deny in an identity-based policy: {policy}"));
    let denied = reading(healthy(), &text);
    assert!(denied.is_aws);
    assert_eq!((denied.sign, denied.layer, denied.reason), (Some("refused"), Some("identity"), Some("explicit-deny")));
    assert_eq!(denied.policy.as_deref(), Some(policy));
    assert_eq!((denied.action.as_deref(), denied.resource.as_deref()), (Some("s3:ListBucket"), Some("arn:aws:s3:::b")));
    assert_eq!((denied.code.as_deref(), denied.operation.as_deref()), (Some("AccessDenied"), Some("ListObjectsV2")));
    assert!(!denied.candidates.is_empty());
    let text = refused(POD, &format!("{BUCKET} because no session policy allows the s3:ListBucket action"));
    let left_out = reading(healthy(), &text);
    assert_eq!((left_out.layer, left_out.reason), (Some("session"), Some("implicit-deny")));
    assert_eq!(reading(healthy(), "Unable to locate credentials").reason, None);
}

#[test]
fn each_layer_has_a_name() {
    for (layer, name) in [
        (Layer::Identity, "identity"),
        (Layer::Boundary, "boundary"),
        (Layer::Session, "session"),
        (Layer::Trust, "trust"),
        (Layer::Resource, "resource-policy"),
        (Layer::ServiceControl, "scp"),
        (Layer::ResourceControl, "rcp"),
        (Layer::VpcEndpoint, "vpc-endpoint-policy"),
    ] {
        assert_eq!(super::super::layer_id(layer), name);
    }
}

#[test]
fn the_candidates_are_those_of_the_errors_own_fault() {
    // The chain finds that the role's policies leave the action out, and says so first.
    let reading = reading(healthy(), &refused(POD, BUCKET));
    assert!(reading.candidates.iter().any(|candidate| candidate.id == "session-policy"), "{:?}", reading.candidates);
    assert_eq!(reading.agreement, "agrees");
}

#[test]
fn a_text_that_is_no_error_of_aws_asks_for_the_whole_error() {
    let stranger = reading(healthy(), "fatal: git@example.com: Permission denied (publickey)");
    assert_eq!(
        stranger,
        ErrorReading {
            summary: "the text is not an error of AWS: it is an error of Git or SSH".to_owned(),
            agreement: "open",
            next: vec!["paste the whole error, as the program logged it".to_owned()],
            ..ErrorReading::default()
        }
    );
}

#[test]
fn an_error_alone_asks_for_the_pod_and_the_account_that_it_is_of() {
    let of_pod = |command: &str| format!("{command}   (the pod that logged it: its whole chain)");
    let account = "use a profile of account 123456789012 (--profile, or --role-profile)".to_owned();
    assert_eq!(
        reading(alone(), &refused(POD, BUCKET)).next,
        [of_pod("irsa-doctor --pod POD -n NAMESPACE --action s3:ListBucket --resource arn:aws:s3:::b"), account.clone()]
    );
    let by_file = of_pod("irsa-doctor --pod POD -n NAMESPACE --error-file FILE");
    assert_eq!(
        reading(alone(), &refused_to_pod("ec2:DescribeRegions", "")).next,
        [by_file.clone(), account],
        "an action on everything can't be named"
    );
    assert_eq!(reading(alone(), "Unable to locate credentials").next, [by_file]);
    assert!(reading(healthy(), &refused(POD, BUCKET)).next.is_empty(), "the pod was looked at");
}

#[test]
fn an_encoded_message_is_to_be_decoded_until_it_is() {
    let text = encoded();
    let [next] = reading(healthy(), &text).next.try_into().unwrap();
    assert!(next.contains("sts:DecodeAuthorizationMessage"), "{next}");
    let mut decoded = healthy();
    let statement = |id: &str, effect: &str| DecodedStatement { id: id.to_owned(), effect: effect.to_owned() };
    decoded.decoded_message = Observed::Present(DecodedMessage {
        explicit_deny: true,
        statements: vec![statement("NoInstances", "DENY"), statement("", "DENY")],
        ..DecodedMessage::default()
    });
    let reading = reading(decoded, &text);
    assert!(reading.next.is_empty(), "{:?}", reading.next);
    assert_eq!(reading.statements, ["DENY NoInstances", "DENY"]);
    assert_eq!(reading.reason, Some("explicit-deny"));
}
