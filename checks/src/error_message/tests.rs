mod chain;
mod fixes;
mod reading;
mod suspects;
mod words;

use super::CHECK;
use crate::check::Status;
use crate::finding::Finding;
use crate::snapshot::{Asked, Snapshot, Target, TargetKind};
use crate::testing::{ISSUER, ROLE, faults, findings, healthy, run};

#[test]
fn without_an_error_it_does_not_apply() {
    assert_eq!(run(&CHECK, &healthy()).status(), Status::NotApplicable);
}

#[test]
fn the_node_is_seen() {
    let mut snapshot = healthy();
    snapshot.asked.error = Some("AccessDenied: User: arn:aws:sts::123456789012:assumed-role/node/i-0123456789abcdef0 is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::b".to_owned());
    assert_eq!(faults(&run(&CHECK, &snapshot)), ["error-node-role"]);
}

const NODE: &str = "arn:aws:sts::123456789012:assumed-role/node/i-0123456789abcdef0";
const POD: &str = "arn:aws:sts::123456789012:assumed-role/my-test-role/botocore-session-1";
/// Another role, of another account.
const TARGET: &str = "arn:aws:iam::210987654321:role/target";

/// What the check alone makes of a text for the healthy pod.
fn found(text: &str) -> Finding {
    found_in(healthy(), text)
}

fn found_in(mut snapshot: Snapshot, text: &str) -> Finding {
    snapshot.asked.error = Some(text.to_owned());
    let outcome = run(&CHECK, &snapshot);
    let [finding] = findings(&outcome) else { panic!("{text}: {:?}", faults(&outcome)) };
    finding.clone()
}

/// The fault that a text is for the healthy pod, and in which words.
fn said(text: &str) -> (&'static str, String) {
    let finding = found(text);
    (finding.fault.id, finding.detail)
}

/// A pasted error with nothing beside it.
fn alone() -> Snapshot {
    let asked = Asked { targets: vec![Target::new(TargetKind::Error, "", "error")], ..Asked::default() };
    Snapshot { asked, ..Snapshot::default() }
}

fn refused(whom: &str, rest: &str) -> String {
    format!(
        "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: {whom} is not authorized to perform: s3:ListBucket{rest}"
    )
}

/// A refusal of any action to the pod's role.
fn refused_to_pod(action: &str, rest: &str) -> String {
    format!(
        "An error occurred (AccessDenied) when calling the X operation: User: {POD} is not authorized to perform: {action}{rest}"
    )
}

/// A refusal whose reason is encoded.
fn encoded() -> String {
    let message = "a".repeat(40);
    format!(
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation. Encoded authorization failure message: {message}"
    )
}

fn web_identity(code: &str, message: &str) -> String {
    format!("An error occurred ({code}) when calling the AssumeRoleWithWebIdentity operation: {message}")
}

#[test]
fn a_refusal_names_the_caller_the_action_and_the_layer() {
    let bucket = " on resource: \"arn:aws:s3:::b\"";
    for (rest, words) in [
        (
            format!("{bucket} because no identity-based policy allows the s3:ListBucket action"),
            "AWS refused s3:ListBucket on arn:aws:s3:::b to role my-test-role: no identity-based policy allows it",
        ),
        (
            format!("{bucket} because no permissions boundary allows the s3:ListBucket action"),
            "AWS refused s3:ListBucket on arn:aws:s3:::b to role my-test-role: no permissions boundary allows it",
        ),
        (
            format!("{bucket} with an explicit deny in an identity-based policy"),
            "AWS refused s3:ListBucket on arn:aws:s3:::b to role my-test-role: an explicit deny in an identity-based policy",
        ),
        (
            format!("{bucket} with an explicit deny in a permissions boundary"),
            "AWS refused s3:ListBucket on arn:aws:s3:::b to role my-test-role: an explicit deny in a permissions boundary",
        ),
        (String::new(), "AWS refused s3:ListBucket to role my-test-role; the text does not say which policy did"),
    ] {
        assert_eq!(said(&refused(POD, &rest)), ("error-access-denied", words.to_owned()));
    }
    let (fault, detail) = said(&refused(POD, &format!("{bucket} with an explicit deny in a service control policy")));
    assert_eq!(
        (fault, detail.as_str()),
        ("error-service-control-policy", "a service control policy denies s3:ListBucket on arn:aws:s3:::b to role my-test-role")
    );
}

#[test]
fn a_caller_that_is_not_the_pods_role_is_named_beside_it() {
    for (whom, fault, words) in [
        (NODE, "error-node-role", "AWS saw the node: role node in the session of an instance"),
        (
            "arn:aws:sts::123456789012:assumed-role/other/session",
            "error-other-role",
            "AWS saw role other of account 123456789012, which is not the pod's",
        ),
        (
            "arn:aws:iam::123456789012:user/me",
            "error-static-identity",
            "AWS saw arn:aws:iam::123456789012:user/me: access keys, not the pod's role",
        ),
    ] {
        let mut snapshot = healthy();
        snapshot.asked.error = Some(refused(whom, ""));
        let outcome = run(&CHECK, &snapshot);
        let finding = &findings(&outcome)[0];
        assert_eq!((finding.fault.id, finding.detail.as_str()), (fault, words));
        assert_eq!(finding.expected, Some(vec![ROLE.to_owned()].into()));
        assert_eq!(finding.actual, Some(whom.into()));
    }
}

#[test]
fn the_pods_own_role_may_be_one_of_a_node() {
    let own = NODE.replace("/node/", "/my-test-role/");
    assert_eq!(said(&refused(&own, "")).0, "error-access-denied");
    let elsewhere = POD.replace("123456789012", "210987654321");
    assert_eq!(said(&refused(&elsewhere, "")).0, "error-other-role");
}

#[test]
fn an_issuer_without_a_provider_may_be_another_clusters() {
    let text = |issuer: &str| {
        web_identity("InvalidIdentityToken", &format!("No OpenIDConnect provider found in your account for {issuer}"))
    };
    let (fault, detail) = said(&text(ISSUER));
    assert_eq!(fault, "error-no-provider");
    assert_eq!(detail, format!("IAM, in the role's account, has no OIDC provider for {ISSUER}"));
    let other = ISSUER.replace("EXAMPLE", "ELPMAXE");
    let (_, detail) = said(&text(&other));
    assert_eq!(detail, format!("IAM has no OIDC provider for {other}, which is not the issuer of this cluster ({ISSUER})"));
}

#[test]
fn what_sts_says_is_repeated() {
    for (text, fault, words) in [
        (
            web_identity("ExpiredTokenException", "Token expired: current date/time 1 must be before the expiration date/time 0"),
            "error-token-expired",
            "the token had expired when STS saw it: Token expired: current date/time 1",
        ),
        (
            web_identity("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
            "error-trust-refused",
            "STS refuses the pod's web identity",
        ),
        (
            "Could not connect to the endpoint URL: \"https://sts.us-east-1.amazonaws.com/\"".to_owned(),
            "error-sts-unreachable",
            "sts.us-east-1.amazonaws.com was not reached",
        ),
        (
            "botocore.exceptions.NoRegionError: You must specify a region.".to_owned(),
            "error-sts-unreachable",
            "no region is configured",
        ),
        ("Unable to locate credentials".to_owned(), "error-no-credentials", "the SDK found no credentials at all"),
        (
            "[Errno 13] Permission denied: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'".to_owned(),
            "error-token-unreadable",
            "the process may not read /var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        ),
        (
            "[Errno 2] No such file or directory: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'".to_owned(),
            "error-token-unreadable",
            "the process found no /var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        ),
    ] {
        let (id, detail) = said(&text);
        assert_eq!(id, fault, "{text}");
        assert!(detail.starts_with(words), "{detail}");
    }
}
